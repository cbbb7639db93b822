"""What the features stand on: database, vault, clock, web shell. Knows nothing of any feature."""
