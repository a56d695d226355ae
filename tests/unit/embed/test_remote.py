"""The remote embedder against a real HTTP server that answers as embedding servers do."""

import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest

pytest.importorskip("httpx", reason="the remote embedder needs httpx")

from broadsheet.embed.embedder import EmbedderUnavailableError
from broadsheet.embed.plugin import Encoding
from broadsheet.embed.remote import RemoteEmbedder, parse_answer
from broadsheet.embed.remote_endpoint import KEY_VARIABLE
from broadsheet.net.waiting import Clock, RetryPolicy

DIMENSIONS = 32
KEY = "sk-secret-0123456789"


def encode(text: str, model: str = "m") -> list[float]:
    """Return a vector a word, added up: texts that share words are close."""
    vector = np.zeros(DIMENSIONS)
    for word in text.lower().split():
        seed = int.from_bytes(hashlib.sha256(f"{model} {word}".encode()).digest()[:4], "big")
        vector += np.random.default_rng(seed).standard_normal(DIMENSIONS)
    return [float(number) for number in vector]


class Server(ThreadingHTTPServer):
    """Answers ``/v1/embeddings``; ``scripted`` answers come first, one a request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.scripted: list[Callable[[Handler], None]] = []
        self.most_texts = 2_048
        self.most_letters = 1_000_000
        self.weights = "m"

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    @property
    def texts(self) -> list[str]:
        """All texts of all requests but the probe."""
        every = [text for request in self.requests for text in request["input"]]
        return [text for text in every if not text.startswith("Broadsheet asks")]


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(body)
        self.server.headers.append(dict(self.headers))
        if self.server.scripted:
            self.server.scripted.pop(0)(self)
        elif self.path != "/v1/embeddings":
            self.say(404, {"error": {"message": "no such path"}})
        elif len(body["input"]) > self.server.most_texts:
            self.say(422, {"error": "batch size too large"})
        elif any(len(text) > self.server.most_letters for text in body["input"]):
            self.say(413, {"error": "input is too long"})
        else:
            self.say(200, self.compose(body["input"]))

    def compose(self, texts: list[str]) -> dict[str, Any]:
        rows = [
            {"object": "embedding", "index": place, "embedding": encode(text, self.server.weights)}
            for place, text in enumerate(texts)
        ]
        return {"object": "list", "data": rows[::-1], "model": "m", "usage": {}}

    def say(self, status: int, answer: object, **headers: str) -> None:
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def answer(status: int, body: object = b"{}", **headers: str) -> Callable[[Handler], None]:
    return lambda handler: handler.say(status, body, **headers)


def cut_off(handler: Handler) -> None:
    """Promise more than is sent."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"data": [')
    handler.close_connection = True


def trickle(handler: Handler) -> None:
    """Send a byte now and then, for ever: no single read takes long."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    for _ in range(200):
        try:
            handler.wfile.write(b" ")
            handler.wfile.flush()
        except OSError:
            return
        time.sleep(0.05)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def clock(waits: list[float]) -> Clock:
    """A clock that notes waits instead of waiting."""
    return Clock(sleep=lambda seconds: waits.append(seconds) if seconds else None)


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def remote(server: Server, waits: list[float], monkeypatch: pytest.MonkeyPatch) -> RemoteEmbedder:
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    return RemoteEmbedder(server.address, "m", clock=clock(waits))


def expect(text: str) -> np.ndarray:
    vector = np.array(encode(text))
    return vector / np.linalg.norm(vector)


def test_vectors_come_back_in_the_order_of_the_texts(remote: RemoteEmbedder) -> None:
    vectors = remote.encode_queries(["graph networks", "protein folding", "stars"])
    assert vectors.dtype == np.float32
    for row, text in zip(vectors, ["graph networks", "protein folding", "stars"], strict=True):
        np.testing.assert_allclose(row, expect(text), atol=2e-3)  # float16 on the way
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert remote.dimensions == DIMENSIONS


def test_blank_texts_are_zeros_and_not_sent(server: Server, remote: RemoteEmbedder) -> None:
    vectors = remote.encode_documents(["", "Graphs"], [" \n", "Networks."])
    assert not vectors[0].any()
    assert vectors[1].any()
    assert server.texts == ["Graphs\nNetworks."]
    assert remote.encode_documents([], []).shape == (0, DIMENSIONS)


def test_half_a_surrogate_pair_does_not_fail_the_rest(remote: RemoteEmbedder) -> None:
    assert remote.encode_queries(["graph \ud800", "x"]).any(axis=1).all()


def test_prompts_go_before_queries_and_papers(server: Server) -> None:
    encoding = Encoding(query_prompt="query: ", document_prompt="passage: ")
    remote = RemoteEmbedder(server.address, "m", encoding)
    remote.encode_queries(["graph"])
    remote.encode_documents(["graph"], ["net"])
    assert server.texts == ["query: graph", "passage: graph\nnet"]
    plain = RemoteEmbedder(server.address, "m")
    only_query = RemoteEmbedder(server.address, "m", Encoding(query_prompt="query: "))
    assert plain.name != remote.name
    assert plain.name == only_query.name  # stored vectors stay good


def test_requests_are_bounded_by_texts_and_by_characters(
    server: Server, remote: RemoteEmbedder
) -> None:
    remote.encode_documents([f"short {number}" for number in range(70)], [""] * 70)
    assert max(len(request["input"]) for request in server.requests) == 32
    server.requests.clear()
    remote.encode_documents([f"{number} " + "long " * 2_000 for number in range(20)], [""] * 20)
    sizes = [sum(map(len, request["input"])) for request in server.requests]
    assert max(sizes) <= 100_000
    assert len(server.texts) == 20


def test_what_the_server_refuses_as_too_much_is_sent_in_halves(
    server: Server, remote: RemoteEmbedder
) -> None:
    server.most_texts = 5
    server.most_letters = 300
    texts = [f"short {number}" for number in range(20)] + ["first " + "words " * 200]
    vectors = remote.encode_queries(texts)
    for row, text in zip(vectors[:20], texts, strict=False):
        np.testing.assert_allclose(row, expect(text), atol=2e-3)
    assert vectors[20].any()


def test_a_server_that_refuses_everything_is_an_error_with_its_words(
    server: Server, remote: RemoteEmbedder
) -> None:
    server.scripted = [answer(400, {"error": "model m is not an embedding model"})] * 50
    with pytest.raises(EmbedderUnavailableError, match="not an embedding model"):
        remote.encode_queries(["graph"])
    assert len(server.requests) < 10


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_passing_failures_are_tried_again(
    status: int, server: Server, remote: RemoteEmbedder, waits: list[float]
) -> None:
    server.scripted = [answer(status, b"busy")]
    assert remote.encode_queries(["graph"]).any()
    assert len(waits) == 1
    assert 0.2 < waits[0] < 0.6


def test_retry_after_is_honoured_in_seconds_and_as_a_date(
    server: Server, remote: RemoteEmbedder, waits: list[float]
) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    assert remote.dimensions == DIMENSIONS
    server.scripted = [answer(429, Retry_After="7"), answer(503, Retry_After=soon)]
    assert remote.encode_documents(["graph"], [""]).any()
    assert 7 <= waits[0] <= 7.7
    assert 20 < waits[1] <= 33


def test_a_query_does_not_wait_for_an_hour(
    server: Server, remote: RemoteEmbedder, waits: list[float]
) -> None:
    server.scripted = [answer(429, Retry_After="3600")]
    with pytest.raises(EmbedderUnavailableError, match="left alone until"):
        remote.encode_queries(["graph"])
    assert waits == []


def test_waits_grow_and_end(server: Server, remote: RemoteEmbedder, waits: list[float]) -> None:
    assert remote.dimensions == DIMENSIONS
    server.scripted = [answer(500, b"broken pipe")] * 20
    with pytest.raises(
        EmbedderUnavailableError, match=r"has an error of its own \(500\): broken pipe.*6 times"
    ):
        remote.encode_documents(["graph"], [""])
    assert len(waits) == 5
    assert all(1.0 < later / earlier < 4.0 for earlier, later in pairwise(waits))


def test_a_request_whose_answer_is_cut_off_is_repeated(
    server: Server, remote: RemoteEmbedder
) -> None:
    server.scripted = [cut_off]
    np.testing.assert_allclose(remote.encode_queries(["graph"])[0], expect("graph"), atol=2e-3)


def test_an_answer_that_trickles_is_given_up(
    server: Server, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    from broadsheet.embed import remote as module

    monkeypatch.setattr(
        module, "FOR_QUERIES", RetryPolicy(tries=2, answer_timeout=0.3, longest_wait=1)
    )
    server.scripted = [trickle, trickle]
    remote = RemoteEmbedder(server.address, "m", clock=clock(waits))
    with pytest.raises(EmbedderUnavailableError, match="took longer"):
        remote.encode_queries(["graph"])


def test_a_server_that_is_not_there_is_named(waits: list[float]) -> None:
    remote = RemoteEmbedder("http://127.0.0.1:9/v1", "m", clock=clock(waits))
    with pytest.raises(EmbedderUnavailableError, match=r"127\.0\.0\.1:9/v1.*cannot be reached"):
        remote.encode_queries(["graph"])
    assert remote.name.startswith("remote-m-")


ROW = {"index": 0, "embedding": [1.0] * DIMENSIONS}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html>hello</html>", "does not answer JSON"),
        ([1, 2], "no object"),
        ({"error": "x"}, "no list of embeddings"),
        ({"data": []}, "0 embeddings to 1 texts"),
        ({"data": [ROW, ROW]}, "2 embeddings to 1 texts"),
        ({"data": [{**ROW, "index": 3}]}, "'index'"),
        ({"data": [{**ROW, "index": True}]}, "'index'"),
        ({"data": [{"index": 0}]}, "no list of numbers"),
        ({"data": [{"index": 0, "embedding": []}]}, "no list of numbers"),
        ({"data": [{"index": 0, "embedding": "AACAPw=="}]}, "no list of numbers"),
        ({"data": [{"index": 0, "embedding": ["a", "b"]}]}, "no list of numbers"),
        ({"data": [{"index": 0, "embedding": [[1.0], [2.0]]}]}, "no list of numbers"),
        ({"data": [{"index": 0, "embedding": [1.0, None]}]}, "no list of numbers"),
        ({"data": [{"index": 0, "embedding": ["1.0", "2.0"]}]}, "no list of numbers"),
        ({"data": [{"index": 0, "embedding": [1.0, float("nan")]}]}, "not finite"),
        ({"data": [{"index": 0, "embedding": [1e300, 1.0]}]}, "not finite"),
        ({"data": [{"index": 0, "embedding": [1.0, 2.0]}]}, "2 dimensions where it had 32"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_wrong_answers_are_clear_errors(
    body: object, reason: str, server: Server, remote: RemoteEmbedder, waits: list[float]
) -> None:
    assert remote.dimensions == DIMENSIONS
    server.scripted = [answer(200, body)]
    with pytest.raises(EmbedderUnavailableError, match=reason):
        remote.encode_queries(["graph"])
    assert waits == []


def test_texts_of_one_answer_must_agree_in_length() -> None:
    rows = [{"embedding": [1.0, 2.0]}, {"embedding": [1.0]}]
    with pytest.raises(ValueError, match="1 and 2 dimensions"):
        parse_answer({"data": rows}, 2)


def test_servers_that_leave_out_the_index_are_understood() -> None:
    rows = [{"embedding": [1.0, 2.0]}, {"embedding": [3.0, 4.0]}]
    np.testing.assert_array_equal(parse_answer({"data": rows}, 2), [[1, 2], [3, 4]])


@pytest.mark.parametrize("status", [301, 307, 404])
def test_other_addresses_are_not_followed(
    status: int, server: Server, remote: RemoteEmbedder, waits: list[float]
) -> None:
    server.scripted = [answer(status, b"moved", Location="http://127.0.0.1:9/v1/embeddings")]
    with pytest.raises(EmbedderUnavailableError, match=str(status)):
        remote.encode_queries(["graph"])
    assert len(server.requests) == 1


def test_the_key_is_sent_and_never_shown(
    server: Server, remote: RemoteEmbedder, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    assert remote.encode_queries(["graph"]).any()
    assert server.headers[-1]["Authorization"] == f"Bearer {KEY}"
    for status in (400, 401, 403, 404, 418):
        server.scripted = [answer(status, {"error": f"Incorrect API key: {KEY}"})] * 30
        with pytest.raises(EmbedderUnavailableError) as caught:
            remote.encode_queries([f"new {status}"])
        assert KEY not in str(caught.value)
        assert KEY not in caplog.text
        server.scripted = []
    assert KEY not in repr(vars(remote))


def test_a_refused_key_names_the_variable(server: Server, remote: RemoteEmbedder) -> None:
    server.scripted = [answer(401, {"error": "no"})]
    with pytest.raises(EmbedderUnavailableError, match=rf"refuses the key in {KEY_VARIABLE}"):
        remote.encode_queries(["graph"])


def test_without_a_key_none_is_sent_and_the_variable_named(
    server: Server, remote: RemoteEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(KEY_VARIABLE)
    server.scripted = [answer(401, {"error": "no"})]
    with pytest.raises(EmbedderUnavailableError, match=rf"asks for a key.*{KEY_VARIABLE}"):
        remote.encode_queries(["graph"])
    assert "Authorization" not in server.headers[-1]


@pytest.mark.parametrize("key", ["sk-two words", "sk-líne", "sk-a\nX-Other: b"])
def test_a_key_that_no_header_can_hold_is_an_error_without_it(
    key: str, server: Server, remote: RemoteEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, key)
    with pytest.raises(EmbedderUnavailableError, match=KEY_VARIABLE) as caught:
        remote.encode_queries(["graph"])
    assert key not in str(caught.value)
    assert server.requests == []


def test_what_was_answered_is_not_asked_again(server: Server, tmp_path: Path) -> None:
    cache = tmp_path / "cache.db"
    first = RemoteEmbedder(server.address, "m", cache=cache)
    fresh = first.encode_documents(["graph", "graph", "stars"], ["", "", ""])
    assert sorted(server.texts) == ["graph", "stars"]
    second = RemoteEmbedder(server.address, "m", cache=cache)
    cached = second.encode_documents(["stars", "graph"], ["", ""])
    assert sorted(server.texts) == ["graph", "stars"]
    np.testing.assert_array_equal(cached, fresh[[2, 0]])
    other = RemoteEmbedder(server.address, "other", cache=cache)
    other.encode_documents(["graph"], [""])
    assert server.texts.count("graph") == 2


def test_cached_texts_need_no_server(server: Server, tmp_path: Path, waits: list[float]) -> None:
    cache = tmp_path / "cache.db"
    RemoteEmbedder(server.address, "m", cache=cache).encode_queries(["graph"])
    server.scripted = [answer(500)] * 10
    again = RemoteEmbedder(server.address, "m", cache=cache, clock=clock(waits))
    assert again.dimensions == DIMENSIONS
    np.testing.assert_allclose(again.encode_queries(["graph"])[0], expect("graph"), atol=2e-3)
    assert len(server.scripted) == 10


def test_what_came_before_a_failure_is_kept(
    server: Server, tmp_path: Path, waits: list[float]
) -> None:
    remote = RemoteEmbedder(server.address, "m", cache=tmp_path / "c.db", clock=clock(waits))
    assert remote.dimensions == DIMENSIONS
    titles = [f"paper {number}" for number in range(64)]

    def fail_from_now_on(handler: Handler) -> None:
        server.scripted = [answer(500)] * 6
        handler.say(200, handler.compose(server.requests[-1]["input"]))

    server.scripted = [fail_from_now_on]
    with pytest.raises(EmbedderUnavailableError):
        remote.encode_documents(titles, [""] * 64)
    server.requests.clear()
    assert remote.encode_documents(titles, [""] * 64).any(axis=1).all()
    assert len(server.texts) == 32


def test_another_model_under_the_same_name_is_found_out(server: Server, tmp_path: Path) -> None:
    cache = tmp_path / "cache.db"
    RemoteEmbedder(server.address, "m", cache=cache).encode_queries(["graph"])
    server.weights = "another"
    with pytest.raises(EmbedderUnavailableError, match="another model than before"):
        RemoteEmbedder(server.address, "m", cache=cache).encode_queries(["stars"])


def test_many_threads_share_one_embedder(server: Server, tmp_path: Path) -> None:
    remote = RemoteEmbedder(server.address, "m", cache=tmp_path / "cache.db")
    texts = [f"text number {number}" for number in range(40)]
    vectors: dict[int, np.ndarray] = {}

    def use(number: int) -> None:
        vectors[number] = remote.encode_queries(texts[number::4])

    threads = [Thread(target=use, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(4):
        for row, text in zip(vectors[number], texts[number::4], strict=True):
            np.testing.assert_allclose(row, expect(text), atol=2e-3)
