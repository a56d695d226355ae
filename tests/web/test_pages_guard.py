"""Requests under unknown names, and changes that other sites ask for, are refused."""

import pytest
from fake_library import FakeLibrary
from starlette.testclient import TestClient

from broadsheet.web.app import create_app
from broadsheet.web.csrf import is_valid_token, make_token
from broadsheet.web.guard import THIS_MACHINE, Site, make_site

FORM = {"text": "river deltas and how they grow"}
HERE = {"Host": "localhost:8642", "Origin": "http://localhost:8642"}


def make(site: Site = THIS_MACHINE) -> TestClient:
    return TestClient(create_app(FakeLibrary([]).services, site=site), base_url="http://localhost")


@pytest.mark.parametrize("path", ["/", "/status", "/healthz", "/static/none.css", "/nowhere"])
@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "localhost:1@evil.example", "127.0.0.2", ""]
)
def test_an_unknown_host_is_not_answered(path: str, host: str) -> None:
    answer = make().get(path, headers={"Host": host})
    assert answer.status_code == 421
    assert "allowed_hosts" in answer.text
    assert "content-security-policy" in answer.headers


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8642", "127.0.0.1:1", "[::1]:8642", "[::1]"]
)
def test_this_machine_s_own_names_are_answered(host: str) -> None:
    assert make().get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("host", "answered", "unknown"),
    [
        ("192.168.1.5", ["192.168.1.5:8642", "localhost"], ["192.168.1.6"]),
        ("papers.lab", ["papers.lab:80", "Papers.Lab"], ["other.lab"]),
        ("0.0.0.0", ["192.168.1.5:8642", "[fe80::1]:8642"], ["evil.example"]),
        ("::", ["192.168.1.5:8642", "[fe80::1]:8642"], ["evil.example"]),
        ("fe80::1", ["[fe80::1]:8642"], ["[fe80::2]:8642"]),
    ],
)
def test_the_host_that_is_listened_on(host: str, answered: list[str], unknown: list[str]) -> None:
    site = make_site(host)
    assert all(map(site.knows, answered))
    assert not any(map(site.knows, unknown))


def test_hosts_of_the_settings() -> None:
    site = make_site("127.0.0.1", "https://papers.example.org/x", ["Papers.lab"])
    assert all(map(site.knows, ["papers.example.org", "papers.lab:8642", "localhost"]))
    assert not site.knows("example.org")
    assert make_site("127.0.0.1", "", ["*"]).knows("evil.example")


def test_the_machine_s_name_is_known_if_every_address_is_listened_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "Desk")
    assert make_site("0.0.0.0").knows("desk:8642")
    assert make_site("0.0.0.0").knows("desk.local")
    assert not make_site("127.0.0.1").knows("desk:8642")


@pytest.mark.parametrize(
    ("headers", "accepted"),
    [
        ({"Origin": "http://localhost:8642"}, True),
        ({"Origin": "https://localhost:8642"}, True),  # a proxy ended TLS
        ({"Origin": "http://localhost"}, False),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "http://localhost:8642.evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": ""}, False),
        ({"Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"}, False),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Referer": "http://localhost:8642/"}, False),
        ({"Referer": "http://localhost:8642/papers/like"}, True),
        ({"Referer": "http://evil.example/localhost:8642"}, False),
        ({}, False),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_changes_come_from_our_own_pages(
    headers: dict[str, str], accepted: bool, method: str
) -> None:
    answer = make().request(
        method, "/papers/like", data=FORM, headers={"Host": "localhost:8642"} | headers
    )
    if accepted:
        assert answer.status_code == (200 if method == "POST" else 405)
    else:
        assert answer.status_code == 403
        assert "reload the page" in answer.text


def test_behind_a_proxy_the_public_address_is_our_own() -> None:
    client = make(make_site("127.0.0.1", "https://papers.example.org"))
    for host in ("127.0.0.1:8642", "papers.example.org"):
        headers = {"Host": host, "Origin": "https://papers.example.org"}
        assert client.post("/papers/like", data=FORM, headers=headers).status_code == 200


def test_reading_needs_no_origin() -> None:
    assert make().get("/", headers={"Origin": "http://evil.example"}).status_code == 200


def test_a_form_token_is_of_one_session_and_secret() -> None:
    token = make_token(b"secret", "session")
    assert is_valid_token(b"secret", "session", token)
    assert make_token(b"secret", "session") != token
    for secret, session, sent in (
        (b"other", "session", token),
        (b"secret", "another", token),
        (b"secret", "session", token[:-1] + ("0" if token[-1] != "0" else "1")),
        (b"secret", "session", ""),
        (b"secret", "session", "é.é"),
    ):
        assert not is_valid_token(secret, session, sent)
