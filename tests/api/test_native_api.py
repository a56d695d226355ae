"""The native API at /api/v1: its description is true, and hostile requests are refused."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS

from api_server import served
from broadsheet.api import hub, v1
from broadsheet.api.v1 import schemas
from broadsheet.api.v1.limits import Limiter
from broadsheet.config import Settings
from broadsheet.digest.links import LinkSigner
from broadsheet.domain.access import OWNER
from broadsheet.home import Home
from broadsheet.services.local import LocalServices
from broadsheet.web.reference import NativeApi
from broadsheet.wiring import open_services, starter_library

NATIVE = NativeApi(v1.PREFIX, v1.compose_problem, v1.describe)
PAPER = "arxiv:1706.03762"
PROBLEM = "application/problem+json"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServices]:
    """The papers that ship with the program, on a library for one."""
    home = Home(tmp_path_factory.mktemp("native") / "home").create()
    with open_services(home, Settings()) as services, starter_library() as papers:
        services.library.import_paths(OWNER, [str(papers)])
        services.admin.index_pending(OWNER)
        yield services


@pytest.fixture(scope="module")
def address(library: LocalServices) -> Iterator[str]:
    with served(library, [v1.router], native=NATIVE) as served_at:
        yield served_at


def test_no_server_error_and_no_undocumented_answer(address: str) -> None:
    """Schemathesis: valid and invalid requests to every operation of the description."""
    schema = schemathesis.openapi.from_dict(v1.describe())
    operations = [each.ok() for each in schema.get_all_operations()]
    assert len(operations) > 20
    checks = [
        CHECKS.get_one(name)
        for name in (
            "not_a_server_error",
            "status_code_conformance",
            "content_type_conformance",
            "response_schema_conformance",
            "negative_data_rejection",
        )
    ]
    problems = []
    for operation in operations:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            cases = operation.as_strategy(generation_mode=mode)

            @settings(
                max_examples=12,
                deadline=None,
                database=None,
                derandomize=True,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=cases)
            def holds(case: schemathesis.Case) -> None:
                case.call_and_validate(base_url=address, headers={"Origin": address}, checks=checks)

            try:
                holds()
            except Unsatisfiable:
                # Nothing can be wrong in a request without parameters, or with free text only.
                assert mode is GenerationMode.NEGATIVE
            except Exception as error:
                problems.append(f"{operation.label}: {error}")
    assert not problems, "\n".join(problems)


def test_pages_lead_through_all_papers_and_the_export_has_the_same(address: str) -> None:
    link, ids = f"{address}/api/v1/papers?limit=7", []
    while link:
        answer = httpx.get(link)
        ids += [paper["id"] for paper in answer.json()["papers"]]
        link = answer.links.get("next", {}).get("url", "")
    lines = httpx.get(f"{address}/api/v1/export?all=true").text.splitlines()
    assert [json.loads(line)["id"] for line in lines] == ids
    assert len(set(ids)) == len(ids) > 14


def test_a_search_goes_on_by_its_cursor_and_no_other(address: str) -> None:
    first = httpx.get(f"{address}/api/v1/search", params={"q": "learning", "limit": 3}).json()
    again = {"q": "learning", "limit": 3, "cursor": first["next"]}
    second = httpx.get(f"{address}/api/v1/search", params=again).json()
    assert [paper["rank"] for paper in first["papers"] + second["papers"]] == [1, 2, 3, 4, 5, 6]
    other = httpx.get(f"{address}/api/v1/search", params=again | {"q": "networks"})
    assert (other.status_code, other.json()["code"]) == (400, "invalid")


def test_an_unchanged_answer_is_not_sent_again(address: str) -> None:
    answer = httpx.get(f"{address}/api/v1/marks")
    tag = {"If-None-Match": answer.headers["ETag"]}
    same = httpx.get(answer.url, headers=tag)
    assert (same.status_code, same.content) == (304, b"")
    httpx.put(f"{address}/api/v1/marks/later/{PAPER}", headers={"Origin": address})
    changed = httpx.get(answer.url, headers=tag)
    assert (PAPER, "later") in {(each["id"], each["mark"]) for each in changed.json()["marks"]}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/papers/nothing", 404, "not_found"),
        ("GET", "/nowhere", 404, "not_found"),
        ("OPTIONS", "/search", 405, "method_not_allowed"),
        ("PUT", f"/marks/voted/{PAPER}", 403, "forbidden"),
        ("GET", "/search?q=a&limit=0", 400, "invalid"),
    ],
)
def test_errors_are_problems(address: str, method: str, path: str, status: int, code: str) -> None:
    answer = httpx.request(method, f"{address}/api/v1{path}")
    assert answer.headers["Content-Type"] == PROBLEM
    assert answer.status_code == status
    assert schemas.Problem.model_validate(answer.json()).code == code


_DEEP = b'{"text": ' + b"[" * 30_000 + b"]" * 30_000 + b"}"


@pytest.mark.parametrize(
    ("method", "path", "body", "headers"),
    [
        ("POST", f"/comments/{PAPER}", _DEEP, {}),
        ("POST", f"/comments/{PAPER}", b'{"text": "' + b"a" * 5_000_000 + b'"}', {}),
        ("POST", f"/comments/{PAPER}", b'{"text": "\xff\xfe"}', {}),
        ("POST", f"/comments/{PAPER}", b'{"text": "\\ud800"}', {}),
        ("POST", f"/comments/{PAPER}", b'{"text": "\\u0000"}', {}),
        ("POST", f"/comments/{PAPER}", b"<text/>", {"Content-Type": "application/xml"}),
        ("GET", "/search?q=" + "a" * 5000, b"", {}),
        ("GET", "/search?q=" + "(" * 900 + "&cursor=" + "A" * 150, b"", {}),
        ("GET", "/search?q=a&cursor=%ff%00", b"", {}),
        ("GET", "/papers/..%2f..%2fetc%2fpasswd", b"", {}),
        ("GET", "/papers/%00", b"", {}),
        ("GET", "/papers/%ed%a0%80", b"", {}),
        ("GET", "/issues/0000-00-00", b"", {}),
        ("GET", "/issues/99999999999999999999", b"", {}),
        ("GET", "/days?first=0001-01-01&last=9999-12-31", b"", {}),
        ("GET", "/export?format=exe&all=true", b"", {}),
        ("GET", "/me", b"", {"Authorization": "Bearer bs_" + "x" * 4000}),
        ("GET", "/me", b"", {"Host": "evil.example.org"}),
        ("DELETE", "/follows/99999999999999999999", b"", {}),
    ],
)  # fmt: skip
def test_hostile_requests_are_refused(
    address: str, method: str, path: str, body: bytes, headers: dict[str, str]
) -> None:
    own = {"Origin": address, "Content-Type": "application/json"}
    answer = httpx.request(
        method, f"{address}/api/v1{path}", content=body, headers=own | headers, timeout=10
    )
    assert 400 <= answer.status_code < 500
    assert answer.headers["Content-Type"] == PROBLEM


def test_a_body_without_a_length_is_bounded(address: str) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(2000):
            yield b" " * 1000

    answer = httpx.post(
        f"{address}/api/v1/comments/{PAPER}",
        content=endless(),
        headers={"Origin": address, "Content-Type": "application/json"},
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_tokens_permit_as_far_as_their_scopes(tmp_path: Path) -> None:
    with open_services(Home(tmp_path / "home").create(), Settings(mode="private")) as services:
        with starter_library() as papers:
            services.library.import_paths(OWNER, [str(papers)])
        services.accounts.add(OWNER, "Max", "member", "a horse and a staple")
        secrets = {
            scope: services.accounts.create_token_for(OWNER, "Max", "script", [scope])[1]
            for scope in ("read", "write")
        }
        with served(services, [v1.router], native=NATIVE) as address:

            def send(method: str, path: str, scope: str = "", **body: object) -> httpx.Response:
                headers = {"Authorization": f"Bearer {secrets[scope]}"} if scope else {}
                return httpx.request(
                    method, f"{address}/api/v1{path}", headers=headers, json=body or None
                )

            stranger = send("GET", "/me")
            assert (stranger.status_code, stranger.headers["WWW-Authenticate"]) == (401, "Bearer")
            me = send("GET", "/me", "read")
            assert me.json() == {"name": "Max", "role": "reader"}
            assert me.headers["RateLimit"].startswith('"requests";r=599;')
            comment = send("POST", f"/comments/{PAPER}", "read", text="Good.")
            assert (comment.status_code, comment.json()["code"]) == (403, "forbidden")
            assert send("POST", f"/comments/{PAPER}", "write", text="Good.").status_code == 201
            (thread,) = send("GET", f"/comments/{PAPER}", "read").json()["comments"]
            assert (thread["author"], thread["text"]) == ("Max", "Good.")
            made = send("POST", "/collections", "write", title="Mine").json()
            there = f"/collections/{made['id']}/papers/{PAPER}"
            assert send("PUT", there, "write", note="first").status_code == 204
            collection = send("GET", f"/collections/{made['id']}", "read").json()
            assert [(each["id"], each["note"]) for each in collection["papers"]] == [
                (PAPER, "first")
            ]


def test_members_contribute_and_subscribe_with_a_token(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    with open_services(home, Settings(mode="private")) as services:
        with starter_library() as papers:
            services.library.import_paths(OWNER, [str(papers)])
        services.admin.index_pending(OWNER)
        tokens = {}
        for name in ("Max", "Ada"):
            services.accounts.add(OWNER, name, "member", "a horse and a staple")
            for scope in ("read", "write"):
                _, secret = services.accounts.create_token_for(OWNER, name, "script", [scope])
                tokens[name, scope] = secret
        with served(services, [hub.router, v1.router], native=NATIVE) as address:

            def send(
                method: str, path: str, name: str = "Max", scope: str = "write", **body: object
            ) -> httpx.Response:
                headers = {"Authorization": f"Bearer {tokens[name, scope]}"}
                place = path if path.startswith("/api/") else f"/api/v1{path}"
                return httpx.request(method, address + place, headers=headers, json=body or None)

            # Submissions: only listed ones are seen by others, and only one's own are deleted.
            assert send("POST", "/submissions", scope="read", address=PAPER).status_code == 403
            listed = send("POST", "/submissions", address=PAPER, note="Read it.")
            assert (listed.status_code, listed.json()["paper"]) == (201, PAPER)
            waiting = send("POST", "/submissions", address="2401.12345").json()
            assert (waiting["state"], waiting["paper"]) == ("pending", None)
            seen = send("GET", "/submissions", "Ada", "read").json()["submissions"]
            assert [(each["by"], each["note"]) for each in seen] == [("Max", "Read it.")]
            mine = f"/submissions/{waiting['number']}"
            assert send("GET", mine, "Ada").status_code == 404
            assert (
                send("DELETE", f"/submissions/{listed.json()['number']}", "Ada").status_code == 403
            )
            assert send("DELETE", mine).status_code == 204
            assert send("GET", mine).json()["code"] == "not_found"

            # Comments are changed and deleted by their authors.
            comment = send("POST", f"/comments/{PAPER}", text="Good.").json()
            there = f"/comments/{comment['id']}"
            assert send("PUT", there, "Ada", text="Bad.").status_code == 403
            assert send("PUT", there, text="Very good.").json()["text"] == "Very good."
            assert send("DELETE", there, "Ada").status_code == 403
            assert send("DELETE", there).status_code == 204
            assert send("GET", f"/comments/{PAPER}").json() == {"comments": []}

            # Votes stand in every object of the paper.
            assert send("PUT", f"/marks/voted/{PAPER}").json()["votes"] == 1
            send("PUT", f"/marks/voted/{PAPER}", "Ada")
            assert send("GET", f"/papers/{PAPER}", scope="read").json()["votes_here"] == 2
            (found,) = send("GET", f"/search?q={PAPER}").json()["papers"]
            assert found["votes_here"] == 2

            # Subscriptions belong to the account.
            wanted = {"address": "max@example.org", "topic": "search", "value": "deltas"}
            assert send("POST", "/subscriptions", **wanted | {"value": ""}).status_code == 400
            made = send(
                "POST", "/subscriptions", **wanted, every="weekly:mon", zone="Europe/Berlin"
            )
            assert (made.status_code, made.json()["state"]) == (201, "pending")
            assert made.json()["schedule"] == "weekly:mon at 07:00 Europe/Berlin"
            # Before it is confirmed it is not listed, or one could find out who else subscribes.
            assert send("GET", "/subscriptions").json() == {"subscriptions": []}
            (pending,) = services.digest.subscriptions(OWNER)
            link = LinkSigner(home.read_secret, address).make(pending, "confirm")
            services.digest.confirm(link.rpartition("/")[2])
            (listed,) = send("GET", "/subscriptions").json()["subscriptions"]
            assert (listed["value"], listed["state"]) == ("deltas", "active")
            assert send("GET", "/subscriptions", "Ada").json() == {"subscriptions": []}
            again = send("POST", "/subscriptions", "Ada", **wanted).json()
            assert again == {**made.json(), "schedule": "daily at 07:00 UTC"}
            own = f"/subscriptions/{listed['number']}"
            assert send("DELETE", own, "Ada").status_code == 404
            assert send("DELETE", own).status_code == 204
            assert send("GET", "/subscriptions").json() == {"subscriptions": []}

            # A request refused before it reaches a route is a problem too, at every address of /api.
            for path in ("/api/v1/me", "/api/daily_papers", "/api/nowhere"):
                stranger = httpx.get(address + path)
                assert (stranger.status_code, stranger.headers["Content-Type"]) == (401, PROBLEM)
                lost = httpx.get(address + path, headers={"Host": "evil.example.org"})
                assert (lost.status_code, lost.json()["code"]) == (421, "misdirected")
            assert send("GET", "/api/nowhere").json()["code"] == "not_found"


def test_a_client_that_runs_away_is_held_until_the_next_window() -> None:
    now = 120.0
    limiter = Limiter(most=2, clock=lambda: now)
    assert [limiter.admit("a").spent for _ in range(3)] == [False, False, True]
    assert not limiter.admit("b").spent
    assert limiter.admit("a").headers()["Retry-After"] == "60"
    now = 180.0
    assert not limiter.admit("a").spent


def test_the_reference_page_names_every_address(address: str) -> None:
    page = httpx.get(f"{address}/api").text
    description = httpx.get(f"{address}/api/v1/openapi.json").json()
    assert description["openapi"] == "3.1.0"
    assert all(path in page for path in description["paths"])
    assert all(f'id="object-{name}"' in page for name in description["components"]["schemas"])
