"""The server as a process: its address, its end, and an address it cannot have."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest
from fake_library import FakeLibrary

from broadsheet.config import Settings
from broadsheet.domain.errors import InvalidInputError
from broadsheet.web.server import address_of, serve

PROGRAM = """
from fake_library import FakeLibrary
from broadsheet.config import Settings
from broadsheet.web.server import serve
serve(FakeLibrary([]).services, Settings(port=0), lambda address: print(address, flush=True))
print("closed")
"""


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_its_address_and_ends_cleanly(ending: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])},
    )
    assert process.stdout
    address = process.stdout.readline().strip()
    assert address.startswith("http://127.0.0.1:")
    with urlopen(address) as answer:
        assert b"The library is empty" in answer.read()
    process.send_signal(ending)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "closed\n", "")


def test_a_port_in_use_is_refused_with_a_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        with pytest.raises(InvalidInputError, match=f"127.0.0.1:{port} .*--port"):
            serve(FakeLibrary([]).services, Settings(port=port), print)


def test_a_host_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="cannot listen on 'no"):
        serve(FakeLibrary([]).services, Settings(host="no.such.host.invalid", port=0), print)


def test_an_address_for_everyone_is_opened_as_localhost() -> None:
    with socket.create_server(("0.0.0.0", 0)) as listener:
        assert address_of(listener).startswith("http://localhost:")
