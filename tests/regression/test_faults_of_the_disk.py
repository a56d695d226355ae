"""Real faults of a disk: full, read-only, and bits that change by themselves.

Nothing acknowledged is lost, no traceback reaches a user, and `broadsheet doctor --repair` or a
writable disk makes the library whole again. A real file system of a fixed size and a real mount
need root; the sizes of one are changed while commands and a server use it.
"""

import json
import random
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result

from broadsheet.cli.main import main
from broadsheet.domain.access import OWNER
from broadsheet.home import Home
from broadsheet.wiring import open_services, starter_library

COMMANDS = (
    ("status",),
    ("search", "attention"),
    ("similar", "1706.03762"),
    ("show", "1706.03762", "--provenance"),
    ("daily",),
    ("trending",),
    ("for-you",),
    ("follow", "list"),
    ("digest", "status"),
    ("rejected", "list"),
    ("accounts", "list"),
    ("sources", "list"),
    ("export", "--all", "--format", "jsonl"),
)
WRITES = (("index", "rebuild"), ("sources", "add", "arxiv"), ("records", "reread", "--restart"))


def run(home: Path, *arguments: str) -> Result:
    """Run a command; an unexpected error is raised here, as the traceback would be shown."""
    result = CliRunner().invoke(main, ["--home", str(home), *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise AssertionError(f"{arguments}: {result.exception!r}") from result.exception
    assert "Traceback" not in result.output
    return result


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = Home(tmp_path_factory.mktemp("whole") / "home").create()
    with open_services(home) as services, starter_library() as papers:
        services.library.import_paths(OWNER, [str(papers)])
    home.settings.write_text('zone = "Europe/Berlin"\npage_size = 30\n')
    home.read_secret()
    return home.path


@contextmanager
def mounted(*arguments: str, place: Path) -> Iterator[None]:
    done = subprocess.run(["mount", *arguments, str(place)], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"file systems cannot be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_read_only_disk_is_named_and_a_copy_can_be_used(whole: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(whole, tmp_path / "home"))
    home.chmod(0o700)
    with mounted("--bind", str(home), place=home):
        subprocess.run(["mount", "-o", "remount,bind,ro", str(home)], check=True)
        for arguments in (*COMMANDS, *WRITES, ("backup", str(tmp_path / "backup"))):
            result = run(home, *arguments)
            assert result.exit_code == 2, arguments
            assert "the file system is read-only" in result.stderr
            assert "copy" in result.stderr
        checked = run(home, "doctor", "--repair")
        assert checked.exit_code in (1, 2)
        assert checked.stdout.count("the file system is read-only") >= 2
        assert "restore a backup" not in checked.stdout
        copy = Path(shutil.copytree(home, tmp_path / "copy"))
        assert "Attention Is All You Need" in run(copy, "search", "attention").stdout


with starter_library() as _file:
    PAPERS = [json.loads(line)["id"] for line in _file.read_text().splitlines()][:100]


def papers(batch: int) -> str:
    words = random.Random(batch)
    return "".join(
        json.dumps(
            {
                "id": f"arxiv:{2401 + batch // 90}.{batch % 90 * 100 + number:05d}",
                "title": f"Batch{batch} paper {number}",
                "abstract": " ".join(f"w{words.randrange(4000)}" for _ in range(150)),
                "date": "2024-01-02",
            }
        )
        + "\n"
        for number in range(100)
    )


@contextmanager
def serving(home: Path) -> Iterator[tuple[str, list[str]]]:
    """The address of ``broadsheet up`` in a process of its own, and the lines that it prints."""
    command = [sys.executable, "-m", "broadsheet", "--home", str(home), "up", "--port", "0"]
    lines: list[str] = []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout
        address = None
        for line in process.stdout:
            lines.append(line)
            if address := re.search(r"http://127\.0\.0\.1:\d+", line):
                break
        assert address, lines
        reading = threading.Thread(target=lambda: lines.extend(process.stdout or ()))
        reading.start()
        try:
            yield address[0], lines
        finally:
            process.terminate()
            reading.join()


def test_nothing_acknowledged_is_lost_when_the_disk_is_full(whole: Path, tmp_path: Path) -> None:
    place = tmp_path / "disk"
    place.mkdir()
    with mounted("-t", "tmpfs", "-o", "size=9m,mode=0700", "tmpfs", place=place):
        home = Path(shutil.copytree(whole, place / "home"))
        home.chmod(0o700)
        with serving(home) as (address, lines):
            stored, voted = fill_up(home, tmp_path, address)
            assert stored
            # Whatever the answer is while nothing can be written, it is true.
            full = [paper for paper in PAPERS[60:80] if vote(address, paper) in (200, 303)]
            # Reading goes on although nothing can be written.
            assert httpx.get(f"{address}/papers/1706.03762").status_code == 200
            assert "Attention Is All You Need" in run(home, "search", "attention").stdout
            assert run(home, "show", f"arxiv:2401.{stored * 100 - 100:05d}").exit_code == 0
            subprocess.run(["mount", "-o", "remount,size=2g", str(place)], check=True)
            (place / "ballast").unlink()
            # The same server goes on, and the same import, repeated, stores the rest.
            file = tmp_path / "batch.jsonl"
            file.write_text(papers(stored))
            again = run(home, "import", str(file))
            assert again.exit_code == 0
            assert vote(address, PAPERS[80]) in (200, 303)
        assert not [line for line in lines if "Traceback" in line], "".join(lines)
        checked = run(home, "doctor", "--repair", "--json")
        findings = [json.loads(line) for line in checked.stdout.splitlines()]
        # The failure of the last run of a job is told until it runs again.
        assert {each["check"] for each in findings if each["state"] != "sound"} <= {
            "jobs",
            "backups",
            "mail",
            "sources",
        }, checked.stdout
        with open_services(Home(home)) as services:
            status = services.admin.status(OWNER)
            assert status.papers == status.indexed == 397 + 100 * (stored + 1)
            marked = services.community.marks(OWNER, ["voted"])
            names = {*voted, *full, PAPERS[80]}
            assert {each.paper for each in marked} == {
                services.library.get_paper(name).key for name in names
            }


def fill_up(home: Path, folder: Path, address: str) -> tuple[int, list[str]]:
    """Import batches until the disk is full; return how many were stored, and the votes taken."""
    file, voted = folder / "batch.jsonl", []
    for batch in range(60):
        file.write_text(papers(batch))
        if vote(address, PAPERS[batch]) in (200, 303):
            voted.append(PAPERS[batch])
        result = run(home, "import", str(file))
        if result.exit_code:
            assert result.exit_code == 2
            assert "full" in result.stderr or "space" in result.stderr, result.stderr
            # Every byte that is left is taken, so that a vote finds no room either.
            with (home.parent / "ballast").open("wb", buffering=0) as ballast:
                try:
                    while ballast.write(bytes(4096)):
                        pass
                except OSError:
                    pass
            return batch, voted
    raise AssertionError("the disk never was full")


def vote(address: str, paper: str) -> int:
    answer = httpx.post(
        f"{address}/marks",
        data={"paper": paper, "change": "voted:on"},
        headers={"Origin": address},
    )
    assert "Traceback" not in answer.text
    return answer.status_code


FILES: dict[str, Callable[[Path], list[Path]]] = {
    "database": lambda home: [home / "library.sqlite"],
    "settings": lambda home: [home / "broadsheet.toml"],
    "secret": lambda home: [home / "secret"],
    "index": lambda home: [path for path in (home / "index").rglob("*") if path.is_file()],
}


@pytest.mark.parametrize("kind", FILES)
def test_bits_that_flip_reach_no_user_as_a_traceback(
    kind: str, whole: Path, tmp_path: Path
) -> None:
    """Four bits in random places, a few commands, a repair; twelve times for each kind of file."""
    chance = random.Random(kind)
    for turn in range(12):
        home = Path(shutil.copytree(whole, tmp_path / str(turn)))
        home.chmod(0o700)
        files = [path for path in FILES[kind](home) if path.stat().st_size]
        for _ in range(4):
            path = chance.choice(sorted(files))
            content = bytearray(path.read_bytes())
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
            path.write_bytes(content)
        for arguments in chance.sample(COMMANDS, 4):
            run(home, *arguments)
        checked = run(home, "doctor", "--repair", "--json")
        findings = [json.loads(line) for line in checked.stdout.splitlines()]
        assert not [each for each in findings if each["state"] == "failed"]
        left = {each["check"] for each in findings if each["state"] == "finding"}
        if kind == "index":
            assert left == set()
            assert "Attention Is All You Need" in run(home, "search", "attention").stdout
        else:
            assert left <= {kind, "database", "index"}
        shutil.rmtree(home)
