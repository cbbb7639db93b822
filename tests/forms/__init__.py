"""Tests of the FHIR Questionnaire engine."""
