"""The checkup of a library: everything that can be wrong with it, each with its next step.

Nothing here needs the library to open: a checkup is for libraries that do not. Only derived
things are repaired (the index, the answers of an embedder, an unfinished rereading) and
permissions; the database is read and never changed by a repair.
"""

import asyncio
import datetime as dt
import json
import os
import shutil
import sqlite3
import stat
import tomllib
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from broadsheet.config import Settings, load_settings
from broadsheet.domain.access import OWNER
from broadsheet.domain.checkup import Finding, IndexedPapers, State, StoredLibrary
from broadsheet.domain.errors import BroadsheetError, IndexUnavailableError, InvalidInputError
from broadsheet.domain.services import Services
from broadsheet.domain.sync import FAILURES
from broadsheet.files import is_on_read_only_disk
from broadsheet.home import Home
from broadsheet.services.backup import check_backup, find_secret_settings, read_passphrase
from broadsheet.services.scheduled_backups import find_backups
from broadsheet.sources.reaching import Reach

LEAST_FREE = 500_000_000
"""Bytes that a disk should have free, whatever the size of the library."""
_OTHERS, _GROUP_AND_OTHERS = 0o007, 0o077
_SHORTEST_SECRET = 32
_CLOCK_TOLERANCE = dt.timedelta(minutes=5)
_ZONE = "Europe/Berlin"
"""A time zone that all collections of time zones have."""
_OLDEST_BACKUP = dt.timedelta(hours=50)
"""One may be missed, for a machine that is off at night."""
_SHOWN = 3
"""Papers that a finding names at most."""

_POSIX = os.name == "posix"


class LibraryParts(Protocol):
    """How a checkup reads and repairs the parts of one library."""

    def read_library(self) -> StoredLibrary:
        """Read the whole database. Raises LibraryUnavailableError."""
        ...

    def find_index_damage(self) -> str:
        """The damaged parts of the index in words; "" for none."""
        ...

    def read_indexed_papers(self) -> IndexedPapers:
        """Raises IndexUnavailableError."""
        ...

    def index_bytes(self) -> int:
        """Size of the index on disk."""
        ...

    def open(self) -> "OpenLibrary":
        """Open the library, which is sound; a context manager."""
        ...

    def reach_sources(self, settings: Settings) -> Sequence[Reach]:
        """Ask each source that is switched on for one page, over the network."""
        ...


class OpenLibrary(Protocol):
    """The services of an open library, closed at the end of a block."""

    def __enter__(self) -> Services: ...

    def __exit__(self, *error: Any) -> None: ...


@dataclass
class Doctor:
    """One checkup of one home."""

    home: Home
    parts: LibraryParts
    repair: bool = False
    network: bool = False
    now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)
    _stored: StoredLibrary | None = field(default=None, init=False)
    _settings: Settings | None = field(default=None, init=False)

    def examine(self) -> Iterator[Finding]:
        """Yield the findings of all checks, at least one of each.

        Raises InvalidInputError for a home that does not exist.
        """
        if not self.home.path.is_dir():
            raise InvalidInputError(
                f"{self.home.path}: there is no library here; name one with --home"
            )
        for name, check in (
            ("settings", self._check_settings),
            ("permissions", self._check_permissions),
            ("secret", self._check_secret),
            ("database", self._check_database),
            ("rereading", self._check_rereading),
            ("index", self._check_index),
            ("embedders", self._check_embedders),
            ("disk space", self._check_disk),
            ("clock", self._check_clock),
            ("time zones", self._check_zones),
            ("jobs", self._check_jobs),
            ("backups", self._check_backups),
            ("mail", self._check_mail),
            ("sources", self._check_sources),
        ):
            yield from self._run(name, check)

    def _run(
        self, name: str, check: Callable[[], Iterator[tuple[State, str, str]]]
    ) -> Iterator[Finding]:
        try:
            for state, message, next_step in check():
                yield Finding(name, state, message, next_step)
        except BroadsheetError as error:
            yield Finding(name, "finding", str(error))
        except Exception as error:  # a checkup goes on, whatever a damaged part does
            yield Finding(
                name,
                "failed",
                f"this check could not run ({type(error).__name__}: {error})",
                "please report this; the other checks are not affected",
            )

    def _check_settings(self) -> Iterator[tuple[State, str, str]]:
        self._settings = load_settings(self.home)
        place = self.home.settings
        yield "sound", f"{place}" if place.exists() else "no settings file; all have defaults", ""

    def _check_permissions(self) -> Iterator[tuple[State, str, str]]:
        if is_on_read_only_disk(self.home.path):
            yield (
                "finding",
                f"{self.home.path}: the file system is read-only",
                "see the system's log (dmesg) for an error of the disk; copy the directory to "
                "another disk and name the copy with --home",
            )
            return
        unusable = [path for path in self._files() if not os.access(path, os.R_OK | os.W_OK)]
        for path in unusable:
            yield (
                "finding",
                f"{path}: cannot be read and written by this user",
                f"run the command as the user that owns it, or: chown -R USER {self.home.path}",
            )
        exposed = list(self._exposed())
        for path, mode, bits in exposed:
            whom = "everybody" if bits == _OTHERS else "the group or everybody"
            message = f"{path}: open to {whom} (mode {mode:04o})"
            command = f"chmod {'o' if bits == _OTHERS else 'go'}= {path}"
            if not self.repair:
                yield "finding", message, f"run: {command}"
                continue
            try:
                path.chmod(mode & ~bits)
                yield "repaired", f"{message}; closed", ""
            except OSError as error:
                yield "finding", f"{message}; {error.strerror}", f"run as its owner: {command}"
        if not unusable and not exposed:
            yield "sound", f"{self.home.path}: only for its owner", ""

    def _files(self) -> Iterator[Path]:
        home = self.home
        for path in (home.path, home.database, home.settings, home.path / "secret"):
            if path.exists():
                yield path

    def _exposed(self) -> Iterator[tuple[Path, int, int]]:
        """Files that more people can open than should: path, mode, and the bits too many."""
        for path, bits in self._private_paths() if _POSIX else ():
            try:
                mode = stat.S_IMODE(path.stat().st_mode)
            except OSError:
                continue
            if mode & bits:
                yield path, mode, bits

    def _private_paths(self) -> Iterator[tuple[Path, int]]:
        """Paths that should be closed, with the bits that should not be set."""
        yield self.home.path, _OTHERS
        yield self.home.path / "secret", _GROUP_AND_OTHERS
        if self._holds_secrets():
            yield self.home.settings, _GROUP_AND_OTHERS
        if self._settings:
            mail = self._settings.mail
            for file in filter(None, (mail.password_file, mail.dkim_key_file)):
                yield Path(file).expanduser(), _GROUP_AND_OTHERS
            if file := self._settings.backup.passphrase_file:
                yield Path(file).expanduser(), _GROUP_AND_OTHERS

    def _holds_secrets(self) -> bool:
        try:
            return bool(find_secret_settings(tomllib.loads(self.home.settings.read_text("utf-8"))))
        except (OSError, ValueError):
            return False

    def _check_secret(self) -> Iterator[tuple[State, str, str]]:
        path = self.home.path / "secret"
        if not path.exists():
            yield "sound", "not needed yet", ""
            return
        try:
            content = path.read_bytes().strip()
        except OSError as error:
            yield "finding", f"{path}: cannot be read ({error.strerror})", "see permissions"
            return
        if len(content) < _SHORTEST_SECRET:
            yield (
                "finding",
                f"{path}: is damaged: {len(content)} bytes, so links in mails could be forged",
                "restore it from a backup; else delete it: a new one is made, and links in mails "
                "sent so far stop working",
            )
            return
        yield "sound", f"{path}", ""

    def _check_database(self) -> Iterator[tuple[State, str, str]]:
        try:
            self._stored = self.parts.read_library()
        except BroadsheetError as error:
            step = "restore a backup: broadsheet --home NEW restore FILE"
            if is_on_read_only_disk(self.home.path):
                step = "see permissions"
            yield "finding", str(error), step
            return
        yield "sound", f"all of it can be read; {len(self._stored.papers):,} papers", ""

    def _check_rereading(self) -> Iterator[tuple[State, str, str]]:
        if self._stored is None:
            yield "skipped", "the database cannot be read", ""
        elif not self._stored.reread_to:
            yield "sound", "none was cut off", ""
        elif not self.repair:
            yield (
                "finding",
                "rereading the records was cut off",
                "run `broadsheet records reread`, which goes on there",
            )
        else:
            with self.parts.open() as services:
                summary = services.library.reread_records(OWNER)
            yield "repaired", f"reread the rest: {summary.read:,} records", ""

    def _check_index(self) -> Iterator[tuple[State, str, str]]:
        problem = self.parts.find_index_damage() or self._compare_index()
        if not problem:
            yield "sound", self._describe_index(), ""
        elif self._stored is None:
            yield "finding", problem, "restore the database first; the index follows from it"
        elif not self.repair:
            step = "run `broadsheet index rebuild`, or `broadsheet doctor --repair`"
            yield "finding", problem, step
        else:
            with self.parts.open() as services:
                services.admin.rebuild_index(OWNER)
            if left := self.parts.find_index_damage() or self._compare_index():
                yield "finding", f"rebuilt, and still: {left}", "check the disk with its own tools"
            else:
                yield "repaired", f"{problem}; built again", ""

    def _compare_index(self) -> str:
        """How index and database differ, in words; "" if they agree."""
        if self._stored is None:
            return ""
        try:
            indexed, stored = self.parts.read_indexed_papers(), self._stored
        except IndexUnavailableError as error:
            return str(error)
        if indexed.applied > stored.last_change:
            return (
                f"the index holds change {indexed.applied:,} and the database ends with "
                f"{stored.last_change:,}: it is of another library, or a later state of this one"
            )
        if indexed.applied < stored.last_change:
            return ""
        problems = [
            _count_papers("missing from the index", stored.papers - indexed.in_words),
            _count_papers("without vectors and terms", indexed.in_words - indexed.in_rows),
            _count_papers(
                "in the index only", (indexed.in_words | indexed.in_rows) - stored.papers
            ),
        ]
        return "; ".join(filter(None, problems))

    def _describe_index(self) -> str:
        if self._stored is None:
            return "undamaged; not compared with the database, which cannot be read"
        waiting = self._stored.last_change - self.parts.read_indexed_papers().applied
        if waiting:
            return f"undamaged; {waiting:,} changes wait, which `broadsheet up` applies"
        return "undamaged; it holds the same papers as the database"

    def _check_embedders(self) -> Iterator[tuple[State, str, str]]:
        problems = list(self._find_embedder_problems())
        for path, reason in problems:
            message = f"{path}: cannot be read ({reason})"
            if self.repair:
                path.unlink()
                yield "repaired", f"{message}; deleted, it is derived", ""
            else:
                yield "finding", message, f"delete it, it is derived: rm {path}"
        if not problems:
            yield "sound", "what is stored of plugged-in embedders can be read", ""

    def _find_embedder_problems(self) -> Iterator[tuple[Path, str]]:
        former, cache = self.home.former_embedders, self.home.vector_cache
        if former.exists():
            try:
                json.loads(former.read_bytes())["embedders"].items()
            except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
                yield former, str(error)
        if cache.exists():
            connection = sqlite3.connect(cache)
            try:
                answer = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
            except sqlite3.Error as error:
                answer = str(error)
            finally:
                connection.close()
            if answer != "ok":
                yield cache, answer

    def _check_disk(self) -> Iterator[tuple[State, str, str]]:
        free = shutil.disk_usage(self.home.path).free
        database = self.home.database
        size = database.stat().st_size if database.exists() else 0
        needed = max(LEAST_FREE, size + self.parts.index_bytes())
        if free < needed:
            yield (
                "finding",
                f"{self.home.path}: {_megabytes(free)} free; a rebuild of the index or a backup "
                f"may need {_megabytes(needed)}",
                "free some space, or move the library to a larger disk",
            )
        else:
            yield "sound", f"{_megabytes(free)} free", ""

    def _check_clock(self) -> Iterator[tuple[State, str, str]]:
        now = self.now()
        latest = [("this program was installed", Path(__file__).stat().st_mtime)]
        if self._stored and self._stored.changed_at:
            latest.append(("a paper was stored", self._stored.changed_at))
        for what, seconds in latest:
            then = dt.datetime.fromtimestamp(seconds, dt.UTC)
            if then > now + _CLOCK_TOLERANCE:
                yield (
                    "finding",
                    f"it is {now:%Y-%m-%d %H:%M} UTC by this machine, and {what} at "
                    f"{then:%Y-%m-%d %H:%M}: the clock is wrong, or was wrong then",
                    "set the clock (timedatectl set-ntp true)",
                )
                return
        yield "sound", f"{now:%Y-%m-%d %H:%M} UTC", ""

    def _check_zones(self) -> Iterator[tuple[State, str, str]]:
        zone = self._settings.zone if self._settings else _ZONE
        try:
            for name in (_ZONE, zone):
                self.now().astimezone(ZoneInfo(name))
        except (KeyError, OSError, ValueError) as error:
            yield (
                "finding",
                f"time zone data cannot be read ({error})",
                "install them: pip install --upgrade tzdata, or the system's package tzdata",
            )
            return
        yield "sound", f"days are those of {zone}", ""

    def _check_jobs(self) -> Iterator[tuple[State, str, str]]:
        if self._stored is None or self._settings is None:
            yield "skipped", "the library cannot be opened", ""
            return
        with self.parts.open() as services:
            failed = [job for job in services.admin.status(OWNER).jobs if job.error]
        for job in failed:
            times = f", {job.failures} times in a row" if job.failures > 1 else ""
            yield (
                "finding",
                f"{job.name}: failed at {job.finished_at:%Y-%m-%d %H:%M} UTC{times}: {job.error}",
                "it is tried again while `broadsheet up` runs; the message says what helps",
            )
        if not failed:
            yield "sound", "the last run of each succeeded", ""

    def _check_backups(self) -> Iterator[tuple[State, str, str]]:
        """Read the newest scheduled backup as restoring it would."""
        if self._settings is None:
            yield "skipped", "the settings cannot be read", ""
            return
        settings = self._settings.backup
        if not settings.folder:
            yield "sound", "none are scheduled; docs/guides/backup.md says how", ""
            return
        folder, now = Path(settings.folder).expanduser(), self.now()
        passphrase = (
            read_passphrase(Path(settings.passphrase_file)) if settings.passphrase_file else ""
        )
        backups = [each for each in find_backups(folder) if each[0] <= now]
        if not backups or now - backups[-1][0] > _OLDEST_BACKUP:
            age = f"the newest is of {backups[-1][0]:%Y-%m-%d %H:%M} UTC" if backups else "none yet"
            yield (
                "finding",
                f"{folder}: {age}",
                "`broadsheet up` makes one a day; `broadsheet status` says whether it failed",
            )
        if not backups:
            return
        moment, newest = backups[-1]
        try:
            check_backup(newest, passphrase)
        except (OSError, InvalidInputError) as error:
            yield (
                "finding",
                f"{newest}: could not be restored: {error}",
                "check the disk and the passphrase; move the file away, and `broadsheet up` makes "
                "a new one",
            )
            return
        same = folder.stat().st_dev == self.home.path.stat().st_dev
        where = "; on the disk of the library, with which they may be lost" if same else ""
        yield (
            "sound",
            f"{len(backups)} in {folder}; that of {moment:%Y-%m-%d %H:%M} UTC is whole{where}",
            "",
        )

    def _check_mail(self) -> Iterator[tuple[State, str, str]]:
        if self._stored is None or self._settings is None:
            yield "skipped", "the library cannot be opened", ""
            return
        mail = self._settings.mail
        if not mail.leaves_machine:
            yield "sound", "not set up; digests become files", ""
            return
        transport = mail.open_transport(self.home.path)
        mail.open_signer()
        if not self._settings.public_url:
            yield (
                "finding",
                "mails link to this machine by its local address, which readers cannot open",
                'set public_url = "https://papers.example.org" in broadsheet.toml',
            )
        with self.parts.open() as services:
            status = services.digest.status(OWNER)
        if status.overdue:
            yield (
                "finding",
                f"{status.overdue:,} deliveries are overdue: {status.last_error or 'not sent yet'}",
                "`broadsheet digest status` says more; `broadsheet up` sends them",
            )
        if not self.network:
            yield "skipped", "whether the mail server answers; --network asks it", ""
        elif problem := asyncio.run(transport.check()):
            yield "finding", problem, "correct the table [mail] in broadsheet.toml"
        else:
            yield "sound", "the mail server answers, and signing in works", ""

    def _check_sources(self) -> Iterator[tuple[State, str, str]]:
        if self._stored is None or self._settings is None:
            yield "skipped", "the library cannot be opened", ""
            return
        with self.parts.open() as services:
            statuses = services.sources.statuses(OWNER)
        problems = 0
        for source in statuses:
            last = source.last_run
            if source.problem:
                problems += 1
                yield "finding", source.problem, f"correct {self.home.settings}"
            elif source.on and last and last.outcome in FAILURES:
                problems += 1
                yield (
                    "finding",
                    f"{source.title}: the last run failed: {last.message}",
                    f"run `broadsheet sync {source.name}` to see whether it still does",
                )
        if self.network:
            for reach in self.parts.reach_sources(self._settings):
                state: State = "finding" if reach.problem else "sound"
                step = "check the network, the proxy and the address" if reach.problem else ""
                yield state, f"{reach.address}: {reach.problem or 'answers'}", step
                if skew := _clock_skew(reach, self.now()):
                    yield "finding", skew, "set the clock (timedatectl set-ntp true)"
        elif any(source.on for source in statuses):
            yield "skipped", "whether sources can be reached; --network asks them", ""
        if not problems:
            on = sum(source.on for source in statuses)
            yield (
                "sound",
                f"{on} switched on, none failed last" if on else "none is switched on",
                "",
            )


def _clock_skew(reach: Reach, now: dt.datetime) -> str:
    """How far this machine's clock is from a server's, if that is too far; else ""."""
    if reach.server_time is None or abs(reach.server_time - now) <= _CLOCK_TOLERANCE:
        return ""
    return (
        f"{reach.address} says that it is {reach.server_time:%Y-%m-%d %H:%M} UTC, and this "
        f"machine {now:%Y-%m-%d %H:%M}"
    )


def _count_papers(how: str, keys: Set[int]) -> str:
    if not keys:
        return ""
    examples = ", ".join(map(str, sorted(keys)[:_SHOWN]))
    more = ", …" if len(keys) > _SHOWN else ""
    return f"{len(keys):,} papers are {how} (keys {examples}{more})"


def _megabytes(count: int) -> str:
    return f"{count / 1e9:,.1f} GB" if count >= 1e9 else f"{count / 1e6:,.0f} MB"
