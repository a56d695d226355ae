"""An index that is damaged or of another version is made anew, by hand or by the server."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from broadsheet.cli.main import main
from broadsheet.domain.access import OWNER
from broadsheet.domain.errors import IndexUnavailableError
from broadsheet.domain.search import MODES, SearchRequest
from broadsheet.home import Home
from broadsheet.services.local import LocalServices
from broadsheet.web.app import create_app
from broadsheet.wiring import open_services, starter_library
from browsing import open_browser

DAMAGED = {
    "format.json": b'{"format": 1}',
    "vectors/manifest.json": b'{"half":',
    "vectors/texts.bin": b"short",
}


def rankings(services: LocalServices) -> list[list[str]]:
    requests = (SearchRequest("graph", mode=mode) for mode in MODES)
    return [[hit.paper.id for hit in services.search.search(request).hits] for request in requests]


@pytest.fixture
def answers() -> list[list[str]]:
    """Results of an undamaged index."""
    return []


@pytest.fixture(params=DAMAGED)
def home(request: pytest.FixtureRequest, tmp_path: Path, answers: list[list[str]]) -> Home:
    home = Home(tmp_path / "home").create()
    path = tmp_path / "papers.jsonl"
    texts = ["Graph networks", "Protein folding", "Graph colouring in $\\mathbb{R}^2$"]
    papers = [{"id": f"arxiv:2401.0000{at}", "title": text} for at, text in enumerate(texts)]
    path.write_text("\n".join(map(json.dumps, papers)))
    with open_services(home) as services:
        services.library.import_paths(OWNER, [str(path)])
        answers += rankings(services)
    assert all(answers)
    (build,) = home.index.glob("build-*")
    (build / request.param).write_bytes(DAMAGED[request.param])
    return home


def test_a_search_names_the_command(home: Home) -> None:
    with (
        open_services(home) as services,
        pytest.raises(IndexUnavailableError, match="index rebuild"),
    ):
        services.search.search(SearchRequest("graph"))


@pytest.mark.parametrize("command", ["rebuild", "renew"])
def test_the_commands_mend_it(home: Home, answers: list[list[str]], command: str) -> None:
    main(["--home", str(home.path), "index", command], standalone_mode=False)
    with open_services(home) as services:
        assert rankings(services) == answers
        assert services.admin.renewal_due() == ""


def test_an_import_is_stored_and_says_so(
    home: Home, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    path = home.path.parent / "more.jsonl"
    path.write_text('{"id": "arxiv:2401.00009", "title": "Graph drawing"}')
    main(["--home", str(home.path), "import", str(path)], standalone_mode=False)
    assert "1 new" in capsys.readouterr().out
    assert "index rebuild" in caplog.text
    with open_services(home) as services:
        assert services.admin.renew_index(OWNER) == "all"
        assert len(services.search.search(SearchRequest("graph")).hits) == 4


def test_the_status_says_why(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--home", str(home.path), "status"], standalone_mode=False)
    output = capsys.readouterr().out
    assert "3 papers" in output
    assert "cannot be searched" in output
    assert "index rebuild" in output
    with open_services(home) as services:
        answer = open_browser(create_app(services)).get("/readyz")
    assert answer.status_code == 503
    assert "index rebuild" in answer.json()["detail"]


def test_what_only_the_writer_meets_is_said_once_a_minute(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    home = Home(tmp_path / "home").create()
    with open_services(home) as services, starter_library() as papers:
        services.library.import_paths(OWNER, [str(papers)])
        services.search.search(SearchRequest("graph"))  # so that its files are open
        (build,) = home.index.glob("build-*")
        (build / "vectors" / "attributes.jsonl").write_bytes(b"")
        services.admin.start_jobs(OWNER)
        path = tmp_path / "more.jsonl"
        path.write_text('{"id": "arxiv:2401.00009", "title": "Graph drawing"}')
        services.library.import_paths(OWNER, [str(path)])
        time.sleep(1.5)
        assert caplog.text.count("indexing failed") == 1


def test_up_starts_and_mends_it(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    with open_services(home) as services, starter_library() as papers:
        services.library.import_paths(OWNER, [str(papers)])
    (build,) = home.index.glob("build-*")
    (build / "format.json").write_bytes(DAMAGED["format.json"])
    stderr_file = tmp_path / "told.txt"
    command = [sys.executable, "-m", "broadsheet", "--home", str(home.path), "up", "--port", "0"]
    with stderr_file.open("w") as errors:
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
    try:
        assert server.stdout
        address = server.stdout.readline().split()[3]
        with pytest.raises(HTTPError, match="503"), urlopen(f"{address}papers?q=graph"):
            pass
        with urlopen(address) as day:
            assert b"<article" in day.read()
        deadline = time.monotonic() + 60
        while (healthy := _answers(f"{address}readyz")) is False and time.monotonic() < deadline:
            time.sleep(0.1)
        assert healthy
        assert _answers(f"{address}papers?q=graph")
    finally:
        server.send_signal(signal.SIGINT)
        assert server.wait(20) == 0
    assert "Search has to wait" in stderr_file.read_text()
    assert "Traceback" not in stderr_file.read_text()


def _answers(address: str) -> bool:
    try:
        with urlopen(address) as answer:
            return bool(answer.read())
    except HTTPError:
        return False


def test_a_server_mends_it_by_itself(home: Home, answers: list[list[str]]) -> None:
    with open_services(home) as services:
        services.admin.start_jobs(OWNER)
        deadline = time.monotonic() + 60
        while services.admin.renewal_due() and time.monotonic() < deadline:
            time.sleep(0.05)  # the other process gives way to this one
        assert rankings(services) == answers
