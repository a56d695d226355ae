"""Backups by themselves: once a day into a folder, of which older ones are deleted again.

The names of the files say when they were made; nothing else is kept about them, so that
files may be copied, moved and deleted by hand. A new backup is read back before any older one
is deleted.
"""

import datetime as dt
import os
import re
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from broadsheet.config import BackupSettings
from broadsheet.domain.errors import InvalidInputError
from broadsheet.home import Home
from broadsheet.jobs.leases import Lease
from broadsheet.jobs.supervisor import Backoff, Job, JobResult
from broadsheet.services.backup import WORK_FOLDER, Backup, check_backup, read_passphrase

NAME = "broadsheet-%Y%m%dT%H%M%SZ.backup"
ENCRYPTED = ".age"
"""Added to the name of an encrypted backup."""
_NAMES = re.compile(r"broadsheet-(\d{8}T\d{6})Z\.backup(\.age)?")
_ABANDONED = 24 * 3600
"""Seconds after which a folder of an unfinished backup is deleted."""


def last_due(at: dt.time, zone: str, now: dt.datetime) -> dt.datetime:
    """The latest moment (UTC) until ``now`` (aware) at which it was ``at`` in ``zone``."""
    local = now.astimezone(ZoneInfo(zone))
    moment = dt.datetime.combine(local.date(), at, ZoneInfo(zone)).astimezone(dt.UTC)
    if moment > now:
        yesterday = local.date() - dt.timedelta(1)
        moment = dt.datetime.combine(yesterday, at, ZoneInfo(zone)).astimezone(dt.UTC)
    return moment


def decide_kept(
    times: Iterable[dt.datetime], settings: BackupSettings, zone: str
) -> set[dt.datetime]:
    """Which backups to keep: the last of each of the latest days, weeks and months of which
    there is one, as many as the settings say; so the latest is always kept."""
    newest_first = sorted(times, reverse=True)
    kept: set[dt.datetime] = set()
    for count, pattern in (
        (settings.daily, "%Y-%m-%d"),
        (settings.weekly, "%G-W%V"),
        (settings.monthly, "%Y-%m"),
    ):
        last_of: dict[str, dt.datetime] = {}
        for moment in newest_first:
            last_of.setdefault(moment.astimezone(ZoneInfo(zone)).strftime(pattern), moment)
        kept.update(list(last_of.values())[:count])
    return kept


def find_backups(folder: Path) -> Sequence[tuple[dt.datetime, Path]]:
    """The backups in a folder with their times (UTC), the oldest first; none if it is missing.

    Raises InvalidInputError if the folder cannot be read.
    """
    found = []
    try:
        for path in folder.iterdir() if folder.exists() else ():
            if match := _NAMES.fullmatch(path.name):
                moment = dt.datetime.strptime(match[1], "%Y%m%dT%H%M%S").replace(tzinfo=dt.UTC)
                found.append((moment, path))
    except (OSError, ValueError) as error:
        raise InvalidInputError(
            f"{folder}: backups cannot be listed ({error}); correct folder in the table [backup] "
            "of broadsheet.toml, or its permissions"
        ) from error
    return sorted(found)


class ScheduledBackups:
    """Makes the backup of the day, checks it, and deletes those that are no longer kept."""

    def __init__(
        self,
        home: Home,
        settings: BackupSettings,
        zone: str,
        write: Callable[[Path, str], Backup],
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        """``write(file, passphrase)`` writes one backup; without a passphrase, a plain one."""
        self._home = home
        self._settings = settings
        self._zone = zone
        self._write = write
        self._clock = clock

    @property
    def _folder(self) -> Path:
        return Path(self._settings.folder).expanduser()

    def job(self) -> Job:
        """Return the background job; see ``jobs.supervisor``."""
        return Job("backup", self._is_due, self._run, backoff=Backoff(first=300, longest=3600))

    def _is_due(self, now: dt.datetime) -> bool:
        """Whether there is no backup since the last time at which one was due. Backups of the
        future were made under a wrong clock and do not count."""
        if not self._settings.folder:
            return False
        due = last_due(self._settings.at, self._zone, now)
        return not any(due <= moment <= now for moment, _ in find_backups(self._folder))

    def _run(self, lease: Lease) -> JobResult | None:
        settings, folder = self._settings, self._folder
        passphrase = (
            read_passphrase(Path(settings.passphrase_file)) if settings.passphrase_file else ""
        )
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._delete_unfinished()
            now = self._clock()
            file = folder / (now.strftime(NAME) + (ENCRYPTED if passphrase else ""))
            size = self._write(file, passphrase).bytes
            try:
                check_backup(file, passphrase)
            except InvalidInputError:
                file.unlink()  # else it would count as the backup of today
                raise
            kept, deleted = self._delete_old(now)
        except OSError as error:
            raise InvalidInputError(
                f"{folder}: the backup cannot be written ({error.strerror}); check folder in the "
                "table [backup] of broadsheet.toml, its permissions and the free space"
            ) from error
        encrypted = ", encrypted" if passphrase else ""
        return JobResult(
            f"saved {file} ({size / 1e6:,.1f} MB{encrypted}); {kept} kept, {deleted} deleted"
        )

    def _delete_old(self, now: dt.datetime) -> tuple[int, int]:
        """Delete backups that are no longer kept; return how many are left, and were deleted."""
        backups = [each for each in find_backups(self._folder) if each[0] <= now]
        kept = decide_kept((moment for moment, _ in backups), self._settings, self._zone)
        old = [path for moment, path in backups if moment not in kept]
        for path in old:
            path.unlink()
        return len(backups) - len(old), len(old)

    def _delete_unfinished(self) -> None:
        """Delete files left behind by backups that were cut off. They may hold a whole library."""
        for place in {self._home.path, self._folder}:
            for path in place.glob(f"{WORK_FOLDER}*"):
                if time.time() - os.stat(path).st_mtime > _ABANDONED:
                    shutil.rmtree(path)
