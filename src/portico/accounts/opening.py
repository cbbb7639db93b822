"""The one place where coming in asks whether the clinic is open to patients."""

from portico.clinic.actions import is_open
from portico.errors import Unavailable
from portico.platform.content import Content
from portico.platform.database import Tx


class ClinicNotOpen(Unavailable):
    """Something that patients depend on is not confirmed yet, so nobody is invited or registered."""

    code = "clinic-not-open"

    def __init__(self) -> None:
        super().__init__(
            "This clinic has not opened its portal to patients yet. If your life may be in danger, call 911. "
            "If you may harm yourself, call or text 988.",
            retry_after=3600,
        )


async def require_open(tx: Tx, content: Content) -> None:
    """Raises ClinicNotOpen."""
    if not await is_open(tx, content):
        raise ClinicNotOpen
