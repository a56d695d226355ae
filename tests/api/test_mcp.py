"""The MCP server, with the client of the official SDK over standard input and HTTP."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client, StdioServerParameters, stdio_client

from api_server import served
from broadsheet.api import v1
from broadsheet.config import Settings
from broadsheet.domain.access import OWNER
from broadsheet.home import Home
from broadsheet.web.reference import NativeApi
from broadsheet.wiring import open_services, starter_library

PAPER = "arxiv:1706.03762"
TOOLS = {"search", "read", "similar", "daily", "trending", "collections"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The papers that ship with the program, and a collection."""
    path = tmp_path_factory.mktemp("mcp") / "home"
    with open_services(Home(path).create(), Settings()) as services, starter_library() as papers:
        services.library.import_paths(OWNER, [str(papers)])
        services.admin.index_pending(OWNER)
        collection = services.collections.create(OWNER, "To read")
        services.collections.add(OWNER, collection.id, PAPER, "soon")
    return path


def _command(home: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "broadsheet", "--home", str(home), "mcp", *options]


@contextmanager
def _served(home: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(_command(home, "--http", "--port", str(port)))
    address = f"http://127.0.0.1:{port}/mcp"
    try:
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", port), 5).close()
                break
            except OSError:
                assert server.poll() is None
                time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait(20)


async def _use_every_tool(client: Client) -> None:
    tools = (await client.list_tools()).tools
    assert {tool.name for tool in tools} == TOOLS
    assert all("At most" in (tool.description or "") for tool in tools)

    async def call(tool: str, /, **arguments: Any) -> dict[str, Any]:
        result = await client.call_tool(tool, arguments)
        assert not result.is_error, result.content
        (block,) = result.content
        values: dict[str, Any] = json.loads(block.text)
        assert "untrusted" in values["notice"]
        return values

    found = await call("search", query="attention is all you need", limit=3)
    assert found["papers"][0]["id"] == PAPER
    (paper,) = (await call("read", names=["1706.03762"]))["papers"]
    assert paper["title"] == "Attention Is All You Need"
    near = await call("similar", name=PAPER, limit=4)
    assert len(near["papers"]) == 4
    day = paper["day"]
    assert PAPER in {each["id"] for each in (await call("daily", period=day))["papers"]}
    assert (await call("trending", window="month"))["papers"] == []
    (listed,) = (await call("collections"))["collections"]
    (kept,) = (await call("collections", collection=listed["id"]))["papers"]
    assert (kept["id"], kept["note"]) == (PAPER, "soon")
    for name, arguments in (
        ("read", {"names": ["arxiv:0000.00000"]}),
        ("search", {"query": "a", "limit": 51}),
        ("search", {"query": "a" * 2000}),
        ("daily", {"period": "yesterday"}),
    ):
        refusal = await client.call_tool(name, arguments)
        assert refusal.is_error
        assert "Traceback" not in str(refusal.content)


def test_an_assistant_reads_over_standard_input(home: Path) -> None:
    command, *rest = _command(home)
    parameters = StdioServerParameters(command=command, args=rest, env=dict(os.environ))

    async def use() -> None:
        async with Client(stdio_client(parameters)) as client:
            await _use_every_tool(client)

    asyncio.run(asyncio.wait_for(use(), 60))


def test_an_assistant_reads_a_library_elsewhere(home: Path) -> None:
    with open_services(Home(home), Settings()) as services:
        native = NativeApi(v1.PREFIX, v1.compose_problem, v1.describe)
        with served(services, [v1.router], native=native) as address:
            rest = ["-m", "broadsheet", "--server", address, "mcp"]
            parameters = StdioServerParameters(
                command=sys.executable, args=rest, env=dict(os.environ)
            )

            async def use() -> None:
                async with Client(stdio_client(parameters)) as client:
                    await _use_every_tool(client)

            asyncio.run(asyncio.wait_for(use(), 60))


def test_an_assistant_reads_over_http_and_other_pages_do_not(home: Path) -> None:
    with _served(home) as address:

        async def use() -> None:
            async with Client(address) as client:
                await _use_every_tool(client)

        asyncio.run(asyncio.wait_for(use(), 60))
        ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        accepted = {"Accept": "application/json, text/event-stream"}
        for headers in ({"Host": "evil.example.org"}, {"Origin": "http://evil.example.org"}):
            answer = httpx.post(address, json=ping, headers=accepted | headers, timeout=10)
            assert 400 <= answer.status_code < 500
