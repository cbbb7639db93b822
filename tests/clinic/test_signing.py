"""Who may sign what, and what a signature holds for."""

import asyncio

import pytest

from portico.clinic.actions import is_signed, set_setting
from portico.clinic.model import Signable, SignatureKind
from portico.clinic.rules import ContentChanged, ContentUnknown, MayNotSign, version_of_value
from portico.clinic.signing import Reference, read_signables
from portico.desk.clinic_settings import sign
from portico.errors import NotAllowed
from portico.platform.database import Command
from tests.clinic.house import STAFF, House

OTHER_CONTENT = Command("update signature set digest = $2 where clinic_id = $1")


@pytest.fixture
async def stocked(house: House) -> House:
    """The house with the shipped content published and a telephone number set."""
    await house.site.catalogue.publish(house.site.db, house.site.content)
    async with house.site.db.transaction(house.system_scope) as tx:
        await set_setting(tx, house.site.content, "clinic.phone", "555-0100")
    return house


def example(house: House, kind: SignatureKind) -> Reference:
    """Something that exists of each kind; of settings, one that clinicians confirm."""
    content = house.site.content
    if kind == "setting":
        return Reference(kind=kind, key="cortisone.max", version=version_of_value("2"))
    if kind == "guidance":
        text = next(iter(content.guidance.values()))
        return Reference(kind=kind, key=text.key, version=text.version)
    if kind == "questionnaire":
        form = next(iter(content.questionnaires.values()))
        return Reference(kind=kind, key=form.slug, version=form.version)
    rule_set = next(iter(content.rule_sets.values()))
    return Reference(kind=kind, key=rule_set.slug, version=rule_set.version)


PHONE = Reference(kind="setting", key="clinic.phone", version=version_of_value("555-0100"))
KINDS: tuple[SignatureKind, ...] = ("rule_set", "questionnaire", "guidance", "setting")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", STAFF)
async def test_only_clinicians_sign_what_medicine_depends_on(stocked: House, name: str, kind: SignatureKind) -> None:
    wanted = example(stocked, kind)
    if name == "adams":
        signed = await sign(stocked.site, stocked.caller(name), wanted)
        assert (signed.signed_by, signed.signed_at) == (stocked.people[name], stocked.clock.now())
    else:
        with pytest.raises(NotAllowed):
            await sign(stocked.site, stocked.caller(name), wanted)


@pytest.mark.parametrize("name", STAFF)
async def test_only_admins_confirm_the_other_settings(stocked: House, name: str) -> None:
    if name == "anna":
        assert (await sign(stocked.site, stocked.caller(name), PHONE)).signed_by == stocked.people[name]
    else:
        with pytest.raises(MayNotSign):
            await sign(stocked.site, stocked.caller(name), PHONE)


@pytest.mark.parametrize("kind", KINDS)
async def test_signing_again_is_the_same_signature(stocked: House, kind: SignatureKind) -> None:
    wanted = example(stocked, kind)
    first = await sign(stocked.site, stocked.caller("adams"), wanted)
    stocked.clock.pass_by(days=1)
    assert await sign(stocked.site, stocked.caller("adams"), wanted) == first


@pytest.mark.parametrize("kind", ["rule_set", "questionnaire", "guidance"])
async def test_a_signature_holds_for_exactly_one_content(stocked: House, kind: SignatureKind) -> None:
    wanted = example(stocked, kind)
    [listed] = [each for each in await signables(stocked) if (each.kind, each.key) == (kind, wanted.key)]
    async with stocked.site.db.transaction(stocked.patient_scope) as tx:
        assert not await is_signed(tx, kind, wanted.key, wanted.version, listed.digest)
    await sign(stocked.site, stocked.caller("adams"), wanted)
    async with stocked.site.db.transaction(stocked.patient_scope) as tx:
        assert await is_signed(tx, kind, wanted.key, wanted.version, listed.digest)
        assert not await is_signed(tx, kind, wanted.key, wanted.version, b"another content")
        assert not await is_signed(tx, kind, wanted.key, "9.9.9", listed.digest)


async def test_content_that_changed_under_its_version_needs_a_new_signature(stocked: House) -> None:
    wanted = example(stocked, "rule_set")
    await sign(stocked.site, stocked.caller("adams"), wanted)
    async with stocked.site.db.transaction(stocked.system_scope) as tx:
        await tx.run(OTHER_CONTENT, stocked.clinic_id, b"what was signed then")
    [listed] = [each for each in await signables(stocked) if (each.kind, each.key) == (wanted.kind, wanted.key)]
    assert (listed.state, listed.signed_by) == ("changed", None)
    stocked.clock.pass_by(days=1)
    assert (await sign(stocked.site, stocked.caller("adams"), wanted)).signed_at == stocked.clock.now()


@pytest.mark.parametrize("kind", KINDS)
async def test_what_the_signer_has_not_seen_is_not_signed(stocked: House, kind: SignatureKind) -> None:
    seen = example(stocked, kind)
    with pytest.raises(ContentChanged):
        await sign(
            stocked.site,
            stocked.caller("adams"),
            Reference(kind=kind, key=seen.key, version=seen.version, digest=b"something else"),
        )
    [listed] = [each for each in await signables(stocked) if (each.kind, each.key) == (kind, seen.key)]
    with_digest = Reference(kind=kind, key=seen.key, version=seen.version, digest=listed.digest)
    assert (await sign(stocked.site, stocked.caller("adams"), with_digest)).key == seen.key


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("key", "version"), [("unheard.of", "1"), (None, "0.0.0-unknown")], ids=["key", "version"])
async def test_what_does_not_exist_cannot_be_signed(
    stocked: House, kind: SignatureKind, key: str | None, version: str
) -> None:
    wanted = Reference(kind=kind, key=key or example(stocked, kind).key, version=version)
    with pytest.raises(ContentUnknown):
        await sign(stocked.site, stocked.caller("adams"), wanted)


async def test_a_value_that_changed_meanwhile_is_not_confirmed(stocked: House) -> None:
    async with stocked.site.db.transaction(stocked.system_scope) as tx:
        await set_setting(tx, stocked.site.content, "clinic.phone", "555-0199")
    with pytest.raises(ContentUnknown):
        await sign(stocked.site, stocked.caller("anna"), PHONE)


async def test_two_who_sign_at_once_leave_one_signature(stocked: House) -> None:
    wanted = example(stocked, "rule_set")
    first, second = await asyncio.gather(
        *(sign(stocked.site, stocked.caller("adams"), wanted) for _ in range(2)),
    )
    assert first == second


async def test_the_list_shows_every_thing_with_its_state(stocked: House) -> None:
    before = {(each.kind, each.key): each for each in await signables(stocked)}
    content = stocked.site.content
    assert len(before) == sum(map(len, (content.questionnaires, content.rule_sets, content.guidance, content.settings)))
    assert before["setting", "clinic.phone"].state == "unsigned"
    assert before["setting", "clinic.opening_hours"].state == "unset"
    assert before["setting", "clinic.opening_hours"].version == ""
    await sign(stocked.site, stocked.caller("anna"), PHONE)
    after = {(each.kind, each.key): each for each in await signables(stocked)}
    assert after["setting", "clinic.phone"].state == "signed"
    assert after["setting", "clinic.phone"].signed_by == stocked.people["anna"]


async def signables(house: House) -> list[Signable]:
    return await read_signables(house.site, house.caller("nora"))
