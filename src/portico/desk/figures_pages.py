"""The page of the clinic's figures, and the same as a file for a spreadsheet."""

import csv
import io
from collections.abc import Iterator

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from portico.access import Caller, Permission, staff
from portico.desk.figures import read_figures
from portico.desk.figures_api import FiguresOut, FirstDay, LastDay, figures_out
from portico.errors import DomainError
from portico.escalation.pages import LEVEL_NAMES, read_urgent
from portico.escalation.words import read_rule_words
from portico.platform.problems import status_of
from portico.platform.requests import AnyRequest
from portico.platform.site import Site
from portico.platform.templates import page


@get("/figures", opt={"audience": staff(Permission.READ_FIGURES)})
async def figures_page(
    request: AnyRequest, site: Site, caller: Caller, first: FirstDay = None, last: LastDay = None
) -> Response[bytes]:
    """The figures of a period; days that are refused stay in their fields."""
    urgent = await read_urgent(site, caller)
    try:
        figures = figures_out(await read_figures(site, caller, first, last))
    except DomainError as refusal:
        asked = {"first": first or "", "last": last or ""}
        return page(
            "figures.html",
            request,
            status=status_of(refusal),
            urgent=urgent,
            asked=asked,
            figures=None,
            problem=refusal.message,
        )
    return page(
        "figures.html",
        request,
        urgent=urgent,
        asked={"first": f"{figures.first}", "last": f"{figures.last}"},
        figures=figures,
        has_rules=figures.rules is not msgspec.UNSET,
        level_names=LEVEL_NAMES,
        words=await read_rule_words(site, caller),
        problem=None,
    )


@get("/figures.csv", opt={"audience": staff(Permission.READ_FIGURES)})
async def figures_file(site: Site, caller: Caller, first: FirstDay = None, last: LastDay = None) -> Response[bytes]:
    """The same figures, one value a line: figure, of what, measure, value."""
    figures = figures_out(await read_figures(site, caller, first, last, "export"))
    written = io.StringIO()
    csv.writer(written).writerows([("figure", "of", "measure", "value"), *_lines(figures)])
    name = f"figures-{figures.first}-{figures.last}.csv"
    return Response(
        written.getvalue().encode(),
        media_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _lines(figures: FiguresOut) -> Iterator[tuple[str, str, str, object]]:
    """Every number under the name that JSON gives it."""
    said = msgspec.to_builtins(figures)
    for figure in ("firstLooks", "escalations", "levelChanges", "rules"):
        for row in said.get(figure, ()):
            of = " to ".join(row[name] for name in ("rule", "level", "levelBefore", "levelAfter") if name in row)
            for measure, value in row.items():
                if not isinstance(value, str | bool):
                    yield from ((figure, of, name, number) for name, number in _numbers(measure, value))


def _numbers(measure: str, value: object) -> Iterator[tuple[str, object]]:
    """One number; or each of a group, under both names."""
    if isinstance(value, dict):
        yield from ((f"{measure}.{part}", number) for part, number in value.items())
    elif isinstance(value, list | tuple):
        yield from ((f"{measure}.{place}", number) for place, number in enumerate(value, start=1))
    else:
        yield measure, value


ROUTES: list[HTTPRouteHandler] = [figures_page, figures_file]
