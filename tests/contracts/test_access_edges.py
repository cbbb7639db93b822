"""Every route for those who had a right once, or have it with another hat: they get what anybody without it gets."""

from datetime import date, timedelta

import pytest

from portico.access import SystemScope
from portico.accounts import people
from portico.accounts.email_index import EmailIndex
from portico.accounts.passwords import Passwords
from portico.accounts.totp import code_at, new_seed
from portico.commands.demo_people import PASSWORD
from portico.ids import AccountId
from portico.platform.database import Tx
from tests import walks
from tests.contracts.access_stages import STAGES
from tests.contracts.access_table import TABLE
from tests.contracts.test_access_matrix import ask, expected
from tests.portal import Persona, Portal

WITH_A_SECOND_FACTOR = {"POST /api/account/recovery-codes", "POST /account/recovery-codes"}
"""Routes whose answer depends on having a code app, which staff have under either hat."""

CLOSING = {"PUT /api/account/closure", "POST /account-closure"}
"""Nobody of the staff closes their own account, under whichever hat: an admin does."""


@pytest.fixture(scope="module")
async def password_hash() -> str:
    return await Passwords().hash(PASSWORD)


@pytest.fixture(scope="module")
async def edges(portal: Portal, password_hash: str) -> dict[str, Persona]:
    """Paul, whose leave to act for Alice has run out; Hank, a clinician with the patient hat; Dora, disabled."""
    async with portal.site.db.transaction(SystemScope(walks.clinic_of(portal, "alice"), "test")) as tx:
        paul = await _account(portal, tx, "paul", password_hash)
        yesterday = tx.now - timedelta(days=1)
        await people.grant_proxy(
            tx,
            account_id=paul,
            patient_id=walks.patient_of(portal, "alice"),
            basis="agreed",
            confirmed_by=portal.people.by_name["nora"].account_id,
            period=(yesterday - timedelta(days=1), yesterday),
        )
        own = await people.create_patient(tx, portal.site.vault, name="Hank Demo", born_on=date(1966, 6, 6))
        hank = await _account(portal, tx, "hank", password_hash)
        dora = await _account(portal, tx, "dora", password_hash)
        seeds = {}
        for name, account_id in (("hank", hank), ("dora", dora)):
            seeds[name] = new_seed()
            await people.make_staff(tx, account_id=account_id, roles=["clinician", "nurse", "admin"])
            await people.enrol_totp(tx, portal.site.vault, account_id=account_id, seed=seeds[name])
        await people.grant_proxy(
            tx,
            account_id=hank,
            patient_id=own,
            basis="agreed",
            confirmed_by=portal.people.by_name["nora"].account_id,
        )
    personas = {
        "paul": await _signed_in(portal, "paul", None),
        "hank": await _signed_in(portal, "hank", seeds["hank"], hat="patient"),
        "dora": await _signed_in(portal, "dora", seeds["dora"], hat="staff"),
    }
    async with portal.site.db.transaction(SystemScope(walks.clinic_of(portal, "alice"), "test")) as tx:
        await people.disable_account(tx, account_id=dora)
    return personas


async def _account(portal: Portal, tx: Tx, name: str, password_hash: str) -> AccountId:
    index = await EmailIndex.of(portal.site.vault)
    account_id = await people.create_account(tx, index, email=f"{name}@demo.test", name=f"{name.title()} Demo")
    await people.set_password(tx, account_id=account_id, password_hash=password_hash)
    return account_id


async def _signed_in(portal: Portal, name: str, seed: str | None, **hat: str) -> Persona:
    persona = portal.stranger()

    def proof() -> dict[str, str]:
        return {"password": PASSWORD} | ({} if seed is None else {"code": code_at(seed, portal.clock.now())})

    persona.proof = proof
    body = {"email": f"{name}@demo.test", "password": PASSWORD, **hat}
    answer = await persona.send("POST", "/api/session", json=body)
    persona.token = answer.json()["csrfToken"]
    if seed is not None:
        code = {"code": proof()["code"]}
        answer = await persona.send("PUT", "/api/session/second-factor", json=code)
        persona.token = answer.json()["csrfToken"]
    assert answer.json()["state"] == "signed-in", answer.text
    return persona


def same_as(route: str, name: str) -> int:
    """The status of the persona of the matrix whose rights this one has."""
    statuses = expected(route, TABLE[route])
    if name == "dora":
        return statuses["nobody"]
    if name == "hank" and route in WITH_A_SECOND_FACTOR:
        return statuses["dr.adams"]
    if name == "hank" and route in CLOSING:
        return 403
    return statuses["bob"]


@pytest.mark.parametrize("route", [route for route, row in TABLE.items() if not row.ends_session])
async def test_a_right_that_is_over_or_of_the_other_hat_opens_nothing(
    route: str, portal: Portal, edges: dict[str, Persona]
) -> None:
    row = TABLE[route]
    stage = await STAGES[row.of](portal)
    if row.of == "setting_up":
        for name in ("paul", "hank"):
            await edges[name].step_up()
            await edges[name].send("POST", "/api/account/second-factor")
    for name, persona in edges.items():
        asking = Persona(http=persona.http, token="") if name == "dora" else persona
        answer = await ask(asking, route, row, stage)
        assert (name, answer.status_code) == (name, same_as(route, name))
        assert "Alice" not in answer.text, name
