"""A danger that a patient writes in free words of a form: as a danger of the rules, on the same answer and in one transaction."""

import threading
from dataclasses import replace

import pytest

from portico import triage
from portico.clinic.actions import settings_of
from portico.intake import drafts, listening, queries
from portico.intake.model import StoredResponse
from portico.intake.outcome import outcome_of
from portico.intake.rules import ResponseStale
from portico.intake.summary_actions import draft_summary_of, replayed, summary_of
from tests.clinic.house import House
from tests.intake.desk import count, escalation, opened, resolve, saved, stored, submitted
from tests.intake.practice import CALM, Given

CHEST = "My chest hurts badly right now and I cannot breathe"
NUMB = "My foot has been numb since yesterday"


async def again(house: House, row: StoredResponse, given: dict[str, Given]) -> drafts.Saved:
    """Saves from the revision that stands now."""
    return await saved(house, await stored(house, row.response_id), given)


@pytest.mark.parametrize(
    ("text", "danger", "level", "keys"),
    [
        (CHEST, "E", "emergency", ["em.breath"]),
        ("I want to kill myself", "E", "emergency", ["em.988"]),
        (NUMB, "U", "same_day", ["sd.nerve"]),
        ("у меня болит грудь", "U", "same_day", ["sd.call"]),
    ],
)
async def test_danger_in_words_is_answered_at_once_and_raised(
    house: House, text: str, danger: str, level: str, keys: list[str]
) -> None:
    row = await opened(house)
    told = await saved(house, row, {"story": text})
    assert [each.key for each in told.guidance] == keys
    assert (await stored(house, row.response_id)).danger == danger
    raised = await escalation(house, row.response_id)
    assert raised is not None
    assert (raised.level, raised.cause) == (level, "red_flag")
    assert all(rule.startswith("ST") for rule in raised.rules)
    assert [
        each.key for each in (await drafts.read_danger(house.site, house.caller("alice"), row.response_id))[1]
    ] == keys


async def test_with_danger_in_words_neither_money_nor_wishes_are_asked(house: House) -> None:
    row = await opened(house)
    told = await saved(house, row, {"story": CHEST, "cost.1": True, "pref.1": "Mondays"})
    assert {(fault.link_id, fault.code) for fault in told.warnings} == {("cost.1", "disabled"), ("pref.1", "disabled")}


async def test_the_same_words_are_not_raised_twice_but_other_words_are(house: House) -> None:
    row = await opened(house)
    await saved(house, row, {"story": CHEST})
    await resolve(house, row.response_id)
    await again(house, row, {"story": CHEST, "shots": 1})
    assert await escalation(house, row.response_id) is None
    await again(house, row, {"story": f"{CHEST}. It is worse than before", "shots": 1})
    assert await escalation(house, row.response_id) is not None


async def test_rules_and_words_together_raise_one_escalation(house: House) -> None:
    row = await opened(house)
    told = await saved(house, row, {"rf.lump": "yes", "story": "I want to kill myself"})
    assert [each.key for each in told.guidance] == ["em.988", "res.urgent"]
    raised = await escalation(house, row.response_id)
    assert raised is not None
    assert (raised.level, set(raised.rules)) == ("emergency", {"PS02", "ST17"})
    assert await count(house, "escalation") == 1


async def test_danger_in_a_save_that_is_refused_is_raised(house: House) -> None:
    row = await opened(house)
    await saved(house, row, {"story": "My knee"})
    with pytest.raises(ResponseStale) as refused:
        await saved(house, row, {"story": CHEST})
    assert "em.breath" in str(refused.value.data["guidance"])
    assert await escalation(house, row.response_id) is not None


async def test_a_reader_that_fails_is_a_call_the_same_day(house: House) -> None:
    def broken(_: triage.Message) -> triage.Reading:
        raise RuntimeError

    failing = replace(house, site=replace(house.site, reader=broken))
    row = await opened(failing)
    told = await saved(failing, row, {"story": "My knee"})
    assert [each.key for each in told.guidance] == ["sd.call"]
    raised = await escalation(failing, row.response_id)
    assert raised is not None
    assert (raised.level, raised.rules) == ("same_day", ("ST30",))


async def test_a_reader_that_takes_too_long_is_a_call_the_same_day(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go = threading.Event()

    def slow(message: triage.Message) -> triage.Reading:
        let_go.wait()
        return triage.read(message)

    monkeypatch.setattr(listening, "READER_SECONDS", 0.01)
    waiting = replace(house, site=replace(house.site, reader=slow))
    row = await opened(waiting)
    told = await saved(waiting, row, {"story": "My knee"})
    let_go.set()
    assert [each.key for each in told.guidance] == ["sd.call"]


async def test_an_answer_longer_than_any_message_is_for_a_person_to_read(house: House) -> None:
    row = await opened(house)
    told = await saved(house, row, {"story": "knee " * 5000})
    assert [each.key for each in told.guidance] == ["sd.call"]


async def test_what_was_sent_says_it_in_words_and_is_never_below_it(house: House) -> None:
    row = await opened(house)
    save = await saved(house, row, {**CALM, "story": CHEST})
    told = await submitted(house, row.response_id, save.revision, partial=True)
    assert (told.disposition, told.urgency) == ("seek_care_now", "emergency")
    async with house.site.db.transaction(house.caller("adams").scope) as tx:
        summary = await summary_of(tx, house.site, row.response_id, told.revision)
        again = await replayed(tx, house.site, row.response_id, told.revision)
        kept = await queries.findings(tx, row.response_id, told.revision)
        settings = await settings_of(tx, house.site.content)
    assert (summary.flags[0].text, summary.flags[0].answers[0].text) == (
        "In the patient's own words: trouble breathing, or chest pain.",
        CHEST,
    )
    assert {(each.rule, each.state, each.effect) for each in again} == {(k.rule, k.state, k.effect) for k in kept}
    assert [each.key for each in outcome_of(house.site.content, told, None, settings, about=None).guidance] == [
        "em.breath"
    ]


async def test_words_that_a_danger_switched_off_are_kept_for_the_clinician(house: House) -> None:
    row = await opened(house)
    save = await saved(house, row, {**CALM, "pref.1": CHEST})
    told = await submitted(house, row.response_id, save.revision, partial=True)
    assert told.disposition == "seek_care_now"
    assert told.dropped == ("cost.1",)
    async with house.site.db.transaction(house.caller("adams").scope) as tx:
        summary = await summary_of(tx, house.site, row.response_id, told.revision)
    assert [answer.text for answer in summary.flags[0].answers] == [CHEST]


async def test_a_draft_in_danger_shows_its_words_to_staff(house: House) -> None:
    row = await opened(house)
    await saved(house, row, {"story": NUMB})
    async with house.site.db.transaction(house.caller("adams").scope) as tx:
        summary = await draft_summary_of(tx, house.site, row.response_id)
    assert summary.header.disposition == "call_before_booking"
    assert summary.flags[0].text == "In the patient's own words: numbness or weakness."
