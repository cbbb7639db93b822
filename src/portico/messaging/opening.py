"""Whether a clinic takes new threads: only once a named person has confirmed everything that patients depend on."""

from portico.clinic.actions import is_open
from portico.errors import Unavailable
from portico.platform.content import Content
from portico.platform.database import Tx


class ClinicNotOpen(Unavailable):
    """The clinic has not opened its portal to patients yet."""

    code = "clinic-not-open"

    def __init__(self) -> None:
        super().__init__(
            "This clinic does not take messages here yet; please call it. If your life may be in danger, call 911. If you may"
            " harm yourself, call or text 988.",
            retry_after=3600,
            call=["911", "988"],
        )


async def require_open(tx: Tx, content: Content) -> None:
    """Raises ClinicNotOpen. A thread that exists goes on even when the clinic has something to confirm again."""
    if not await is_open(tx, content):
        raise ClinicNotOpen
