"""What one answer to one question may be: FHIR value[x], lengths, bounds, options, units, files. Compiled once per form."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from portico.forms import extensions as ext
from portico.forms.answer_values import (
    FIELDS_BY_TYPE,
    RawValue,
    ValueKey,
    has_value,
    lexical,
    option_value,
    value_key,
    value_of,
)
from portico.forms.bounds import bound_checks
from portico.forms.definition import Node
from portico.forms.extensions import is_set, read_extensions
from portico.forms.faults import (
    NOT_AN_OPTION,
    WRONG_TYPE,
    Problem,
    exclusive,
    too_long,
    too_many_places,
    too_short,
    wrong_format,
)
from portico.forms.files import file_check, reference_check
from portico.forms.formats import FORMAT_CHECKS
from portico.forms.model import Answer, Coding, Quantity
from portico.forms.patterns import Pattern, compile_pattern
from portico.forms.units import unit_check
from portico.forms.value_sets import Codes

Check = Callable[[RawValue, date], Problem | None]


@dataclass(slots=True, frozen=True, eq=False, kw_only=True)
class AnswerRules:
    """Everything that holds for the answers of one question."""

    fields: tuple[tuple[str, Check | None, tuple[Check, ...]], ...]
    exclusive: frozenset[ValueKey]
    initial: tuple[ValueKey, ...]
    is_locked: bool
    options: frozenset[ValueKey] | None
    option_texts: dict[ValueKey, str]
    takes_free_text: bool

    def problems(self, answer: Answer, today: date) -> tuple[Problem, ...]:
        """What is wrong with one answer; one that only holds nested items has nothing to be wrong with."""
        for field, format_check, checks in self.fields:
            value: RawValue | None = getattr(answer, field)
            if value is not None:
                return _problems(value, format_check, checks, today)
        return (WRONG_TYPE,) if has_value(answer) else ()

    def value_problems(self, field: str, value: RawValue, today: date) -> tuple[Problem, ...]:
        """The same for a value that is not in an answer."""
        for permitted, format_check, checks in self.fields:
            if permitted == field:
                return _problems(value, format_check, checks, today)
        return (WRONG_TYPE,)

    def readable(self, answer: Answer) -> tuple[str, RawValue] | None:
        """The value with its field, when it is of a type that the question asks for."""
        for field, _, _ in self.fields:
            value: RawValue | None = getattr(answer, field)
            if value is not None:
                return field, value
        return None

    def offers(self, answer: Answer) -> bool:
        """Whether the value is of a permitted type and, where options are listed, one of them."""
        found = self.readable(answer)
        if found is None or self.options is None:
            return found is not None
        return value_key(*found) in self.options or (self.takes_free_text and found[0] == "value_string")

    def has_permitted_type(self, answer: Answer) -> bool:
        """Whether the value, if there is one, is of a type that the question asks for."""
        return any(getattr(answer, field) is not None for field, _, _ in self.fields) or not has_value(answer)

    def broken_exclusion(self, answers: Iterable[Answer]) -> Problem | None:
        """An option that excludes the others stands beside another answer (questionnaire-optionExclusive)."""
        if not self.exclusive:
            return None
        keys = [value_key(*found) for answer in answers if (found := value_of(answer))]
        alone = next((key for key in keys if key in self.exclusive), None)
        return exclusive(self.option_texts.get(alone)) if alone is not None and len(keys) > 1 else None

    def was_changed(self, answers: Iterable[Answer]) -> bool:
        """Whether a locked question holds anything but its initial values."""
        keys = [value_key(*found) for answer in answers if (found := value_of(answer))]
        return bool(keys) and keys != list(self.initial)


def _problems(
    value: RawValue, format_check: Check | None, checks: tuple[Check, ...], today: date
) -> tuple[Problem, ...]:
    """A value that cannot be read is not checked further."""
    unreadable = format_check(value, today) if format_check else None
    if unreadable:
        return (unreadable,)
    return tuple(problem for check in checks if (problem := check(value, today)) is not None) if checks else ()


def occurs(node: Node, url: str) -> int | None:
    """MinOccurs or maxOccurs of a question or group."""
    extension = ext.first(node.extensions, url)
    return extension.value_integer if extension else None


def compile_rules(node: Node, value_sets: dict[str, Codes]) -> AnswerRules:
    """The rules of one question; parts of the form that are themselves wrong are left to `check_questionnaire`."""
    options = _options(node, value_sets)
    listed = _listed_fields(node)
    fields = tuple(
        (field, FORMAT_CHECKS.get((_type(node), field)), _checks(node, field, options))
        for field in listed or FIELDS_BY_TYPE.get(_type(node), ())
    )
    return AnswerRules(
        fields=fields,
        exclusive=_exclusive(node),
        initial=_initial(node),
        is_locked=node.is_read_only or node.is_hidden,
        options=None if options is None else frozenset(options),
        option_texts={key: text for key, text in (options or {}).items() if text},
        takes_free_text=_type(node) == "open-choice",
    )


def _type(node: Node) -> str:
    return node.item.type if node.item else ""


def _listed_fields(node: Node) -> tuple[str, ...]:
    """A choice may list options that are no codings; then these types are the permitted ones."""
    if node.item is None or node.item.type not in {"choice", "open-choice"} or not node.item.answer_option:
        return ()
    fields = [found[0] for option in node.item.answer_option if (found := option_value(option))]
    if node.item.type == "open-choice":
        fields.append("value_string")
    return tuple(dict.fromkeys(fields))


def _options(node: Node, value_sets: dict[str, Codes]) -> dict[ValueKey, str | None] | None:
    """Permitted values with their texts; None when any value will do."""
    item = node.item
    if item is None:
        return None
    if item.answer_option:
        found = [value for option in item.answer_option if (value := option_value(option))]
        return {value_key(*pair): _option_text(pair[1]) for pair in found}
    if item.answer_value_set:
        codes = value_sets.get(item.answer_value_set, {})
        return {("value_coding", key): text for key, text in codes.items()}
    return None


def _option_text(value: RawValue) -> str | None:
    return value.display or value.code if isinstance(value, Coding) else lexical(value)


def _exclusive(node: Node) -> frozenset[ValueKey]:
    options = node.item.answer_option if node.item else ()
    return frozenset(
        value_key(*found)
        for option in options
        if (found := option_value(option)) and is_set(read_extensions(option.extension)[0], ext.OPTION_EXCLUSIVE)
    )


def _initial(node: Node) -> tuple[ValueKey, ...]:
    if node.item is None:
        return ()
    values = [found for initial in node.item.initial if (found := value_of(initial))]
    values += [
        found for option in node.item.answer_option if option.initial_selected and (found := option_value(option))
    ]
    return tuple(value_key(*found) for found in values)


def _checks(node: Node, field: str, options: dict[ValueKey, str | None] | None) -> tuple[Check, ...]:
    checks: list[Check] = []
    if options is not None and not (_type(node) == "open-choice" and field == "value_string"):
        checks.append(_option_check(field, frozenset(options)))
    checks.extend(_text_checks(node))
    checks.extend(bound_checks(node))
    places = ext.first(node.extensions, ext.MAX_DECIMAL_PLACES)
    if places and places.value_integer is not None and field in {"value_decimal", "value_quantity"}:
        checks.append(_places_check(places.value_integer))
    for build in (unit_check, file_check, reference_check):
        check = build(node)
        if check:
            checks.append(check)
    return tuple(checks)


def _option_check(field: str, keys: frozenset[ValueKey]) -> Check:
    def check(value: RawValue, _today: date) -> Problem | None:
        return None if value_key(field, value) in keys else NOT_AN_OPTION

    return check


_PRIMITIVES: Final = frozenset(
    {
        "boolean",
        "decimal",
        "integer",
        "date",
        "dateTime",
        "time",
        "string",
        "text",
        "url",
        "choice",
        "open-choice",
    }
)


def _text_checks(node: Node) -> list[Check]:
    """maxLength, minLength and regex look at the characters of the FHIR JSON form."""
    if node.item is None or node.item.type not in _PRIMITIVES:
        return []
    checks: list[Check] = []
    if node.item.max_length is not None:
        checks.append(_length_check(0, node.item.max_length))
    shortest = ext.first(node.extensions, ext.MIN_LENGTH)
    if shortest and shortest.value_integer is not None:
        checks.append(_length_check(shortest.value_integer, None))
    pattern = ext.first(node.extensions, ext.REGEX)
    compiled = compile_pattern(pattern.value_string) if pattern and pattern.value_string else None
    if compiled:
        shown = ext.first(node.extensions, ext.ENTRY_FORMAT)
        checks.append(_pattern_check(compiled, wrong_format(shown.value_string if shown else None)))
    return checks


def _length_check(shortest: int, longest: int | None) -> Check:
    def check(value: RawValue, _today: date) -> Problem | None:
        text = lexical(value)
        if text is None:
            return None
        if longest is not None and len(text) > longest:
            return too_long(longest)
        return too_short(shortest) if len(text) < shortest else None

    return check


def _pattern_check(pattern: Pattern, problem: Problem) -> Check:
    def check(value: RawValue, _today: date) -> Problem | None:
        text = lexical(value)
        return problem if text is not None and not pattern.matches(text) else None

    return check


def _places_check(limit: int) -> Check:
    def check(value: RawValue, _today: date) -> Problem | None:
        number = value.value if isinstance(value, Quantity) else value
        if not isinstance(number, Decimal):
            return None
        exponent = number.as_tuple().exponent
        return too_many_places(limit) if isinstance(exponent, int) and -exponent > limit else None

    return check
