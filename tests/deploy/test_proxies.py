"""Broadsheet behind real nginx and Caddy, configured by the examples in deploy/."""

import re
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator

import httpx
import pytest

from broadsheet.domain.access import OWNER
from broadsheet.home import Home
from broadsheet.wiring import open_services, starter_library
from proxy_servers import HOST, Proxy, reason_to_skip, run_proxy

SETTINGS = f"""\
port = 0
mode = "open"
metrics = "local"
public_url = "https://{HOST}"
trusted_proxies = ["127.0.0.1"]
"""
API = "/api/v1/papers?limit=1"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of ``broadsheet up``, in a process of its own."""
    home = Home(tmp_path_factory.mktemp("proxied") / "home").create()
    with open_services(home) as services, starter_library() as papers:
        services.library.import_paths(OWNER, [str(papers)])
        services.accounts.add(OWNER, "ada", "owner", "a long enough pass phrase", "")
    home.settings.write_text(SETTINGS)
    command = [sys.executable, "-m", "broadsheet", "--home", str(home.path), "up"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        found = None
        for line in process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:(\d+)/", line):
                break
        assert found
        threading.Thread(target=process.stdout.read, daemon=True).start()
        yield int(found[1])
        process.terminate()


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def proxy(
    request: pytest.FixtureRequest, server: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    if reason := reason_to_skip(request.param):
        pytest.skip(reason)
    with run_proxy(request.param, server, tmp_path_factory.mktemp(request.param)) as proxy:
        yield proxy


def ask(
    proxy: Proxy,
    path: str,
    headers: dict[str, str] | None = None,
    own_address: str = "127.0.0.1",
    body: dict[str, str] | None = None,
) -> httpx.Response:
    """Ask the proxy over TLS, with its certificate checked for the name."""
    trusting = ssl.create_default_context(cafile=str(proxy.certificate))
    transport = httpx.HTTPTransport(verify=trusting, local_address=own_address)
    with httpx.Client(transport=transport) as client:
        return client.request(
            "POST" if body else "GET",
            f"https://127.0.0.1:{proxy.https}{path}",
            headers={"Host": HOST, **(headers or {})},
            data=body,
            extensions={"sni_hostname": HOST},
        )


def left(answer: httpx.Response) -> int:
    """Requests that the client, as Broadsheet sees it, may still send in this minute."""
    assert answer.status_code == 200, answer.text
    found = re.search(r";r=(\d+);", answer.headers["RateLimit"])
    assert found
    return int(found[1])


def test_pages_come_over_tls_and_http_leads_there(proxy: Proxy) -> None:
    page = ask(proxy, "/papers?q=attention")
    assert page.status_code == 200
    assert "Attention Is All You Need" in page.text
    plain = httpx.get(f"http://127.0.0.1:{proxy.http}/papers?q=x", headers={"Host": HOST})
    assert plain.status_code in (301, 308)
    assert re.fullmatch(rf"https://{HOST}(:{proxy.https})?/papers\?q=x", plain.headers["location"])


def test_answers_are_compressed_once_and_only_if_asked_for(proxy: Proxy) -> None:
    small = ask(proxy, "/papers?q=attention", {"Accept-Encoding": "gzip"})
    assert small.headers["content-encoding"] == "gzip"
    assert "Attention Is All You Need" in small.text
    plain = ask(proxy, "/papers?q=attention", {"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert len(plain.content) > 2 * int(small.headers.get("content-length", 0))


def test_addresses_are_the_public_ones(proxy: Proxy) -> None:
    forged = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}
    feed = ask(proxy, "/feeds/day.atom", forged).text
    assert f"https://{HOST}/" in feed
    assert "evil.example" not in feed
    assert f"http://{HOST}" not in feed


FULL = 599
"""Left after the first request of a client in a minute."""


def test_the_address_of_a_reader_cannot_be_forged(proxy: Proxy) -> None:
    """Each address may send so many requests; a forged one would be another reader."""
    ask(proxy, API, own_address="127.0.0.2")
    amounts = []
    for forged in ("203.0.113.7", "127.0.0.1, 198.51.100.1", "::1"):
        headers = {"X-Forwarded-For": forged, "Forwarded": f"for={forged}", "X-Real-IP": forged}
        amounts.append(left(ask(proxy, API, headers, "127.0.0.2")))
    assert amounts.count(FULL) <= 1  # a new minute may begin meanwhile
    another = left(ask(proxy, API, own_address=f"127.0.1.{proxy.https % 250 + 1}"))
    assert another == FULL


def test_only_the_trusted_proxy_says_who_asks(server: int, proxy: Proxy) -> None:
    """A program that reaches the port itself, from another address, is not believed."""
    address = f"http://127.0.0.1:{server}{API}"
    with httpx.Client(transport=httpx.HTTPTransport(local_address="127.0.0.9")) as client:
        answers = [
            client.get(address, headers={"X-Forwarded-For": f"198.51.100.{number}"})
            for number in range(5)
        ]
    assert [left(each) for each in answers].count(FULL) <= 2


def test_metrics_for_this_machine_do_not_go_through_the_proxy(server: int, proxy: Proxy) -> None:
    assert httpx.get(f"http://127.0.0.1:{server}/metrics").status_code == 200
    assert ask(proxy, "/metrics").status_code in (401, 403)
    forged = {"X-Forwarded-For": "127.0.0.1"}
    assert ask(proxy, "/metrics", forged, "127.0.0.2").status_code in (401, 403)


def test_signing_in_works_through_the_proxy(proxy: Proxy) -> None:
    form = {"name": "ada", "password": "a long enough pass phrase"}
    foreign = ask(proxy, "/sign-in", {"Origin": "https://evil.example"}, body=form)
    assert foreign.status_code == 403
    answer = ask(proxy, "/sign-in", {"Origin": f"https://{HOST}"}, body=form)
    assert answer.status_code == 303
    assert answer.headers["set-cookie"].startswith("__Host-broadsheet=")
    assert "Secure" in answer.headers["set-cookie"]


def test_each_request_has_an_id_and_large_bodies_end_at_the_proxy(proxy: Proxy) -> None:
    ids = {ask(proxy, "/healthz").headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3
    large = {"text": "a" * 21_000_000}
    refused = ask(proxy, "/papers/like", {"Origin": f"https://{HOST}"}, body=large)
    assert refused.status_code == 413
