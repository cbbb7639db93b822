"""What an amendment changed, question by question, in the words of the form."""

from portico.forms import AnswerGroup
from portico.forms.model import Questionnaire
from portico.ids import LinkId
from portico.intake.summary import NOT_ANSWERED, Answer, Change
from portico.intake.summary_flags import row_title
from portico.intake.summary_reading import Reading, read_answers

Key = tuple[str | None, LinkId]


def changes_between(questionnaire: Questionnaire, before: AnswerGroup, after: AnswerGroup) -> list[Change]:
    """Every question whose answer in words differs, in form order, then what was taken out. Rows go by their title."""
    old, new = _flat(read_answers(questionnaire, before)), _flat(read_answers(questionnaire, after))
    return [
        Change(
            link_id=link_id,
            label=(new.get((place, link_id)) or old[place, link_id]).label,
            place=place,
            before=_text(old.get((place, link_id))),
            after=_text(new.get((place, link_id))),
        )
        for place, link_id in {**new, **old}
        if _text(old.get((place, link_id))) != _text(new.get((place, link_id)))
    ]


def _flat(reading: Reading) -> dict[Key, Answer]:
    found: dict[Key, Answer] = {(None, link_id): once.answer() for link_id, once in reading.once.answered.items()}
    for rows in reading.rows.values():
        titles: dict[str, int] = {}
        for row in rows:
            title = row_title(row)
            titles[title] = titles.get(title, 0) + 1
            place = title if titles[title] == 1 else f"{title} ({titles[title]})"
            found |= {(place, link_id): answered.answer(place) for link_id, answered in row.answered.items()}
    return found


def _text(answer: Answer | None) -> str:
    return answer.text if answer else NOT_ANSWERED
