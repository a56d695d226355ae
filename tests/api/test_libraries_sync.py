"""One library follows another over OAI-PMH, with the source ``broadsheet``."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from api_server import served
from broadsheet.api import oai
from broadsheet.config import Settings
from broadsheet.domain.access import OWNER
from broadsheet.domain.errors import PaperNotFoundError
from broadsheet.domain.paper import Paper
from broadsheet.domain.sync import SourceRun
from broadsheet.home import Home
from broadsheet.services.local import LocalServices
from broadsheet.sources.broadsheet import BroadsheetSource
from broadsheet.wiring import open_services
from replicas.server import ReplicaServer, Reply

PAPERS = 12


def _line(number: int, **fields: object) -> dict[str, object]:
    return {
        "id": f"arxiv:2401.{number:05d}",
        "title": f"Bounds on $\\ell_p$ & more, part {number}",
        "abstract": f"We bound <{number}>.",
        "authors": ["Ada Lovelace", "Émilie du Châtelet"],
        "affiliations": ["", "Paris"],
        "date": "2024-01-02",
        "updated": "2024-03-04",
        "categories": ["cs.LG", "math.AG"] if number % 2 else ["hep-th"],
        "keywords": ["bounds"],
        "doi": f"10.1000/{number}",
        "comment": "9 pages",
        "venue": "ICML 2024",
        "code_url": "https://github.com/ada/bounds",
        "versions": [{"version": 1, "date": "2024-01-02"}, {"version": 2, "date": "2024-03-04"}],
        "publication": {"type": "paper", "pages": "1–9"},
        "signals": {"upvotes": number},
        **fields,
    }


def _import(services: LocalServices, folder: Path, *lines: dict[str, object]) -> None:
    file = folder / "papers.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    services.library.import_paths(OWNER, [str(file)])


@pytest.fixture
def original(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalServices]:
    monkeypatch.setattr(oai, "PAGE_SIZE", 5)
    policy = BroadsheetSource.policy
    monkeypatch.setattr(BroadsheetSource, "policy", type(policy)(spacing=0, rhythm=policy.rhythm))
    with open_services(Home(tmp_path / "original").create(), Settings()) as services:
        _import(services, tmp_path, *map(_line, range(1, PAPERS + 1)))
        yield services


@pytest.fixture
def address(original: LocalServices) -> Iterator[str]:
    with served(original, [oai.router]) as served_at:
        yield served_at


@contextmanager
def _open(home: Path, address: str, **options: Any) -> Iterator[LocalServices]:
    """The library in ``home``, which follows the one at ``address``."""
    settings = Settings(
        sources={"broadsheet": {"endpoint": address, **options}}, private_hosts=["127.0.0.1"]
    )
    with open_services(Home(home).create(), settings) as services:
        yield services


@contextmanager
def _copy(folder: Path, address: str, **options: Any) -> Iterator[LocalServices]:
    with _open(folder / "copy", address, **options) as services:
        yield services


def _sync(services: LocalServices) -> SourceRun:
    (run,) = services.sources.sync(OWNER, ["broadsheet"])
    assert isinstance(run, SourceRun)
    assert run.outcome in ("done", "unchanged"), run.message
    return run


def _fields(paper: Paper) -> dict[str, Any]:
    """Everything but where the paper comes from and when it came."""
    values = dict(vars(paper))
    for name in ("key", "added_at", "sources", "extra", "listed"):
        del values[name]
    return values


def _ids(services: LocalServices, numbers: Sequence[int]) -> set[str]:
    known = set()
    for number in numbers:
        try:
            known.add(services.library.get_paper(f"arxiv:2401.{number:05d}").id)
        except PaperNotFoundError:
            continue
    return known


def test_a_copy_has_every_field_of_every_paper(
    original: LocalServices, address: str, tmp_path: Path
) -> None:
    with _copy(tmp_path, address) as copy:
        assert _sync(copy).counts.new == PAPERS
        for number in range(1, PAPERS + 1):
            name = f"arxiv:2401.{number:05d}"
            there, here = (each.library.get_paper(name) for each in (original, copy))
            assert _fields(here) == _fields(there)
            assert here.sources == ("broadsheet",)


def test_later_runs_bring_changes_only(
    original: LocalServices, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import broadsheet.sources.broadsheet as source

    monkeypatch.setattr(source, "_OVERLAP", source._OVERLAP * 0)
    with _copy(tmp_path, address) as copy:
        time.sleep(1.1)  # datestamps have seconds, and a harvest includes the one in which it began
        _sync(copy)
        assert _sync(copy).counts.read == 0
        _import(original, tmp_path, _line(3, comment="10 pages"), _line(99))
        time.sleep(1.1)
        run = _sync(copy)
        assert (run.counts.new, run.counts.updated) == (1, 1)
        assert copy.library.get_paper("2401.00003").comment == "10 pages"
        assert _sync(copy).counts.read == 0


def test_papers_that_become_one_there_become_one_here(
    original: LocalServices, address: str, tmp_path: Path
) -> None:
    with _copy(tmp_path, address) as copy:
        _sync(copy)
        both = ["arxiv:2401.00001", "arxiv:2401.00002"]
        _import(original, tmp_path, {"id": "acl:2024.x-1.1", "title": "Both", "identifiers": both})
        _sync(copy)
        first, second = (copy.library.get_paper(name) for name in both)
        assert first.id == second.id
        assert not first.status


def test_a_category_is_chosen(address: str, tmp_path: Path) -> None:
    with _copy(tmp_path, address, category="math") as copy:
        _sync(copy)
        odd = {f"arxiv:2401.{number:05d}" for number in range(1, PAPERS + 1, 2)}
        assert _ids(copy, range(1, PAPERS + 1)) == odd


def test_a_harvest_goes_on_after_it_was_broken_off(
    original: LocalServices, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(original, [oai.router]) as address, _copy(tmp_path, address) as copy:
        pages: list[int] = []

        def stop_after_two(title: str, records: int, share: float | None) -> None:
            pages.append(records)
            if len(pages) == 2:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            list(copy.sources.sync(OWNER, ["broadsheet"], None, stop_after_two))
        before = len(_ids(copy, range(1, PAPERS + 1)))
        assert 0 < before < PAPERS
        run = _sync(copy)
        assert run.counts.read < PAPERS, "it went on from the token"
        assert len(_ids(copy, range(1, PAPERS + 1))) == PAPERS


def test_libraries_that_follow_each_other_come_to_rest(
    original: LocalServices, tmp_path: Path
) -> None:
    counts = []
    for _ in range(3):
        with served(original, [oai.router]) as there, _copy(tmp_path / "b", there) as copy:
            _sync(copy)
        with (
            _copy(tmp_path / "b", "") as copy,
            served(copy, [oai.router]) as here,
            _open(tmp_path / "original", here) as back,
        ):
            run = _sync(back)
            counts.append((run.counts.new, run.counts.updated))
    assert counts == [(0, PAPERS), (0, 0), (0, 0)]
    assert _fields(original.library.get_paper("2401.00001"))["keywords"] == ("bounds",)


def test_a_list_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = BroadsheetSource.policy
    monkeypatch.setattr(BroadsheetSource, "policy", type(policy)(spacing=0, rhythm=policy.rhythm))
    page = (
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
        "<responseDate>2026-12-01T12:00:00Z</responseDate>"
        "<ListRecords><resumptionToken>again</resumptionToken></ListRecords></OAI-PMH>"
    )
    with (
        ReplicaServer(lambda request: Reply(page)) as server,
        _copy(tmp_path, server.address) as copy,
    ):
        (run,) = copy.sources.sync(OWNER, ["broadsheet"])
        assert isinstance(run, SourceRun)
        assert (run.outcome, "same resumption token" in run.message) == ("refused", True)
        assert len(server.requests) == 2


def test_a_missing_address_is_explained(tmp_path: Path) -> None:
    with _copy(tmp_path, "") as copy:
        (run,) = copy.sources.sync(OWNER, ["broadsheet"])
        assert isinstance(run, SourceRun)
        assert 'endpoint = "https://papers.example.org"' in run.message


def test_two_servers_sync_by_themselves(tmp_path: Path) -> None:
    """Both run ``broadsheet up``; the second has nothing but the address of the first."""
    papers = tmp_path / "papers.jsonl"
    papers.write_text("".join(json.dumps(_line(number)) + "\n" for number in range(1, 4)))
    with _up(tmp_path / "first", str(papers)) as first:
        second_home = tmp_path / "second"
        second_home.mkdir()
        (second_home / "broadsheet.toml").write_text(
            f'private_hosts = ["127.0.0.1"]\n[sources.broadsheet]\nendpoint = "{first}"\n'
        )
        with _up(second_home) as second:
            deadline = time.monotonic() + 90
            while httpx.get(f"{second}/papers/2401.00003.md").status_code != 200:
                assert time.monotonic() < deadline, "the second library stays empty"
                time.sleep(0.5)
            text = httpx.get(f"{second}/papers/2401.00003.md").text
            assert "part 3" in text


@contextmanager
def _up(home: Path, *papers: str) -> Iterator[str]:
    command = [sys.executable, "-m", "broadsheet", "--home", str(home), "up", "--port", "0"]
    process = subprocess.Popen([*command, *papers], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield next(
            match[1]
            for line in process.stdout
            if (match := re.search(r"is at (http://\S+?)/ ", line))
        )
    finally:
        process.terminate()
        process.wait()
