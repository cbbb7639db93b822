"""The vault over a real database: keys of clinics and patients, scopes, rotation beside a running server, lost keys."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from portico.access import Anonymous, PatientScope, Scope, StaffScope, SystemScope
from portico.errors import NotFound, StartupRefused
from portico.ids import AccountId, ClinicId, PatientId
from portico.platform import keys
from portico.platform.clock import RandomIds
from portico.platform.database import Database
from portico.platform.key_file import add_key, read_keys
from portico.platform.key_provider import FileKeyProvider
from portico.platform.vault import Place, SealBroken, Vault
from tests.databases import DatabaseUrls

PATIENTS = 7
WORDS = "my knee clicks when I kneel"


class Watch:
    """A clock that goes on by a second at each look, so that the newest key is always the newest."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 24, 9, tzinfo=UTC)

    def now(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


@dataclass(frozen=True)
class Practice:
    """A clinic with patients and something sealed for each, and for the clinic itself."""

    db: Database
    path: Path
    clinic_id: ClinicId
    sealed: dict[PatientId, bytes]
    secret: bytes

    @property
    def scope(self) -> SystemScope:
        return SystemScope(self.clinic_id, "a test")

    def vault(self) -> Vault:
        """A vault as a server has it that starts now."""
        return Vault(FileKeyProvider(self.path), self.db.clock)

    async def reads_everything(self, vault: Vault) -> bool:
        """Whether this vault opens each patient's words and the clinic's secret."""
        async with self.db.transaction(self.scope) as tx:
            clinic = await vault.clinic(tx)
            opened = {clinic.open_text(place_of_secret(self.clinic_id), self.secret)}
            for patient_id, sealed in self.sealed.items():
                box = await vault.patient(tx, patient_id)
                opened.add(box.open_text(place_of(patient_id), sealed))
        return opened == {WORDS}


def place_of(patient_id: PatientId) -> Place:
    return Place("response", "answers_sealed", patient_id)


def place_of_secret(clinic_id: ClinicId) -> Place:
    return Place("staff", "page_address_sealed", clinic_id)


async def add_people(superuser: str, clinic_id: ClinicId, patients: list[PatientId]) -> None:
    connection = await asyncpg.connect(superuser)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    await connection.execute(
        "insert into clinic (clinic_id, slug, name, zone, created_at) values ($1, $2, 'North', 'UTC', $3)",
        clinic_id,
        f"north-{clinic_id}",
        now,
    )
    await connection.executemany(
        "insert into patient (clinic_id, patient_id, name, born_on, state, created_at)"
        " values ($1, $2, 'Amy', $3, 'active', $4)",
        [(clinic_id, patient_id, date(1980, 1, 1), now) for patient_id in patients],
    )
    await connection.close()


async def seal_words(db: Database, path: Path, clinic_id: ClinicId, patients: list[PatientId]) -> Practice:
    vault, sealed = Vault(FileKeyProvider(path), db.clock), {}
    async with db.transaction(SystemScope(clinic_id, "a test")) as tx:
        await vault.create_clinic_key(tx)
        for patient_id in patients:
            await vault.create_patient_key(tx, patient_id)
            box = await vault.patient(tx, patient_id)
            sealed[patient_id] = box.seal_text(place_of(patient_id), WORDS)
        secret = (await vault.clinic(tx)).seal_text(place_of_secret(clinic_id), WORDS)
    return Practice(db, path, clinic_id, sealed, secret)


@pytest.fixture
async def practice(database_urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Practice]:
    path = tmp_path / "master keys"
    FileKeyProvider.create(path)
    db = await Database.connect(database_urls.app, clock=Watch(), ids=RandomIds(), size=4)
    clinic_id, patients = ClinicId(uuid4()), [PatientId(uuid4()) for _ in range(PATIENTS)]
    await add_people(database_urls.superuser, clinic_id, patients)
    yield await seal_words(db, path, clinic_id, patients)
    await db.close()
    await forget_keys(database_urls.superuser, clinic_id)


async def forget_keys(superuser: str, clinic_id: ClinicId) -> None:
    """The next test has another key file: it could not re-wrap this one's keys."""
    connection = await asyncpg.connect(superuser)
    for table in ("patient_key", "clinic_key", "patient", "clinic"):
        await connection.execute(f"delete from {table} where clinic_id = $1", clinic_id)
    await connection.close()


async def wrapping_of(practice: Practice) -> tuple[set[str], int]:
    """The master keys in use, and how many patients' keys do not stand under the newest clinic key."""
    async with practice.db.transaction(practice.scope) as tx:
        connection = tx._connection
        masters = await connection.fetch("select wrapping_key from clinic_key where clinic_id = $1", practice.clinic_id)
        behind = await connection.fetchval(
            "select count(*) from patient_key where clinic_id = $1 and clinic_key_id <> ("
            "select key_id from clinic_key where clinic_id = $1 order by created_at desc limit 1)",
            practice.clinic_id,
        )
    return {row["wrapping_key"] for row in masters}, behind


async def test_a_server_reads_what_another_one_sealed(practice: Practice) -> None:
    assert await practice.reads_everything(practice.vault())


async def test_one_patients_words_do_not_open_in_another_patients_box(practice: Practice) -> None:
    one, other = list(practice.sealed)[:2]
    async with practice.db.transaction(practice.scope) as tx:
        box = await practice.vault().patient(tx, other)
        with pytest.raises(SealBroken):
            box.open(place_of(one), practice.sealed[one])


async def test_a_patients_key_copied_to_another_patient_opens_nothing(
    practice: Practice, database_urls: DatabaseUrls
) -> None:
    """Somebody who can write to the database moves a key row; a warm cache must not help them either."""
    one, other = list(practice.sealed)[:2]
    vault = practice.vault()
    assert await practice.reads_everything(vault)
    connection = await asyncpg.connect(database_urls.superuser)
    await connection.execute("delete from patient_key where patient_id = $1", other)
    await connection.execute("update patient_key set patient_id = $2 where patient_id = $1", one, other)
    await connection.close()
    async with practice.db.transaction(practice.scope) as tx:
        with pytest.raises(SealBroken):
            await vault.patient(tx, other)


SCOPES = ["a stranger's patient scope", "somebody signing in", "staff of another clinic"]


def scope_of(name: str, practice: Practice) -> Scope:
    account = AccountId(uuid4())
    if name == "somebody signing in":
        return Anonymous(clinic_id=practice.clinic_id, subject=str(account), patients=frozenset(practice.sealed))
    if name == "staff of another clinic":
        return StaffScope(clinic_id=ClinicId(uuid4()), account_id=account)
    stranger = frozenset({PatientId(uuid4())})
    return PatientScope(clinic_id=practice.clinic_id, account_id=account, patients=stranger)


@pytest.mark.parametrize("name", SCOPES)
async def test_the_vault_gives_no_box_of_an_invisible_patient_even_when_its_key_is_cached(
    practice: Practice, name: str
) -> None:
    vault = practice.vault()
    assert await practice.reads_everything(vault)
    async with practice.db.transaction(scope_of(name, practice)) as tx:
        with pytest.raises(NotFound):
            await vault.patient(tx, next(iter(practice.sealed)))


async def test_a_patient_opens_its_own_box(practice: Practice) -> None:
    patient_id, sealed = next(iter(practice.sealed.items()))
    own = PatientScope(clinic_id=practice.clinic_id, account_id=AccountId(uuid4()), patients=frozenset({patient_id}))
    async with practice.db.transaction(own) as tx:
        box = await practice.vault().patient(tx, patient_id)
        assert box.open_text(place_of(patient_id), sealed) == WORDS


async def test_a_key_that_was_rolled_back_never_seals(practice: Practice, database_urls: DatabaseUrls) -> None:
    """A cached key whose row never came to be would seal words that nobody can open again."""
    vault, newcomer = practice.vault(), PatientId(uuid4())
    await add_patient(database_urls.superuser, practice.clinic_id, newcomer)
    with pytest.raises(LookupError):
        await use_a_key_and_fail(practice, vault, newcomer)
    async with practice.db.transaction(practice.scope) as tx:
        await vault.create_patient_key(tx, newcomer)
        sealed = (await vault.patient(tx, newcomer)).seal_text(place_of(newcomer), WORDS)
    async with practice.db.transaction(practice.scope) as tx:
        assert (await practice.vault().patient(tx, newcomer)).open_text(place_of(newcomer), sealed) == WORDS


async def use_a_key_and_fail(practice: Practice, vault: Vault, patient_id: PatientId) -> None:
    async with practice.db.transaction(practice.scope) as tx:
        await vault.create_patient_key(tx, patient_id)
        await vault.patient(tx, patient_id)
        raise LookupError


async def add_patient(superuser: str, clinic_id: ClinicId, patient_id: PatientId) -> None:
    connection = await asyncpg.connect(superuser)
    await connection.execute(
        "insert into patient (clinic_id, patient_id, name, born_on, state, created_at)"
        " values ($1, $2, 'New', '1990-01-01', 'active', now())",
        clinic_id,
        patient_id,
    )
    await connection.close()


async def test_a_patients_newer_key_seals_and_the_older_one_still_opens(practice: Practice) -> None:
    vault, (patient_id, sealed) = practice.vault(), next(iter(practice.sealed.items()))
    async with practice.db.transaction(practice.scope) as tx:
        await vault.create_patient_key(tx, patient_id)
    async with practice.db.transaction(practice.scope) as tx:
        box = await vault.patient(tx, patient_id)
        assert box.open_text(place_of(patient_id), sealed) == WORDS
        assert box.seal_text(place_of(patient_id), WORDS)[1:17] != sealed[1:17]


async def test_rotation_puts_every_key_under_a_new_one(practice: Practice) -> None:
    before = set(read_keys(practice.path))
    done = await keys.rotate(practice.db, practice.path, batch=3)
    assert (done.clinic_keys, done.patient_keys) == (1, PATIENTS)
    assert done.master_key not in before
    assert await wrapping_of(practice) == ({done.master_key}, 0)


async def test_content_stays_readable_for_servers_started_before_and_after_a_rotation(practice: Practice) -> None:
    running, idle = practice.vault(), practice.vault()
    assert await practice.reads_everything(running)
    await keys.rotate(practice.db, practice.path)
    assert await practice.reads_everything(running)
    assert await practice.reads_everything(idle)
    assert await practice.reads_everything(practice.vault())


async def test_content_stays_readable_when_the_old_master_key_leaves_the_file_after_rotation(
    practice: Practice, tmp_path: Path
) -> None:
    """That nothing hangs on the old key any more is what a rotation is for."""
    done = await keys.rotate(practice.db, practice.path)
    lines = [line for line in practice.path.read_text("utf-8").splitlines() if line.startswith(done.master_key)]
    only_new = tmp_path / "only the new key"
    only_new.write_text("\n".join(lines), encoding="utf-8")
    only_new.chmod(0o600)
    assert await practice.reads_everything(Vault(FileKeyProvider(only_new), practice.db.clock))


async def test_content_stays_readable_while_a_rotation_runs(practice: Practice) -> None:
    running = practice.vault()
    name = add_key(practice.path)
    assert await practice.reads_everything(running)
    provider = FileKeyProvider(practice.path)
    renewing = Vault(provider, practice.db.clock)
    await keys._renew_clinic(practice.db, renewing, practice.clinic_id)
    assert await wrapping_of(practice) == ({name}, PATIENTS)
    assert await practice.reads_everything(running)
    async with practice.db.transaction(practice.scope) as tx:
        await keys._rewrap_some(tx, renewing, 3)
    assert await wrapping_of(practice) == ({name}, PATIENTS - 3)
    assert await practice.reads_everything(running)


INTERRUPTED = ["before the database", "before the patients", "amid the patients"]


@pytest.mark.parametrize("moment", INTERRUPTED)
async def test_an_interrupted_rotation_is_harmless_and_can_be_finished(practice: Practice, moment: str) -> None:
    name = add_key(practice.path)
    vault = practice.vault()
    if moment != "before the database":
        await keys._renew_clinic(practice.db, vault, practice.clinic_id)
    if moment == "amid the patients":
        async with practice.db.transaction(practice.scope) as tx:
            await keys._rewrap_some(tx, vault, 2)
    assert await practice.reads_everything(practice.vault())
    await keys.finish(practice.db, FileKeyProvider(practice.path))
    assert await wrapping_of(practice) == ({name}, 0)
    assert await practice.reads_everything(practice.vault())


async def test_finishing_a_finished_rotation_changes_nothing(practice: Practice) -> None:
    await keys.rotate(practice.db, practice.path)
    done = await keys.finish(practice.db, FileKeyProvider(practice.path))
    assert (done.clinic_keys, done.patient_keys) == (0, 0)


async def test_a_second_rotation_follows_the_first(practice: Practice) -> None:
    await keys.rotate(practice.db, practice.path)
    done = await keys.rotate(practice.db, practice.path)
    assert (done.clinic_keys, done.patient_keys) == (2, PATIENTS)
    assert await practice.reads_everything(practice.vault())


async def test_pruning_drops_what_wraps_nothing_and_keeps_what_makes_the_index(practice: Practice) -> None:
    await keys.rotate(practice.db, practice.path)
    await keys.rotate(practice.db, practice.path)
    newest, middle, oldest = read_keys(practice.path)
    index = await FileKeyProvider(practice.path).derived("a test")
    assert await keys.prune(practice.db, practice.path) == keys.Pruned(
        dropped=(middle,), active=newest, index_key=oldest
    )
    assert list(read_keys(practice.path)) == [newest, oldest]
    assert await FileKeyProvider(practice.path).derived("a test") == index
    assert await practice.reads_everything(practice.vault())
    assert (await keys.prune(practice.db, practice.path)).dropped == ()


async def test_pruning_is_refused_while_a_key_is_needed(practice: Practice) -> None:
    await keys.rotate(practice.db, practice.path)
    needed = next(iter(read_keys(practice.path)))
    add_key(practice.path)
    with pytest.raises(StartupRefused, match=rf"`{needed}` still wraps"):
        await keys.prune(practice.db, practice.path)
    assert needed in read_keys(practice.path)
    await keys.finish(practice.db, FileKeyProvider(practice.path))
    assert (await keys.prune(practice.db, practice.path)).dropped == (needed,)


async def test_rotation_takes_in_a_key_that_was_made_elsewhere(practice: Practice, tmp_path: Path) -> None:
    elsewhere = tmp_path / "made offline"
    FileKeyProvider.create(elsewhere)
    done = await keys.rotate(practice.db, practice.path, new_key_from=elsewhere)
    assert [done.master_key] == list(read_keys(elsewhere))
    assert await practice.reads_everything(practice.vault())


async def test_the_start_accepts_the_right_key_file(practice: Practice) -> None:
    async with practice.db.transaction(practice.scope) as tx:
        await practice.vault().verify(tx)


async def test_the_start_refuses_another_installations_key_file_by_the_name_of_the_key(
    practice: Practice, tmp_path: Path
) -> None:
    needed, foreign = next(iter(read_keys(practice.path))), tmp_path / "foreign"
    vault = Vault(FileKeyProvider.create(foreign), practice.db.clock)
    async with practice.db.transaction(practice.scope) as tx:
        with pytest.raises(StartupRefused, match=rf"foreign \(PORTICO_KEY_FILE\) lacks the key `{needed}`"):
            await vault.verify(tx)


async def test_the_start_refuses_another_key_under_the_same_name(practice: Practice) -> None:
    (name,) = read_keys(practice.path)
    practice.path.write_text(f"{name} {'A' * 43}=\n", encoding="utf-8")
    async with practice.db.transaction(practice.scope) as tx:
        with pytest.raises(StartupRefused, match=f"another key under the name `{name}`"):
            await practice.vault().verify(tx)
