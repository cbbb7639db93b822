"""Taking the list of patients away: admins, with a fresh proof, recorded, limited, and harmless to a spreadsheet."""

from datetime import date

import httpx
import msgspec

from portico.accounts import people
from portico.accounts.patient_files import decoded, read_patients
from portico.platform.database import Query
from tests.accounts.entrance import PASSWORD, Browser, Entrance, Person
from tests.accounts.mailbox import BORN, front_desk, record_of
from tests.accounts.test_step_up import stepped_up

EXPORT = "/api/patients/export"
TODAY = date(2026, 11, 25)


class ExportRow(msgspec.Struct, frozen=True):
    """One row of the record about an export."""

    object_kind: str
    outcome: str
    of_patient: bool


AUDITED = Query(
    ExportRow,
    """
    select object_kind, outcome, patient_id is not null as of_patient from audit_event
    where clinic_id = $1 and actor_id = $2 and action = 'export' order by event_id
    """,
)


async def anna(entrance: Entrance) -> tuple[Person, Browser]:
    """An admin with a fresh proof."""
    person = await entrance.staff("admin", name="anna")
    return person, await stepped_up(entrance, person)


async def dangerous(entrance: Entrance, name: str) -> None:
    """A patient whose cells a spreadsheet would run."""
    async with entrance.site.db.transaction(entrance.scope()) as tx:
        await people.create_patient(
            tx,
            entrance.site.vault,
            name=name,
            born_on=BORN,
            clinic_number="N-1",
            phone="+1 555 010 0199",
            address="@home\n1 Hill Rd",
        )


async def test_an_admin_takes_away_what_an_import_reads_back(entrance: Entrance) -> None:
    await dangerous(entrance, "=cmd|' /C calc'!A0")
    _, browser = await anna(entrance)
    answer = await browser.get(EXPORT)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    assert answer.headers["content-disposition"].startswith('attachment; filename="patients-')
    assert answer.headers["cache-control"] == "no-store"
    text = decoded(answer.content)
    assert text.splitlines()[0] == "number,name,born_on,phone,address,state"
    assert "'=cmd" in text
    assert ",=" not in text
    [row], faults = read_patients(text, "iso", TODAY)
    assert faults == []
    assert (row.name, row.phone, row.address) == ("=cmd|' /C calc'!A0", "+1 555 010 0199", "@home\n1 Hill Rd")


async def test_one_act_with_its_number_of_rows_and_each_patient_stand_in_the_record(entrance: Entrance) -> None:
    for name in ("Amy Test", "Ben Test"):
        await record_of(entrance, name)
    await record_of(entrance, "Cat Test", clinic="south")
    person, browser = await anna(entrance)
    answer = await browser.get(EXPORT)
    assert "Cat Test" not in answer.text
    async with entrance.site.db.transaction(entrance.scope()) as tx:
        rows = await tx.all(AUDITED, tx.clinic_id, str(person.account_id))
    assert [(row.object_kind, row.outcome, row.of_patient) for row in rows] == [
        ("patient_file", "rows:2", False),
        ("patient", "done", True),
        ("patient", "done", True),
    ]


async def test_only_admins_with_a_fresh_proof_take_it(entrance: Entrance) -> None:
    answer = await (await front_desk(entrance)).get(EXPORT)
    assert (answer.status_code, answer.json()["code"]) == (403, "role-not-allowed")
    person = await entrance.staff("admin", name="anna")
    answer = await (await entrance.signed_in(person)).get(EXPORT)
    assert (answer.status_code, answer.json()["code"]) == (403, "step-up-required")


async def test_another_site_cannot_make_a_browser_take_it(entrance: Entrance) -> None:
    _, browser = await anna(entrance)
    answer = await browser.client.get(EXPORT, headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, answer.json()["code"]) == (403, "cross-site")


async def test_five_files_a_day_are_enough(entrance: Entrance) -> None:
    _, browser = await anna(entrance)
    answers = [await browser.get(EXPORT) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert answers[-1].json()["code"] == "too-often-today"
    assert int(answers[-1].headers["retry-after"]) > 0


async def test_the_button_asks_for_the_proof_and_then_gives_the_file(entrance: Entrance) -> None:
    await record_of(entrance, "Amy Test")
    person = await entrance.staff("admin", name="anna")
    browser = await entrance.signed_in(person)
    assert 'action="/people/export"' in (await browser.get("/people")).text
    token = {"csrf_token": browser.csrf}
    asked = await browser.post_form("/people/export", **token)
    assert (asked.status_code, "step_up_password" in asked.text) == (403, True)
    entrance.clock.pass_by(seconds=30)
    proof = {"step_up_password": PASSWORD, "step_up_code": entrance.code(person)}
    answer: httpx.Response = await browser.post_form("/people/export", **token, **proof)
    assert answer.status_code == 200, answer.text
    assert "Amy Test" in decoded(answer.content)
    assert answer.headers["content-disposition"].startswith("attachment")


async def test_the_front_desk_has_no_such_button(entrance: Entrance) -> None:
    assert "/people/export" not in (await (await front_desk(entrance)).get("/people")).text
