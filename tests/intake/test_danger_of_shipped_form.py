"""Every question of the shipped intake that may show an emergency or a need to call, answered alone in a draft."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from portico.forms import Answer, Coding, Item, QuestionnaireResponse, ResponseItem
from portico.forms.extensions import read_extensions
from portico.ids import LinkId
from portico.intake import drafts
from tests.clinic.house import House, opened_house, shipped
from tests.databases import DatabaseUrls
from tests.intake.desk import escalation, stored

SLUG = "prolotherapy-intake"
RED_FLAG = "urn:portico:extension:red-flag"
ANSWER = "urn:portico:answer"
SEVERAL_REGIONS = {"any": "knee", "leg": "knee", "mood": "knee"}

Path_ = tuple[str, ...]


def _flags(items: tuple[Item, ...], above: Path_ = ()) -> Iterator[tuple[Path_, str]]:
    """Each question with a level E or U, by the way from the top of the form."""
    for item in items:
        here = (*above, item.link_id)
        marks, _ = read_extensions(item.extension)
        for mark in marks.get(RED_FLAG, ()):
            if mark.value_code in ("E", "U"):
                yield here, mark.value_code
        yield from _flags(item.item, here)


(FORM,) = [file.form for file in shipped().questionnaires.values() if file.slug == SLUG]
FLAGS = list(_flags(FORM.item))


@pytest.fixture(scope="module")
async def clinic(database_urls: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    folder: Path = tmp_path_factory.mktemp("house")
    async with opened_house(database_urls, folder) as house:
        await house.site.catalogue.publish(house.site.db, house.site.content)
        yield house


def test_the_form_has_such_questions_for_every_region_with_a_list_of_its_own() -> None:
    parts = {path[-1].split(".")[1] for path, _ in FLAGS}
    assert parts == {
        *("any", "mood", "leg", "head", "neck", "shoulder", "upper_back", "low_back", "abdominal_wall"),
        *("hip", "knee", "ankle", "foot", "muscle"),
    }
    assert len(FLAGS) > 80


@pytest.mark.parametrize("code", ["yes", "unsure"])
@pytest.mark.parametrize(("path", "level"), FLAGS, ids=[path[-1] for path, _ in FLAGS])
async def test_the_answer_is_met_at_once(clinic: House, path: Path_, level: str, code: str) -> None:
    alice = clinic.caller("alice")
    row = (await drafts.open_response(clinic.site, alice, SLUG, clinic.patient_id)).row
    told = await drafts.save_answers(clinic.site, alice, row.response_id, row.revision, _alone(path, code))
    raised = await escalation(clinic, row.response_id)
    after = await stored(clinic, row.response_id)
    await drafts.drop_response(clinic.site, alice, row.response_id)
    expected = {"E": "res.urgent", "U": "res.call"}[level]
    assert [text.key for text in told.guidance] == ["em.988" if path[-1] == "rf.mood" else expected]
    assert told.guidance[0].text
    assert after.danger == level
    assert raised is not None
    assert raised.level == {"E": "emergency", "U": "same_day"}[level]
    assert raised.rules == ({"E": "PS01", "U": "PS02"}[level],)


def _alone(path: Path_, code: str) -> QuestionnaireResponse:
    """Only this answer, and what it takes to be asked: the region, and for two questions the sex."""
    part = path[-1].split(".")[1]
    region = _coded("reg.1", "urn:portico:region", SEVERAL_REGIONS.get(part, part))
    start: tuple[ResponseItem, ...] = (region,)
    if path[-1].endswith(".pregnant"):
        sex = _coded("who.3", "urn:portico:sex", "female")
        start = (ResponseItem(link_id=LinkId("who"), item=(sex,)), region)
    flag = _coded(path[-1], ANSWER, code)
    for link_id in reversed(path[:-1]):
        flag = ResponseItem(link_id=LinkId(link_id), item=(flag,))
    return QuestionnaireResponse(status="in-progress", item=(ResponseItem(link_id=LinkId("start"), item=start), flag))


def _coded(link_id: str, system: str, code: str) -> ResponseItem:
    return ResponseItem(link_id=LinkId(link_id), answer=(Answer(value_coding=Coding(system=system, code=code)),))
