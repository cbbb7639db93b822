"""Types of identifiers. Each is a UUID (or text where FHIR says so) that the type checker keeps apart."""

from typing import NewType
from uuid import UUID

ClinicId = NewType("ClinicId", UUID)
AccountId = NewType("AccountId", UUID)
PatientId = NewType("PatientId", UUID)
SessionId = NewType("SessionId", UUID)
ConsultId = NewType("ConsultId", UUID)
ProcedureId = NewType("ProcedureId", UUID)
ResponseId = NewType("ResponseId", UUID)
ThreadId = NewType("ThreadId", UUID)
ReviewId = NewType("ReviewId", UUID)
EscalationId = NewType("EscalationId", UUID)
MessageId = NewType("MessageId", UUID)
ScreeningId = NewType("ScreeningId", UUID)
AttachmentId = NewType("AttachmentId", UUID)

LinkId = NewType("LinkId", str)
"""FHIR R4 Questionnaire.item.linkId."""

Canonical = NewType("Canonical", str)
"""FHIR canonical with version: `url|version`."""

RuleId = NewType("RuleId", str)
"""Identifier of a rule within its rule set, e.g. `PS05`."""
