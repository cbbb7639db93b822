"""Intakes: drafts that are saved as they are typed, danger seen at each save, revisions, the pre-screen, the outcome."""
