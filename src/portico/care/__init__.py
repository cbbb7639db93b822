"""Consults, the visits that intakes prepare (not a calendar product), and attachments, the files that people send."""
