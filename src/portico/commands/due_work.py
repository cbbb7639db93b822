"""Every kind of due work, in one list."""

from collections.abc import Sequence

from portico.accounts import jobs as accounts_jobs
from portico.care import attachments_jobs
from portico.care import jobs as care_jobs
from portico.escalation import jobs as escalation_jobs
from portico.intake import jobs as intake_jobs
from portico.messaging import jobs as messaging_jobs
from portico.notify import jobs as notify_jobs
from portico.platform.due import DueWork
from portico.review import jobs as review_jobs

DUE: Sequence[DueWork] = (
    *notify_jobs.DUE,
    *care_jobs.DUE,
    *escalation_jobs.DUE,
    *intake_jobs.DUE,
    *messaging_jobs.DUE,
    *review_jobs.DUE,
    *accounts_jobs.DUE,
    *attachments_jobs.DUE,
)
