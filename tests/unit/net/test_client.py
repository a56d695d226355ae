"""The polite client against a real server that behaves badly."""

import gzip
import json
import logging
import zlib

import pytest

from broadsheet import __version__
from broadsheet.domain.errors import (
    AddressRefusedError,
    SourceRefusedError,
    SourceUnavailableError,
)
from broadsheet.domain.sync import Validators
from broadsheet.net.waiting import RetryPolicy
from broadsheet.sources.source import Policy
from network_client import FakeTime, OpenClient, named
from replicas.server import ReplicaServer, Reply, redirect


def test_it_says_who_asks_and_gives_the_answer(open_client: OpenClient, server: ReplicaServer):
    answer = open_client().get(f"{server.address}/a", {"q": "x y"}, {"Accept": "text/xml"})
    assert (answer.status, answer.body) == (200, b"hello")
    assert answer.address == f"{server.address}/a?q=x+y"
    assert answer.headers["etag"] == '"1"'
    request = server.requests[0]
    assert request.headers["user-agent"] == f"Broadsheet/{__version__} (+me@lab.example)"
    assert (request.headers["accept"], request.params) == ("text/xml", {"q": "x y"})


def test_a_post_sends_json(open_client: OpenClient, server: ReplicaServer):
    open_client().post(f"{server.address}/batch", {"ids": ["a"]}, {"fields": "title"})
    request = server.requests[0]
    assert (request.method, request.json, request.params) == (
        "POST",
        {"ids": ["a"]},
        {"fields": "title"},
    )


@pytest.mark.parametrize(
    "bad",
    [
        Reply(status=429),
        Reply(status=500),
        Reply(status=502),
        Reply(status=503),
        Reply(status=504),
        Reply(b""),
        Reply(b" \n"),
        Reply(b"x" * 5000, cut_at=1000),
        Reply(gzip.compress(b"x" * 5000)[:-20], headers={"Content-Encoding": "gzip"}),
        Reply(b"this is not packed", headers={"Content-Encoding": "gzip"}),
    ],
    ids=lambda reply: f"{reply.status} {len(reply.body)}",
)
def test_what_may_pass_is_asked_again_with_growing_waits(
    bad: Reply, open_client: OpenClient, server: ReplicaServer, time: FakeTime
):
    server.interject(bad, bad, bad)
    assert open_client().get(server.address).body == b"hello"
    assert time.slept == [5, 10, 20]
    assert len(server.requests) == 4


def test_it_gives_up_in_the_end_and_says_why(
    open_client: OpenClient, server: ReplicaServer, time: FakeTime
):
    server.interject(*[Reply(b"come back", status=503, content_type="text/plain")] * 9)
    with pytest.raises(SourceUnavailableError, match=r"busy.*503.*come back.*tried 5 times"):
        open_client().get(server.address)
    assert len(server.requests) == 5
    assert time.slept == [5, 10, 20, 40]


def test_all_tries_together_have_a_limit(
    open_client: OpenClient, server: ReplicaServer, time: FakeTime
):
    server.interject(*[Reply(status=503, headers={"Retry-After": "100"})] * 9)
    with pytest.raises(SourceUnavailableError, match="tried 3 times"):
        open_client(retry=RetryPolicy(total_timeout=250)).get(server.address)
    assert sum(time.slept) < 250


@pytest.mark.parametrize("stated", ["30", "Mon, 02 Mar 2026 12:00:30 GMT"])
def test_a_server_that_names_a_wait_gets_it(
    stated: str, open_client: OpenClient, server: ReplicaServer, time: FakeTime
):
    server.interject(Reply(status=429, headers={"Retry-After": stated}))
    assert open_client().get(server.address).body == b"hello"
    assert len(time.slept) == 1
    assert 30 <= time.slept[0] <= 33.1


def test_a_wait_too_long_ends_the_run_and_binds_the_next_one(
    open_client: OpenClient, server: ReplicaServer, time: FakeTime
):
    server.interject(Reply(status=503, headers={"Retry-After": "7200"}))
    with pytest.raises(SourceUnavailableError, match="left alone until 2026-03-02 14:1") as caught:
        open_client().get(server.address)
    assert caught.value.retry_at is not None
    assert caught.value.retry_at >= time.at.replace(hour=14)
    with pytest.raises(SourceUnavailableError, match="left alone"):
        open_client().get(server.address)
    assert len(server.requests) == 1
    time.at = caught.value.retry_at
    assert open_client().get(server.address).body == b"hello"


@pytest.mark.parametrize(("status", "words"), [(400, "bad verb"), (404, "moved"), (401, "key")])
def test_a_refusal_is_not_asked_again(
    status: int, words: str, open_client: OpenClient, server: ReplicaServer
):
    server.interject(Reply(b"bad verb", status=status, content_type="text/plain"))
    with pytest.raises(SourceRefusedError, match=rf"{status}.*bad verb") as caught:
        open_client().get(server.address)
    assert words in str(caught.value)
    assert len(server.requests) == 1


def test_no_network_is_said(open_client: OpenClient):
    with pytest.raises(SourceUnavailableError, match="cannot be found: there is no network"):
        open_client().get("https://nowhere.invalid/")


def test_a_slow_answer_is_cut_off(
    open_client: OpenClient, server: ReplicaServer, time: FakeTime, monkeypatch: pytest.MonkeyPatch
):
    client = open_client(retry=RetryPolicy(tries=1, answer_timeout=10))
    ticks = iter(range(0, 1000, 4))
    clock = time.clock
    client._clock = type(clock)(clock.now, lambda: next(ticks), clock.sleep, clock.draw)
    server.interject(Reply(b"x" * 20_000, pace=0.01))
    with pytest.raises(SourceUnavailableError, match="longer than 10 s"):
        client.get(server.address)


def test_a_silent_server_is_left(open_client: OpenClient, server: ReplicaServer):
    server.interject(Reply(b"late", delay=0.5))
    client = open_client(retry=RetryPolicy(tries=1, read_timeout=0.1))
    with pytest.raises(SourceUnavailableError, match="in time"):
        client.get(server.address)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "raw deflate"])
def test_packed_answers_are_unpacked(coding: str, open_client: OpenClient, server: ReplicaServer):
    raw = zlib.compressobj(wbits=-15)
    packed = {
        "gzip": gzip.compress(b"papers" * 100),
        "deflate": zlib.compress(b"papers" * 100),
        "raw deflate": raw.compress(b"papers" * 100) + raw.flush(),
    }[coding]
    server.interject(Reply(packed, headers={"Content-Encoding": coding.removeprefix("raw ")}))
    assert open_client().get(server.address).body == b"papers" * 100


@pytest.mark.parametrize("packed", [False, True])
def test_a_body_too_large_is_refused_also_once_unpacked(
    packed: bool, open_client: OpenClient, server: ReplicaServer
):
    large = b"\0" * (3 << 20)
    reply = Reply(gzip.compress(large), headers={"Content-Encoding": "gzip"})
    server.interject(reply if packed else Reply(large))
    with pytest.raises(SourceRefusedError, match="more than 1 MiB"):
        open_client(retry=RetryPolicy(body_bytes=1 << 20)).get(server.address)


def test_a_packing_that_was_not_asked_for_is_refused(
    open_client: OpenClient, server: ReplicaServer
):
    server.interject(Reply(b"...", headers={"Content-Encoding": "zstd"}))
    with pytest.raises(SourceRefusedError, match="zstd"):
        open_client().get(server.address)


def test_redirects_are_followed_and_a_move_for_good_is_told(
    open_client: OpenClient, server: ReplicaServer
):
    client = open_client()
    elsewhere = named(server, "other.example") + "/c"
    server.interject(redirect("/b", 302), redirect(elsewhere, 301))
    assert client.get(f"{server.address}/a").address == elsewhere
    assert client.moved == {}
    server.interject(redirect("/b", 308), redirect(elsewhere, 301))
    assert client.get(f"{server.address}/a").address == elsewhere
    assert client.moved == {f"{server.address}/a": elsewhere}


def test_redirects_without_end_are_refused(open_client: OpenClient, server: ReplicaServer):
    server.interject(*[redirect("/again")] * 20)
    with pytest.raises(SourceRefusedError, match="leads on and on"):
        open_client().get(server.address)
    assert len(server.requests) == 6


@pytest.mark.parametrize("target", ["http://localhost/", "file:///etc/passwd", "http://[::1]/x"])
def test_a_redirect_to_a_private_address_is_refused(
    target: str, open_client: OpenClient, server: ReplicaServer
):
    server.interject(redirect(target))
    with pytest.raises(AddressRefusedError, match=r"private network|no web address"):
        open_client().get(server.address)
    assert len(server.requests) == 1


def test_a_private_host_is_asked_only_where_the_settings_name_it(
    open_client: OpenClient, server: ReplicaServer
):
    with pytest.raises(AddressRefusedError, match=r"private_hosts = \[\"papers.example:\d+\"\]"):
        open_client(private=["127.0.0.1", "papers.example:1"]).get(named(server))
    assert server.requests == []
    port = server.address.rpartition(":")[2]
    assert open_client(private=[f"papers.example:{port}"]).get(named(server)).status == 200


def test_the_name_is_looked_up_once_and_the_checked_address_is_asked(
    open_client: OpenClient, server: ReplicaServer, monkeypatch: pytest.MonkeyPatch
):
    """A name server that says something public first and 127.0.0.1 then gains nothing."""
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    client = open_client()
    backend = client._http._transport._pool._network_backend
    monkeypatch.setattr(backend, "_resolve", lambda host, port: next(answers))
    assert client.get(named(server)).status == 200
    assert next(answers) == ["10.0.0.1"]
    assert server.requests[0].headers["host"].startswith("papers.example:")


def test_keys_are_shown_nowhere(
    open_client: OpenClient, server: ReplicaServer, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    client, params = open_client(), {"api_key": "geheim/123", "q": "x"}
    headers = {"Authorization": "Bearer sesam-öffne-dich".replace("ö", "o")}
    answer = client.get(f"http://me:pass+word@{server.address[7:]}/a", params, headers)
    assert answer.address == f"{server.address}/a?q=x"
    assert server.requests[0].params == params
    echo = json.dumps(["no geheim/123", "geheim%2F123", "sesam-offne-dich", "pass+word"])
    server.interject(*[Reply(echo, status=503, content_type="text/plain")] * 5)
    server.interject(Reply(echo, status=400, content_type="text/plain"))
    errors = []
    for _ in range(2):
        with pytest.raises((SourceUnavailableError, SourceRefusedError)) as caught:
            client.get(f"http://me:pass+word@{server.address[7:]}/a", params, headers)
        errors.append(str(caught.value))
    for text in (*errors, caplog.text):
        assert not [secret for secret in ("geheim", "sesam", "pass+word") if secret in text]
    assert "503" in errors[0]
    assert "400" in errors[1]


def test_keys_go_to_the_host_they_were_meant_for_only(
    open_client: OpenClient, server: ReplicaServer
):
    client = open_client()
    server.interject(redirect(named(server, "other.example") + "/b"))
    client.get(named(server), headers={"x-api-key": "geheim", "Accept": "text/xml"})
    assert server.requests[0].headers["x-api-key"] == "geheim"
    assert "x-api-key" not in server.requests[1].headers
    assert server.requests[1].headers["accept"] == "text/xml"
    server.interject(redirect(named(server, "other.example") + "/b?api_key=geheim"))
    with pytest.raises(AddressRefusedError, match="pass a key on"):
        client.get(named(server), {"api_key": "geheim"})


def test_what_has_not_changed_is_not_sent_again(open_client: OpenClient, server: ReplicaServer):
    stored: dict[str, Validators] = {}
    client = open_client(find_validators=stored.get)
    assert client.get(f"{server.address}/feed", if_changed=True).status == 200
    # Not yet stored: a crash now must bring the same answer again.
    assert client.get(f"{server.address}/feed", if_changed=True).status == 200
    stored.update(client.take_validators())
    assert stored == {f"{server.address}/feed": Validators('"1"', "")}
    again = client.get(f"{server.address}/feed", if_changed=True)
    assert (again.status, again.body) == (304, b"")
    assert client.take_validators() == {}
    assert client.get(f"{server.address}/feed").status == 200


def test_the_days_budget_is_kept_and_begins_anew(
    open_client: OpenClient, server: ReplicaServer, time: FakeTime
):
    policy = Policy(spacing=0, daily_budget=3)
    for _ in range(3):
        open_client(policy).get(server.address)
    with pytest.raises(SourceUnavailableError, match="budget of 3 requests") as caught:
        open_client(policy).get(server.address)
    assert str(caught.value.retry_at) == "2026-03-03 00:00:00+00:00"
    assert len(server.requests) == 3
    time.at = caught.value.retry_at
    assert open_client(policy).get(server.address).status == 200


def test_requests_are_spaced_also_among_sources_that_share(
    open_client: OpenClient, server: ReplicaServer, time: FakeTime
):
    policy = Policy(spacing=3, shared="archive", daily_budget=2)
    open_client(policy, source="one").get(server.address)
    open_client(policy, source="two").get(server.address)
    open_client(policy, source="one").get(server.address)
    assert time.slept == [3, 3]
    open_client(Policy(spacing=3), source="three").get(server.address)
    assert time.slept == [3, 3]
