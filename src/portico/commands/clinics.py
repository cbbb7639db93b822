"""`portico clinic`: making a clinic. Nobody has a default account; its first admin comes in with a code."""

from collections.abc import Mapping

from portico.access import SystemScope
from portico.accounts.entry_rules import usable_email, usable_name
from portico.accounts.invitations import invite_first_admin
from portico.accounts.rules import may_be_slug
from portico.clinic.actions import create_clinic
from portico.commands.opening import opened_site
from portico.errors import DomainError, StartupRefused
from portico.platform import migrate
from portico.settings import Settings


async def make_clinic(
    env: Mapping[str, str], *, name: str, slug: str, zone: str, admin_email: str, admin_name: str
) -> int:
    """Makes the clinic with a key of its own, and prints the address where its first admin sets up an account.

    Raises StartupRefused with what to write instead.
    """
    settings = Settings.from_env(env)
    await migrate.refuse_pending(settings.database_url)
    try:
        email, person, title = usable_email(admin_email), usable_name(admin_name), usable_name(name)
        if not may_be_slug(slug):
            message = "--slug takes small letters, digits and hyphens, for example green-hill."
            raise StartupRefused(message)
        async with opened_site(settings) as site:
            clinic_id = await create_clinic(site, slug=slug, name=title, zone=zone)
            scope = SystemScope(clinic_id, "creating the clinic")
            address = await invite_first_admin(site, scope, email=email, name=person)
    except DomainError as refusal:
        raise StartupRefused(refusal.message) from refusal
    print(f"{title} ({slug}) was made. Its first admin, {email}, sets up an account here, once:")
    print(address)
    print("Hand the address over in person or by telephone; whoever opens it first becomes the admin.")
    return 0
