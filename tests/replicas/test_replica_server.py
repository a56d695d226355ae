"""The server itself fulfils the assumptions of the client's tests."""

import httpx
import pytest

from replicas.server import ReceivedRequest, ReplicaServer, Reply, json_reply


def echo(request: ReceivedRequest) -> Reply:
    return json_reply({"path": request.path, **request.params}, headers={"ETag": '"1"'})


def test_answers_and_remembers_what_was_asked():
    with ReplicaServer(echo) as server, httpx.Client() as client:
        assert client.get(f"{server.address}/a", params={"q": "ü x"}).json() == {
            "path": "/a",
            "q": "ü x",
        }
        client.post(f"{server.address}/b", json={"ids": [1]})
    assert [(request.method, request.path) for request in server.requests] == [
        ("GET", "/a"),
        ("POST", "/b"),
    ]
    assert server.requests[1].json == {"ids": [1]}
    assert server.most_at_once == 1


def test_who_has_it_already_gets_304():
    with ReplicaServer(echo) as server:
        response = httpx.get(server.address, headers={"If-None-Match": '"1"'})
        assert (response.status_code, response.content) == (304, b"")
        assert httpx.get(server.address, headers={"If-None-Match": '"0"'}).status_code == 200


def test_interjections_come_first_and_in_order():
    with ReplicaServer(echo) as server:
        server.interject(
            Reply(status=503, headers={"Retry-After": "7"}), None, Reply(b"x" * 5000, cut_at=100)
        )
        refused = httpx.get(server.address)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "7")
        assert httpx.get(server.address).status_code == 200
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(server.address)
        assert httpx.get(server.address).status_code == 200
