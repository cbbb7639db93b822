"""What the home page says of a form that lies too long; the mails that lead there have no words of their own."""

from portico.review.model import Verdict
from tests import walks
from tests.pages.tab import Tab
from tests.portal import Portal

GOOD_NEWS = Verdict(decision="proceed", sentence="See you then.")


async def home(portal: Portal) -> Tab:
    tab = Tab(await portal.sign_in("alice"))
    await tab.open("/")
    return tab


async def mailed(portal: Portal) -> int:
    """Mails to Alice since the last look."""
    while (await portal.do_due_work()).taken:
        pass
    mails = [file for file in portal.mail.iterdir() if b"alice@demo.test" in file.read_bytes()]
    for file in mails:
        assert not {b"form", b"erase", b"visit"} & set(file.read_bytes().lower().split())
        file.unlink()
    return len(mails)


async def test_a_draft_is_asked_for_then_erased_and_the_page_says_so(portal: Portal) -> None:
    await walks.drafted(portal, "alice")
    await mailed(portal)
    assert "Please finish your form" not in (await home(portal)).page.text
    portal.clock.pass_by(days=83)
    assert await mailed(portal) == 1
    asked = await home(portal)
    assert "Please finish your form" in asked.page.text
    portal.clock.pass_by(days=7)
    assert await mailed(portal) == 1
    erased = await home(portal)
    assert "Your form was erased" in erased.page.text
    await erased.press(erased.page.form("/intake"))
    assert "Your form was erased" not in (await home(portal)).page.text


async def test_a_form_too_old_for_the_visit_ahead_is_told_by_mail_and_page(portal: Portal) -> None:
    await walks.decided(portal, "alice", GOOD_NEWS)
    await walks.booked(portal, "alice", days=40)
    portal.clock.pass_by(days=29)
    await mailed(portal)
    portal.clock.pass_by(days=1)
    assert await mailed(portal) == 1
    tab = await home(portal)
    assert "Your form is some weeks old" in tab.page.text
    assert any(link.endswith("/change") for link in tab.page.links)


async def test_a_danger_stands_alone(portal: Portal) -> None:
    await walks.drafted(portal, "alice", walks.SADDLE)
    portal.clock.pass_by(days=83)
    await mailed(portal)
    assert "Please finish your form" not in (await home(portal)).page.text
