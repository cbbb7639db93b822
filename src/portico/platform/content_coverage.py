"""The table that shows for each statement of the clinic's page where it lives in the product, or why it is not shown."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from portico.platform.content_files import Content, Contradiction, Source
from portico.platform.content_items import item_notes
from portico.platform.content_rule_lints import CONTRADICTIONS, STATEMENTS

_HEAD = """# What became of each statement of the clinic's page

Made from `schemas/` by `make snapshot`; the tests compare it. The statements are told in our own words. "Cited by" lists
what names the statement as its source. Nothing here is a clinic's policy before its clinician signs it.

| | The page says | Kind | Lives in | Also cited by | Not shown because |
| --- | --- | --- | --- | --- | --- |
"""
_CONTRADICTIONS = """
## Contradictions

None is settled by the software: each is a value that the clinic sets, is not shown, or is met where the table says.

| | Conflict | What the product does | Settings | Not shown | Met in |
| --- | --- | --- | --- | --- | --- |
"""


def coverage_markdown(content: Content) -> str:
    """The page `docs/clinic-faq-coverage.md`."""
    cited = _citations(content)
    rows = [_row(name, content.sources[name], cited) for name in STATEMENTS if name in content.sources]
    conflicts = [
        _conflict_row(name, content.contradictions[name]) for name in CONTRADICTIONS if name in content.contradictions
    ]
    return f"{_HEAD}{''.join(rows)}{_CONTRADICTIONS}{''.join(conflicts)}"


def _citations(content: Content) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for name, sources in _cited(content):
        for source in sources:
            found[source].append(name)
    return {source: tuple(dict.fromkeys(names)) for source, names in found.items()}


def _cited(content: Content) -> Iterator[tuple[str, tuple[str, ...]]]:
    for text in content.guidance.values():
        yield text.key, text.source
    for file in content.questionnaires.values():
        yield from ((str(link_id), notes.sources) for link_id, notes in item_notes(file.form).items())
    for rules in content.rule_sets.values():
        yield from ((str(rule.id), rule.source) for rule in rules.rule_set.rules)
    for key, declared in content.settings.items():
        yield key, declared.source


def _row(name: str, source: Source, cited: Mapping[str, tuple[str, ...]]) -> str:
    lives = source.lives
    places = [*lives.guidance, *lives.items, *lives.rules, *lives.settings]
    others = [place for place in cited.get(name, ()) if place not in places]
    home = [_code(places), lives.program or "", f"later: {lives.later}" if lives.later else ""]
    cells = (
        name,
        source.says,
        source.kind.replace("_", " "),
        "; ".join(filter(None, home)),
        _code(others),
        source.not_shown_because or "",
    )
    return f"| {' | '.join(cells)} |\n"


def _conflict_row(name: str, found: Contradiction) -> str:
    met = [*found.items, *found.guidance]
    cells = (name, found.conflict, found.handling, _code(found.settings), ", ".join(found.not_shown), _code(met))
    return f"| {' | '.join(cells)} |\n"


def _code(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
