"""Metrics, readiness, request ids and logs."""

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from group import open_group
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from broadsheet.config import Settings
from broadsheet.domain.access import OWNER
from broadsheet.domain.errors import IndexUnavailableError
from broadsheet.home import Home
from broadsheet.services.local import LocalServices
from broadsheet.web.app import create_app
from broadsheet.web.logs import JsonFormatter, PlainFormatter
from broadsheet.wiring import open_services, starter_library
from browsing import open_browser


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServices]:
    home = Home(tmp_path_factory.mktemp("observed") / "home").create()
    with open_services(home, Settings()) as services, starter_library() as papers:
        services.library.import_paths(OWNER, [str(papers)])
        broken = home.path / "broken.jsonl"
        broken.write_text(
            '{"id": "arxiv:2401.00001", "title": "Good"}\n{"no": "title"}\nno <b>json</b>\n'
        )
        services.library.import_paths(OWNER, [str(broken)])
        yield services


@pytest.fixture
def client(services: LocalServices) -> TestClient:
    return open_browser(create_app(services), raise_server_exceptions=False)


def samples(client: TestClient) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """All samples, read by Prometheus' own parser."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    families = list(text_string_to_metric_families(answer.text))
    assert len({family.name for family in families}) == len(families)
    assert all(family.documentation for family in families)
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def value(found: dict[tuple[str, frozenset[tuple[str, str]]], float], name: str, **labels: str):
    return found[name, frozenset(labels.items())]


def test_requests_and_searches_are_counted(client: TestClient) -> None:
    client.get("/papers?q=attention")
    client.get("/papers?q=zyzzyvaqqq&mode=words")
    client.get("/papers/1706.03762")
    client.get("/nowhere/to/be/seen")
    found = samples(client)
    requests = "broadsheet_http_requests_total"
    assert value(found, requests, method="GET", route="/papers", status="200") == 2
    assert value(found, requests, method="GET", route="/papers/{name:path}", status="200") == 1
    assert value(found, requests, method="GET", route="other", status="404") == 1
    durations = "broadsheet_http_request_duration_seconds"
    assert value(found, f"{durations}_count", route="/papers") == 2
    assert value(found, f"{durations}_bucket", route="/papers", le="+Inf") == 2
    assert value(found, "broadsheet_searches_total", mode="hybrid", outcome="results") >= 1
    assert value(found, "broadsheet_searches_total", mode="words", outcome="nothing") == 1
    assert value(found, "broadsheet_search_duration_seconds_count") >= 2
    assert value(found, "broadsheet_http_requests_in_flight") == 1


def test_the_state_of_the_library_is_there(client: TestClient) -> None:
    found = samples(client)
    assert value(found, "broadsheet_papers") == value(found, "broadsheet_papers_indexed") == 398
    assert value(found, "broadsheet_index_pending_changes") == 0
    assert value(found, "broadsheet_index_usable") == 1
    assert value(found, "broadsheet_rejected_records") == 2
    assert value(found, "broadsheet_size_bytes", part="database") > 100_000
    assert value(found, "broadsheet_deliveries_overdue") == 0
    assert value(found, "broadsheet_library_readable") == 1


def test_no_metric_names_a_query_or_a_paper(client: TestClient) -> None:
    client.get("/papers?q=verysecretquery")
    client.get("/papers/1706.03762")
    client.get("/verysecretpath")
    text = client.get("/metrics").text
    assert "verysecret" not in text
    assert "1706" not in text


def test_a_library_that_cannot_be_read_still_has_metrics(
    services: LocalServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object) -> None:
        raise IndexUnavailableError("the index is damaged")

    client = open_browser(create_app(services), raise_server_exceptions=False)
    monkeypatch.setattr(type(services.admin._get()), "status", broken)
    found = samples(client)
    assert value(found, "broadsheet_library_readable") == 0
    assert value(found, "broadsheet_sources_readable") == 1


@pytest.mark.parametrize("mode", ["private", "open"])
def test_metrics_of_a_group_are_for_those_who_run_it(tmp_path: Path, mode: str) -> None:
    with open_group(tmp_path, mode) as group:  # type: ignore[arg-type]
        for role, status in (("anonymous", 401), ("member", 403), ("curator", 200)):
            assert group.browser(role).get("/metrics").status_code == status, role
        for access, client_host, headers, status in (
            ("local", "127.0.0.1", {}, 200),
            ("local", "127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, 401),
            ("local", "203.0.113.9", {}, 401),
            ("open", "203.0.113.9", {}, 200),
        ):
            app = create_app(group.services, metrics_access=access)  # type: ignore[arg-type]
            browser = TestClient(app, base_url="http://localhost", client=(client_host, 5000))
            assert browser.get("/metrics", headers=headers).status_code == status, access
        assert group.browser().get("/healthz").json() == {"status": "ok"}
        assert group.browser().get("/readyz").status_code == 200


def test_every_answer_has_the_id_of_its_request(client: TestClient) -> None:
    first, second = (client.get("/healthz").headers["x-request-id"] for _ in range(2))
    assert first != second
    given = {"X-Request-ID": "proxy-12345678"}
    assert client.get("/healthz", headers=given).headers["x-request-id"] == "proxy-12345678"
    forged = {"X-Request-ID": "a b\"c'd<e>fgh"}
    assert client.get("/healthz", headers=forged).headers["x-request-id"] != "a b\"c'd<e>fgh"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


def test_json_logs_name_request_and_route_and_nobody(client: TestClient, log: io.StringIO) -> None:
    answer = client.get("/papers?q=verysecretquery", headers={"User-Agent": "Ada's browser"})
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    (line,) = [each for each in lines if each["logger"] == "broadsheet.requests"]
    assert line["request_id"] == answer.headers["x-request-id"]
    assert (line["method"], line["route"], line["status"]) == ("GET", "/papers", 200)
    assert line["milliseconds"] > 0
    mine = json.dumps([each for each in lines if not each["logger"].startswith("httpx")])
    assert "verysecretquery" not in mine
    assert "Ada" not in mine
    assert "testclient" not in mine


def test_an_error_is_logged_under_its_request(services: LocalServices, log: io.StringIO) -> None:
    app = create_app(services)

    @app.get("/papers/broken/page")
    def broken() -> None:
        raise RuntimeError("unforeseen")

    app.router.routes.insert(0, app.router.routes.pop())
    client = open_browser(app, raise_server_exceptions=False)
    answer = client.get("/papers/broken/page")
    assert answer.status_code == 500
    assert "unforeseen" not in answer.text


def test_plain_lines_end_with_the_request() -> None:
    record = logging.makeLogRecord({"msg": "%d papers", "args": (3,), "levelname": "INFO"})
    assert PlainFormatter("%(levelname)s %(message)s").format(record) == "INFO 3 papers"
    assert record.args == (3,)


def test_rejected_records_can_be_read_exported_tried_and_dropped(client: TestClient) -> None:
    page = client.get("/settings/rejected")
    assert page.status_code == 200
    assert "2 records could not be used" in page.text
    assert "no &lt;b&gt;json" in page.text
    lines = [json.loads(line) for line in client.get("/settings/rejected.jsonl").text.splitlines()]
    assert [line["raw"] for line in lines] == ['{"no": "title"}', "no <b>json</b>"]
    assert all(line["reason"] and "broken.jsonl" in line["origin"] for line in lines)
    retried = client.post("/settings/rejected", data={"do": "retry"})
    assert "0 records could be used" in retried.text
    lines = [json.loads(line) for line in client.get("/settings/rejected.jsonl").text.splitlines()]
    number = str(lines[0]["number"])
    left = client.post("/settings/rejected", data={"do": "forget", "number": number})
    assert "1 record could not be used" in left.text
    assert client.post("/settings/rejected", data={"do": "x"}).status_code == 400
    assert client.get("/settings/rejected?after=x").status_code == 400


def test_the_status_page_says_how_large_and_what_was_rejected(client: TestClient) -> None:
    text = client.get("/status").text
    assert "/settings/rejected" in text
    assert "database" in text
