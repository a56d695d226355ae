"""The steps of the container file, without a container engine.

Copying, installing, starting and the health check are done as the file says, in a folder
in place of ``/opt``. The server runs as the file's user, with a root that cannot be written, and
may not make memory executable, as the service of systemd demands too.
"""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from proxy_servers import free_ports

pytestmark = pytest.mark.distribution

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 90
CONFINED = """\
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, EINVAL = 65, 1, 22  # since Linux 6.3
if libc.prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) and ctypes.get_errno() != EINVAL:
    raise SystemExit("prctl failed")
os.execvp(sys.argv[1], sys.argv[1:])
"""


@dataclass
class Stage:
    """The instructions of one stage, in order: name and the rest."""

    steps: list[tuple[str, str]]

    def all(self, name: str) -> list[str]:
        return [rest for step, rest in self.steps if step == name]


def read_stages() -> list[Stage]:
    text = re.sub(r"^#.*\n", "", (ROOT / "deploy/Containerfile").read_text(), flags=re.MULTILINE)
    stages: list[Stage] = []
    for line in text.replace("\\\n", " ").splitlines():
        name, _, rest = line.strip().partition(" ")
        if name == "FROM":
            stages.append(Stage([]))
        elif name:
            stages[-1].steps.append((name, rest.strip()))
    return stages


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """In place of the container's root; the file's user must be able to enter it."""
    with tempfile.TemporaryDirectory(prefix="container-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="module")
def installed(folder: Path) -> Path:
    """``/opt/broadsheet`` as the first stage makes it."""
    reached = subprocess.run(
        [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder), "click"],
        capture_output=True,
    )
    if reached.returncode:
        pytest.skip("no package index can be reached")
    source, target = folder / "source", folder / "opt" / "broadsheet"
    source.mkdir()
    target.parent.mkdir()
    for step, rest in read_stages()[0].steps:
        if step == "COPY":
            *names, place = shlex.split(rest)
            for name in names:
                if (ROOT / name).is_dir():
                    ignored = shutil.ignore_patterns("__pycache__")
                    shutil.copytree(ROOT / name, source / place, ignore=ignored)
                else:
                    shutil.copy(ROOT / name, source / place)
        elif step == "RUN":
            command = rest.replace("/opt/broadsheet", str(target))
            path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
            environment = {**os.environ, "PATH": path, "PYTHONPATH": ""}
            done = subprocess.run(
                ["sh", "-euc", command],
                cwd=source,
                env=environment,
                umask=0o022,
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, done.stderr
    return target


def test_the_second_stage_asks_for_commands_that_there_are() -> None:
    (command,) = read_stages()[1].all("RUN")
    assert subprocess.run(["sh", "-n", "-c", command]).returncode == 0
    for part in command.split("&&"):
        assert shutil.which(shlex.split(part)[0], path="/usr/sbin:/usr/bin:/sbin:/bin")


def test_the_server_starts_healthy_and_writes_only_its_data(folder: Path, installed: Path) -> None:
    if os.geteuid() != 0 or not shutil.which("setpriv") or not shutil.which("unshare"):
        pytest.skip("a root that cannot be written needs root, setpriv and unshare")
    stage = read_stages()[1]
    variables = dict(each.split("=", 1) for each in shlex.split(stage.all("ENV")[0]))
    assert variables["BROADSHEET_HOME"] == stage.all("VOLUME")[0] == "/data"
    user, group = stage.all("USER")[0].split(":")
    data, (port, _) = folder / "data", free_ports()
    data.mkdir()
    os.chown(data, int(user), int(group))
    environment = {
        "PATH": f"{installed}/bin:{os.environ['PATH']}",
        "PYTHONDONTWRITEBYTECODE": variables["PYTHONDONTWRITEBYTECODE"],
        "BROADSHEET_HOME": str(data),
        "BROADSHEET_PORT": str(port),
        "TMPDIR": str(data),  # in a container, /tmp in memory
    }
    entry = json.loads(stage.all("ENTRYPOINT")[0]) + json.loads(stage.all("CMD")[0])
    confined = ["python", "-c", CONFINED, *entry]
    # The Python that runs these tests may lie in the home of root: reading it is permitted.
    reading = ["--inh-caps", "-all,+dac_read_search", "--ambient-caps", "-all,+dac_read_search"]
    dropping = ["setpriv", "--reuid", user, "--regid", group, "--clear-groups", *reading, *confined]
    mounting = f"mount --bind {data} {data} && mount -o remount,bind,ro / && cd {data} && exec "
    command = ["unshare", "--mount", "sh", "-c", mounting + shlex.join(dropping)]
    output = folder / "output"
    check = json.loads(stage.all("HEALTHCHECK")[0].rpartition("CMD ")[2])
    check[-1] = check[-1].replace("8642", str(port))
    with (
        output.open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log, env=environment) as server,
    ):
        try:
            deadline = time.monotonic() + PATIENCE
            while subprocess.run(check, env=environment, capture_output=True).returncode:
                assert server.poll() is None, output.read_text()
                assert time.monotonic() < deadline, output.read_text()
                time.sleep(0.5)
            page = httpx.get(f"http://127.0.0.1:{port}/papers?q=attention")
            assert "Attention Is All You Need" in page.text
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)
    assert server.returncode == 0, output.read_text()
    assert "Traceback" not in output.read_text()
    assert (data / "library.sqlite").stat().st_uid == int(user)
    assert subprocess.run(check, env=environment, capture_output=True).returncode != 0
