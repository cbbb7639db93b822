"""Threads and messages between patients and the clinic: sent exactly once, numbered, read, moved on, closed."""
