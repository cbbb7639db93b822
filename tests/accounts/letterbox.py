"""The letters that wait in the outbox, opened as the delivery would open them."""

from uuid import UUID

import msgspec

from portico.notify.link import opened_link
from portico.platform.database import Query
from portico.platform.vault import Place
from tests.accounts.entrance import Entrance, Person


class LetterRow(msgspec.Struct, frozen=True):
    """One letter."""

    notification_id: UUID
    kind: str
    address: str
    link_sealed: bytes | None


class Letter(msgspec.Struct, frozen=True):
    """One letter as its reader gets it."""

    kind: str
    address: str
    path: str | None


LETTERS = Query(
    LetterRow,
    """
    select notification_id, kind, address, link_sealed from notification
    where clinic_id = $1 and recipient = 'letter'
    order by notification_id
    """,
)


async def letters(entrance: Entrance, clinic: str = "north") -> list[Letter]:
    """All of them, in the order of their ids."""
    async with entrance.site.db.transaction(entrance.scope(clinic)) as tx:
        box = await entrance.site.vault.clinic(tx)
        return [
            Letter(
                row.kind,
                row.address,
                None
                if row.link_sealed is None
                else opened_link(
                    box.open_text(Place("notification", "link_sealed", row.notification_id), row.link_sealed)
                )[0],
            )
            for row in await tx.all(LETTERS, entrance.clinics[clinic])
        ]


async def told(entrance: Entrance, person: Person) -> list[str]:
    """What the person's address was told, by kind."""
    return sorted(letter.kind for letter in await letters(entrance) if letter.address == person.email)
