"""Backups by themselves: one a day, checked, and older ones deleted by the rule."""

import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from broadsheet.config import BackupSettings
from broadsheet.domain.access import OWNER
from broadsheet.domain.errors import InvalidInputError
from broadsheet.home import Home
from broadsheet.jobs.leases import Lease
from broadsheet.jobs.supervisor import JobResult
from broadsheet.services.backup import Backup, check_backup
from broadsheet.services.scheduled_backups import (
    ScheduledBackups,
    decide_kept,
    find_backups,
    last_due,
)
from broadsheet.wiring import back_up, open_services, restore, starter_library

BERLIN = "Europe/Berlin"
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def test_a_backup_is_due_at_its_time_of_day_in_the_zone_of_the_library() -> None:
    at = dt.time(3, 30)
    assert last_due(at, BERLIN, utc("2026-01-10 02:29")) == utc("2026-01-09 02:30")
    assert last_due(at, BERLIN, utc("2026-01-10 02:30")) == utc("2026-01-10 02:30")
    assert last_due(at, BERLIN, utc("2026-07-10 02:00")) == utc("2026-07-10 01:30")
    # The night in which 02:30 does not exist, and the one in which it comes twice.
    for now in ("2026-03-29 05:00", "2026-10-25 05:00"):
        due = last_due(dt.time(2, 30), BERLIN, utc(now))
        assert utc(now) - DAY / 2 < due <= utc(now)


def test_days_weeks_and_months_are_kept_as_the_settings_say() -> None:
    settings = BackupSettings(daily=3, weekly=2, monthly=2)
    kept: set[dt.datetime] = set()
    for day in range(400):
        kept.add(utc("2026-01-01 03:00") + day * DAY)
        kept = decide_kept(kept, settings, "UTC")
    # 2027-02-04 is a Thursday: three days, the Sunday before, the end of January.
    days = ["2027-01-31", "2027-02-02", "2027-02-03", "2027-02-04"]
    assert sorted(f"{each:%Y-%m-%d}" for each in kept) == days
    assert decide_kept(kept, BackupSettings(daily=1, weekly=0, monthly=0), "UTC") == {max(kept)}


class Desk:
    """The job over a library of the starter papers, with a clock that is set by hand."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.now = utc("2026-03-01 12:00")
        self.home = Home(folder / "home").create()
        self.folder = folder / "backups"
        self.damage: Callable[[Path], object] = lambda file: None
        given = BackupSettings.model_validate({"folder": str(self.folder), **settings})
        self.job = ScheduledBackups(self.home, given, "UTC", self.write, lambda: self.now).job()

    def write(self, file: Path, passphrase: str) -> Backup:
        backup = back_up(self.home, file, include_secrets=False, passphrase=passphrase)
        self.damage(file)
        return backup

    def tick(self) -> JobResult | None:
        return self.job.run(Lease("backup")) if self.job.due(self.now) else None

    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    home = Home(tmp_path_factory.mktemp("library")).create()
    with open_services(home) as services, starter_library() as papers:
        services.library.import_paths(OWNER, [str(papers)])
    return home.database.read_bytes()


@pytest.fixture
def make_desk(tmp_path: Path, library: bytes) -> Callable[..., Desk]:
    def make(**settings: object) -> Desk:
        desk = Desk(tmp_path, **settings)
        desk.home.database.write_bytes(library)
        return desk

    return make


def test_one_backup_a_day_and_only_its_own_files_are_deleted(
    make_desk: Callable[..., Desk],
) -> None:
    desk = make_desk(daily=2, weekly=0, monthly=0)
    desk.folder.mkdir()
    (desk.folder / "broadsheet-by-hand.backup").write_text("mine")
    for _ in range(4 * 24):
        desk.tick()
        desk.now += HOUR
    assert desk.names() == [
        "broadsheet-20260304T040000Z.backup",
        "broadsheet-20260305T040000Z.backup",
        "broadsheet-by-hand.backup",
    ]
    (_, newest) = find_backups(desk.folder)[-1]
    restore(newest, Home(desk.folder.parent / "again"))
    assert newest.stat().st_mode & 0o077 == 0


def test_a_backup_that_cannot_be_read_back_deletes_no_older_one(
    make_desk: Callable[..., Desk],
) -> None:
    desk = make_desk(daily=1, weekly=0, monthly=0)
    desk.tick()
    first = desk.names()
    desk.now += DAY
    desk.damage = lambda file: os.truncate(file, file.stat().st_size - 10)
    with pytest.raises(InvalidInputError, match="damaged"):
        desk.tick()
    assert desk.names() == first
    assert desk.job.due(desk.now)
    desk.damage = lambda file: None
    assert desk.tick() is not None
    assert desk.names() != first


def test_backups_made_under_a_wrong_clock_hold_nothing_up_and_are_not_deleted(
    make_desk: Callable[..., Desk],
) -> None:
    desk = make_desk(daily=1, weekly=0, monthly=0)
    desk.folder.mkdir()
    future = desk.folder / "broadsheet-20990101T000000Z.backup"
    future.write_text("x")
    assert desk.tick() is not None
    assert not desk.job.due(desk.now)
    assert future.exists()


def test_encrypted_backups_leave_nothing_readable_behind(
    make_desk: Callable[..., Desk], tmp_path: Path
) -> None:
    (tmp_path / "passphrase").write_text("long and secret\n")
    desk = make_desk(passphrase_file=str(tmp_path / "passphrase"))
    abandoned = desk.home.path / ".broadsheet-backup-abc"
    abandoned.mkdir()
    os.utime(abandoned, (1, 1))
    secret = desk.home.read_secret()
    result = desk.tick()
    assert result is not None
    assert "encrypted" in result.words
    assert not list(desk.home.path.glob(".broadsheet-*"))
    ((_, file),) = find_backups(desk.folder)
    assert desk.names() == [file.name]
    assert file.name.endswith(".backup.age")
    check_backup(file, "long and secret")
    restore(file, Home(tmp_path / "again"), "long and secret")
    assert Home(tmp_path / "again").read_secret() == secret


def test_without_a_folder_nothing_is_done(tmp_path: Path) -> None:
    job = ScheduledBackups(
        Home(tmp_path), BackupSettings.model_validate({}), "UTC", lambda file, word: Backup(0, ())
    ).job()
    assert not job.due(utc("2026-03-01 12:00"))


def test_a_folder_that_cannot_be_written_is_named(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk()
    desk.folder.write_text("a file")
    with pytest.raises(InvalidInputError, match=r"table \[backup\]"):
        desk.tick()
