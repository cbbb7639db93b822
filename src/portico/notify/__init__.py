"""Telling people that something waits for them: an outbox, and mail without any content."""
