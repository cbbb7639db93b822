"""Where people start: a patient's people and forms, and the staff's way to the queue."""
