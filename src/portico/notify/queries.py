"""Statements of the outbox. Whoever causes a notification can leave it there but not read it."""

from collections.abc import Sequence

from portico.ids import AccountId, PatientId
from portico.notify.model import (
    Addressee,
    Clinic,
    Delivery,
    MailAddress,
    NewNotification,
    Notification,
    PageAddress,
    Webhook,
)
from portico.platform.database import Command, Query, Tx

# No arbiter is named after `on conflict`: naming one would need the right to read the row, which patients lack.
INSERT = Command("""
    insert into notification (clinic_id, notification_id, kind, recipient, dedupe_key, due_at, created_at, address,
        link_sealed, channel)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    on conflict do nothing
""")

CLINIC = Query(Clinic, "select name, zone from clinic where clinic_id = $1")
DUE_LOCKED = Query(
    Notification,
    """
    select notification_id, kind, recipient, dedupe_key, attempts, channel, address, link_sealed
    from notification
    where clinic_id = $1 and due_at <= $2
        and ($4 or channel = 'webhook' or (channel = 'each' and (kind like 'escalation-%' or kind = 'page-test')))
    order by due_at, notification_id
    limit $3
    for update skip locked
    """,
)

STORE = Command("""
    update notification
    set attempts = $3, due_at = $4, sent_at = $5, error_code = $6, channel = $7,
        link_sealed = case when $4::timestamptz is null then null else link_sealed end
    where clinic_id = $1 and notification_id = $2
""")

WITHDRAW = Command("""
    update notification set due_at = null, link_sealed = null, error_code = 'withdrawn'
    where clinic_id = $1 and kind = $2 and starts_with(dedupe_key, $3) and sent_at is null and due_at > $4
""")

STAFF_WITH_ROLE = Query(
    Addressee,
    """
    select staff.account_id
    from staff
    join account on account.clinic_id = staff.clinic_id and account.account_id = staff.account_id
    where staff.clinic_id = $1 and staff.roles && $2::text[] and account.state = 'active'
    order by staff.account_id
    """,
)

ACTING_FOR_PATIENT = Query(
    Addressee,
    """
    select account.account_id
    from account
    join patient on patient.clinic_id = account.clinic_id and patient.patient_id = $2 and patient.state = 'active'
    where account.clinic_id = $1 and account.state = 'active'
        and (account.patient_id = $2 or exists (
            select from patient_match
            where patient_match.clinic_id = $1 and patient_match.patient_id = account.patient_id
                and patient_match.other_patient_id = $2 and patient_match.state = 'linked'
        ) or exists (
            select from proxy_grant
            where proxy_grant.clinic_id = $1 and proxy_grant.account_id = account.account_id
                and proxy_grant.patient_id = $2 and proxy_grant.starts_at <= $3
                and (proxy_grant.ends_at is null or proxy_grant.ends_at > $3)))
    order by account.account_id
    """,
)

ADDRESS = Query(
    MailAddress,
    """
    select account.email, coalesce(notification_choice.off, '{}') as off
    from account
    left join notification_choice
        on notification_choice.clinic_id = account.clinic_id and notification_choice.account_id = account.account_id
    where account.clinic_id = $1 and account.account_id = $2 and account.state = 'active'
    """,
)

PAGE_ADDRESSES = Query(
    PageAddress,
    """
    select staff.account_id, staff.page_address_sealed
    from staff
    join account on account.clinic_id = staff.clinic_id and account.account_id = staff.account_id
    where staff.clinic_id = $1 and staff.account_id = any ($2::uuid[]) and account.state = 'active'
        and staff.page_address_sealed is not null
    order by staff.account_id
    """,
)

WEBHOOK = Query(
    Webhook,
    """
    select value from clinic_setting
    where clinic_id = $1 and key = 'ladder.page_webhook_url' and confirmed_at is not null and value is not null
    """,
)


async def clinic(tx: Tx) -> Clinic:
    """Whose portal it is."""
    return await tx.one(CLINIC, tx.clinic_id)


async def insert(tx: Tx, row: NewNotification) -> None:
    """Leaves one row; a second one of the same cause changes nothing."""
    tx.wake_worker()
    cause = (row.kind, row.recipient, row.dedupe_key)
    await tx.run(
        INSERT,
        tx.clinic_id,
        row.notification_id,
        *cause,
        row.due_at,
        tx.now,
        row.address,
        row.link_sealed,
        row.channel,
    )


async def withdraw(tx: Tx, kind: str, prefix: str) -> None:
    """Takes back what is due later and has not been sent."""
    tx.wake_worker()
    await tx.run(WITHDRAW, tx.clinic_id, kind, prefix, tx.now)


async def due_locked(tx: Tx, limit: int, *, has_mail: bool) -> Sequence[Notification]:
    """Rows that are due and that no other worker holds; without mail only what can go on without it."""
    return await tx.all(DUE_LOCKED, tx.clinic_id, tx.now, limit, has_mail)


async def store(tx: Tx, after: Sequence[Delivery]) -> None:
    """Stores how far each delivery has come."""
    tx.wake_worker()
    await tx.run_many(
        STORE,
        [
            (
                tx.clinic_id,
                each.notification_id,
                each.attempts,
                each.due_at,
                each.sent_at,
                each.error_code,
                each.channel,
            )
            for each in after
        ],
    )


async def staff_with_role(tx: Tx, roles: Sequence[str]) -> Sequence[Addressee]:
    """Active staff who have one of the roles."""
    return await tx.all(STAFF_WITH_ROLE, tx.clinic_id, list(roles))


async def acting_for(tx: Tx, patient_id: PatientId) -> Sequence[Addressee]:
    """The patient's own account and proxies of now; nobody for a patient who has left or died."""
    return await tx.all(ACTING_FOR_PATIENT, tx.clinic_id, patient_id, tx.now)


async def address(tx: Tx, account_id: AccountId) -> MailAddress | None:
    """Where an active account reads its mail."""
    return await tx.first(ADDRESS, tx.clinic_id, account_id)


async def page_addresses(tx: Tx, accounts: Sequence[AccountId]) -> Sequence[PageAddress]:
    """Those of these staff who have a second address."""
    return await tx.all(PAGE_ADDRESSES, tx.clinic_id, list(accounts))


async def webhook(tx: Tx) -> str | None:
    """Where the clinic wants to be paged by another program, once a named person has confirmed it."""
    found = await tx.first(WEBHOOK, tx.clinic_id)
    return None if found is None else found.value
