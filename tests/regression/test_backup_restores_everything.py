"""A backup made while others write restores the whole library, on and between both databases."""

import json
import shutil
import sqlite3
import tarfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import zstandard
from click.testing import CliRunner, Result

from broadsheet.backends.sql.opening import open_engine, read_transaction
from broadsheet.backends.sql.tables import metadata
from broadsheet.cli.main import main
from broadsheet.domain.access import OWNER
from broadsheet.domain.errors import InvalidInputError, LibraryUnavailableError
from broadsheet.home import Home
from broadsheet.wiring import back_up, open_services, restore

ROWS = dict[str, list[tuple[Any, ...]]]
PASSPHRASE = "correct horse battery staple"
SECRETS = 'contact = "me@example.org"  # for sources\n[sources.openalex]\napi_key = "zanzibar-hidden"\non = false\n'


@pytest.fixture
def databases(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """``new("sqlite")``: the value of ``database_url`` for an empty library of that kind."""
    monkeypatch.delenv("BROADSHEET_DATABASE_URL", raising=False)
    with ExitStack() as closing:

        def new(kind: str) -> str:
            if kind == "sqlite":
                return ""
            return closing.enter_context(request.getfixturevalue("postgresql_server").library())

        yield new


def fill(home: Home, folder: Path) -> None:
    """Papers with odd text, a rejected record, a merger of signals, an account and marks."""
    path = folder / "papers.jsonl"
    papers = [
        {"id": f"arxiv:2401.{n:05}", "title": f"Paper {n} über α\U0001d7d9", "votes": n,
         "abstract": "Text. " * (n % 7), "date": "2024-01-02"}
        for n in range(1, 300)
    ]  # fmt: skip
    path.write_text("\n".join(map(json.dumps, papers)) + '\n{"title": 5}\n', "utf-8")
    with open_services(home) as services:
        services.library.import_paths(OWNER, [str(path)])
        services.accounts.add(OWNER, "ada", "owner", "a long enough pass phrase", "")


def rows_of(database: Path | str) -> ROWS:
    """All rows of all tables; leases are not part of a backup."""
    engine = open_engine(database)
    try:
        with read_transaction(engine) as connection:
            return {
                table.name: sorted(map(tuple, connection.execute(sa.select(table))), key=repr)
                for table in metadata.sorted_tables
                if table.name != "leases"
            }
    finally:
        engine.dispose()


KINDS = [("sqlite", "sqlite"), ("postgresql", "postgresql"), ("sqlite", "postgresql"), ("postgresql", "sqlite")]  # fmt: skip


@pytest.mark.parametrize(("kind", "target"), KINDS)
def test_everything_comes_back(
    kind: str, target: str, databases: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, again = Home(tmp_path / "home").create(), Home(tmp_path / "again")
    monkeypatch.setenv("BROADSHEET_DATABASE_URL", databases(kind))
    fill(home, tmp_path)
    home.settings.write_text(SECRETS)
    secret = home.read_secret()
    before = rows_of(home.read_database_url() or home.database)
    back_up(home, tmp_path / "backup", include_secrets=True)

    monkeypatch.setenv("BROADSHEET_DATABASE_URL", databases(target))
    restore(tmp_path / "backup", again)
    assert rows_of(again.read_database_url() or again.database) == before
    assert len(before["papers"]) == 299
    assert before["rejected"]
    assert before["accounts"]
    assert again.settings.read_text() == SECRETS
    assert again.read_secret() == secret
    # New rows get numbers that are free, and the index is built.
    more = tmp_path / "more.jsonl"
    more.write_text('{"id": "arxiv:2402.00001", "title": "Afterwards"}\n{"title": 6}\n')
    with open_services(again) as services:
        assert services.library.import_paths(OWNER, [str(more)]).new == 1
        services.accounts.add(OWNER, "grace", "member", "a long enough pass phrase", "")
        services.admin.index_pending(OWNER)
        assert services.admin.status(OWNER).indexed == 300
        assert services.admin.status(OWNER).rejected == 2


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_backup_during_writes_shows_one_moment(
    kind: str, databases: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path / "home").create()
    monkeypatch.setenv("BROADSHEET_DATABASE_URL", databases(kind))
    fill(home, tmp_path)
    stop, stored = threading.Event(), [299]

    def keep_writing() -> None:
        """Store 20 papers a transaction."""
        path = tmp_path / "more.jsonl"
        with open_services(home) as services:
            for n in range(100_000):
                papers = [
                    {"id": f"arxiv:2501.{20 * n + m:05}", "title": f"{n}, {m}"} for m in range(20)
                ]
                path.write_text("\n".join(map(json.dumps, papers)))
                services.library.import_paths(OWNER, [str(path)])
                stored[0] += 20
                if stop.is_set():
                    return

    writer = threading.Thread(target=keep_writing)
    writer.start()
    counts = []
    end = time.monotonic() + 60
    try:
        while stored[0] < 299 + 5 * 20 and time.monotonic() < end:
            before = stored[0]
            file = tmp_path / f"backup-{len(counts)}"
            back_up(home, file, include_secrets=False, passphrase=PASSPHRASE)
            counts.append((before, stored[0] + 20))
    finally:
        stop.set()
        writer.join()
    assert stored[0] >= 299 + 5 * 20  # writing went on meanwhile
    final = rows_of(home.read_database_url() or home.database)
    shutil.rmtree(home.path)

    monkeypatch.setenv("BROADSHEET_DATABASE_URL", "")
    for attempt, (least, most) in list(enumerate(counts))[-5:]:
        again = Home(tmp_path / f"again-{attempt}")
        restore(tmp_path / f"backup-{attempt}", again, PASSPHRASE)
        rows = rows_of(again.database)
        assert least <= len(rows["papers"]) <= most
        assert (len(rows["papers"]) - 299) % 20 == 0  # no half transaction
        assert len(rows["papers"]) == len(rows["records"]) == len(rows["changes"])
        # The writer only adds, so each row is one of the rows in the end; only the table meta
        # has rows that change: counters.
        strange = {name for name in rows if not set(rows[name]) <= set(final[name])}
        assert strange <= {"meta"}
        with sqlite3.connect(again.database) as connection:
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def make_backup(tmp_path: Path) -> tuple[Home, Path]:
    home = Home(tmp_path / "home").create()
    fill(home, tmp_path)
    back_up(home, tmp_path / "backup", include_secrets=False)
    return home, tmp_path / "backup"


def test_an_encrypted_backup_restores_by_its_passphrase_only(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    fill(home, tmp_path)
    home.settings.write_text(SECRETS)
    secret, before = home.read_secret(), rows_of(home.database)
    word = tmp_path / "word"
    word.write_text(f"{PASSPHRASE}\n")

    def run(name: str, *arguments: str, **environment: str) -> Result:
        command = ["--home", str(tmp_path / name), *arguments]
        return CliRunner().invoke(main, command, env=environment)

    file = str(tmp_path / "backup")
    saved = run("home", "backup", file, BROADSHEET_BACKUP_PASSPHRASE=PASSPHRASE)
    assert (saved.exit_code, saved.stderr) == (0, "")
    content = (tmp_path / "backup").read_bytes()
    for plain in (secret, b"zanzibar", b"manifest", PASSPHRASE.encode()):
        assert plain not in content
    assert not list(tmp_path.glob("**/.broadsheet-*"))

    refused = run("again", "restore", file)
    assert (refused.exit_code, "--passphrase-file" in refused.stderr) == (2, True)
    refused = run("again", "restore", file, BROADSHEET_BACKUP_PASSPHRASE="another")
    assert (refused.exit_code, "the passphrase is wrong" in refused.stderr) == (2, True)
    assert not (tmp_path / "again").exists()
    assert run("again", "restore", file, "--passphrase-file", str(word)).exit_code == 0
    assert rows_of(Home(tmp_path / "again").database) == before
    assert Home(tmp_path / "again").read_secret() == secret
    assert Home(tmp_path / "again").settings.read_text() == SECRETS

    word.write_text("\n")
    empty = run("home", "backup", file + "2", "--passphrase-file", str(word))
    assert (empty.exit_code, "is empty" in empty.stderr) == (2, True)


def test_secrets_are_left_out_unless_included(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    fill(home, tmp_path)
    home.settings.write_text(SECRETS)
    secret = home.read_secret()
    backup = back_up(home, tmp_path / "backup", include_secrets=False)
    assert backup.left_out == ("sources.openalex.api_key", "the file secret")
    restore(tmp_path / "backup", Home(tmp_path / "again"))
    texts = [path.read_bytes() for path in (tmp_path / "again").iterdir()]
    assert not [text for text in texts if secret in text or b"zanzibar" in text]
    assert "# for sources" in (tmp_path / "again" / "broadsheet.toml").read_text()
    assert (tmp_path / "backup").stat().st_mode & 0o777 == 0o600


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    home, backup = make_backup(tmp_path)
    before = backup.read_bytes()
    with pytest.raises(InvalidInputError, match="exists already"):
        back_up(home, backup, include_secrets=False)
    with pytest.raises(InvalidInputError, match="is not empty"):
        restore(backup, home)
    assert backup.read_bytes() == before


def test_a_database_with_a_library_is_not_overwritten(
    databases: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, backup = make_backup(tmp_path)
    monkeypatch.setenv("BROADSHEET_DATABASE_URL", databases("postgresql"))
    restore(backup, Home(tmp_path / "first"))
    with pytest.raises(InvalidInputError, match="there is a library in this database"):
        restore(backup, Home(tmp_path / "second"))
    assert not (tmp_path / "second").exists()


def test_a_damaged_backup_restores_nothing(tmp_path: Path) -> None:
    _, backup = make_backup(tmp_path)
    content = backup.read_bytes()
    step = max(1, len(content) // 40)
    for place in range(0, len(content), step):
        flipped = bytearray(content)
        flipped[place] ^= 0x10
        for damaged in (content[:place], bytes(flipped)):
            (tmp_path / "damaged").write_bytes(damaged)
            with pytest.raises(InvalidInputError):
                restore(tmp_path / "damaged", Home(tmp_path / "again"))
            assert not (tmp_path / "again").exists()


def test_damage_behind_the_last_member_is_noticed_too(tmp_path: Path) -> None:
    """Reading a tar archive stops before the checksum of the compression is compared."""
    _, backup = make_backup(tmp_path)
    content = backup.read_bytes()
    for damaged in (
        content[:-1],
        content[:-4],
        content[:-1] + bytes([content[-1] ^ 1]),
        content + b"x",
    ):
        (tmp_path / "damaged").write_bytes(damaged)
        with pytest.raises(InvalidInputError, match="damaged"):
            restore(tmp_path / "damaged", Home(tmp_path / "again"))
        assert not (tmp_path / "again").exists()


def test_members_outside_the_manifest_are_refused(tmp_path: Path) -> None:
    _, backup = make_backup(tmp_path)
    plain = tmp_path / "plain.tar"
    with backup.open("rb") as source, plain.open("wb") as target:
        zstandard.ZstdDecompressor().copy_stream(source, target)
    (tmp_path / "evil").write_text("x")
    with tarfile.open(plain, "a") as tar:
        tar.add(tmp_path / "evil", "../evil-outside")
    backup.write_bytes(zstandard.compress(plain.read_bytes()))
    with pytest.raises(InvalidInputError, match="unknown member"):
        restore(backup, Home(tmp_path / "again"))
    assert not (tmp_path / "evil-outside").exists()
    assert not (tmp_path / "again").exists()


def test_a_damaged_library_is_not_taken_for_a_backup(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    fill(home, tmp_path)
    content = bytearray(home.database.read_bytes())
    for page in range(4, len(content) // 16384):
        content[page * 16384 : page * 16384 + 64] = b"\xff" * 64
    home.database.write_bytes(content)
    with pytest.raises(LibraryUnavailableError, match="damaged"):
        back_up(home, tmp_path / "backup", include_secrets=True)
    assert not (tmp_path / "backup").exists()
