"""The clinic's own pages as a browser without scripts meets them: settings, signatures, going live, my pages."""

import re
from email.parser import BytesParser
from email.policy import SMTP

import asyncpg
import pytest

from portico.access import SystemScope
from portico.clinic.actions import settings_of
from portico.desk.setting_groups import grouped
from portico.desk.signature_reading import GROUPS
from portico.notify.page_codes import page_code
from portico.platform.content_items import items_of
from portico.platform.database import Command
from tests import walks
from tests.databases import DatabaseUrls
from tests.pages.tab import Tab
from tests.portal import Portal

OTHER_CONTENT = Command("update signature set digest = '\\x00' where clinic_id = $1 and kind = $2")


async def tab_of(portal: Portal, name: str, address: str) -> Tab:
    tab = Tab(await portal.as_(name))
    await tab.open(address)
    assert tab.status == 200
    return tab


async def value_of(portal: Portal, key: str) -> tuple[str | None, bool]:
    """The value as the database holds it, and whether somebody stands behind it."""
    async with portal.site.db.transaction(SystemScope(walks.clinic_of(portal, "alice"), "test")) as tx:
        settings = await settings_of(tx, portal.site.content)
    return settings.value(key), key in settings.confirmed


async def unsigned(portal: Portal, kind: str) -> None:
    """What was signed of this kind is other content than what there is."""
    clinic_id = walks.clinic_of(portal, "alice")
    async with portal.site.db.transaction(SystemScope(clinic_id, "test")) as tx:
        await tx.run(OTHER_CONTENT, clinic_id, kind)


async def code_mailed(portal: Portal, address: str) -> str:
    """The code of the test page, as the phone at this address shows it."""
    while (await portal.do_due_work()).taken:
        pass
    mails = [BytesParser(policy=SMTP).parsebytes(path.read_bytes()) for path in portal.mail.glob("*.eml")]
    # Dangers that others of these tests raise are paged too; their mail has no code.
    read = (re.search(r"\b[A-Z2-9]{4}-[A-Z2-9]{4}\b", mail.get_content()) for mail in mails if mail["To"] == address)
    [found] = [code for code in read if code is not None]
    return found[0]


async def test_every_setting_stands_on_the_page_with_its_state(portal: Portal) -> None:
    tab = await tab_of(portal, "anna", "/settings")
    for key, declared in portal.site.content.settings.items():
        assert key in tab.page.ids
        assert declared.description in tab.page.text
    assert "555-0100 Confirmed Anna Demo" in tab.page.text
    assert "No value Not set" in tab.page.text
    assert "Dr. Adams Demo Confirmed Anna Demo" in tab.page.text


async def test_every_setting_can_be_opened(portal: Portal) -> None:
    tab = Tab(await portal.as_("anna"))
    for key, declared in portal.site.content.settings.items():
        await tab.open(f"/settings/{key}")
        assert tab.status == 200, key
        assert tab.page.headings[0] == ("h1", declared.description)
        assert bool([f for f in tab.page.forms if f.action == f"/settings/{key}"]) is (declared.signed_by == "admin")
    await tab.open("/settings/clinic.colour")
    assert tab.status == 404


async def test_a_value_is_saved_and_confirmed_in_one_step(portal: Portal) -> None:
    tab = await tab_of(portal, "anna", "/settings/clinic.phone")
    await tab.press(tab.page.form("/settings/clinic.phone"), ("confirm", "yes"), value="555-0107")
    assert (tab.address, await value_of(portal, "clinic.phone")) == ("/settings", ("555-0107", True))
    await tab.open("/settings/clinic.phone")
    assert "Confirmed 555-0107" in tab.page.text
    assert "Set 555-0100" in tab.page.text


async def test_what_is_only_saved_is_marked_until_somebody_confirms_it(portal: Portal) -> None:
    tab = await tab_of(portal, "anna", "/settings/clinic.phone")
    await tab.press(tab.page.form("/settings/clinic.phone"), value="555-0107")
    assert "555-0107 Not signed An administrator must confirm it." in tab.page.text
    assert await value_of(portal, "clinic.phone") == ("555-0107", False)
    await tab.press(tab.page.form("/settings/clinic.phone/confirmation"))
    assert await value_of(portal, "clinic.phone") == ("555-0107", True)


async def test_hours_are_written_by_weekday_as_people_write_them(portal: Portal) -> None:
    tab = await tab_of(portal, "anna", "/settings/clinic.opening_hours")
    form = tab.page.form("/settings/clinic.opening_hours")
    assert dict(form.fields)["fri"] == "08:00-16:00"
    await tab.press(form, ("confirm", "yes"), mon="8-12, 1pm-5:30 pm", tue="", sat="9:00 – 12:00", sun="")
    week = "mon 08:00-12:00 13:00-17:30; wed 08:00-17:00; thu 08:00-17:00; fri 08:00-16:00; sat 09:00-12:00"
    assert await value_of(portal, "clinic.opening_hours") == (week, True)


@pytest.mark.parametrize(
    ("key", "fields", "words"),
    [
        ("clinic.opening_hours", {"mon": "22:00-02:00", "tue": "8-17"}, "Split one that runs over midnight."),
        ("clinic.closings", {"value": "2026-06-05 noon"}, "Write hours as 08:00-17:00"),
        ("clinic.phone", {"value": "CALL US"}, "Write a telephone number in digits"),
        ("clinic.zone", {"value": "Here"}, "Write a time zone such as America/New_York."),
        ("visit.first_minutes", {"value": "an hour"}, "Write a whole number"),
    ],
)
async def test_a_value_that_does_not_read_is_shown_again(
    portal: Portal, key: str, fields: dict[str, str], words: str
) -> None:
    before = await value_of(portal, key)
    tab = await tab_of(portal, "anna", f"/settings/{key}")
    await tab.send(tab.page.form(f"/settings/{key}"), fields, ("confirm", "yes"))
    assert tab.status == 422
    assert words in tab.page.text
    assert {name: tab.page.values(name) for name in fields} == {name: [value] for name, value in fields.items()}
    assert await value_of(portal, key) == before


async def test_single_days_are_written_one_a_line(portal: Portal) -> None:
    tab = await tab_of(portal, "anna", "/settings/clinic.closings")
    form = tab.page.form("/settings/clinic.closings")
    await tab.press(form, ("confirm", "yes"), value="2026-07-03\r\n2026-06-05 12pm-5pm\r\n")
    assert await value_of(portal, "clinic.closings") == ("2026-07-03; 2026-06-05 12:00-17:00", True)
    await tab.open("/settings/clinic.closings")
    assert tab.page.values("value") == ["2026-07-03\n2026-06-05 12:00-17:00"]


async def test_somebody_elses_newer_value_is_not_overwritten(portal: Portal) -> None:
    tab = await tab_of(portal, "anna", "/settings/clinic.phone")
    form = tab.page.form("/settings/clinic.phone")
    await tab.press(form, value="555-0107")
    await tab.press(form, value="555-0108")
    assert tab.status == 412
    assert tab.page.values("value") == ["555-0108"]
    assert "555-0107 Not signed" in tab.page.text


async def test_a_clinician_changes_thresholds_and_nothing_of_the_office(portal: Portal) -> None:
    tab = await tab_of(portal, "dr.adams", "/settings/pain.severe_from")
    await tab.press(tab.page.form("/settings/pain.severe_from"), ("confirm", "yes"), value="8")
    assert await value_of(portal, "pain.severe_from") == ("8", True)
    await tab.open("/settings/clinic.phone")
    assert not [form for form in tab.page.forms if form.action.startswith("/settings")]
    await tab.post("/settings/clinic.phone", [("csrf_token", tab.persona.token), ("value", "555-0107")])
    assert tab.status == 403


async def test_the_clinic_is_renamed_on_its_page(portal: Portal) -> None:
    tab = await tab_of(portal, "anna", "/settings")
    form = next(form for form in tab.page.forms if form.action == "/settings")
    await tab.press(form, name="")
    assert tab.status == 422
    await tab.press(form, name="New Demo Clinic")
    assert "New Demo Clinic" in tab.page.text


async def test_everything_to_sign_can_be_read_in_full(portal: Portal) -> None:
    tab = await tab_of(portal, "dr.adams", "/signatures")
    assert [link for link in tab.page.links if link.startswith("/signatures/")] == [f"/signatures/{g}" for g in GROUPS]
    said = ""
    for group in GROUPS:
        await tab.open(f"/signatures/{group}")
        assert tab.status == 200
        said += tab.page.text
    for text in portal.site.content.guidance.values():
        assert text.texts["en"].title in said
        assert text.when in said
    for rule_set in portal.site.content.rule_sets.values():
        assert [rule.text for rule in rule_set.rule_set.rules if rule.text not in said] == []
    for form in portal.site.content.questionnaires.values():
        asked = [" ".join(item.text.split()) for item in items_of(form.form.item) if item.text]
        assert [text for text in asked if text not in said] == []


async def test_texts_that_changed_are_marked_and_signed_all_at_once(portal: Portal) -> None:
    await unsigned(portal, "guidance")
    tab = await tab_of(portal, "dr.adams", "/signatures")
    assert re.search(r"Emergency texts 0 of \d+ Never Not signed \d+ changed since they were signed", tab.page.text)
    await tab.open("/signatures/emergency")
    assert "Changed since it was signed" in tab.page.text
    bulk = max(tab.page.forms, key=lambda form: len(form.fields))
    assert len(bulk.fields) > 4
    await tab.press(bulk)
    assert tab.address == "/signatures"
    assert re.search(r"Emergency texts (\d+) of \1 ", tab.page.text)
    assert re.search(r"Texts that say to call 0 of", tab.page.text)


async def test_one_thing_is_signed_where_it_stands(portal: Portal) -> None:
    await unsigned(portal, "rule_set")
    tab = await tab_of(portal, "dr.adams", "/signatures/rules")
    await tab.press(tab.page.form("/signatures/rules"))
    assert tab.address == "/signatures/rules"
    assert "Signed by Dr. Adams Demo" in tab.page.text


async def test_what_the_page_did_not_show_is_not_signed(portal: Portal) -> None:
    await unsigned(portal, "rule_set")
    tab = await tab_of(portal, "dr.adams", "/signatures/rules")
    form = tab.page.form("/signatures/rules")
    kind, key, version, digest = dict(form.fields)["item"].split("|")
    for item, status in (
        (f"{kind}|{key}|{version}|{'00' * 32}", 409),
        (f"{kind}|{key}|{version}|x", 400),
        (f"{kind}|{key}|9.9.9|{digest}", 404),
        ("rules", 400),
    ):
        await tab.press(form, item=item)
        assert tab.status == status
    assert "Signed by" not in tab.page.text


async def test_an_admin_reads_and_does_not_sign(portal: Portal) -> None:
    await unsigned(portal, "rule_set")
    tab = await tab_of(portal, "anna", "/signatures/rules")
    assert not [form for form in tab.page.forms if form.action.startswith("/signatures")]
    await tab.open("/signatures/poems")
    assert tab.status == 404


async def test_the_go_live_page_says_that_everything_stands(portal: Portal) -> None:
    tab = await tab_of(portal, "anna", "/go-live")
    assert "Open to patients Anna Demo opened it" in tab.page.text
    assert "Missing" not in tab.page.text
    assert "Everything it needs stands." in tab.page.text
    for name in ("H1", "H5", "H14", "H15"):
        assert f"{name}: {portal.site.content.hazards[name].hazard}" in tab.page.text


async def test_an_open_clinic_with_a_gap_is_red(portal: Portal) -> None:
    tab = await tab_of(portal, "anna", "/settings/clinic.phone")
    await tab.press(tab.page.form("/settings/clinic.phone"), value="555-0107")
    await tab.open("/go-live")
    assert ("h2", "This clinic is open, and 1 thing has nobody behind it") in tab.page.headings
    assert "/settings#clinic.phone" in tab.page.links


async def test_a_clinic_is_opened_when_nothing_is_missing(portal: Portal, fresh_database: DatabaseUrls) -> None:
    connection = await asyncpg.connect(fresh_database.superuser)
    await connection.execute("delete from clinic_opening")
    await connection.close()
    await unsigned(portal, "rule_set")
    tab = await tab_of(portal, "anna", "/go-live")
    assert f"Not open to patients {len(portal.site.content.rule_sets)} things are missing." in tab.page.text
    assert "/signatures/rules#rule_set-prolotherapy-intake" in tab.page.links
    await tab.post("/go-live", [("csrf_token", tab.persona.token)])
    assert tab.status == 409
    for _ in portal.site.content.rule_sets:
        clinician = await tab_of(portal, "dr.adams", "/signatures/rules")
        await clinician.press(clinician.page.form("/signatures/rules"))
    await tab.open("/go-live")
    await tab.press(tab.page.form("/go-live"))
    assert "Open to patients Anna Demo opened it" in tab.page.text


async def test_a_test_page_goes_out_and_comes_back(portal: Portal) -> None:
    while (await portal.do_due_work()).taken:
        pass  # The pages by which the demo's addresses were tried go to those.
    nora = await tab_of(portal, "nora", "/staff/me")
    await nora.press(nora.page.form("/page-address"), address="nobody")
    assert nora.status == 422
    assert nora.page.values("address") == ["nobody"]
    await nora.press(nora.page.form("/page-address"), address="5550143@pages.test")
    assert "Not tested yet." in nora.page.text
    anna = await tab_of(portal, "anna", "/go-live")
    assert "1 person who is told of dangers has no page that was seen to arrive" in anna.page.text
    assert "Nora Demo is told of a danger at once and has a page address that was never tested" in anna.page.text
    assert f"H1: {portal.site.content.hazards['H1'].hazard} Mail goes to them all the same." in anna.page.text
    assert "Everything it needs stands." not in anna.page.text
    send = f"/go-live/pages/{walks.caller(portal, 'nora').account_id}"
    await anna.press(next(form for form in anna.page.forms if form.action == send))
    assert "Nora Demo On its way since" in anna.page.text
    check = next(form for form in anna.page.forms if form.action == send and "code" in dict(form.fields))
    await anna.press(check, code=page_code(portal.site.db.ids.new()))
    assert anna.status == 422
    await nora.open("/staff/me")
    for wrong in ("", page_code(portal.site.db.ids.new())):
        await nora.press(nora.page.form("/page-test"), code=wrong)
        assert nora.status == 422
        assert "This is not the code of the page that was sent last." in nora.page.text
        assert nora.page.values("code") == [wrong]
    await nora.press(nora.page.form("/page-test"), code=await code_mailed(portal, "5550143@pages.test"))
    assert "Tested. Nora Demo said on" in nora.page.text
    await anna.open("/go-live")
    assert "Nora Demo Arrived Nora Demo said so" in anna.page.text
    assert "no page that was seen to arrive" not in anna.page.text


async def test_a_danger_stands_above_the_clinics_own_pages(portal: Portal) -> None:
    await walks.drafted(portal, "alice", walks.SADDLE)
    for address in ("/settings", "/signatures", "/go-live"):
        tab = await tab_of(portal, "dr.adams", address)
        assert tab.page.headings[0] == ("h2", "1 urgent case is open")


async def test_the_menu_leads_each_role_to_its_pages(portal: Portal) -> None:
    for name, has_settings in (("anna", True), ("dr.adams", True), ("nora", False), ("fred", False)):
        tab = await tab_of(portal, name, "/escalations")
        assert ("/settings" in tab.page.links) is has_settings
        assert "/staff/me" in tab.page.links


def test_a_heading_is_there_only_with_settings() -> None:
    assert grouped([]) == {}
