"""Two processes of one home ask one server one at a time and no faster than its spacing."""

import itertools
import os
import subprocess
import sys
from pathlib import Path

import broadsheet
from replicas.server import ReplicaServer, Reply

SPACING = 0.3
ASK = """
import sys
from pathlib import Path
from broadsheet.sources.opening import open_client
from broadsheet.net.waiting import Clock
from broadsheet.sources.configured import ConfiguredSource
from broadsheet.sources.source import Policy
from types import SimpleNamespace

folder, address, spacing, name = sys.argv[1:]
source = SimpleNamespace(name=name, policy=Policy(spacing=float(spacing), shared="archive"))
chosen = ConfiguredSource(source, None, True, None)
with open_client(Path(folder), "", ["127.0.0.1"], chosen, lambda address: None, Clock()) as client:
    for _ in range(4):
        client.get(address)
"""


def test_two_processes_keep_the_spacing_between_them(tmp_path: Path):
    environment = os.environ | {"PYTHONPATH": str(Path(broadsheet.__file__).parents[1])}
    with ReplicaServer(lambda request: Reply("hello", delay=0.05)) as server:
        running = [
            subprocess.Popen(
                [sys.executable, "-c", ASK, str(tmp_path), server.address, str(SPACING), name],
                env=environment,
            )
            for name in ("one", "two")
        ]
        assert [process.wait() for process in running] == [0, 0]
        began = sorted(request.began for request in server.requests)
    assert len(began) == 8
    assert server.most_at_once == 1
    # From the end of one to the start of the next; the server saw them begin.
    gaps = [after - before for before, after in itertools.pairwise(began)]
    assert min(gaps) >= SPACING
