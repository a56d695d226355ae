"""Two servers, each with its own home and port, over one library in PostgreSQL."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import broadsheet
from broadsheet.wiring import starter_library
from postgresql_server import PostgresqlServer

SECONDS = 60
"""How long to wait for an answer."""


def environment(database: str) -> dict[str, str]:
    source = str(Path(broadsheet.__file__).parents[1])
    return os.environ | {"PYTHONPATH": source, "BROADSHEET_DATABASE_URL": database}


def command(home: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "broadsheet", "--home", str(home), *arguments]


@contextmanager
def serving(home: Path, database: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command(home, "up", "--port", "0"),
        env=environment(database),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate()


def address_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    for line in process.stdout:
        if match := re.search(r"http://\S+", line):
            return match[0].rstrip("/")
    raise AssertionError("the server ended without saying its address")


def text_of(address: str) -> tuple[int, str]:
    try:
        with urlopen(address, timeout=SECONDS) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def wait_for(address: str, text: str) -> None:
    end = time.monotonic() + SECONDS
    while text not in text_of(address)[1]:
        assert time.monotonic() < end, f"{text!r} is not on {address}"
        time.sleep(0.2)


def test_two_servers_share_one_library(tmp_path: Path, postgresql_server: PostgresqlServer) -> None:
    database = postgresql_server.new_database()
    file = tmp_path / "papers.jsonl"
    file.write_text(json.dumps({"id": "arxiv:2401.00001", "title": "Zymurgy of quasicrystals"}))
    homes = tmp_path / "one", tmp_path / "other"
    # Both begin with a database without tables, so both try to make them, at once.
    with serving(homes[0], database) as one, serving(homes[1], database) as other:
        addresses = address_of(one), address_of(other)
        third = command(tmp_path / "third", "import", str(file))
        subprocess.run(third, env=environment(database), check=True, capture_output=True)
        for address in addresses:
            wait_for(f"{address}/papers?q=zymurgy", "of quasicrystals")
            assert text_of(f"{address}/papers/2401.00001")[0] == 200
        listing = subprocess.run(
            command(homes[0], "status", "--json"),
            env=environment(database), capture_output=True, text=True, check=True,
        )  # fmt: skip
        status = json.loads(listing.stdout)
        assert status["database"].startswith("postgresql://postgres@/library_")
        assert status["bytes"]["database"] > 1_000_000
        # The starter library came once, though both servers began with it.
        with starter_library() as starter:
            assert status["papers"] == len(starter.read_text("utf-8").splitlines()) + 1
        assert not list(homes[0].glob("library.sqlite*"))


def test_servers_say_that_the_database_is_gone_and_go_on_when_it_is_back(
    tmp_path: Path, postgresql_server: PostgresqlServer
) -> None:
    database = postgresql_server.new_database()
    with serving(tmp_path / "home", database) as server:
        address = address_of(server)
        assert text_of(address)[0] == 200
        postgresql_server.stop()
        try:
            status, page = text_of(address)
            assert (status, "database" in page) == (503, True)
            assert "Traceback" not in page
            reply = subprocess.run(
                command(tmp_path / "home", "show", "arxiv:1706.03762"),
                env=environment(database), capture_output=True, text=True,
            )  # fmt: skip
            assert reply.returncode == 2
            assert reply.stderr.startswith("broadsheet: postgresql://postgres@/library_")
            assert "cannot be reached" in reply.stderr
        finally:
            postgresql_server.start()
        assert text_of(address)[0] == 200
