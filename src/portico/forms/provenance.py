"""Does the response belong to this form, and may the form be used at all? FHIR R4 canonical, status, effective period."""

import msgspec
from msgspec import UnsetType

from portico.forms import faults
from portico.forms.faults import NO_ITEM, Fault, Problem, Severity
from portico.forms.model import Questionnaire, QuestionnaireResponse
from portico.forms.partial_dates import common_order, read_moment

_PATH = "QuestionnaireResponse"


class _Period(msgspec.Struct, frozen=True):
    start: str | None = None
    end: str | None = None


_PERIODS = msgspec.json.Decoder(_Period)


def provenance_faults(q: Questionnaire, r: QuestionnaireResponse) -> list[Fault]:
    """Faults of the response as a whole. A response that names no form is bound to one by its keeper."""
    found: list[Fault] = []
    if r.questionnaire is not None and not names_form(r.questionnaire, q):
        found.append(_fault(faults.OTHER_FORM, "questionnaire"))
    if q.status != "active":
        found.append(_fault(faults.NOT_ACTIVE, "questionnaire", "warning"))
    if r.authored is not None and read_moment(r.authored) is None:
        found.append(_fault(faults.NOT_A_DATE, "authored"))
    elif r.authored is not None and _outside_period(q, r.authored):
        found.append(_fault(faults.OUT_OF_PERIOD, "authored", "warning"))
    if r.modifier_extension or r.implicit_rules is not None:
        found.append(_fault(faults.UNKNOWN_MODIFIER, "modifierExtension" if r.modifier_extension else "implicitRules"))
    return found


def names_form(canonical: str, q: Questionnaire) -> bool:
    """Whether `url` or `url|version` means this form; a fragment after `#` is not looked at."""
    url, _, version = canonical.partition("#")[0].partition("|")
    return url == (q.url or "") and (not version or version == q.version)


def _fault(problem: Problem, element: str, severity: Severity = "error") -> Fault:
    return Fault(
        link_id=NO_ITEM,
        path=f"{_PATH}.{element}",
        code=problem.code,
        message=problem.message,
        severity=severity,
    )


def _outside_period(q: Questionnaire, authored: str) -> bool:
    if isinstance(q.effective_period, UnsetType):
        return False
    try:
        period = _PERIODS.decode(q.effective_period)
    except (msgspec.DecodeError, RecursionError):
        return False
    moment, start, end = (read_moment(text or "") for text in (authored, period.start, period.end))
    if moment is None:
        return False
    return bool((start and common_order(moment, start) < 0) or (end and common_order(moment, end) > 0))
