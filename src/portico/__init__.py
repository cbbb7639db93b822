"""Portico: the patient portal of a musculoskeletal procedure clinic."""

__version__ = "0.1.0"
