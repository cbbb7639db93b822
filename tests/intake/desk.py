"""What patients do with a form, in short words for tests, and what the database then holds."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from portico.access import Caller
from portico.escalation import handling
from portico.escalation.actions import unresolved_of
from portico.escalation.model import Escalation, Subject
from portico.ids import ResponseId
from portico.intake import drafts, queries
from portico.intake.actions import record_submission
from portico.intake.answers import open_working_copy
from portico.intake.drafts import Saved
from portico.intake.model import StoredResponse, Submission
from portico.platform.database import Command, Query
from tests.clinic.house import House
from tests.intake.practice import CALM, SLUG, Given, answers, content

Row = TypeVar("Row")


class Counted(msgspec.Struct, frozen=True):
    """How many rows there are."""

    count: int


async def opened(house: House, caller: Caller | None = None) -> StoredResponse:
    """Alice's open draft."""
    return (await drafts.open_response(house.site, caller or house.caller("alice"), SLUG, house.patient_id)).row


async def saved(house: House, row: StoredResponse, given: Mapping[str, Given]) -> Saved:
    """Alice saves these answers from the revision she has seen."""
    return await drafts.save_answers(house.site, house.caller("alice"), row.response_id, row.revision, answers(given))


async def submitted(house: House, response_id: ResponseId, revision: int, *, partial: bool = False) -> Submission:
    """Alice sends the form."""
    caller = house.caller("alice")
    async with house.site.db.transaction(caller.scope) as tx:
        return await record_submission(tx, house.site, caller, response_id, revision, partial=partial)


async def sent(house: House, given: Mapping[str, Given] = CALM, *, partial: bool = False) -> Submission:
    """Alice opens, fills in and sends the form."""
    row = await opened(house)
    save = await saved(house, row, given)
    return await submitted(house, row.response_id, save.revision, partial=partial)


async def stored(house: House, response_id: ResponseId) -> StoredResponse:
    """The response as the database holds it."""
    async with house.site.db.transaction(house.system_scope) as tx:
        row = await queries.response(tx, response_id)
        assert row is not None
        return row


async def words(house: House, response_id: ResponseId) -> str:
    """The story in the working copy."""
    async with house.site.db.transaction(house.system_scope) as tx:
        row = await queries.response(tx, response_id)
        assert row is not None
        copy = await open_working_copy(tx, house.site, row)
    told = [item.answer[0].value_string for item in copy.item if item.link_id == "story"]
    return told[0] or "" if told else ""


async def escalation(house: House, response_id: ResponseId) -> Escalation | None:
    """The response's unresolved escalation."""
    async with house.site.db.transaction(house.system_scope) as tx:
        return await unresolved_of(tx, Subject(kind="response", id=response_id))


async def resolve(house: House, response_id: ResponseId) -> None:
    """Dr. Adams speaks with the patient and resolves the escalation."""
    found = await escalation(house, response_id)
    assert found is not None
    await handling.resolve(house.site, house.caller("adams"), found.escalation_id, "spoke", None)


async def count(house: House, table: str) -> int:
    """Rows of a table in this clinic."""
    query = Query(Counted, f"select count(*) as count from {table} where clinic_id = $1")
    async with house.site.db.transaction(house.system_scope) as tx:
        return (await tx.one(query, house.clinic_id)).count


SIGN = Command("""
    insert into signature (clinic_id, kind, key, version, digest, signed_by, signed_at)
    values ($1, $2, $3, $4, $5, $6, $7)
""")


async def sign(house: House, *, settings: bool = True, text: bool = True) -> None:
    """Dr. Adams signs the rules, and where wanted the text of the mildest result and the thresholds."""
    files = content("1.0.0")
    (rule_set,) = files.rule_sets.values()
    wanted = [("rule_set", SLUG, "1.0.0", rule_set.digest)]
    if text:
        wanted.append(("guidance", "res.possible", "1", files.guidance["res.possible"].digest))
    async with house.site.db.transaction(house.system_scope) as tx:
        for kind, key, version, digest in wanted:
            await tx.run(SIGN, house.clinic_id, kind, key, version, digest, house.people["adams"], tx.now)
        if settings:
            await tx.run(CONFIRM, house.clinic_id, "cortisone.max", "2", house.people["adams"], tx.now)


CONFIRM = Command("""
    insert into clinic_setting (clinic_id, key, value, confirmed_by, confirmed_at, changed_at)
    values ($1, $2, $3, $4, $5, $5)
""")
