"""The pages of one's own account and of those who act for others, walked through as a person without scripts does."""

from portico.commands.demo_people import PASSWORD
from tests import walks
from tests.pages.tab import Tab
from tests.portal import Portal


async def prove(portal: Portal, tab: Tab, name: str) -> None:
    """Fills in the form that asks for a fresh proof; what was asked goes on by itself."""
    [form] = [form for form in tab.page.forms if ("step_up_password", "") in form.fields]
    proof = tab.persona.proof()
    filled = {"step_up_password": proof["password"]} | ({"step_up_code": proof["code"]} if "code" in proof else {})
    await tab.send(form, filled)


async def test_a_patient_asks_for_another_address_and_loses_nothing_on_the_way(portal: Portal) -> None:
    tab = Tab(await portal.sign_in("alice"))
    page = await tab.open("/account")
    await tab.press(page.form("/account/email"), email="alice.new@demo.test")
    assert (tab.status, "Please show that it is you" in tab.page.text) == (403, True)
    await prove(portal, tab, "alice")
    assert tab.status == 200
    assert "We have sent a link to the new address" in tab.page.text


async def test_a_patient_sets_up_a_code_app_and_switches_it_off(portal: Portal) -> None:
    tab = Tab(await portal.sign_in("bob"))
    page = await tab.open("/account")
    await tab.press(page.form("/account/second-factor"))
    await prove(portal, tab, "bob")
    assert tab.address == "/account/second-factor"
    assert tab.page.headings[0] == ("h1", "Set up your code app")
    await tab.press(tab.page.form("/confirmation"), code="000000")
    assert (tab.status, "The code is not right" in tab.page.text) == (401, True)


async def test_a_wrong_password_on_the_way_is_said_and_asked_again(portal: Portal) -> None:
    tab = Tab(await portal.sign_in("alice"))
    page = await tab.open("/account")
    await tab.press(page.form("/account/email"), email="alice.new@demo.test")
    await tab.press(tab.page.form("/account/email"), step_up_password="not this one")
    assert "The password is not right" in tab.page.text
    assert ("email", "alice.new@demo.test") in tab.page.form("/account/email").fields
    await tab.press(tab.page.form("/account/email"), step_up_password=PASSWORD)
    assert "We have sent a link" in tab.page.text


async def test_staff_let_somebody_act_and_the_patient_ends_it(portal: Portal) -> None:
    nora, alice = Tab(await portal.sign_in("nora")), Tab(await portal.sign_in("alice"))
    base = f"/people/{walks.patient_of(portal, 'alice')}/proxies"
    page = await nora.open(base)
    assert "Pat Demo" in page.text
    filled = {"email": "bob@demo.test", "basis": "agreed", "scope": ["intake", "messages"], "ends_on": "2026-12-31"}
    await nora.send(page.form(base), filled)
    await prove(portal, nora, "nora")
    assert (nora.status, "Bob Demo" in nora.page.text) == (200, True)
    shown = await alice.open("/account/proxies")
    assert "Bob Demo" in shown.text
    bobs = next(form for form in shown.forms if form.action.endswith("/end"))
    await alice.press(bobs)
    await prove(portal, alice, "alice")
    assert alice.page.text.count("Ended") == 1


async def test_a_mistake_in_a_new_grant_loses_nothing(portal: Portal) -> None:
    nora = Tab(await portal.sign_in("nora"))
    await nora.persona.step_up()
    base = f"/people/{walks.patient_of(portal, 'alice')}/proxies"
    page = await nora.open(base)
    await nora.send(page.form(base), {"email": "bob@demo.test", "basis": "poa", "scope": ["record"], "ends_on": "soon"})
    assert nora.status == 422
    form = nora.page.form(base)
    for pair in (("email", "bob@demo.test"), ("basis", "poa"), ("scope", "record"), ("ends_on", "soon")):
        assert pair in form.fields


async def test_clinicians_and_admins_find_the_page_for_a_colleagues_lost_phone(portal: Portal) -> None:
    adams, anna = Tab(await portal.sign_in("dr.adams")), Tab(await portal.sign_in("anna"))
    assert "/factor-recoveries" in (await adams.open("/account")).links
    page = await adams.open("/factor-recoveries")
    nora = str(portal.people.by_name["nora"].account_id)
    await adams.press(page.form("/factor-recoveries"), account=nora, reason="Seen in person.")
    await prove(portal, adams, "dr.adams")
    assert "Dr. Adams Demo has made sure who it is" in adams.page.text
    page = await anna.open("/factor-recoveries")
    await anna.press(page.form("/confirmation"), reason="Seen in person too.")
    await prove(portal, anna, "anna")
    assert "has made sure who it is" not in anna.page.text
