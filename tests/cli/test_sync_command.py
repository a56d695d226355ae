"""``broadsheet sync`` and the sources in ``status``, as people and programs use them."""

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import broadsheet as package
from broadsheet.sources import registry
from fake_source import FakeSource, Papers
from replicas.server import ReplicaServer, Reply

Command = Callable[..., Any]
"""See conftest: ``broadsheet("search", "words")``."""

COMMAND = """
import sys
from fake_source import FakeSource
from broadsheet.sources import registry
registry.SOURCES = (FakeSource(),)
from broadsheet.cli.main import main
main(["--home", *sys.argv[1:]])
"""


@pytest.fixture
def server() -> Iterator[ReplicaServer]:
    with ReplicaServer(Papers(30)) as server:
        yield server


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, server: ReplicaServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(registry, "SOURCES", (FakeSource(), FakeSource("other")))
    path = tmp_path / "home" / "broadsheet.toml"
    path.parent.mkdir()
    path.write_text(
        'private_hosts = ["127.0.0.1"]\ncontact = "me@lab.example"\n'
        f'[sources.fake]\nendpoint = "{server.address}"\nevery = 6\n'
    )
    return path


def test_sync_fetches_indexes_and_says_what_came(
    broadsheet: Command, server: ReplicaServer
) -> None:
    first = broadsheet("sync", "--json")
    assert first.status == 0
    (run,) = first.lines
    assert {name: run[name] for name in ("source", "outcome", "read", "new", "rejected")} == {
        "source": "fake",
        "outcome": "done",
        "read": 30,
        "new": 27,
        "rejected": 3,
    }
    assert dt.datetime.fromisoformat(run["finished_at"]).tzinfo is not None
    assert server.requests[0].headers["user-agent"].endswith("(+me@lab.example)")
    assert broadsheet("search", "paper number").status == 0
    again = broadsheet("sync")
    assert (again.status, again.out) == (1, "fake: nothing new\n")


def test_since_fetches_again(broadsheet: Command) -> None:
    broadsheet("sync")
    again = broadsheet("sync", "fake", "--since", "2024-01-01", "--json")
    assert (again.status, again.lines[0]["duplicates"]) == (1, 27)


def test_an_error_is_status_2_and_keeps_what_came(
    broadsheet: Command, server: ReplicaServer
) -> None:
    server.interject(None, Reply(status=404))
    answer = broadsheet("sync")
    assert answer.status == 2
    assert answer.out == "fake: failed (refused); 18 new, 0 updated, 0 duplicates, 2 rejected\n"
    assert "has nothing there (404)" in answer.err
    assert "20 records fetched before are kept" in answer.err
    assert broadsheet("status", "--json").lines[0]["papers"] == 18


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["arxvi"], "unknown source 'arxvi'; the sources are: fake, other"),
        (["--since", "2999-01-01"], "still to come"),
        (["--since", "2024-01-01", "--watch"], "without --watch"),
    ],
)
def test_what_cannot_be_asked_is_told(
    arguments: list[str], words: str, broadsheet: Command
) -> None:
    answer = broadsheet("sync", *arguments)
    assert answer.status == 2
    assert words in answer.err
    assert answer.err.count("\n") == 1


def test_no_source_switched_on_is_told(broadsheet: Command, settings: Path) -> None:
    settings.write_text("")
    answer = broadsheet("sync")
    assert answer.status == 2
    assert "no source is switched on" in answer.err


def test_a_wrong_option_is_told_with_the_file(broadsheet: Command, settings: Path) -> None:
    settings.write_text("[sources.fake]\nkid = 1\n")
    answer = broadsheet("sync")
    assert answer.status == 2
    assert "broadsheet.toml, [sources.fake]: there is no option 'kid'" in answer.err
    status = broadsheet("status")
    assert status.status == 0, "a wrong source stops that source alone"
    assert "there is no option 'kid'" in status.out


def test_a_wrong_private_host_is_told(broadsheet: Command, settings: Path) -> None:
    settings.write_text('private_hosts = ["http://mirror.example"]\n[sources.fake]\n')
    answer = broadsheet("sync")
    assert answer.status == 2
    assert "'http://mirror.example' is no host" in answer.err


def test_a_wrong_table_does_not_keep_anybody_from_searching(
    broadsheet: Command, settings: Path
) -> None:
    settings.write_text("[sources.fake]\nkid = 1\n")
    assert broadsheet("search", "anything").status == 1


def test_status_says_how_each_source_stands(broadsheet: Command, server: ReplicaServer) -> None:
    before = broadsheet("status").out
    assert "fake: every 6 hours\n  next run " in before
    assert "other" not in before
    server.interject(Reply(status=401))
    broadsheet("sync")
    text = broadsheet("status").out
    assert "fake: every 6 hours\n  last run " in text
    assert "asks for a key" in text
    fake, other = broadsheet("status", "--json").lines[0]["sources"]
    assert (fake["source"], fake["on"], fake["last_run"]["outcome"]) == ("fake", True, "refused")
    assert dt.datetime.fromisoformat(fake["next_at"]) > dt.datetime.now(dt.UTC)
    assert (other["on"], other["last_run"], other["next_at"]) == (False, None, None)


Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """The command in a process of its own, for commands that run until they are ended."""
    paths = [str(Path(package.__file__).parents[1]), str(Path(__file__).parents[1])]
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        running = subprocess.Popen(
            [sys.executable, "-c", COMMAND, str(tmp_path / "home"), *arguments],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(running)
        return running

    yield start
    for running in started:
        running.kill()
        running.communicate()


def test_watch_runs_by_the_schedule_until_it_is_ended(start: Start) -> None:
    running = start("sync", "--watch", "--json")
    assert running.stdout is not None
    run = json.loads(running.stdout.readline())
    assert (run["source"], run["outcome"], run["new"]) == ("fake", "done", 27)
    running.send_signal(signal.SIGTERM)
    assert running.wait(30) == 0


def test_up_runs_sources_in_the_background(start: Start) -> None:
    running = start("up", "--port", "0")
    assert running.stdout is not None
    output = ""
    for line in running.stdout:
        output += line
        if "Broadsheet is at" in line:
            break
    assert "Keeping up with Fake papers" in output
    address = output.split("Broadsheet is at ")[1].split()[0]
    text, ends = "", time.monotonic() + 60
    while "Up to date" not in text and time.monotonic() < ends:
        text = httpx.get(f"{address}settings/sources").text
        time.sleep(0.1)
    assert "27 new, 3 rejected" in text
    running.send_signal(signal.SIGTERM)
    assert running.wait(30) == 0
