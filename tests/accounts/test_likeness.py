"""On whose word two records are alike: whoever corrected one does not link it alone."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from portico.accounts.identity_model import ChangeSource, History, Identity, IdentityChange, Likeness
from portico.accounts.identity_rules import likeness
from portico.ids import AccountId, PatientId
from tests.accounts.entrance import Browser, Entrance
from tests.accounts.mailbox import BORN, activated, front_desk, invited_patient, open_clinic, record_of
from tests.accounts.test_own_name import own_record
from tests.accounts.test_registration import registered

FRED, NORA, AMY = (AccountId(UUID(int=number)) for number in range(1, 4))
RECORD = PatientId(UUID(int=9))
OTHER_DAY = date(1981, 5, 17)
PHONE = b"digest"


def who(name: str | None, born_on: date | None = BORN, phone: bytes | None = None) -> Identity:
    return Identity(name=name, born_on=born_on, phone_hmac=phone)


def was(before: Identity, by: AccountId | None, source: ChangeSource = "staff") -> IdentityChange:
    return IdentityChange(
        patient_id=RECORD,
        name=before.name,
        born_on=before.born_on,
        phone_hmac=before.phone_hmac,
        source=source,
        account_id=by,
        changed_by=None,
        changed_at=datetime(2026, 6, 1, tzinfo=UTC),
    )


def record(present: Identity, *changes: IdentityChange, verified: bool = False) -> History:
    """The changes stand the newest first."""
    return History(present=present, verified=verified, changes=changes)


KNOWN = record(who("Alice Test", phone=PHONE), verified=True)
MADE = was(Identity(name=None, born_on=None, phone_hmac=None), FRED)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        pytest.param(record(who("Test, ALICE")), KNOWN, "unchanged", id="as they registered"),
        pytest.param(record(who("Eve Test")), KNOWN, None, id="not alike"),
        pytest.param(record(who("Alice Test", OTHER_DAY)), KNOWN, None, id="another birth date"),
        pytest.param(record(who("Eve", phone=PHONE)), KNOWN, "unchanged", id="one number"),
        pytest.param(record(who(None, None)), record(who(None, None)), None, id="nothing is known"),
        pytest.param(record(who("Alice Test"), was(who("Eve Test"), FRED)), KNOWN, "corrected-by-you", id="own name"),
        pytest.param(record(who("Alice Test"), was(who("Eve Test"), NORA)), KNOWN, "corrected", id="a colleague's"),
        pytest.param(
            record(who("Eve", phone=PHONE), was(who("Eve"), FRED)), KNOWN, "corrected-by-you", id="own number"
        ),
        pytest.param(
            record(who("Alice Test"), was(who("Alice Test", OTHER_DAY), FRED), was(who("Eve", OTHER_DAY), NORA)),
            KNOWN,
            "corrected-by-you",
            id="each a part",
        ),
        pytest.param(
            record(who("Alice Test"), was(who("Eve Test"), NORA), was(who("Mallory"), FRED)),
            KNOWN,
            "corrected",
            id="a colleague wrote it after all",
        ),
        pytest.param(
            record(who("Alice Test"), was(who("Alice Test", phone=b"x"), NORA), was(who("Eve"), FRED)),
            KNOWN,
            "corrected-by-you",
            id="a colleague wrote something else",
        ),
        pytest.param(record(who("Alice Test"), MADE), KNOWN, "corrected-by-you", id="made by oneself"),
        pytest.param(record(who("Eve Test")), record(who("Eve Test"), was(who("Alice Test"), FRED), verified=True),
                     "corrected-by-you", id="the known one was changed"),
        pytest.param(record(who("Alice Test")), record(who("Alice Test"), MADE, verified=True), "unchanged",
                     id="the known one was made by oneself"),
        pytest.param(record(who("Alice Test"), was(who("Al Test"), AMY, "self")), KNOWN, "unchanged", id="by oneself"),
        pytest.param(record(who("Alice Test"), was(who("Al Test"), None, "import")), KNOWN, "unchanged", id="a file"),
    ],
)  # fmt: skip
def test_a_likeness_rests_on_whoever_wrote_it(one: History, other: History, expected: Likeness | None) -> None:
    assert likeness(one, other, FRED) == expected
    assert likeness(other, one, FRED) == expected


async def linked(staff: Browser, one: str, other: str) -> tuple[int, str]:
    answer = await staff.put(f"/api/patients/{one}/matches/{other}", {"decision": "linked"})
    return answer.status_code, answer.json().get("code", "")


async def likenesses(staff: Browser, patient_id: str) -> list[str]:
    return [each["likeness"] for each in (await staff.get(f"/api/patients/{patient_id}/matches")).json()["items"]]


async def test_nobody_of_the_staff_makes_a_stranger_alike_and_links_them(entrance: Entrance) -> None:
    """The attack: somebody at the front desk lets an accomplice into a patient's record, alone."""
    await open_clinic(entrance)
    victim = str(await record_of(entrance, "Alice Test", phone="555 010 0199"))
    eve, fred = await registered(entrance, entrance.email("eve")), await front_desk(entrance)
    mine = await own_record(eve)
    for changes in ({"name": "Alice Test"}, {"name": "Amy Test", "phone": "555 010 0199"}):
        assert (await fred.put(f"/api/patients/{mine}", {"bornOn": "1980-05-17"} | changes)).status_code == 200
        assert await linked(fred, mine, victim) == (409, "own-correction")
        assert await likenesses(fred, mine) == ["corrected-by-you"]
    page = (await fred.get(f"/people/{mine}")).text
    assert "Ask a colleague to check with the patient and to link them." in page
    assert 'value="link"' not in page
    assert [each["id"] for each in (await eve.get("/api/session")).json()["patients"]] == [mine]


async def test_nor_does_it_help_to_change_the_known_record_for_a_moment(entrance: Entrance) -> None:
    await open_clinic(entrance)
    victim = str(await record_of(entrance, "Alice Test"))
    eve, fred = await registered(entrance, entrance.email("eve")), await front_desk(entrance)
    mine = await own_record(eve)
    assert (await fred.put(f"/api/patients/{victim}", {"name": "Amy Test", "bornOn": "1980-05-17"})).status_code == 200
    assert await linked(fred, mine, victim) == (409, "own-correction")


async def test_nor_to_make_a_record_for_the_accomplice(entrance: Entrance) -> None:
    await open_clinic(entrance)
    victim = str(await record_of(entrance, "Alice Test"))
    fred = await front_desk(entrance)
    made = (await fred.post("/api/patients", {"name": "Alice Test", "bornOn": BORN.isoformat()})).json()["id"]
    code = await invited_patient(entrance, fred, PatientId(UUID(made)), entrance.email("eve"))
    assert await activated(entrance, code) == 201
    await fred.put(f"/api/patients/{made}/verification", {"verified": False})
    assert await linked(fred, made, victim) == (409, "own-correction")


async def test_a_typo_that_one_corrects_another_links(entrance: Entrance) -> None:
    await open_clinic(entrance)
    known = str(await record_of(entrance, "Amy Tester"))
    amy, fred, nora = (
        await registered(entrance, entrance.email("amy")),
        await front_desk(entrance),
        await front_desk(entrance, name="nora"),
    )
    mine = await own_record(amy)
    await fred.put(f"/api/patients/{mine}", {"name": "Amy Tester", "bornOn": "1980-05-17"})
    page = (await nora.get(f"/people/{mine}")).text
    assert "Was: Amy Test<" in page
    assert "Alike only since staff corrected a record." in page
    assert await likenesses(nora, mine) == ["corrected"]
    assert await linked(nora, mine, known) == (200, "")


async def test_ones_own_new_number_makes_nobody_alike_and_the_old_one_no_more(entrance: Entrance) -> None:
    await open_clinic(entrance)
    await record_of(entrance, "Alice Test", phone="555 010 0199")
    await record_of(entrance, "Ben Test", phone="555 010 0142")
    eve, fred = await registered(entrance, entrance.email("eve")), await front_desk(entrance)
    mine = await own_record(eve)
    await fred.put(f"/api/patients/{mine}", {"name": "Amy Test", "bornOn": "1980-05-17", "phone": "555 010 0142"})
    assert len(await likenesses(fred, mine)) == 1
    assert (await eve.put("/api/account", {"phone": "(555) 010-0199", "language": "en"})).status_code == 200
    assert await likenesses(fred, mine) == []


async def test_saving_the_same_number_again_takes_nothing_from_what_staff_wrote(entrance: Entrance) -> None:
    await open_clinic(entrance)
    await record_of(entrance, "Alice Test", phone="555 010 0199")
    eve, fred = await registered(entrance, entrance.email("eve")), await front_desk(entrance)
    mine = await own_record(eve)
    await fred.put(f"/api/patients/{mine}", {"name": "Amy Test", "bornOn": "1980-05-17", "phone": "555 010 0199"})
    assert (await eve.put("/api/account", {"phone": "555 010 0199", "language": "en"})).status_code == 200
    assert await likenesses(fred, mine) == ["corrected-by-you"]
