"""What the page shell shows around every page: the clinic, who is signed in, and where they can go."""

import msgspec


class MenuItem(msgspec.Struct, frozen=True):
    """One entry of the main menu."""

    href: str
    label: str


class Chrome(msgspec.Struct, frozen=True, kw_only=True):
    """The frame of one page. Without an account name there is no menu and no way to sign out."""

    demo: bool
    clinic_name: str | None = None
    clinic_phone: str | None = None
    always: tuple[str, ...] = ()
    """What stands at the foot of every page: this is not for emergencies, and whom to call."""
    zone: str = "UTC"
    """The clinic's zone, in which pages show instants."""
    account_name: str | None = None
    csrf_token: str = ""
    menu: tuple[MenuItem, ...] = ()
