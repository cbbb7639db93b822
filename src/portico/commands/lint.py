"""`portico check`: loads and lints questionnaires, rules and texts; needs no database."""

from portico.platform.content import check_content, load_content
from portico.platform.resources import schemas_dir


def check() -> int:
    """Prints every fault and answers 1, or says what was read and answers 0."""
    content = load_content()
    faults = check_content(content)
    for fault in faults:
        print(fault)
    if faults:
        print(f"{len(faults)} faults in {schemas_dir()}.")
        return 1
    print(
        f"{len(content.questionnaires)} questionnaires, {len(content.rule_sets)} rule sets, "
        f"{len(content.guidance)} texts, {len(content.settings)} settings: no faults."
    )
    return 0
