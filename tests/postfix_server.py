"""A real Postfix in a temporary directory that hands all mail on to another port, for tests.

The programs are those of Debian's package ``postfix``. Its master starts as root only.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_DAEMONS = Path("/usr/lib/postfix/sbin")

_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = loopback-only
inet_protocols = ipv4
myhostname = relay.example.org
mydestination =
mynetworks = 127.0.0.0/8
relayhost = [127.0.0.1]:{target}
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
alias_maps =
alias_database =
local_recipient_maps =
smtpd_relay_restrictions = permit_mynetworks, reject
"""
_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def reason_to_skip() -> str:
    """Why no server can be started here; "" if one can."""
    if os.geteuid() != 0:
        return "Postfix starts as root only"
    if shutil.which("postfix") is None or not _DAEMONS.is_dir():
        return "Postfix is not installed; run: make postfix"
    return ""


@contextmanager
def run_postfix(target: int) -> Iterator[int]:
    """Run a server that relays to the port ``target``; yield its own port."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="postfix-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        for part in ("conf", "queue", "data"):
            folder.joinpath(part).mkdir()
        os.chown(folder / "data", pwd.getpwnam("postfix").pw_uid, -1)
        values = {"folder": folder, "daemons": _DAEMONS, "port": port, "target": target}
        folder.joinpath("conf", "main.cf").write_text(_MAIN.format(**values))
        folder.joinpath("conf", "master.cf").write_text(_MASTER.format(**values))
        _command(folder, "start")
        try:
            yield port
        finally:
            _command(folder, "stop")
            deadline = time.monotonic() + 10
            while folder.joinpath("queue", "pid", "master.pid").exists():
                running = subprocess.run(
                    ["postfix", "-c", str(folder / "conf"), "status"],
                    capture_output=True,
                    check=False,
                )
                if running.returncode or time.monotonic() > deadline:
                    break
                time.sleep(0.1)


def free_port() -> int:
    """A port of this machine that nothing uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _command(folder: Path, verb: str) -> None:
    done = subprocess.run(
        ["postfix", "-c", str(folder / "conf"), verb], capture_output=True, text=True, check=False
    )
    if done.returncode:
        log = folder / "log"
        raise AssertionError(done.stderr + (log.read_text() if log.exists() else ""))
