"""Who acts, what a transaction may see, and which roles may do what. Pure: values in, values out."""

from portico.access.actor import Actor, Caller, Hat, PatientLink, Relation, Role
from portico.access.audience import Audience, anyone, patients, signed_in, signing_in, staff, watching
from portico.access.policy import POLICY, Permission, permissions_of
from portico.access.scope import Anonymous, PatientScope, Scope, StaffScope, SystemScope

__all__ = [
    "POLICY",
    "Actor",
    "Anonymous",
    "Audience",
    "Caller",
    "Hat",
    "PatientLink",
    "PatientScope",
    "Permission",
    "Relation",
    "Role",
    "Scope",
    "StaffScope",
    "SystemScope",
    "anyone",
    "patients",
    "permissions_of",
    "signed_in",
    "signing_in",
    "staff",
    "watching",
]
