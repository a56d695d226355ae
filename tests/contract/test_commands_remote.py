"""Commands that read print the same through ``--server`` as with the library at hand.

Each command is run on a library in a home directory, and on the same library served by uvicorn.
"""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from api_server import served
from broadsheet.api import hub, v1
from broadsheet.cli.main import main
from broadsheet.config import Settings
from broadsheet.domain.access import OWNER
from broadsheet.exchange.calls import CALLS, EDITION_HEADER
from broadsheet.home import Home
from broadsheet.services.local import LocalServices
from broadsheet.web.reference import NativeApi
from broadsheet.wiring import open_services, starter_library

NATIVE = NativeApi(v1.PREFIX, v1.compose_problem, v1.describe)

PAPERS = [
    {
        "id": "arxiv:2401.00001",
        "title": r"On $\ell_p$ norms \& Poincar\'e sections",
        "abstract": r"We bound $\|x\|_2^2$ by {\em sparse} surrogates. The rest follows.",
        "authors": ["Ada Lovelace", "Grace Hopper"],
        "affiliations": ["Ockham Park", ""],
        "date": "2024-01-02",
        "categories": ["cs.LG", "math.ST"],
        "code_url": "https://github.com/ada/norms",
        "upvotes": 41,
        "colour": "blue",
    },
    {
        "id": "doi:10.5555/birds",
        "title": "Counting birds by their songs",
        "abstract": "Microphones in a forest and a network that knows forty species.",
        "authors": ["Rachel Carson"],
        "date": "2024-01",
        "venue": "Journal of Songs",
    },
    {
        "id": "arxiv:2401.00003",
        "title": "Surrogate gradients for spiking networks",
        "abstract": "A smooth surrogate of the spike lets gradients through sparse networks.",
        "date": "2024-01-02",
        "categories": ["cs.NE"],
    },
]


@dataclass(frozen=True)
class Output:
    """The output of a command, and its exit status."""

    status: int
    out: str
    err: str


def run(*arguments: str, environment: dict[str, str] | None = None, stdin: str = "") -> Output:
    """Run the real command."""
    clean = {"BROADSHEET_SERVER": "", "BROADSHEET_TOKEN": "", **(environment or {})}
    result = CliRunner().invoke(main, arguments, input=stdin, env=clean)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Output(result.exit_code, result.stdout, result.stderr)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with marks, a collection, follows and a submission."""
    folder = tmp_path_factory.mktemp("remote")
    home = Home(folder / "home").create()
    file = folder / "papers.jsonl"
    file.write_text("".join(json.dumps(each) + "\n" for each in PAPERS), encoding="utf-8")
    with open_services(home, Settings()) as services, starter_library() as starter:
        services.library.import_paths(OWNER, [str(starter), str(file)])
        services.admin.index_pending(OWNER)
        for name in ("arxiv:2401.00001", "1706.03762"):
            services.community.set_mark(OWNER, name, "saved", True)
        services.community.set_mark(OWNER, "arxiv:2401.00003", "voted", True)
        collection = services.collections.create(OWNER, "Birds", "All of them", "private")
        services.collections.add(OWNER, collection.id, "doi:10.5555/birds", "read first")
        services.follows.follow(OWNER, "author", "Ada Lovelace")
        services.submissions.submit(OWNER, "arxiv:2401.00001", "worth reading")
    return home.path


@pytest.fixture(scope="module")
def library(home: Path) -> Iterator[LocalServices]:
    with open_services(Home(home), Settings()) as services:
        yield services


@pytest.fixture(scope="module")
def server(library: LocalServices) -> Iterator[str]:
    with served(library, [hub.router, v1.router], native=NATIVE) as address:
        yield address


COMMANDS: Sequence[tuple[int, str]] = (
    (0, "search sparse surrogates"),
    (0, "search sparse surrogates --json"),
    (0, "search sparse surrogates --explain"),
    (0, "search sparse surrogates --explain --json --mode words"),
    (0, "search sparce surogates -n 3"),
    (0, "search sparse has:code --order recent -n 100"),
    (0, "search learning --order for-me --explain -n 3"),
    (0, "search cat:cs.LG --order date --json"),
    (0, "search 2401.00001"),
    (1, "search 2501.99999"),
    (0, "search (unclosed"),
    (1, "search title:qqqqqq --literal"),
    (0, "similar 2401.00001 -n 5"),
    (0, "similar 2401.00001 --explain --json -n 2"),
    (0, "similar --text - --explain -n 3"),
    (1, "similar nothing-here"),
    (0, "show 2401.00001 doi:10.5555/birds"),
    (1, "show 2401.00001 nothing-here --json"),
    *((0, f"show 2401.00001 -f {name}") for name in ("jsonl", "bibtex", "ris", "csl-json", "csv")),
    (0, "show 2401.00001 --provenance --signals"),
    (0, "show 2401.00001 --provenance --json"),
    (2, "show 2401.00001 -f nothing"),
    (0, "daily"),
    (0, "daily 2024-01 --json"),
    (0, "daily 2024-01-02 --order for-me"),
    (0, "daily 2024-01-02 --limit 2500 --order newest"),
    (2, "daily 2024-01-02 --edition nothing"),
    (2, "daily the-day-of-days"),
    (1, "daily 1970-01-01"),
    (0, "trending --json"),
    (0, "trending"),
    (0, "for-you --since 1990-01-01 --json -n 3"),
    (0, "for-you --since 1990-01-01 -n 2"),
    (2, "for-you --since whenever"),
    (0, "export sparse surrogates -f jsonl"),
    (0, "export cat:cs.LG --order date -n 2"),
    (0, "export --collection Birds -f markdown"),
    (2, "export --collection Bees"),
    (0, "export --day 2024-01-02 -f ris"),
    (0, "export --all -f jsonl"),
    (0, "follow list --json"),
    (0, "follow new --since 2024-01-01"),
    (0, "submissions --json"),
    (0, "submissions"),
    (0, "status --json"),
    (0, "status"),
)  # fmt: skip


@pytest.mark.parametrize(("status", "command"), COMMANDS, ids=[each for _, each in COMMANDS])
def test_a_command_prints_the_same_from_afar(
    status: int, command: str, home: Path, server: str
) -> None:
    words, text = command.split(), "Surrogates of slow spikes, and gradients through them."
    here = run("--home", str(home), *words, stdin=text)
    there = run("--server", server, *words, stdin=text)
    assert here.status == status
    assert there == here


def test_every_call_is_made_by_a_command(
    library: LocalServices, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calls that no command needs are not offered."""
    from broadsheet.remote.client import RemoteClient

    made: set[str] = set()
    make = RemoteClient.make

    def noting(self: RemoteClient, call: object, arguments: object) -> object:
        made.add(call.name)  # type: ignore[attr-defined]
        return make(self, call, arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(RemoteClient, "make", noting)
    with served(library, [v1.router], native=NATIVE) as address:
        for _, command in COMMANDS:
            run("--server", address, *command.split(), stdin="some words")
    # Assistants list public collections: tests/api/test_mcp.py.
    assert made == set(CALLS) - {"collections.public"}


def test_all_papers_come_in_several_answers(
    library: LocalServices, server: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("broadsheet.exchange.calls.MOST_PAPERS", 4)
    here = run("--home", str(home), "export", "--all", "-f", "jsonl")
    assert run("--server", server, "export", "--all", "-f", "jsonl") == here
    assert here.out.count("\n") > 8


@pytest.mark.parametrize(
    "command",
    [
        "import papers.jsonl", "sync", "sources list", "sources add arxiv", "submit 2401.00001",
        "follow add author Ada", "index rebuild", "doctor", "backup file", "up", "records reread",
        "rejected list", "accounts list", "subscribe ada@example.org", "digest status",
        "screen list", "feature 2401.00001 --because new",
    ],
)  # fmt: skip
def test_a_command_that_needs_the_library_says_so(
    command: str, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    output = run("--server", server, *command.split())
    assert output.status == 2
    assert output.out == ""
    assert "works on the machine that has the library" in output.err
    assert f"`broadsheet {command.split()[0]}" in output.err
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def group(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """The address of a private service, and tokens of a member by their scope."""
    home = Home(tmp_path_factory.mktemp("group") / "home").create()
    with open_services(home, Settings(mode="private")) as services, starter_library() as papers:
        services.library.import_paths(OWNER, [str(papers)])
        services.admin.index_pending(OWNER)
        services.accounts.add(OWNER, "Max", "member", "a horse and a staple")
        tokens = {
            scope: services.accounts.create_token_for(OWNER, "Max", "script", [scope])[1]
            for scope in ("read", "feeds")
        }
        with served(services, [v1.router], native=NATIVE) as address:
            yield address, tokens


def test_a_private_service_wants_a_token(group: tuple[str, dict[str, str]], tmp_path: Path) -> None:
    server, tokens = group
    file = tmp_path / "token"
    file.write_text(tokens["read"] + "\n")
    for output in (
        run(
            "--server",
            server,
            "show",
            "1706.03762",
            environment={"BROADSHEET_TOKEN": tokens["read"]},
        ),
        run("--server", server, "--token-file", str(file), "show", "1706.03762"),
        run(
            "--token-file",
            str(file),
            "show",
            "1706.03762",
            environment={"BROADSHEET_SERVER": server},
        ),
    ):
        assert (output.status, output.err) == (0, "")
        assert "Attention Is All You Need" in output.out
    for token, words in (
        ("", "members"),
        ("bs_wrong", "unknown, has expired or was removed"),
        (tokens["feeds"], "feeds only"),
    ):
        output = run("--server", server, "daily", environment={"BROADSHEET_TOKEN": token})
        assert (output.status, output.out) == (2, "")
        assert words in output.err
        assert token == tokens["feeds"] or f"{server}/account" in output.err
    # A member's own lists, and pages that members may not see.
    mine = {"BROADSHEET_TOKEN": tokens["read"]}
    assert run("--server", server, "follow", "list", environment=mine).status == 1
    assert run("--server", server, "status", environment=mine).status == 2
    empty = tmp_path / "empty"
    empty.touch()
    for named in (empty, tmp_path / "none"):
        output = run("--server", server, "--token-file", str(named), "daily")
        assert output.status == 2
        assert f"{named}" in output.err


@pytest.fixture
def answering() -> Iterator[Callable[..., str]]:
    """A server of another kind: a function that sets its answer and returns its address."""
    answers: list[tuple[int, dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            status, headers, body = answers.pop(0) if len(answers) > 1 else answers[0]
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: object) -> None:
            pass

    http = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever)
    thread.start()

    def answer(status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> str:
        answers.append((status, headers or {}, body))
        return f"http://127.0.0.1:{http.server_port}"

    yield answer
    http.shutdown()
    thread.join()
    http.server_close()


_PAPER_WITHOUT_A_DAY = b'{"value": {"id": "a", "key": 1}}'


@pytest.mark.parametrize(
    ("status", "headers", "body", "words"),
    [
        (200, {}, b"<h1>It works!</h1>", "not as a Broadsheet (status 200)"),
        (404, {}, b"[]", "not as a Broadsheet (status 404)"),
        (301, {"Location": "https://papers.example.org/"}, b"", "leads to"),
        (404, {}, b'{"type": "/api#object-Problem", "code": "not_found"}', "another version"),
        (200, {EDITION_HEADER: "2; 9.9"}, b"{}", "runs Broadsheet 9.9, this is"),
        (200, {EDITION_HEADER: "1; 0.1"}, _PAPER_WITHOUT_A_DAY, "do not understand each other"),
        (200, {EDITION_HEADER: "1; 0.1"}, b"{", "do not understand each other"),
        (500, {EDITION_HEADER: "1; 0.1"}, b"", "status 500"),
        (429, {EDITION_HEADER: "1; 0.1", "Retry-After": "900"}, b"", "status 429"),
    ],
)  # fmt: skip
def test_answers_that_are_none_have_a_message(
    answering: Callable[..., str], status: int, headers: dict[str, str], body: bytes, words: str
) -> None:
    output = run("--server", answering(status, headers, body), "show", "1706.03762")
    assert (output.status, output.out) == (2, "")
    assert words in output.err
    assert output.err.startswith("broadsheet: ")
    assert output.err.count("\n") == 1


def test_a_pause_that_a_server_wants_is_kept(answering: Callable[..., str]) -> None:
    edition = {EDITION_HEADER: "1; 0.1"}
    answering(429, edition | {"Retry-After": "0"})
    address = answering(200, edition, b'{"value": []}')
    assert run("--server", address, "follow", "list").status == 1


@pytest.mark.parametrize(
    ("server", "words"),
    [
        ("http://127.0.0.1:1", "cannot be reached"),
        ("http://no-such-host.invalid", "cannot be reached"),
        ("localhost:8642", "is no address of a server"),
        ("ftp://localhost", "is no address of a server"),
        ("http://[::1", "is no address of a server"),
        ("https://max:secret@papers.example.org", "BROADSHEET_TOKEN"),
    ],
)
def test_a_server_that_is_none_has_a_message(server: str, words: str) -> None:
    output = run("--server", server, "daily")
    assert (output.status, output.out) == (2, "")
    assert words in output.err


def test_a_home_on_the_command_line_overrides_a_server_of_the_environment(home: Path) -> None:
    away = {"BROADSHEET_SERVER": "http://127.0.0.1:1"}
    assert run("--home", str(home), "daily", environment=away).status == 0
    assert run("daily", environment=away).status == 2
    assert run("--home", str(home), "--server", "http://127.0.0.1:1", "daily").status == 2
