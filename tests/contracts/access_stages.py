"""How Alice's things come to stand where the rows of the access matrix ask for them."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from uuid import UUID, uuid4

from portico.access import SystemScope
from portico.accounts import invitations, matching, people
from portico.accounts.email_index import EmailIndex
from portico.accounts.page_address import keep_page_address
from portico.accounts.totp import new_seed
from portico.care import attachments
from portico.care.attachments_model import Holder
from portico.care.procedure_rules import Performed
from portico.care.procedures import record_procedure
from portico.clinic.opening_queries import living_tests_locked
from portico.clinic.page_testing import request_test, void_tests
from portico.commands.demo_content import SLUG
from portico.commands.made_up_answers import Told
from portico.escalation import handling
from portico.ids import AccountId, EscalationId, MessageId, PatientId, ThreadId
from portico.intake import drafts, queries
from portico.messaging import check_ins, sending
from portico.messaging import reading as messaging
from portico.messaging.drafting import Written, save_draft
from portico.messaging.model import Parcel
from portico.notify.page_codes import page_code
from portico.platform.multipart import SentFile
from tests import walks
from tests.contracts.access_rows import ELSEWHERE, PERSONAS, Stage
from tests.portal import Portal


async def calm(portal: Portal) -> Stage:
    """Alice has sent a form; its review waits in the queue."""
    review = await walks.queued(portal, "alice")
    return _of_review(portal, str(review.response_id), str(review.review_id), review.revision)


async def attached(portal: Portal) -> Stage:
    """Alice has sent a form, and a file belongs to it."""
    stage = await calm(portal)
    me = walks.caller(portal, "alice")
    file = SentFile(field="file", name="a.txt", declared_type="text/plain", content=b"words")
    kept = await attachments.upload(portal.site, me, walks.patient_of(portal, "alice"), file)
    async with portal.site.db.transaction(me.scope) as tx:
        await attachments.bind(
            tx,
            patient_id=kept.patient_id,
            attachment_ids=[kept.attachment_id],
            holder=Holder("response", UUID(stage.ids["response_id"])),
        )
    return Stage(ids={**stage.ids, "attachment_id": str(kept.attachment_id)}, revision=stage.revision)


async def claimed(portal: Portal) -> Stage:
    """Dr. Adams has claimed the review of Alice's form."""
    review = await walks.claimed(portal, "alice")
    return _of_review(portal, str(review.response_id), str(review.review_id), review.revision)


async def draft(portal: Portal) -> Stage:
    """Alice has an unsent, finished form."""
    await _start_afresh(portal)
    response_id, revision = await walks.drafted(portal, "alice")
    async with portal.site.db.transaction(SystemScope(walks.clinic_of(portal, "alice"), "test")) as tx:
        row = await queries.response(tx, response_id)
    assert row is not None
    ids = {"response_id": str(response_id), "canonical": row.canonical}
    return Stage(ids=_known(portal) | ids, revision=revision)


async def danger(portal: Portal) -> Stage:
    """Alice has told something that somebody must act on."""
    await _start_afresh(portal)
    told: dict[str, Told] = {"reg.1": ["knee"], "rf.any.fever": "yes", "rf.any.hot_joint": "yes"}
    response_id, revision = await walks.drafted(portal, "alice", told, only_told=True)
    escalation = await walks.escalation_of(portal, "alice", response_id)
    assert escalation is not None
    ids = {"response_id": str(response_id), "escalation_id": str(escalation.escalation_id)}
    return Stage(ids=_known(portal) | ids, revision=revision)


async def _start_afresh(portal: Portal) -> None:
    me = walks.caller(portal, "alice")
    opened = await drafts.open_response(portal.site, me, SLUG, walks.patient_of(portal, "alice"))
    await drafts.drop_response(portal.site, me, opened.row.response_id)


async def safe(portal: Portal) -> Stage:
    """Every danger that Alice told of has been dealt with."""
    clinician = walks.caller(portal, "dr.adams")
    while entries := (await handling.read_list(portal.site, clinician, "unresolved", None)).entries:
        for entry in entries:
            await handling.resolve(portal.site, clinician, entry.escalation_id, "spoke", None)
    return await calm(portal)


async def ended_danger(portal: Portal) -> Stage:
    """Somebody has resolved the danger that Alice told of."""
    stage = await danger(portal)
    escalation_id = EscalationId(UUID(stage.ids["escalation_id"]))
    await handling.resolve(portal.site, walks.caller(portal, "dr.adams"), escalation_id, "spoke", None)
    return stage


async def consult(portal: Portal) -> Stage:
    """Alice has a consult."""
    consult_id = await walks.booked(portal, "alice", days=10)
    return Stage(ids=_known(portal) | {"consult_id": str(consult_id)})


async def paged(portal: Portal) -> Stage:
    """A test page is on its way to Dr. Adams and to Dr. Baker, and nobody else has one."""
    for name in ("nora", "anna"):
        async with portal.site.db.transaction(walks.caller(portal, name).scope) as tx:
            await void_tests(tx, walks.caller(portal, name).account_id)
    for name, admin in (("dr.adams", "anna"), ("dr.baker", "dr.baker")):
        clinician, sender = walks.caller(portal, name), walks.caller(portal, admin)
        async with portal.site.db.transaction(clinician.scope) as tx:
            await keep_page_address(tx, portal.site, clinician, "5550188@pages.test")
            await request_test(tx, sender, clinician.account_id)
    adams = walks.caller(portal, "dr.adams")
    async with portal.site.db.transaction(adams.scope) as tx:
        [test] = await living_tests_locked(tx, adams.account_id)
    ids = {"account_id": str(adams.account_id), "page_code": page_code(test.test_id)}
    return Stage(ids=_known(portal) | ids)


async def newcomer(portal: Portal) -> Stage:
    """Alice's clinic has invited somebody to a record that they have no account for."""
    async with portal.site.db.transaction(SystemScope(walks.clinic_of(portal, "alice"), "test")) as tx:
        patient_id = await people.create_patient(tx, portal.site.vault, name="Newcomer", born_on=date(1990, 4, 2))
    invited = await invitations.invite_patient(
        portal.site, walks.caller(portal, "nora"), patient_id, "newcomer@people.test"
    )
    ids = {
        "patient_id": str(patient_id),
        "invitation_id": str(invited.invitation_id),
        "other_id": str(walks.patient_of(portal, "alice")),
    }
    return Stage(ids=_known(portal) | ids)


async def new_thread(portal: Portal) -> Stage:
    """Ids that nothing has yet."""
    return Stage(ids=_known(portal) | {"thread_id": str(uuid4()), "message_id": str(uuid4())})


async def thread(portal: Portal) -> Stage:
    """Alice has written about soreness; `message_id` is of a message still to be sent."""
    thread_id = await walks.thread_of(portal, "alice")
    return Stage(ids=_known(portal) | {"thread_id": str(thread_id), "message_id": str(uuid4())})


async def sent_message(portal: Portal) -> Stage:
    """Alice has written about soreness; `message_id` is of her message."""
    stage = await thread(portal)
    tail = await messaging.read_messages(
        portal.site, walks.caller(portal, "alice"), ThreadId(UUID(stage.ids["thread_id"]))
    )
    return Stage(ids={**stage.ids, "message_id": str(tail.letters[0].message.message_id)})


async def answered_by_adams(portal: Portal) -> Stage:
    """Dr. Adams has answered in Alice's thread; `message_id` is of the answer."""
    stage = await thread(portal)
    parcel = Parcel(message_id=MessageId(uuid4()), body="Rest it.")
    where = ThreadId(UUID(stage.ids["thread_id"]))
    await sending.send_message(portal.site, walks.caller(portal, "dr.adams"), where, parcel)
    return Stage(ids={**stage.ids, "message_id": str(parcel.message_id)})


async def answered(portal: Portal) -> Stage:
    """Nothing urgent about Alice's thread is unresolved."""
    stage = await thread(portal)
    clinician = walks.caller(portal, "dr.adams")
    for entry in (await handling.read_list(portal.site, clinician, "unresolved", None)).entries:
        await handling.resolve(portal.site, clinician, entry.escalation_id, "spoke", None)
    return stage


async def drafted_message(portal: Portal) -> Stage:
    """Alice has begun an answer in her thread."""
    stage = await thread(portal)
    written = Written(body="I wan")
    await save_draft(portal.site, walks.caller(portal, "alice"), ThreadId(UUID(stage.ids["thread_id"])), written)
    return stage


async def stopping(portal: Portal) -> Stage:
    """The program is about to stop: streams end at once instead of never."""
    portal.app.end_streams()
    return Stage(ids=_known(portal))


async def apart(portal: Portal) -> Stage:
    """Staff have said that the newcomer is not Alice."""
    stage = await newcomer(portal)
    one, other = (PatientId(UUID(stage.ids[key])) for key in ("patient_id", "other_id"))
    await matching.decide(portal.site, walks.caller(portal, "nora"), one, other, "keep-apart")
    return stage


async def session(portal: Portal) -> Stage:
    """Alice is signed in on another device too."""
    listed = await (await portal.sign_in("alice")).send("GET", "/api/account/sessions")
    session_id = next(one["id"] for one in listed.json()["items"] if one["current"])
    return Stage(ids=_known(portal) | {"session_id": session_id})


async def setting_up(portal: Portal) -> Stage:
    """Everybody has asked for the secret of a code app and not yet shown a code of it."""
    for name in PERSONAS[1:]:
        persona = await portal.as_(name)
        await persona.step_up()
        assert (await persona.send("POST", "/api/account/second-factor")).status_code == 201
    return await calm(portal)


async def proxy(portal: Portal) -> Stage:
    """Somebody else acts for Alice too."""
    quinn = await new_account(portal, "quinn")
    async with portal.site.db.transaction(_of_alices_clinic(portal)) as tx:
        await people.grant_proxy(
            tx,
            account_id=quinn,
            patient_id=walks.patient_of(portal, "alice"),
            basis="agreed",
            confirmed_by=portal.people.by_name["nora"].account_id,
        )
    nora = await portal.as_("nora")
    listed = await nora.send("GET", f"/api/proxies?patient={walks.patient_of(portal, 'alice')}")
    grant_id = next(one["id"] for one in listed.json()["items"] if one["account"]["id"] == str(quinn))
    return Stage(ids=_known(portal) | {"grant_id": grant_id})


async def recovery(portal: Portal) -> Stage:
    """Dr. Adams has confirmed that a new nurse lost the phone."""
    nils = await new_account(portal, "nils")
    async with portal.site.db.transaction(_of_alices_clinic(portal)) as tx:
        await people.make_staff(tx, account_id=nils, roles=["nurse"])
        await people.enrol_totp(tx, portal.site.vault, account_id=nils, seed=new_seed())
    adams = await portal.as_("dr.adams")
    await adams.step_up()
    asked = {"account": str(nils), "reason": "Seen in person"}
    made = await adams.send("POST", "/api/factor-recoveries", json=asked)
    assert made.status_code == 201, made.text
    return Stage(ids=_known(portal) | {"recovery_id": made.json()["id"]})


async def new_account(portal: Portal, name: str) -> AccountId:
    """An account that nobody has seen before, in Alice's clinic."""
    async with portal.site.db.transaction(_of_alices_clinic(portal)) as tx:
        email = f"{name}.{tx.ids.new().hex}@demo.test"
        account_id = await people.create_account(
            tx, await EmailIndex.of(portal.site.vault), email=email, name=name.title()
        )
        await people.set_password(tx, account_id=account_id, password_hash="$argon2id$none")
    return account_id


def _of_alices_clinic(portal: Portal) -> SystemScope:
    return SystemScope(walks.clinic_of(portal, "alice"), "test")


async def treated(portal: Portal) -> Stage:
    """Alice has had a procedure."""
    clinician = walks.caller(portal, "dr.adams")
    done = Performed(performed_on=date(2026, 5, 1), regions=("knee",))
    made = await record_procedure(portal.site, clinician, walks.patient_of(portal, "alice"), done)
    return Stage(ids=_known(portal) | {"procedure_id": str(made.procedure_id)}, revision=1)


async def checking_in(portal: Portal) -> Stage:
    """Alice has begun a check-in."""
    await check_ins.open_check_in(portal.site, walks.caller(portal, "alice"), walks.patient_of(portal, "alice"), None)
    return Stage(ids=_known(portal))


STAGES: Mapping[str, Callable[[Portal], Awaitable[Stage]]] = {
    "calm": calm,
    "attached": attached,
    "claimed": claimed,
    "draft": draft,
    "safe": safe,
    "danger": danger,
    "ended_danger": ended_danger,
    "consult": consult,
    "page": paged,
    "newcomer": newcomer,
    "treated": treated,
    "checking_in": checking_in,
    "new_thread": new_thread,
    "thread": thread,
    "sent": sent_message,
    "stopping": stopping,
    "answered": answered,
    "answered_by_adams": answered_by_adams,
    "drafted_message": drafted_message,
    "apart": apart,
    "session": session,
    "setting_up": setting_up,
    "proxy": proxy,
    "recovery": recovery,
}


def _known(portal: Portal) -> dict[str, str]:
    rule_set = next(iter(portal.site.content.rule_sets.values()))
    return {
        "patient_id": str(walks.patient_of(portal, "alice")),
        "name": "portico.css",
        "code": f"{ELSEWHERE}.{'c' * 43}",
        "slug": SLUG,
        "screen": "1",
        "kind": "rule_set",
        "key": rule_set.slug,
        "version": rule_set.version,
        "own_account_id": str(portal.people.by_name["alice"].account_id),
        "account_id": str(portal.people.by_name["fred"].account_id),
        "clinician_id": str(portal.people.by_name["dr.adams"].account_id),
    }


def _of_review(portal: Portal, response_id: str, review_id: str, revision: int) -> Stage:
    return Stage(ids=_known(portal) | {"response_id": response_id, "review_id": review_id}, revision=revision)
