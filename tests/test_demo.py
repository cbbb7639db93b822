"""The demo as a program of its own: the walkthrough passes, and a kill loses no danger."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from portico.commands.server import loopback_sockets
from portico.errors import StartupRefused
from tests.played import SOURCE, Demo, Person, running_demo, wait_until_ready

pytestmark = pytest.mark.alone

WEAKNESS = {
    "resourceType": "QuestionnaireResponse",
    "status": "in-progress",
    "item": [
        {
            "linkId": "rf",
            "item": [
                {
                    "linkId": "rf.any",
                    "item": [
                        {
                            "linkId": "rf.any.weakness",
                            "answer": [{"valueCoding": {"system": "urn:portico:answer", "code": "yes"}}],
                        }
                    ],
                }
            ],
        }
    ],
}


def test_the_demo_listens_on_both_loopback_addresses() -> None:
    sockets = loopback_sockets("localhost", 0)
    try:
        assert {each.getsockname()[0] for each in sockets} <= {"127.0.0.1", "::1"}
        assert len({each.getsockname()[1] for each in sockets}) == 1
    finally:
        for each in sockets:
            each.close()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "portal.test", ""])
def test_the_demo_listens_nowhere_else(host: str) -> None:
    with pytest.raises(StartupRefused, match="this machine only"):
        loopback_sockets(host, 0)


def told_in_the_readme() -> list[str]:
    """The steps of the transcript in README.md, without what each answered."""
    transcript = (SOURCE.parent / "README.md").read_text(encoding="utf-8").split("## The main job")[1].split("```")[1]
    return [line.split("  ")[0] for line in transcript.splitlines() if line and not line.startswith(" ")]


def test_the_walkthrough_passes_twice_on_one_demo() -> None:
    with running_demo() as demo:
        command = [sys.executable, "-m", "portico", "walkthrough", "--url", demo.base_url, "--demo-json"]
        for _ in range(2):
            done = subprocess.run(
                [*command, str(demo.folder / "demo.json")],
                env=os.environ | {"PYTHONPATH": str(SOURCE)},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            said = [line.split("  ")[0] for line in done.stdout.splitlines() if not line.startswith(" ")]
            assert said == told_in_the_readme()
            assert "flag PS05" in done.stdout
            assert "Patient-reported, not verified." in done.stdout
            assert "Alice reads what happens next" in done.stdout


def test_a_kill_right_after_the_answer_loses_neither_the_draft_nor_the_danger() -> None:
    with running_demo() as demo:
        bob = Person(demo, "bob@demo.test")
        opened = bob.ask(
            "POST", "/api/responses", {"questionnaire": "prolotherapy-intake", "patient": bob.own_patient()}
        )
        path = f"/api/responses/{opened.json()['id']}"
        saved = bob.ask("PUT", f"{path}/answers", WEAKNESS, match=opened.headers["etag"]).json()
        assert [text["key"] for text in saved["guidance"]] == ["res.urgent"]
        _kill_everything(demo)
        again = _start_again(demo)
        try:
            assert Person(again, "bob@demo.test").get(path)["revision"] == saved["revision"]
            waiting = Person(again, "nora@demo.test").get("/api/escalations")["items"]
            assert [each["level"] for each in waiting if each["subject"]["id"] == opened.json()["id"]] == ["emergency"]
        finally:
            again.stop()


def _kill_everything(demo: Demo) -> None:
    """The program and its database, at once and without a chance to tidy up."""
    (found,) = (demo.folder / "postgres").resolve().rglob("postmaster.pid")
    os.kill(int(found.read_text(encoding="utf-8").split()[0]), signal.SIGKILL)
    demo.process.kill()
    demo.process.wait()


def _start_again(demo: Demo) -> Demo:
    port = demo.base_url.rsplit(":", 1)[1]
    command = [sys.executable, "-m", "portico", "demo", "--port", port, "--data", str(demo.folder)]
    log = Path(demo.log)
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, env=os.environ | {"PYTHONPATH": str(SOURCE)}
        )
    again = Demo(demo.base_url, demo.folder, process)
    wait_until_ready(again)
    return again
