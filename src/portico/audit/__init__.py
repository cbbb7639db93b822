"""The record of who did and saw what: append-only, in the transaction of the act."""

from portico.audit.actions import Object, record, record_export, record_list, record_system, record_system_per_patient

__all__ = ["Object", "record", "record_export", "record_list", "record_system", "record_system_per_patient"]
