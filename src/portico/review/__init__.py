"""The clinician's queue: submitting an intake, claiming its review, deciding, and what the patient hears."""
