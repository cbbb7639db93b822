"""An installation that holds version 1.0.0 of the clinic's intake takes up 1.1.0: nothing that it holds changes silently."""

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from portico.commands.made_up_answers import answers
from portico.errors import StartupRefused
from portico.forms import decode_questionnaire
from portico.ids import ResponseId
from portico.intake import drafts
from portico.intake.actions import record_submission
from portico.intake.reading import read_active_form, read_response
from portico.intake.summary_actions import summary_of
from portico.platform.catalogue import Catalogue
from portico.platform.content_files import Content, QuestionnaireFile, RuleSetFile
from portico.screening.rule_set_file import decode_rule_set
from tests.clinic.house import House, opened_house, shipped
from tests.databases import DatabaseUrls

SLUG = "prolotherapy-intake"
URL = f"urn:portico:questionnaire:{SLUG}"
FIRST, SECOND = f"{URL}|1.0.0", f"{URL}|1.1.0"


def older(*, as_first_published: bool) -> Content:
    """What shipped as 1.0.0: at first without files and without the rule on a "no", later changed in place."""
    form = json.loads(shipped().questionnaires[SECOND].data)
    rules = json.loads(shipped().rule_sets[f"{SLUG}|1.1.0"].data)
    form["version"], rules["version"], rules["questionnaire"] = "1.0.0", "1.0.0", FIRST
    if as_first_published:
        rules["rules"] = [rule for rule in rules["rules"] if rule["id"] != "PS34"]
        _drop(form["item"], "doc.2")
    form_data, rule_data = json.dumps(form).encode(), json.dumps(rules).encode()
    form_file = QuestionnaireFile(
        slug=SLUG, version="1.0.0", data=form_data, digest=_digest(form_data), form=decode_questionnaire(form_data)
    )
    rule_file = RuleSetFile(
        slug=SLUG, version="1.0.0", data=rule_data, digest=_digest(rule_data), rule_set=decode_rule_set(rule_data)
    )
    return msgspec.structs.replace(shipped(), questionnaires={FIRST: form_file}, rule_sets={f"{SLUG}|1.0.0": rule_file})


def _drop(items: list[dict[str, Any]], link_id: str) -> None:
    items[:] = [item for item in items if item["linkId"] != link_id]
    for item in items:
        _drop(item.get("item", []), link_id)


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


@pytest.fixture(params=[True, False], ids=["as first published", "as changed in place"])
async def house(request: pytest.FixtureRequest, fresh_database: DatabaseUrls, tmp_path: Path) -> AsyncIterator[House]:
    """A clinic whose database holds one of the two contents that shipped as 1.0.0."""
    content = older(as_first_published=request.param)
    async with opened_house(fresh_database, tmp_path) as made:
        await Catalogue().publish(made.site.db, content)
        yield replace(made, site=replace(made.site, content=content))


def upgraded(house: House) -> House:
    """The house whose program is the present one, a day later."""
    house.clock.pass_by(days=1)
    return replace(house, site=replace(house.site, content=shipped(), catalogue=Catalogue()))


async def begun(house: House) -> tuple[ResponseId, int]:
    """Alice's full draft, and its revision."""
    alice = house.caller("alice")
    row = (await drafts.open_response(house.site, alice, SLUG, house.patient_id)).row
    form = (await read_active_form(house.site, SLUG)).questionnaire
    filled = answers(form, {"reg.1": ["knee"]}, {"reg.n": [{"reg.n.region": "knee"}]}, today=date(2026, 6, 1))
    saved = await drafts.save_answers(house.site, alice, row.response_id, row.revision, filled)
    return row.response_id, saved.revision


async def test_a_draft_keeps_its_form_is_told_of_the_new_one_and_takes_its_answers_along(house: House) -> None:
    await begun(house)
    new = upgraded(house)
    published = await new.site.catalogue.publish(new.site.db, new.site.content)
    assert {name for name in published if SLUG in name} == {f"questionnaire {SLUG}|1.1.0", f"rule set {SLUG}|1.1.0"}
    assert await new.site.catalogue.publish(new.site.db, new.site.content) == []
    alice = new.caller("alice")
    again = await drafts.open_response(new.site, alice, SLUG, new.patient_id)
    reading = await read_response(new.site, alice, again.row.response_id)
    assert (reading.row.canonical, reading.newer_version) == (FIRST, SECOND)
    moved = await drafts.move_version(new.site, alice, again.row.response_id, SECOND)
    assert (moved.row.canonical, moved.dropped) == (SECOND, ())
    assert {"reg.1", "cost.1", "ack.1"} <= set(moved.carried)
    told = (await read_response(new.site, alice, again.row.response_id)).answers
    assert msgspec.json.encode(reading.answers.item) == msgspec.json.encode(told.item)


async def test_what_was_sent_on_the_old_version_is_read_and_screened_with_it(house: House) -> None:
    response_id, revision = await begun(house)
    alice = house.caller("alice")
    async with house.site.db.transaction(alice.scope) as tx:
        sent = await record_submission(tx, house.site, alice, response_id, revision, partial=False)
    new = upgraded(house)
    await new.site.catalogue.publish(new.site.db, new.site.content)
    adams = new.caller("adams")
    async with new.site.db.transaction(adams.scope) as tx:
        header = (await summary_of(tx, new.site, sent.response_id, sent.revision)).header
    assert (header.questionnaire, header.rule_set_version) == (FIRST, "1.0.0")
    opened = await drafts.open_response(new.site, new.caller("alice"), SLUG, new.patient_id)
    assert opened.row.canonical == SECOND


async def test_a_program_that_ships_other_words_under_the_old_number_does_not_start(house: House) -> None:
    (file,) = house.site.content.questionnaires.values()
    changed = msgspec.structs.replace(file, digest=_digest(file.data + b" "))
    other = msgspec.structs.replace(house.site.content, questionnaires={FIRST: changed})
    with pytest.raises(StartupRefused, match=r"prolotherapy-intake\|1\.0\.0 with other content .* Nothing was changed"):
        await Catalogue().publish(house.site.db, other)
    assert (await read_active_form(house.site, SLUG)).digest == house.site.content.questionnaires[FIRST].digest
