"""The routes of signatures as each role meets them, through the real gate."""

import pytest

from portico.access import Role
from portico.clinic.rules import version_of_value
from tests.accounts.entrance import Browser, Entrance


async def browser_of(portal: Entrance, *roles: Role) -> Browser:
    return await portal.signed_in(await portal.staff(*roles, name="-".join(roles)))


def path_of(portal: Entrance, kind: str) -> str:
    content = portal.site.content
    if kind == "rule_set":
        rule_set = next(iter(content.rule_sets.values()))
        return f"/api/signatures/rule_set/{rule_set.slug}/{rule_set.version}"
    if kind == "guidance":
        text = next(iter(content.guidance.values()))
        return f"/api/signatures/guidance/{text.key}/{text.version}"
    minutes = content.settings["review.claim_minutes"].default or ""
    return f"/api/signatures/setting/review.claim_minutes/{version_of_value(minutes)}"


@pytest.mark.parametrize(
    ("role", "kind", "status"),
    [
        ("clinician", "rule_set", 200),
        ("clinician", "guidance", 200),
        ("clinician", "setting", 403),
        ("nurse", "rule_set", 403),
        ("nurse", "setting", 403),
        ("front_desk", "guidance", 403),
        ("admin", "rule_set", 403),
        ("admin", "guidance", 403),
        ("admin", "setting", 200),
    ],
)
async def test_each_role_signs_its_own(portal: Entrance, role: Role, kind: str, status: int) -> None:
    browser = await browser_of(portal, role)
    answer = await browser.client.put(path_of(portal, kind), headers={"X-CSRF-Token": browser.csrf})
    assert answer.status_code == status
    if status == 200:
        assert set(answer.json()) == {"kind", "key", "version", "signedBy", "signedAt"}
        again = await browser.put(path_of(portal, kind), {})
        assert again.json() == answer.json()


async def test_the_list_gives_what_signing_needs(portal: Entrance) -> None:
    clinician = await browser_of(portal, "clinician")
    items = (await clinician.get("/api/signatures")).json()["items"]
    open_ones = [each for each in items if each["signer"] == "clinician" and each["state"] == "unsigned"]
    assert open_ones
    for each in open_ones[:5]:
        path = f"/api/signatures/{each['kind']}/{each['key']}/{each['version']}"
        assert (await clinician.put(path, {"digest": each["digest"]})).status_code == 200
    after = (await clinician.get("/api/signatures")).json()["items"]
    assert sum(each["state"] == "signed" for each in after) == min(5, len(open_ones))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param({"digest": "00ff"}, 409, id="other content"),
        pytest.param({"digest": "not hex"}, 400, id="no digest"),
        pytest.param({"seal": "x"}, 400, id="unknown field"),
    ],
)
async def test_a_body_that_does_not_fit_signs_nothing(portal: Entrance, body: dict[str, object], status: int) -> None:
    clinician = await browser_of(portal, "clinician")
    assert (await clinician.put(path_of(portal, "rule_set"), body)).status_code == status


@pytest.mark.parametrize(
    "path", ["rule_set/unheard/1.0.0", "guidance/em.911/999", "setting/clinic.phone/x", "poem/x/1"]
)
async def test_unknown_content_is_not_found(portal: Entrance, path: str) -> None:
    browser = await browser_of(portal, "clinician", "admin")
    assert (await browser.put(f"/api/signatures/{path}", {})).status_code == 404


async def test_patients_and_strangers_find_no_signatures(portal: Entrance) -> None:
    alice = await portal.signed_in(await portal.alice())
    assert (await alice.get("/api/signatures")).status_code == 404
    assert (await alice.put(path_of(portal, "rule_set"), {})).status_code == 404
    async with portal.client() as client:
        assert (await client.get("/api/signatures")).status_code == 401
