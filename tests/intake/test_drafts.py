"""Opening, saving and throwing away a draft."""

import asyncio

import msgspec
import pytest

from portico.access import Caller
from portico.errors import NotFound, OtherPatient
from portico.forms import QuestionnaireResponse, Reference
from portico.ids import PatientId, ResponseId
from portico.intake import drafts, rules
from portico.intake.reading import list_responses, read_response
from tests.clinic.house import House
from tests.intake.desk import count, opened, saved, sent, stored, words
from tests.intake.practice import FIRST, SECOND, SLUG, answers


async def test_a_patient_opens_a_draft_of_the_form_in_use(house: House) -> None:
    row = await opened(house)
    assert (row.state, row.revision, row.canonical) == ("draft", 1, FIRST)


async def test_a_patient_who_comes_back_finds_the_same_draft_on_another_device(house: House) -> None:
    first = await opened(house)
    await saved(house, first, {"story": "Begun on the phone"})
    again = await drafts.open_response(house.site, house.caller("alice"), SLUG, house.patient_id)
    assert not again.is_new
    assert again.row.response_id == first.response_id
    assert again.row.revision == 2
    assert await words(house, first.response_id) == "Begun on the phone"


async def test_two_devices_that_open_the_form_at_once_get_one_draft(house: House) -> None:
    asked = [drafts.open_response(house.site, house.caller("alice"), SLUG, house.patient_id) for _ in range(4)]
    found = await asyncio.gather(*asked)
    assert len({each.row.response_id for each in found}) == 1
    assert sorted(each.is_new for each in found) == [False, False, False, True]
    assert await count(house, "response") == 1


async def test_of_two_saves_of_one_revision_one_is_told_that_it_is_stale(house: House) -> None:
    row = await opened(house)
    told = await asyncio.gather(
        saved(house, row, {"story": "phone"}), saved(house, row, {"story": "laptop"}), return_exceptions=True
    )
    stale = [each for each in told if isinstance(each, rules.ResponseStale)]
    assert len(stale) == 1
    assert stale[0].data["revision"] == 2
    kept = await words(house, row.response_id)
    assert kept.encode() in bytes(stale[0].data["response"])  # type: ignore[call-overload]
    assert (await stored(house, row.response_id)).revision == 2


async def test_a_save_replaces_the_whole_answer_set(house: House) -> None:
    row = await opened(house)
    first = await saved(house, row, {"story": "My knee", "shots": 1})
    second = await saved(house, await stored(house, row.response_id), {"shots": 1})
    assert (first.revision, second.revision) == (2, 3)
    assert await words(house, row.response_id) == ""


async def test_a_draft_keeps_the_answer_to_a_question_that_does_not_apply_and_warns(house: House) -> None:
    told = await saved(house, await opened(house), {"fainted": False, "fainted.when": "2020-01-01"})
    assert [(fault.link_id, fault.code) for fault in told.warnings] == [("fainted.when", "disabled")]


async def test_a_save_names_every_fault_at_once_and_changes_nothing(house: House) -> None:
    row = await opened(house)
    with pytest.raises(rules.AnswersRefused) as refusal:
        await saved(house, row, {"rf.fever": "maybe", "story": 5, "nonsense": "x"})
    assert {fault.code for fault in refusal.value.faults} >= {"code-invalid", "structure", "not-found"}
    assert await stored(house, row.response_id) == row


@pytest.mark.parametrize("named", [None, FIRST, FIRST.split("|")[0]])
async def test_a_save_may_leave_the_version_to_the_portal(house: House, named: str | None) -> None:
    row = await opened(house)
    made = answers({"story": "x"}, questionnaire=named)
    told = await drafts.save_answers(house.site, house.caller("alice"), row.response_id, 1, made)
    assert told.revision == 2


@pytest.mark.parametrize("named", [SECOND, "urn:portico:questionnaire:other", ""])
async def test_answers_to_another_form_are_refused(house: House, named: str) -> None:
    row = await opened(house)
    made = answers({"story": "x"}, questionnaire=named)
    with pytest.raises(rules.AnswersRefused):
        await drafts.save_answers(house.site, house.caller("alice"), row.response_id, 1, made)
    assert await stored(house, row.response_id) == row


async def test_answers_about_another_patient_are_refused(house: House) -> None:
    row = await opened(house)
    about = Reference(reference=f"Patient/{house.clinic_id}")
    made = QuestionnaireResponse(status="completed", subject=about)
    with pytest.raises(OtherPatient):
        await drafts.save_answers(house.site, house.caller("alice"), row.response_id, 1, made)
    assert await stored(house, row.response_id) == row


async def test_what_a_client_says_about_status_and_author_is_not_kept(house: House) -> None:
    row = await opened(house)
    made = QuestionnaireResponse(
        id="mine",
        status="completed",
        subject=Reference(reference=f"Patient/{house.patient_id}"),
        author=Reference(display="Somebody"),
        item=answers({"story": "x"}).item,
    )
    await drafts.save_answers(house.site, house.caller("alice"), row.response_id, 1, made)
    kept = (await read_response(house.site, house.caller("alice"), row.response_id)).answers
    assert (kept.status, kept.id, kept.author, kept.questionnaire) == ("in-progress", None, None, FIRST)


async def test_a_patient_throws_a_draft_away_and_starts_anew(house: House) -> None:
    row = await opened(house)
    await saved(house, row, {"story": "x"})
    await drafts.drop_response(house.site, house.caller("alice"), row.response_id)
    gone = await stored(house, row.response_id)
    assert (gone.state, gone.answers_sealed, gone.expires_at) == ("abandoned", None, None)
    assert (await opened(house)).response_id != row.response_id


async def test_an_abandoned_draft_takes_no_further_answers(house: House) -> None:
    row = await opened(house)
    await drafts.drop_response(house.site, house.caller("alice"), row.response_id)
    with pytest.raises(rules.ResponseCannotMove):
        await saved(house, await stored(house, row.response_id), {"story": "x"})


def _stranger(caller: Caller, scope: str | None) -> Caller:
    """The same account without rights on the patient, or with other ones."""
    links = () if scope is None else caller.actor.patients
    kept = tuple(msgspec.structs.replace(link, scope=frozenset({scope})) for link in links)
    return msgspec.structs.replace(caller, actor=msgspec.structs.replace(caller.actor, patients=kept))


@pytest.mark.parametrize("scope", [None, "messages"], ids=["no-right", "messages-only"])
async def test_somebody_without_the_right_finds_nothing(house: House, scope: str | None) -> None:
    row = await opened(house)
    stranger = _stranger(house.caller("alice"), scope)
    for act in (
        drafts.open_response(house.site, stranger, SLUG, house.patient_id),
        drafts.save_answers(house.site, stranger, row.response_id, 1, answers({})),
        drafts.drop_response(house.site, stranger, row.response_id),
        drafts.open_amendment(house.site, stranger, row.response_id),
        drafts.move_version(house.site, stranger, row.response_id, FIRST),
        read_response(house.site, stranger, row.response_id),
        list_responses(house.site, stranger, house.patient_id, None),
    ):
        with pytest.raises(NotFound):
            await act
    assert await stored(house, row.response_id) == row


async def test_an_unknown_form_or_response_is_not_found(house: House) -> None:
    alice = house.caller("alice")
    with pytest.raises(NotFound):
        await drafts.open_response(house.site, alice, "no-such-form", house.patient_id)
    with pytest.raises(NotFound):
        await drafts.open_response(house.site, alice, SLUG, PatientId(house.clinic_id))
    with pytest.raises(NotFound):
        await drafts.save_answers(house.site, alice, ResponseId(house.clinic_id), 1, answers({}))


async def test_a_nurse_reads_what_was_sent_but_no_draft(house: House) -> None:
    row = await opened(house)
    with pytest.raises(NotFound):
        await read_response(house.site, house.caller("nora"), row.response_id)
    submission = await sent(house)
    found = await read_response(house.site, house.caller("nora"), submission.response_id)
    assert found.answers.status == "completed"


async def test_a_nurse_reads_a_draft_in_danger(house: House) -> None:
    row = await opened(house)
    await saved(house, row, {"rf.fever": "yes"})
    found = await read_response(house.site, house.caller("nora"), row.response_id)
    assert [item.link_id for item in found.answers.item] == ["rf.fever"]


async def test_a_nurse_does_not_see_changes_that_were_not_sent(house: House) -> None:
    submission = await sent(house)
    alice = house.caller("alice")
    row = await drafts.open_amendment(house.site, alice, submission.response_id)
    await saved(house, row, {"story": "Not sent yet"})
    found = await read_response(house.site, house.caller("nora"), submission.response_id)
    assert found.answers.status == "completed"


@pytest.mark.parametrize("name", ["fred", "anna"])
async def test_the_front_desk_and_admins_read_no_answers(house: House, name: str) -> None:
    submission = await sent(house)
    with pytest.raises(rules.AnswersNotForRole):
        await read_response(house.site, house.caller(name), submission.response_id)
    with pytest.raises(rules.AnswersNotForRole):
        await list_responses(house.site, house.caller(name), house.patient_id, None)


async def test_staff_write_no_answers(house: House) -> None:
    row = await opened(house)
    with pytest.raises(NotFound):
        await drafts.save_answers(house.site, house.caller("adams"), row.response_id, 1, answers({}))


async def test_a_list_shows_the_newest_first_page_by_page(house: House) -> None:
    made = []
    for _ in range(30):
        row = await opened(house)
        made.append(row.response_id)
        await drafts.drop_response(house.site, house.caller("alice"), row.response_id)
        house.clock.pass_by(minutes=1)
    alice = house.caller("alice")
    first = await list_responses(house.site, alice, house.patient_id, None)
    second = await list_responses(house.site, alice, house.patient_id, first.next)
    listed = [row.response_id for page in (first, second) for row in page.responses]
    assert listed == made[::-1]
    assert (len(first.responses), second.next) == (25, None)


async def test_autosaves_leave_one_audit_row_an_hour(house: House) -> None:
    row = await opened(house)
    before = await count(house, "audit_event")
    for number in range(3):
        await saved(house, await stored(house, row.response_id), {"story": f"Word {number}"})
    assert await count(house, "audit_event") == before + 1
