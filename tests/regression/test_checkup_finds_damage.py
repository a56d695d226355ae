"""`broadsheet doctor` finds damage of every kind, says what to do, and repairs what is derived."""

import datetime as dt
import json
import os
import random
import shutil
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from broadsheet.cli.main import main
from broadsheet.domain.access import OWNER
from broadsheet.domain.search import SearchRequest
from broadsheet.home import Home
from broadsheet.services.doctor import Doctor
from broadsheet.wiring import make_doctor, open_services, starter_library
from postgresql_server import PostgresqlServer
from replicas.server import ReplicaServer, Reply

CHECKS = (
    "settings", "permissions", "secret", "database", "rereading", "index", "embedders",
    "disk space", "clock", "time zones", "jobs", "backups", "mail", "sources",
)  # fmt: skip


def doctor(home: Path, *options: str) -> tuple[int, dict[str, list[dict[str, str]]]]:
    """The exit status, and the findings by check."""
    result = run(home, "doctor", "--json", *options)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert "Traceback" not in result.output
    findings: dict[str, list[dict[str, str]]] = {}
    for line in result.stdout.splitlines():
        finding = json.loads(line)
        findings.setdefault(finding["check"], []).append(finding)
    return result.exit_code, findings


def run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--home", str(home), *arguments])


def wrong(findings: dict[str, list[dict[str, str]]]) -> set[str]:
    """The checks with something left to do."""
    return {
        check
        for check, each in findings.items()
        if any(finding["state"] in ("finding", "failed") for finding in each)
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An indexed library with settings and a secret, closed."""
    home = Home(tmp_path_factory.mktemp("whole") / "home").create()
    with open_services(home) as services, starter_library() as papers:
        services.library.import_paths(OWNER, [str(papers)])
    home.settings.write_text('zone = "Europe/Berlin"\n')
    home.read_secret()
    return home.path


@pytest.fixture
def home(whole: Path, tmp_path: Path) -> Path:
    """A copy of the library, to be damaged."""
    path = Path(shutil.copytree(whole, tmp_path / "home"))
    path.chmod(0o700)
    return path


def flip_bit(path: Path, chance: random.Random, until: int | None = None) -> None:
    content = bytearray(path.read_bytes())
    content[chance.randrange(until or len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def test_a_sound_library_is_called_sound(home: Path) -> None:
    status, findings = doctor(home)
    assert (status, tuple(findings)) == (0, CHECKS)
    assert wrong(findings) == set()
    plain = run(home, "doctor")
    assert plain.output.endswith("sound\n")


def test_scheduled_backups_that_are_missing_old_or_damaged_are_noticed(
    home: Path, tmp_path: Path
) -> None:
    folder, word = tmp_path / "backups", tmp_path / "word"
    word.write_text("a passphrase\n")
    word.chmod(0o600)
    table = f'[backup]\nfolder = "{folder}"\npassphrase_file = "{word}"\n'
    (home / "broadsheet.toml").write_text(table)
    status, findings = doctor(home)
    assert (status, wrong(findings)) == (1, {"backups"})
    assert "none yet" in findings["backups"][0]["message"]

    folder.mkdir()
    file = folder / f"{dt.datetime.now(dt.UTC):broadsheet-%Y%m%dT%H%M%SZ}.backup.age"
    assert run(home, "backup", str(file), "--passphrase-file", str(word)).exit_code == 0
    status, findings = doctor(home)
    assert (status, wrong(findings)) == (0, set())
    assert "is whole" in findings["backups"][0]["message"]

    whole = file.read_bytes()
    file.write_bytes(whole[:-1])
    status, findings = doctor(home)
    assert (status, wrong(findings)) == (1, {"backups"})
    assert "could not be restored" in findings["backups"][0]["message"]

    file.unlink()
    (folder / "broadsheet-20200101T000000Z.backup.age").write_bytes(whole)
    status, findings = doctor(home)
    assert (status, wrong(findings)) == (1, {"backups"})
    assert "2020-01-01" in findings["backups"][0]["message"]
    word.chmod(0o644)
    assert wrong(doctor(home)[1]) == {"backups", "permissions"}


def test_a_home_that_does_not_exist_cannot_be_checked(tmp_path: Path) -> None:
    result = run(tmp_path / "nowhere", "doctor")
    assert result.exit_code == 2
    assert "--home" in result.stderr
    assert not (tmp_path / "nowhere").exists()


def test_a_bit_that_flips_in_any_file_of_the_index_is_noticed_and_repaired(home: Path) -> None:
    chance = random.Random(7)
    for path in sorted((home / "index").rglob("*")):
        # Tantivy's list of files to tidy up and its settings hold nothing that searches read.
        if path.is_dir() or not path.stat().st_size or path.name in (".managed.json", "meta.json"):
            continue
        before = path.read_bytes()
        flip_bit(path, chance)
        status, findings = doctor(home)
        assert (status, wrong(findings)) == (1, {"index"}), path
        assert "index rebuild" in findings["index"][0]["next_step"]
        path.write_bytes(before)
    flip_bit(next((home / "index").rglob("vectors.bin")), chance)
    status, findings = doctor(home, "--repair")
    assert (status, findings["index"][0]["state"]) == (0, "repaired")
    assert doctor(home)[0] == 0
    with open_services(Home(home)) as services:
        assert services.search.search(SearchRequest("attention")).hits


@pytest.mark.parametrize("name", ["words/meta.json", "vectors/manifest.json"])
@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe\x00", b'{"segments": 5}'])
def test_descriptions_of_the_index_that_are_no_longer_such(
    home: Path, name: str, content: bytes
) -> None:
    (build,) = (home / "index").glob("build-*")
    (build / name).write_bytes(content)
    status, findings = doctor(home)
    assert (status, wrong(findings)) == (1, {"index"})
    assert doctor(home, "--repair")[0] == 0


def test_missing_and_superfluous_papers_are_counted(home: Path) -> None:
    with sqlite3.connect(home / "library.sqlite") as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        keys = [row[0] for row in connection.execute("SELECT key FROM papers LIMIT 2")]
        for table in ("records", "identifiers"):
            connection.execute(f"DELETE FROM {table} WHERE paper IN (?, ?)", keys)
        connection.execute("DELETE FROM signals WHERE paper IN (?, ?)", keys)
        connection.execute("DELETE FROM papers WHERE key IN (?, ?)", keys)
    connection.close()
    status, findings = doctor(home)
    assert (status, wrong(findings)) == (1, {"index"})
    assert "2 papers are in the index only" in findings["index"][0]["message"]
    assert doctor(home, "--repair")[0] == 0


def test_an_index_of_a_later_state_is_built_again(home: Path) -> None:
    with sqlite3.connect(home / "library.sqlite") as connection:
        connection.execute("UPDATE meta SET number = 3 WHERE name = 'last change'")
    connection.close()
    _, findings = doctor(home)
    assert "a later state" in findings["index"][0]["message"]


def test_damaged_pages_of_the_database(home: Path) -> None:
    content = bytearray((home / "library.sqlite").read_bytes())
    chance = random.Random(3)
    damages = 0
    for page in chance.sample(range(1, len(content) // 16384), 12):
        damaged = bytearray(content)
        damaged[page * 16384 : page * 16384 + 200] = chance.randbytes(200)
        (home / "library.sqlite").write_bytes(damaged)
        status, findings = doctor(home)
        assert status == 1
        assert wrong(findings) <= {"database", "index"}
        damages += "database" in wrong(findings)
        if "database" in wrong(findings):
            assert "backup" in findings["database"][0]["message"]
            assert findings["jobs"][0]["state"] == "skipped"
    assert damages >= 10  # a page may be free


def test_rows_that_cannot_be_understood(home: Path) -> None:
    with sqlite3.connect(home / "library.sqlite") as connection:
        connection.execute("UPDATE records SET raw = x'00ff' WHERE number = 5")
    connection.close()
    status, findings = doctor(home)
    assert (status, wrong(findings)) == (1, {"database"})


def test_a_file_that_is_no_database(home: Path) -> None:
    (home / "library.sqlite").write_bytes(b"Dear diary, " * 4000)
    status, findings = doctor(home, "--repair")
    assert status == 1
    assert "not a Broadsheet database" in findings["database"][0]["message"]
    assert (home / "library.sqlite").read_bytes().startswith(b"Dear diary")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe\x00\x01", "cannot be read"),
        (b'zone = "Europe/Ber', "not valid TOML"),
        (b'zone = "Europe/Atlantis"', "no time zone"),
        (b"nonsense = 5", "no setting"),
        (b"port = 'many'", "whole number"),
    ],
)
def test_settings_that_cannot_be_used(home: Path, content: bytes, words: str) -> None:
    (home / "broadsheet.toml").write_bytes(content)
    status, findings = doctor(home)
    assert (status, wrong(findings)) == (1, {"settings"})
    assert words in findings["settings"][0]["message"]


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_permissions_are_closed(home: Path) -> None:
    (home / "secret").chmod(0o644)
    home.chmod(0o755)
    (home / "broadsheet.toml").write_text(
        "[sources.semantic-scholar]\non = false\napi_key = 'abc'\n"
    )
    (home / "broadsheet.toml").chmod(0o644)
    status, findings = doctor(home)
    assert (status, wrong(findings)) == (1, {"permissions"})
    assert len(findings["permissions"]) == 3
    status, findings = doctor(home, "--repair")
    assert status == 0
    modes = [(home / name).stat().st_mode & 0o777 for name in ("", "secret", "broadsheet.toml")]
    assert modes == [0o750, 0o600, 0o600]


def test_a_secret_that_lost_its_content(home: Path) -> None:
    (home / "secret").write_bytes(b"")
    status, findings = doctor(home)
    assert (status, wrong(findings)) == (1, {"secret"})


def test_derived_files_of_embedders_are_deleted_by_a_repair(home: Path) -> None:
    (home / "embedders.json").write_bytes(b"\x00\x01")
    (home / "vectors.sqlite").write_bytes(b"SQLite format 3\0" + b"\x07" * 5000)
    status, findings = doctor(home)
    assert (status, wrong(findings), len(findings["embedders"])) == (1, {"embedders"}, 2)
    assert doctor(home, "--repair")[0] == 0
    assert doctor(home)[0] == 0


def test_an_unfinished_rereading_is_finished_by_a_repair(home: Path) -> None:
    with sqlite3.connect(home / "library.sqlite") as connection:
        connection.execute("INSERT INTO meta (name, number) VALUES ('reread to', 5)")
    connection.close()
    status, findings = doctor(home)
    assert (status, wrong(findings)) == (1, {"rereading"})
    status, findings = doctor(home, "--repair")
    assert (status, findings["rereading"][0]["state"]) == (0, "repaired")
    assert doctor(home)[0] == 0


def test_a_clock_that_is_behind(home: Path) -> None:
    checkup = make_doctor(Home(home))
    checkup.now = lambda: dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    (clock,) = [each for each in checkup.examine() if each.check == "clock"]
    assert clock.state == "finding"
    assert "2020-01-01" in clock.message


def test_a_disk_without_room(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("broadsheet.services.doctor.LEAST_FREE", 1 << 60)
    status, findings = doctor(home)
    assert (status, wrong(findings)) == (1, {"disk space"})


def test_a_check_that_breaks_is_a_failed_check_and_no_traceback(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Doctor) -> Iterator[tuple[str, str, str]]:
        raise RuntimeError("unforeseen")
        yield

    monkeypatch.setattr(Doctor, "_check_zones", broken)
    status, findings = doctor(home)
    assert (status, wrong(findings)) == (2, {"time zones"})


def test_mail_that_is_set_up_by_half(home: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
    (home / "broadsheet.toml").write_text(f"[mail]\nhost = '127.0.0.1'\nport = {port}\n")
    _, findings = doctor(home)
    assert "needs a sender" in findings["mail"][0]["message"]
    with (home / "broadsheet.toml").open("a") as file:
        file.write("sender = 'papers@example.org'\n")
    _, findings = doctor(home)
    assert "public_url" in findings["mail"][0]["next_step"]
    assert findings["mail"][-1]["state"] == "skipped"
    _, findings = doctor(home, "--network")
    assert findings["mail"][-1]["state"] == "finding"
    assert str(port) in findings["mail"][-1]["message"]


def test_sources_are_asked_only_if_requested(home: Path) -> None:
    with ReplicaServer(lambda request: Reply()) as server:
        (home / "broadsheet.toml").write_text(
            f"private_hosts = ['127.0.0.1']\n[sources.dblp]\nendpoint = '{server.address}'\n"
            "queries = ['graph']\n"
        )
        _, findings = doctor(home)
        assert findings["sources"][0]["state"] == "skipped"
        status, findings = doctor(home, "--network")
        assert (status, wrong(findings)) == (0, set())
        assert "answers" in findings["sources"][0]["message"]
    status, findings = doctor(home, "--network")
    assert (status, wrong(findings)) == (1, {"sources"})


def test_a_library_in_postgresql_is_read_too(
    postgresql_server: PostgresqlServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path / "home").create()
    with postgresql_server.library() as url:
        monkeypatch.setenv("BROADSHEET_DATABASE_URL", url)
        with open_services(home) as services, starter_library() as papers:
            services.library.import_paths(OWNER, [str(papers)])
        status, findings = doctor(home.path)
        assert (status, wrong(findings)) == (0, set())
        assert "397 papers" in findings["database"][0]["message"]
