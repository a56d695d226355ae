"""A real PostgreSQL server in a temporary directory, for tests.

The programs of Debian's package ``postgresql`` lie below /usr/lib/postgresql. The server
refuses to run as root, so root starts it as the user ``postgres`` or ``nobody``.
"""

import functools
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from broadsheet.backends.sql.opening import open_engine
from broadsheet.backends.sql.tables import metadata

_SETTINGS = (
    "listen_addresses=",
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "shared_buffers=32MB",
    "autovacuum=off",
    "max_connections=60",
)


class ServerUnavailableError(Exception):
    """No server can be started; the message gives the reason and the next step."""


def _find_programs() -> Path:
    places = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr").glob("pgsql-*/bin")]
    if on_path := shutil.which("initdb"):
        places.append(Path(on_path).parent)
    for place in sorted(places, reverse=True):
        if (place / "initdb").exists() and (place / "postgres").exists():
            return place
    raise ServerUnavailableError("PostgreSQL is not installed; run: make postgresql")


def _unprivileged() -> dict[str, Any]:
    """Arguments of ``subprocess`` that make a child an ordinary user."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = names.get("postgres") or names.get("nobody")
    if entry is None:
        raise ServerUnavailableError("PostgreSQL cannot run as root, and there is no other user")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


class PostgresqlServer:
    """One cluster; each library is a database of its own, copied from a migrated template."""

    def __init__(self) -> None:
        """Raises ServerUnavailableError."""
        self._numbers = itertools.count(1)
        self._free: list[str] = []
        self._programs = _find_programs()
        self._user = _unprivileged()
        # Every user must be able to enter it, and a socket's path is at most 107 bytes long.
        self._folder = Path(tempfile.mkdtemp(prefix="broadsheet-postgresql-", dir="/tmp"))
        if self._user:
            os.chown(self._folder, self._user["user"], self._user["group"])
        self._run(
            "initdb", "--pgdata", str(self._folder / "cluster"), "--username", "postgres",
            "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync",
        )  # fmt: skip
        self.start()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = [f"--{setting}" for setting in _SETTINGS]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._folder / "cluster",
                 f"--unix_socket_directories={self._folder}", *options],
                cwd="/", stdout=log, stderr=log, **self._user,
            )  # fmt: skip
        for _ in range(300):
            try:
                psycopg.connect(self._address("postgres")).close()
                return
            except psycopg.OperationalError:
                time.sleep(0.1)
                if self._process.poll() is not None:
                    break
        self.remove()
        raise ServerUnavailableError("PostgreSQL does not start")

    def stop(self) -> None:
        """End the server at once, as a crash does (SIGQUIT: "immediate shutdown")."""
        self._process.send_signal(3)
        self._process.wait()

    def remove(self) -> None:
        """End the server and delete its directory."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def new_database(self, template: str = "template0") -> str:
        """The URL of a database of its own."""
        name = f"library_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8'")
        return self.url_of(name)

    @contextmanager
    def library(self) -> Iterator[str]:
        """The URL of an empty library whose tables exist already, for the block alone.

        The next one gets the same database, emptied: that is ten times as fast as a copy.
        """
        url = self._free.pop() if self._free else self.new_database(self._migrated)
        yield url
        tables = ", ".join(set(metadata.tables))
        self.execute(f"TRUNCATE {tables} RESTART IDENTITY", _name_in(url))
        self._free.append(url)

    @functools.cached_property
    def _migrated(self) -> str:
        url = self.new_database()
        open_engine(url).dispose()
        return _name_in(url)

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Run one statement as the server's administrator, outside any transaction."""
        with psycopg.connect(self._address(database), autocommit=True) as connection:
            connection.execute(statement)

    def url_of(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self._folder}"

    def _address(self, database: str) -> str:
        return f"host={self._folder} user=postgres dbname={database}"

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._programs / program, *arguments],
            cwd="/", capture_output=True, text=True, **self._user,
        )  # fmt: skip
        if done.returncode:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise ServerUnavailableError(f"{program}: {done.stderr.strip()}")


def _name_in(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]
