"""The containers' description agrees with the program: variables, commands, paths, images, rights. No engine is needed."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from portico.__main__ import _parser
from portico.commands.secrets import ADMIN_PASSWORD, FILES, PAGE_SECRET, secrets
from portico.errors import StartupRefused
from portico.settings import CLAMD, VARIABLES, value_of
from portico.settings import PAGE_SECRET as PAGE_SECRET_SETTING

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
OTHERS_VARIABLES = {"POSTGRES_PASSWORD_FILE", "POSTGRES_INITDB_ARGS"}

OTHERS = {name: service for name, service in SERVICES.items() if "build" not in service}
TEXT = (ROOT / "compose.yaml").read_text(encoding="utf-8")
CAPABILITIES = {"proxy": ["NET_BIND_SERVICE"]}
"""What a service may have added to nothing at all; why stands above it in the file."""
TMP = "/tmp"  # noqa: S108 - a place in containers
MAY_WRITE = {
    "database": {"/run/postgresql", TMP, "/var/lib/postgresql"},
    "proxy": {"/config", "/data"},
    "mail": {TMP},
    "clamd": {TMP, "/var/log/clamav", "/var/lib/clamav"},
}
"""Where an image that is not ours must write, as its own documents say."""

each_of_ours = pytest.mark.parametrize("service", OURS.values(), ids=OURS)
each_of_others = pytest.mark.parametrize("name", OTHERS)
each = pytest.mark.parametrize("name", SERVICES)


def lines_of(name: str) -> list[str]:
    """The lines of one service in the file, comments included."""
    found = re.search(rf"^  {name}:\n((?:    .*\n|\n)*)", TEXT, flags=re.MULTILINE)
    assert found is not None
    return found[1].splitlines()


def has_reason(name: str, key: str) -> bool:
    """Whether a comment stands right above this key of the service."""
    lines = lines_of(name)
    [place] = [number for number, line in enumerate(lines) if line.startswith(f"    {key}:")]
    return place > 0 and lines[place - 1].startswith("    # ")


def variables_known() -> set[str]:
    secret_files = {f"{variable.name}_FILE" for variable in VARIABLES if variable.secret}
    return {variable.name for variable in VARIABLES} | secret_files


def test_every_variable_of_a_service_is_a_setting() -> None:
    used = {name for service in SERVICES.values() for name in service.get("environment", {})}
    assert used - variables_known() - OTHERS_VARIABLES == set()


def test_every_variable_that_compose_itself_reads_is_told_in_the_operations_page() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    read = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "compose.yaml").read_text(encoding="utf-8")))
    assert {name for name in read if f"`{name}`" not in page} == set()


@each_of_ours
def test_the_command_of_a_service_is_one_of_the_program(service: dict[str, Any]) -> None:
    if "command" in service:
        assert callable(_parser().parse_args(service["command"]).run)
    else:
        assert "portico backup" in service["entrypoint"][-1]


@each_of_ours
def test_a_service_writes_only_where_it_must(service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    places = [volume.split(":")[1] for volume in service["volumes"] if not volume.endswith(":ro")]
    assert [place for place in places if not place.startswith("/var/lib/portico/")] == []


@each
def test_a_service_changes_nothing_of_its_image_and_gains_no_right(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service.get("cap_add", []) == CAPABILITIES.get(name, [])
    assert {"privileged", "devices", "pid", "ipc", "network_mode"} & set(service) == set()
    assert all(has_reason(name, key) for key in ("cap_add",) if key in service)


@each_of_others
def test_an_image_of_others_runs_as_an_account_that_is_not_root_for_a_reason_that_is_told(name: str) -> None:
    account = OTHERS[name]["user"].split(":")
    assert not {"root", "0", ""} & set(account)
    assert has_reason(name, "user")


@each_of_others
def test_an_image_of_others_writes_where_it_must_and_nowhere_else(name: str) -> None:
    service = OTHERS[name]
    volumes = [volume.split(":")[1] for volume in service.get("volumes", []) if not volume.endswith(":ro")]
    assert {*volumes, *(place.split(":")[0] for place in service["tmpfs"])} == MAY_WRITE[name]


def test_the_proxy_listens_where_no_right_is_needed_and_is_reached_there() -> None:
    caddyfile = COMPOSE["configs"]["caddyfile"]["content"]
    ports = [re.search(rf"^  {name} (\d+)$", caddyfile, flags=re.MULTILINE) for name in ("http_port", "https_port")]
    inside = [found[1] for found in ports if found is not None]
    assert SERVICES["proxy"]["ports"] == [f"80:{inside[0]}", f"443:{inside[1]}"]
    assert all(int(port) >= 1024 for port in inside)


def test_what_was_not_started_is_said_in_the_operations_page() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    told = page.split("### What was checked, and what was not", 1)[1].split("\n## ", 1)[0]
    assert {image for image in (service["image"] for service in OTHERS.values()) if f"`{image}`" not in told} == set()


def test_no_service_of_ours_runs_as_root() -> None:
    stages = re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)
    final = [stage for stage in stages if "ENTRYPOINT" in stage]
    assert len(final) == 2
    assert all(re.search(r"^USER portico$", stage, flags=re.MULTILINE) for stage in final)


def test_only_the_proxy_is_reachable_from_outside() -> None:
    opened = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(opened) == {"proxy", "mail"}
    assert all(port.startswith("127.0.0.1:") for port in opened["mail"])


def test_every_file_that_the_image_copies_is_in_the_tree() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, flags=re.MULTILINE)
    assert copied
    assert [name for line in copied for name in line.split() if not (ROOT / name).exists()] == []


@each_of_ours
def test_every_mount_point_is_made_by_the_image_for_its_account(service: dict[str, Any]) -> None:
    stages = re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)
    [stage] = [text for text in stages if text.splitlines()[0].endswith(f" AS {service['build']['target']}")]
    used = {volume.split(":")[1] for volume in service["volumes"]}
    assert used - set(re.findall(r"/var/lib/portico/[a-z]+", stage)) == set()


def test_every_path_that_a_service_is_told_is_mounted_there() -> None:
    for name in set(OURS) - {"migrate"}:  # it is told of files like the others, and touches none
        service = OURS[name]
        mounted = [volume.split(":")[1] for volume in service["volumes"]]
        told = (*service.get("environment", {}).values(), *service.get("command", ()))
        paths = [value for value in told if value.startswith("/")]
        assert [path for path in paths if not any(Path(path).is_relative_to(each) for each in mounted)] == [], name


def test_whoever_copies_the_database_copies_the_files_too() -> None:
    place = COMPOSE["x-environment"]["PORTICO_ATTACHMENTS"]
    for name in ("backup", "restore", "doctor"):
        assert SERVICES[name]["environment"]["PORTICO_ATTACHMENTS"] == place
        assert any(volume.startswith(f"attachments:{place}") for volume in SERVICES[name]["volumes"])


def test_every_volume_secret_and_service_that_is_named_exists() -> None:
    volumes = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert volumes == set(COMPOSE["volumes"])
    waited_for = {name for service in SERVICES.values() for name in service.get("depends_on", {})}
    assert waited_for <= set(SERVICES)


def test_services_that_run_for_long_tell_how_they_are() -> None:
    lasting = {name for name, service in SERVICES.items() if service.get("restart") == "unless-stopped"}
    assert {name for name in lasting if "healthcheck" not in SERVICES[name]} == set()


def test_secrets_come_as_files_that_the_secrets_service_makes(tmp_path: Path) -> None:
    assert secrets(folder=tmp_path / "ours", server=tmp_path / "theirs", host="database", database="portico") == 0
    named = {
        Path(value).name
        for service in OURS.values()
        for name, value in service.get("environment", {}).items()
        if name.endswith("_URL_FILE")
    }
    assert named == set(FILES)
    password = (tmp_path / "theirs" / ADMIN_PASSWORD).read_text(encoding="utf-8").strip()
    assert f":{password}@database/postgres" in (tmp_path / "ours" / "admin_database_url").read_text(encoding="utf-8")
    assert (tmp_path / "ours" / "database_url").stat().st_mode & 0o777 == 0o400


def test_secrets_that_exist_are_kept_and_half_of_them_refused(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    secrets(folder=ours, server=theirs, host="database", database="portico")
    before = {name: (ours / name).read_text(encoding="utf-8") for name in FILES}
    secrets(folder=ours, server=theirs, host="database", database="portico")
    assert {name: (ours / name).read_text(encoding="utf-8") for name in FILES} == before
    (ours / "owner_database_url").unlink()
    with pytest.raises(StartupRefused, match="holds only"):
        secrets(folder=ours, server=theirs, host="database", database="portico")


def test_the_page_secret_is_made_also_where_the_others_exist_and_then_kept(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    secrets(folder=ours, server=theirs, host="database", database="portico")
    made = ours / PAGE_SECRET
    assert Path(SERVICES["worker"]["environment"][f"{PAGE_SECRET_SETTING.name}_FILE"]).name == PAGE_SECRET
    made.unlink()
    secrets(folder=ours, server=theirs, host="database", database="portico")
    kept = made.read_text(encoding="utf-8")
    assert (len(kept.strip()), made.stat().st_mode & 0o777) == (64, 0o400)
    secrets(folder=ours, server=theirs, host="database", database="portico")
    assert made.read_text(encoding="utf-8") == kept


def test_web_and_worker_keep_files_in_the_same_place() -> None:
    place = COMPOSE["x-environment"]["PORTICO_ATTACHMENTS"]
    assert all(f"attachments:{place}" in SERVICES[name]["volumes"] for name in ("web", "worker"))


def test_the_scanner_is_started_on_demand_and_web_and_worker_are_told_where_it_is() -> None:
    [name] = [name for name, service in SERVICES.items() if "clamd" in service.get("profiles", [])]
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert f"CLAMD=tcp://{name}:3310 docker compose --profile clamd up" in page
    assert all(SERVICES[each]["environment"]["PORTICO_CLAMD"] == "${CLAMD:-}" for each in ("web", "worker"))
    assert "ports" not in SERVICES[name]


def test_every_image_of_others_is_held_to_a_version() -> None:
    images = [service["image"] for service in SERVICES.values() if "build" not in service]
    assert [image for image in images if not re.search(r":v?\d", image)] == []


def test_no_setting_given_means_no_scanner() -> None:
    assert value_of({CLAMD.name: ""}, CLAMD) is None
