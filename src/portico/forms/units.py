"""questionnaire-unitOption: the units that an answer in numbers may carry."""

from collections.abc import Callable
from datetime import date

from portico.forms import extensions as ext
from portico.forms.answer_values import RawValue
from portico.forms.definition import Node
from portico.forms.faults import WRONG_UNIT, Problem
from portico.forms.model import Quantity


def unit_check(node: Node) -> Callable[[RawValue, date], Problem | None] | None:
    """None when any unit will do."""
    codings = [extension.value_coding for extension in node.extensions.get(ext.UNIT_OPTION, ())]
    offered = frozenset((coding.system, coding.code) for coding in codings if coding)
    if not offered:
        return None

    def check(value: RawValue, _today: date) -> Problem | None:
        if not isinstance(value, Quantity):
            return None
        return None if (value.system, value.code) in offered else WRONG_UNIT

    return check
