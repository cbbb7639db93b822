"""`docs/data-classes.md`, written from the classes of all columns."""

from collections.abc import Iterator

from portico.platform.column_classes import COLUMN_CLASSES, MEANINGS, PLAIN_REASONS


def page() -> str:
    """`docs/data-classes.md`: the classes, the reasons, and every column."""
    return "\n".join([*_opening(), *_reasons(), *_columns()]) + "\n"


def _opening() -> Iterator[str]:
    yield "# What each column holds"
    yield ""
    yield "Printed from `src/portico/platform/column_classes.py`; a test compares it with the catalogue."
    yield "A dump tells who is a patient, which rules fired and when people acted, not what anybody wrote or"
    yield "answered in words. Rule ids and linkIds are codes and stay plain: who must not learn which warning"
    yield "sign a patient named must not get a dump either."
    yield ""
    yield "| class | meaning |"
    yield "| --- | --- |"
    yield from (f"| {kind} | {meaning} |" for kind, meaning in MEANINGS.items())


def _reasons() -> Iterator[str]:
    yield ""
    yield "| plain by decision | why |"
    yield "| --- | --- |"
    yield from (f"| `{column}` | {reason} |" for column, reason in sorted(PLAIN_REASONS.items()))


def _columns() -> Iterator[str]:
    for table, classes in sorted(COLUMN_CLASSES.items()):
        yield ""
        yield f"## {table}"
        yield ""
        yield "| class | columns |"
        yield "| --- | --- |"
        yield from (
            f"| {kind} | {', '.join(f'`{name}`' for name in names.split())} |" for kind, names in classes.items()
        )
