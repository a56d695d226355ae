"""Transports for messages: an SMTP server, a sendmail program, or a folder of files.

A transport never raises for a mail server's answer: it returns a ``Submission``. Outcomes follow
RFC 5321, 4.2.1: 4yz is temporary, 5yz is permanent for this recipient. A problem of the server and
not the recipient (no connection, refused sign-in, 421, 5yz to MAIL) is temporary: the reader's
address is not to blame.
"""

import asyncio
import os
import re
import secrets
import ssl
import subprocess
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from broadsheet.digest.message import Envelope
from broadsheet.domain.digest import Submission

if TYPE_CHECKING:
    from aiosmtplib import SMTP

Security = Literal["none", "starttls", "tls"]
_TIMEOUT = 60.0
"""Seconds for each command of a session."""
_MESSAGES_PER_CONNECTION = 100


class Transport(Protocol):
    """Hands messages over. Used from one event loop; ``submit`` may run many at once."""

    async def submit(self, envelope: Envelope) -> Submission: ...

    async def check(self) -> str:
        """Try the way without sending anything; return the problem in words, "" for none."""
        ...

    async def close(self) -> None:
        """Say goodbye to the server, if there is one."""
        ...


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Address and credentials of the SMTP server."""

    host: str
    port: int
    security: Security = "starttls"
    user: str = ""
    password: str = ""
    ca_file: str = ""
    """Certificates to trust beside the system's: for a server with its own authority."""


class SmtpTransport:
    """Implements Transport over a few connections that are kept open and used in turn."""

    def __init__(self, server: SmtpServer, connections: int = 4) -> None:
        self._server = server
        self._free: asyncio.LifoQueue[_Connection] = asyncio.LifoQueue()
        for _ in range(connections):
            self._free.put_nowait(_Connection(server))

    async def submit(self, envelope: Envelope) -> Submission:
        """See Transport. A connection that broke before the message was handed over is opened
        once more; afterwards the outcome is unknown, and the answer is "temporary"."""
        async with self._connection() as connection:
            return await connection.submit(envelope)

    async def check(self) -> str:
        """See Transport. Connects, with TLS and signing in as set."""
        async with self._connection() as connection:
            problem = await connection.check()
            await connection.close()
            return problem

    async def close(self) -> None:
        """See Transport."""
        while not self._free.empty():
            await self._free.get_nowait().close()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator["_Connection"]:
        connection = await self._free.get()
        try:
            yield connection
        finally:
            self._free.put_nowait(connection)


class _Connection:
    def __init__(self, server: SmtpServer) -> None:
        import aiosmtplib

        self._server = server
        self._library = aiosmtplib
        self._smtp: SMTP | None = None
        self._messages = 0

    async def submit(self, envelope: Envelope) -> Submission:
        errors = self._library
        try:
            smtp = await self._begin(envelope.sender)
            await smtp.rcpt(envelope.recipient)
        except errors.SMTPSenderRefused as error:
            await self.close()
            return Submission("temporary", f"the sender was refused: {_words(error)}")
        except errors.SMTPRecipientRefused as error:
            await self._reset()
            return Submission(_outcome(error.code), _words(error))
        except errors.SMTPAuthenticationError as error:
            await self.close()
            return Submission("temporary", f"signing in was refused: {_words(error)}")
        except (errors.SMTPException, OSError) as error:
            await self.close()
            return Submission("temporary", f"{self._place()}: {_words(error)}")
        try:
            response = await smtp.data(envelope.content)
        except errors.SMTPDataError as error:
            await self._reset()
            return Submission(_outcome(error.code), _words(error))
        except (errors.SMTPException, OSError) as error:
            await self.close()
            return Submission("temporary", f"{self._place()}: {_words(error)}")
        self._messages += 1
        return Submission("sent", f"{response.code} {response.message}"[:200])

    async def check(self) -> str:
        try:
            await self._open()
        except self._library.SMTPAuthenticationError as error:
            return f"{self._place()}: signing in was refused: {_words(error)}"
        except (self._library.SMTPException, OSError) as error:
            return f"{self._place()}: {_words(error)}"
        return ""

    async def _begin(self, sender: str) -> "SMTP":
        smtp = await self._open()
        try:
            await smtp.mail(sender)
        except self._library.SMTPServerDisconnected:
            # The server closed an idle connection; nothing was handed over yet.
            await self.close()
            smtp = await self._open()
            await smtp.mail(sender)
        return smtp

    async def _open(self) -> "SMTP":
        if self._smtp is not None and (
            not self._smtp.is_connected or self._messages >= _MESSAGES_PER_CONNECTION
        ):
            await self.close()
        if self._smtp is None:
            server = self._server
            context = ssl.create_default_context()
            if server.ca_file:
                context.load_verify_locations(server.ca_file)
            smtp = self._library.SMTP(
                hostname=server.host,
                port=server.port,
                use_tls=server.security == "tls",
                start_tls=server.security == "starttls",
                tls_context=None if server.security == "none" else context,
                username=server.user or None,
                password=server.password or None,
                timeout=_TIMEOUT,
            )
            await smtp.connect()
            self._smtp, self._messages = smtp, 0
        return self._smtp

    async def _reset(self) -> None:
        try:
            if self._smtp is not None:
                await self._smtp.rset()
        except (self._library.SMTPException, OSError):
            await self.close()

    async def close(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            try:
                await smtp.quit(timeout=5)
            except (self._library.SMTPException, OSError):
                smtp.close()

    def _place(self) -> str:
        return f"{self._server.host}:{self._server.port}"


class SendmailTransport:
    """Implements Transport by a program that reads a message, as sendmail does."""

    def __init__(self, program: str) -> None:
        self._program = program

    async def submit(self, envelope: Envelope) -> Submission:
        """See Transport. The program's exit status decides (sysexits.h: 75 is temporary)."""
        command = [self._program, "-i", "-f", envelope.sender, "--", envelope.recipient]
        try:
            run = await asyncio.to_thread(
                subprocess.run,
                command,
                input=envelope.content,
                capture_output=True,
                timeout=_TIMEOUT,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return Submission("temporary", f"{self._program}: {error}")
        if run.returncode == 0:
            return Submission("sent", "handed to the mail program")
        words = run.stderr.decode("utf-8", "replace").strip()[:200]
        permanent = run.returncode in (65, 67, 68)  # bad data, no such user, no such host
        return Submission("permanent" if permanent else "temporary", words)

    async def check(self) -> str:
        """See Transport."""
        if os.access(self._program, os.X_OK):
            return ""
        return f"{self._program}: is no program that this user can run"

    async def close(self) -> None:
        """Nothing is open."""


class FolderTransport:
    """Implements Transport by files, one message each, in the form of a Maildir's ``new``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def submit(self, envelope: Envelope) -> Submission:
        """See Transport. A file appears in one step, whole."""
        name = f"{time.time_ns()}-{secrets.token_hex(4)}.eml"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            partial = self._folder / f".{name}"
            with partial.open("wb") as file:
                file.write(envelope.content)
                file.flush()
                os.fsync(file.fileno())
            partial.rename(self._folder / name)
        except OSError as error:
            return Submission("temporary", f"{self._folder}: {error.strerror}")
        return Submission("sent", name)

    async def check(self) -> str:
        """See Transport. The folder is made when the first message comes."""
        return ""

    async def close(self) -> None:
        """Nothing is open."""


class DomainPace:
    """At most so many messages a minute to one domain: large providers refuse bursts."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        """``per_minute`` 0 is no limit. ``clock`` gives seconds."""
        self._per_minute = per_minute
        self._clock = clock
        self._sent: dict[str, deque[float]] = defaultdict(deque)

    def wait_for(self, recipient: str) -> float:
        """Seconds until a message to this recipient may leave; 0 counts it as sent now."""
        if not self._per_minute:
            return 0.0
        sent = self._sent[recipient.rpartition("@")[2].lower()]
        now = self._clock()
        while sent and sent[0] <= now - 60:
            sent.popleft()
        if len(sent) >= self._per_minute:
            return sent[0] + 60 - now
        sent.append(now)
        return 0.0


def _outcome(code: int) -> Literal["temporary", "permanent"]:
    return "permanent" if 500 <= code < 600 else "temporary"


def _words(error: Exception) -> str:
    """The server's words on one line, with its code if it gave one."""
    code = getattr(error, "code", None)
    text = getattr(error, "message", None) or str(error) or type(error).__name__
    text = re.sub(r"\s+", " ", str(text)).strip()
    return f"{code} {text}"[:300] if isinstance(code, int) and code > 0 else text[:300]
