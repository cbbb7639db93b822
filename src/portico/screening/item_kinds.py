"""What a rule may ask of an item: the little of a Questionnaire that checking a rule set needs."""

from decimal import Decimal

import msgspec

from portico.ids import LinkId


class ItemKind(msgspec.Struct, frozen=True, kw_only=True):
    """One Questionnaire.item.

    `type` is FHIR R4's; `codes` its answer options; `groups` the repeating groups around it, outermost
    first.

    `minimum` and `maximum` are the item's minValue and maxValue, where it has them: they show thresholds
    that no answer can reach.
    """

    type: str
    codes: frozenset[str] = frozenset()
    repeats: bool = False
    groups: tuple[LinkId, ...] = ()
    minimum: Decimal | None = None
    maximum: Decimal | None = None
