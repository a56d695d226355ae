"""A damaged, unreadable, locked or full database is an error in plain words on every face.

It used to be a bare traceback and exit status 1: only writing translated database errors.
"""

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import broadsheet
from broadsheet.backends.sql import database as sql_database
from broadsheet.backends.sql.reading import REREAD_TO
from broadsheet.cli.main import main
from broadsheet.home import Home
from broadsheet.web.app import create_app
from broadsheet.wiring import open_services
from browsing import open_browser

PAPERS = 400
PAGE = 16384
"""Bytes of a page of a new library."""

READS = (
    ("search", "graph"),
    ("search", "--order", "date", "number"),
    ("similar", "arxiv:2401.00007"),
    ("show", "arxiv:2401.00007"),
    ("show", "arxiv:2401.00200", "--provenance"),
    ("show", "arxiv:2401.00200", "--signals"),
    ("records", "reread", "--restart"),
    ("rejected", "list"),
    ("status",),
)
ADDRESSES = (
    "/",
    "/papers?q=graph",
    "/papers/2401.00007",
    "/settings/sources",
    "/status",
    "/readyz",
)


def run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--home", str(home), *arguments])


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An indexed library of some papers, closed."""
    folder = tmp_path_factory.mktemp("whole")
    file = folder / "papers.jsonl"
    words = random.Random(5)
    file.write_text(
        "".join(
            json.dumps(
                {
                    "id": f"arxiv:2401.{number:05d}",
                    "title": f"Graph number {number} of many",
                    "abstract": " ".join(words.choices(["graph", "node", "edge", "cut"], k=60)),
                    "authors": ["A. Roe"],
                    "date": "2024-01-02",
                }
            )
            + "\n"
            for number in range(PAPERS)
        )
        + "broken\n"
    )
    assert run(folder / "home", "import", str(file)).exit_code == 0
    return folder / "home"


@pytest.fixture
def home(whole: Path, tmp_path: Path) -> Path:
    """A copy of the library, to be damaged."""
    return Path(shutil.copytree(whole, tmp_path / "home"))


def pages_of(home: Path, table: str) -> list[int]:
    """Offsets of the pages of a table, leaves last."""
    with sqlite3.connect(home / "library.sqlite") as connection:
        (root,) = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)
        ).fetchone()
    connection.close()
    content = (home / "library.sqlite").read_bytes()
    start = (root - 1) * PAGE
    if content[start] == 13:  # a leaf: https://www.sqlite.org/fileformat.html#b_tree_pages
        return [start]
    cells = int.from_bytes(content[start + 3 : start + 5], "big")
    places = [start + 12 + 2 * cell for cell in range(cells)]
    offsets = [start + int.from_bytes(content[place : place + 2], "big") for place in places]
    children = [int.from_bytes(content[each : each + 4], "big") for each in offsets]
    return [start, *((child - 1) * PAGE for child in children)]


def overwrite(home: Path, offset: int, content: bytes) -> None:
    with (home / "library.sqlite").open("r+b") as file:
        file.seek(offset)
        file.write(content)


def assert_plain_error(result: Result, *words: str) -> None:
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 2
    assert result.stderr.startswith("broadsheet: ")
    assert "Traceback" not in result.output
    for word in words:
        assert word in result.stderr


def test_an_overwritten_page_of_papers_is_named_with_the_next_step(home: Path) -> None:
    for page in pages_of(home, "papers")[1:]:
        overwrite(home, page, b"\xa5" * PAGE)
    result = run(home, "search", "graph")
    assert_plain_error(result, str(home / "library.sqlite"), "damaged", "backup")


@pytest.mark.timeout(1200)
def test_no_damage_of_any_page_reaches_a_user_as_a_traceback(whole: Path, tmp_path: Path) -> None:
    """Every page in turn, in four ways; a command may still succeed if it misses the page."""
    size = (whole / "library.sqlite").stat().st_size
    drawn = random.Random(11)
    ways: list[Callable[[], bytes]] = [
        lambda: bytes(PAGE),
        lambda: drawn.randbytes(PAGE),
        lambda: b"\xff" * 4000,
        lambda: b"[" * 4000,
    ]
    reported = 0
    for turn, page in enumerate(range(PAGE, size, PAGE)):
        home = Path(shutil.copytree(whole, tmp_path / str(page)))
        inside = page + (0 if turn % 4 < 2 else PAGE - 4000)  # rows fill a page from its end
        overwrite(home, inside, ways[turn % 4]())
        for arguments in drawn.sample(READS, 2):
            result = run(home, *arguments)
            if result.exit_code == 2:
                assert_plain_error(result)
                reported += 1
            elif result.exception is not None and not isinstance(result.exception, SystemExit):
                raise result.exception
        shutil.rmtree(home)
    assert reported > 5  # most pages belong to tables that these commands do not read


def test_rereading_ends_if_its_progress_cannot_be_kept(home: Path) -> None:
    """A damaged table of numbers took the progress and lost it, and rereading began for ever."""
    with sqlite3.connect(home / "library.sqlite") as connection:
        for event in ("INSERT", "UPDATE"):
            connection.execute(
                f"CREATE TRIGGER lose_{event} AFTER {event} ON meta WHEN NEW.name = '{REREAD_TO}' "
                "BEGIN DELETE FROM meta WHERE name = NEW.name; END"
            )
    connection.close()
    result = run(home, "records", "reread")
    assert_plain_error(result, "damaged", "cannot be read back")


def test_every_page_of_the_web_says_that_the_library_is_damaged(home: Path) -> None:
    for table in ("papers", "records", "rejected", "source_runs"):
        for page in pages_of(home, table):
            overwrite(home, page, b"\xa5" * PAGE)
    with open_services(Home(home)) as services:
        client = open_browser(create_app(services), raise_server_exceptions=False)
        answers = {address: client.get(address) for address in ADDRESSES}
    failures = {address for address, answer in answers.items() if answer.status_code != 200}
    assert failures >= {"/", "/papers?q=graph", "/papers/2401.00007"}
    for address in failures:
        answer = answers[address]
        assert (answer.status_code, "backup" in answer.text) == (503, True), address
        assert "Traceback" not in answer.text


def test_a_file_that_is_no_database_is_named(home: Path) -> None:
    (home / "library.sqlite").write_bytes(b"my notes " * 10_000)
    result = run(home, "search", "graph")
    assert_plain_error(result, str(home / "library.sqlite"), "not a Broadsheet database", "backup")


def test_a_directory_instead_of_the_file_is_named(home: Path) -> None:
    (home / "library.sqlite").unlink()
    (home / "library.sqlite").mkdir()
    result = run(home, "show", "arxiv:2401.00007")
    assert_plain_error(result, str(home / "library.sqlite"), "cannot be opened")


@pytest.mark.parametrize("mode", [0o000, 0o444])
def test_a_file_without_permission_is_named(whole: Path, mode: int) -> None:
    folder = Path(tempfile.mkdtemp(dir="/tmp", prefix="broadsheet-test-"))
    more = folder / "more.jsonl"
    more.write_text('{"id": "pl:1", "title": "Another"}')
    home = Path(shutil.copytree(whole, folder / "home"))
    try:
        (home / "library.sqlite").chmod(mode)
        if os.geteuid() == 0:  # nothing is forbidden to root
            for path in (folder, home, *home.rglob("*")):
                os.chown(path, 65534, 65534)
            run(whole, "status")  # other users may not be able to read the command's imports
            os.seteuid(65534)
        result = run(home, "import", str(more))
    finally:
        if os.getuid() == 0:
            os.seteuid(0)
        shutil.rmtree(folder)
    assert_plain_error(result, "library.sqlite", "may write to it")


@pytest.fixture
def locked(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A library that another process has locked for itself alone."""
    monkeypatch.setattr(sql_database, "BUSY_SECONDS", 0)
    program = (
        "import sqlite3, sys\n"
        "connection = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "connection.execute('PRAGMA locking_mode = EXCLUSIVE')\n"
        "connection.execute('BEGIN IMMEDIATE')\n"
        "print('locked', flush=True)\n"
        "sys.stdin.readline()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(home / "library.sqlite")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "locked\n"
        yield home
        process.communicate("\n")


def test_a_locked_library_says_who_holds_it(locked: Path) -> None:
    assert_plain_error(run(locked, "show", "arxiv:2401.00007"), "another process", "try again")


def test_a_full_disk_says_what_is_safe(home: Path, tmp_path: Path) -> None:
    """A real one: the file may not grow, by a limit of the process on the size of files."""
    program = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "limit = int(sys.argv[1])\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))\n"
        "from broadsheet.cli.main import main\n"
        "main(sys.argv[2:])\n"
    )
    more = tmp_path / "more.jsonl"
    more.write_text(
        "".join(
            json.dumps({"id": f"pl:{n}", "title": f"Another {n}", "abstract": "long " * 900}) + "\n"
            for n in range(3000)
        )
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "2000000", "--home", str(home), "import", str(more)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(broadsheet.__file__).parents[1])},
    )
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert str(home / "library.sqlite") in done.stderr
    assert run(home, "show", "arxiv:2401.00007").exit_code == 0
