"""One POST to an embeddings address: time limits, retries, and errors without secrets.

Again     on 408, 429, 500, 502, 503, 504, where no connection comes about, where an answer
          is cut off or takes longer than it may; waits double from half a second, with
          jitter, and are as long as ``Retry-After`` asks where it asks.
Key       from the environment variable ``BROADSHEET_EMBEDDER_KEY``, read at each request,
          sent to the configured address only (redirects are not followed), never shown.
"""

from __future__ import annotations

import json
import os
import random
import time
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from broadsheet.embed.embedder import EmbedderUnavailableError

KEY_VARIABLE = "BROADSHEET_EMBEDDER_KEY"
_AGAIN = {408, 429, 500, 502, 503, 504}
_REFUSED = {400, 413, 422}  # what servers answer to a text or a batch that is too long
_MOST_BYTES = 64 << 20  # of an answer: 1,000 vectors of 4,096 numbers take less
_FIRST_WAIT = 0.5
_SERVER_LETTERS = 200
_CHECK = "check address and model; the address ends in /v1 as a rule"


@dataclass(frozen=True)
class Patience:
    """How long to go on: tries, seconds for one whole answer, the longest wait between tries."""

    tries: int
    seconds: float
    longest_wait: float


class RefusedError(Exception):
    """The server does not take these texts; fewer or shorter ones may do."""


class _AgainError(Exception):
    """This try failed, another may not; ``wait`` is what the server asks for, in seconds."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait = wait


class Endpoint:
    """An address that takes JSON and answers JSON.

    Threads: safe. Keeps idle connections open for some seconds, for the next query; they are
    closed with the last reference to this object.
    """

    def __init__(self, url: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._url = url
        self._sleep = sleep
        self._client = httpx.Client(follow_redirects=False)
        weakref.finalize(self, self._client.close)

    def post(self, body: Mapping[str, object], patience: Patience) -> dict[str, Any]:
        """Return the object that the server answers.

        Raises ``EmbedderUnavailableError`` where it does not within the patience, and
        ``RefusedError`` where it refuses what was sent.
        """
        number = 1
        while True:
            try:
                return self._try(body, patience.seconds)
            except _AgainError as failed:
                if number >= patience.tries:
                    raise self.fail(f"{failed.reason} (tried {number} times)") from failed
                wait = failed.wait
                if wait is None:
                    wait = _FIRST_WAIT * 2 ** (number - 1) * random.uniform(0.5, 1.0)
                    wait = min(wait, patience.longest_wait)
                if wait > patience.longest_wait:
                    raise self.fail(f"{failed.reason} and asks to wait {wait:.0f} s") from failed
            self._sleep(wait)
            number += 1

    def fail(self, reason: str, remedy: str = "search by words goes on; try later") -> Exception:
        """Return the error to raise."""
        return EmbedderUnavailableError(self._url, reason, remedy)

    def _try(self, body: Mapping[str, object], seconds: float) -> dict[str, Any]:
        """Ask once."""
        key = self._read_key()
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        ends = time.monotonic() + seconds
        try:
            with self._client.stream(
                "POST", self._url, json=body, headers=headers, timeout=seconds
            ) as response:
                content = bytearray()
                for part in response.iter_bytes():
                    content += part
                    if len(content) > _MOST_BYTES:
                        raise self.fail(f"answers more than {_MOST_BYTES >> 20} MB", _CHECK)
                    if time.monotonic() > ends:
                        raise _AgainError(f"took longer than {seconds:.0f} s")
        except httpx.InvalidURL as error:
            raise self.fail(f"is no legal address ({error})", _CHECK) from error
        except httpx.TimeoutException as error:
            raise _AgainError(f"took longer than {seconds:.0f} s") from error
        except httpx.TransportError as error:
            raise _AgainError(f"cannot be reached ({error or type(error).__name__})") from error
        except httpx.DecodingError as error:
            raise _AgainError(f"answers what cannot be unpacked ({error})") from error
        self._check_status(response, bytes(content), key)
        return self._parse(bytes(content))

    def _read_key(self) -> str:
        """Return the key, empty where none is set; raises where it cannot stand in a header."""
        key = os.environ.get(KEY_VARIABLE, "").strip()
        if not all("!" <= letter <= "~" for letter in key):
            raise self.fail(
                f"the key in {KEY_VARIABLE} has a blank or a letter outside ASCII",
                "set it again",
            )
        return key

    def _check_status(self, response: httpx.Response, content: bytes, key: str) -> None:
        """Raise what the status calls for; 200 passes."""
        status = response.status_code
        if status == 200:
            return
        if status in {401, 403}:  # some servers repeat the key here, so their words are left out
            state = "refuses the key in" if key else "asks for a key, which belongs in"
            raise self.fail(f"{state} {KEY_VARIABLE} ({status})", "set it in the environment")
        said = _quote(content, key)
        if status in _AGAIN:
            raise _AgainError(f"answers {status}{said}", _parse_wait(response.headers))
        if status in _REFUSED:
            raise RefusedError(f"answers {status}{said}")
        raise self.fail(f"answers {status}{said}", _CHECK)

    def _parse(self, content: bytes) -> dict[str, Any]:
        """Return the object in an answer."""
        try:
            answer = json.loads(content)
        except ValueError as error:
            if content.lstrip().startswith(b"{"):
                raise _AgainError("answers JSON that is cut off") from error
            raise self.fail("does not answer JSON", _CHECK) from error
        if not isinstance(answer, dict):
            raise self.fail("answers JSON that is no object", _CHECK)
        return answer


def _quote(content: bytes, key: str) -> str:
    """Return what the server says, short, on one line, without the key."""
    text = " ".join(content.decode("utf-8", "replace").split())
    if key:
        text = text.replace(key, "…")
    text = "".join(letter for letter in text if letter.isprintable())
    return f": {text[:_SERVER_LETTERS]}" if text else ""


def _parse_wait(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that ``Retry-After`` asks for: a number, or the time until a date."""
    stated = headers.get("retry-after", "").strip()
    if stated.isascii() and stated.isdigit():
        return float(stated[:9])
    try:
        moment = parsedate_to_datetime(stated)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
