"""The clinic itself: its settings, its opening calendar, and what its people have confirmed."""
