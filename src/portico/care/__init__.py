"""Consults: the visits that intakes prepare. Not a calendar product."""
