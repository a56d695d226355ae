"""Indexing in the background outlives errors that nobody expected.

Once, an OSError (no space left on device) ended its thread for good: the server went on, and
nothing was indexed until a restart.
"""

import errno
import json
import time
from pathlib import Path

import pytest

from broadsheet.backends.local_index.store import LocalIndexStore
from broadsheet.domain.access import OWNER
from broadsheet.domain.search import SearchRequest
from broadsheet.home import Home
from broadsheet.services.local import LocalServices
from broadsheet.wiring import open_services


def add(services: LocalServices, folder: Path, number: int, word: str) -> None:
    path = folder / f"{number}.jsonl"
    path.write_text(json.dumps({"id": f"arxiv:2401.0000{number}", "title": f"About {word}"}))
    services.library.import_paths(OWNER, [str(path)])


def wait_for(services: LocalServices, word: str) -> bool:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if services.search.search(SearchRequest(word, mode="words")).matching:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), RuntimeError("a fault")]
)
def test_papers_are_indexed_after_an_unexpected_error(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
) -> None:
    write, failed = LocalIndexStore.write, []

    def fail_once(self, *arguments):
        if not failed:
            failed.append(error)
            raise error
        return write(self, *arguments)

    with open_services(Home(tmp_path / "home").create()) as services:
        add(services, tmp_path, 1, "lemurs")
        services.admin.start_jobs(OWNER)
        monkeypatch.setattr(LocalIndexStore, "write", fail_once)
        add(services, tmp_path, 2, "pelicans")
        assert wait_for(services, "pelicans")
        add(services, tmp_path, 3, "walruses")
        assert wait_for(services, "walruses")
        assert failed
        assert str(error) in caplog.text
        assert ("Traceback" in caplog.text) == isinstance(error, RuntimeError)
        (state,) = [job for job in services.admin.status(OWNER).jobs if job.name == "indexing"]
        assert (state.error, state.failures) == ("", 0)
    with open_services(Home(tmp_path / "home")) as services:
        (state,) = [job for job in services.admin.status(OWNER).jobs if job.name == "indexing"]
        assert state.result.startswith("papers indexed")
