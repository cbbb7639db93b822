"""What a patient reports after sending the intake: something has changed, so the answers are opened and looked at anew."""

from typing import Literal

from portico.access import Caller
from portico.audit import Object, record
from portico.ids import ResponseId
from portico.intake.drafts import amendment_in
from portico.intake.model import StoredResponse
from portico.platform.site import Site
from portico.review import rules
from portico.review.events import Step, write_step
from portico.review.queries import lock_review_of_response, update_review

Change = Literal["symptom", "health", "correction"]
"""A new or worse symptom; an illness, medicine or allergy; something that was wrong from the start."""

REPORTED = "reported_"
"""First part of the kind of such a step in the review's ledger."""


async def report_change(site: Site, caller: Caller, response_id: ResponseId, change: Change) -> StoredResponse:
    """Opens what was sent for changes and puts its review before a clinician, whether or not changes are then sent.

    Sending the changed form screens it again. A mistake alone waits for the changed form. Raises NotFound,
    ResponseCannotMove before anything was sent.
    """
    async with site.db.transaction(caller.scope) as tx:
        row = await amendment_in(tx, site, caller, response_id)
        review = await lock_review_of_response(tx, response_id)
        if review is not None:
            if change != "correction":
                review = rules.looked_at_anew(review, "report", tx.now)
                await update_review(tx, review, rules.URGENCY_RANK[review.urgency])
            await write_step(tx, review, Step(kind=f"{REPORTED}{change}", actor_id=caller.account_id))
        outcome = f"{REPORTED}{change}"
        await record(tx, caller, "change", Object("response", response_id), patient=row.patient_id, outcome=outcome)
        return row
