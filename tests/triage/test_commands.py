"""`portico triage`: one JSON line in, one out; a bad line is named and the rest is still read."""

import io
import json
import subprocess
import sys

from portico.commands.triage import explanation, score
from portico.triage import Message, read


def scored(*lines: str) -> tuple[int, list[dict[str, object]], list[dict[str, object]]]:
    out, errors = io.StringIO(), io.StringIO()
    code = score([line.encode() for line in lines], out, errors)
    return (
        code,
        [json.loads(one) for one in out.getvalue().splitlines()],
        [json.loads(one) for one in errors.getvalue().splitlines()],
    )


def test_each_line_is_answered_with_level_rows_and_spans() -> None:
    code, answers, errors = scored(
        '{"id": "a", "subject": "sob", "body": "I can\'t breathe", "days_since_procedure": 1, "region": "neck"}',
        '{"id": "b"}',
        '{"id": 3, "subject": null, "body": "how much is a session?", "unknown": true}',
    )
    assert (code, errors) == (0, [])
    assert [answer["id"] for answer in answers] == ["a", "b", 3]
    assert answers[0]["level"] == "emergency"
    assert set(answers[0]) == {"id", "level", "rows", "spans"}
    assert answers[1]["level"] == "same_day"


def test_a_bad_line_is_named_and_the_others_are_scored() -> None:
    code, answers, errors = scored('{"id": "a", "body": 7}', "no json", '{"id": "c", "body": "fever 102"}')
    assert code == 1
    assert [answer["id"] for answer in answers] == ["c"]
    assert [(error["id"], error["line"]) for error in errors] == [("a", 1), (None, 2)]
    assert all(error["error"] for error in errors)


def test_the_program_reads_standard_input() -> None:
    line = json.dumps({"id": "x", "body": "no puedo respirar"}) + "\n"
    done = subprocess.run(
        [sys.executable, "-m", "portico", "triage", "score"], input=line, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["level"] == "emergency"


def test_an_explanation_shows_the_words_of_each_sign() -> None:
    message = Message(subject="help", body="I can't breathe", days_since_procedure=1, region=None)
    text = "\n".join(explanation(message, read(message)))
    assert "level  emergency" in text
    assert "can't breathe" in text
