"""Post texts to an embeddings address over the project's HTTP client.

The key comes from the environment variable ``BROADSHEET_EMBEDDER_KEY``, read at each request. It is
sent to the configured address only (redirects are not followed) and never shown.
"""

from __future__ import annotations

import json
import os
import weakref
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from broadsheet.domain.errors import (
    AddressRefusedError,
    SourceRefusedError,
    SourceUnavailableError,
)
from broadsheet.embed.embedder import EmbedderUnavailableError
from broadsheet.net.addresses import PORTS, PrivateHosts
from broadsheet.net.client import PoliteClient
from broadsheet.net.transport import CheckedBackend, CheckedTransport
from broadsheet.net.waiting import Clock, RetryPolicy

KEY_VARIABLE = "BROADSHEET_EMBEDDER_KEY"
_TEXTS_TOO_LONG = {400, 413, 422}
"""Statuses with which servers refuse a text or a batch that is too long."""
_CONNECTIONS = 8
"""Queries are not to wait for the papers that another thread embeds."""
_CHECK_ADDRESS = "check address and model; the address ends in /v1 as a rule"


class TextsRefusedError(Exception):
    """The server refuses these texts; it may take fewer or shorter ones."""


class Endpoint:
    """An address that answers JSON with JSON.

    Threads: safe. Idle connections stay open for some seconds, for the next query; they are
    closed with the last reference to this object.
    """

    def __init__(self, url: str, proxy: str = "", clock: Clock | None = None) -> None:
        """``proxy`` is that of the settings; an address in a private network is reached directly."""
        self._url = url
        parts = urlsplit(url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        private = PrivateHosts([f"{host}:{parts.port or PORTS[parts.scheme]}"])
        transport = CheckedTransport(CheckedBackend(private, proxy=proxy), _CONNECTIONS)
        self._client = PoliteClient(transport, clock=clock, most_redirects=0)
        weakref.finalize(self, self._client.close)

    def post(self, body: Mapping[str, object], retry: RetryPolicy) -> dict[str, Any]:
        """Return the object that the server answers.

        Raises ``EmbedderUnavailableError`` if the server fails throughout the retries, and
        ``TextsRefusedError`` if it refuses the texts.
        """
        key = self._read_key()
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        try:
            answer = self._client.post(self._url, body, headers=headers, retry=retry)
        except SourceUnavailableError as error:
            raise EmbedderUnavailableError(
                self._url, str(error), "search by words goes on; try later"
            ) from error
        except SourceRefusedError as error:
            raise self._explain_refusal(error, bool(key)) from error
        except AddressRefusedError as error:
            raise EmbedderUnavailableError(self._url, str(error), _CHECK_ADDRESS) from error
        return self._parse(answer.body)

    def fail(self, reason: str, remedy: str = _CHECK_ADDRESS) -> EmbedderUnavailableError:
        """Return the error to raise."""
        return EmbedderUnavailableError(self._url, reason, remedy)

    def _explain_refusal(self, error: SourceRefusedError, has_key: bool) -> Exception:
        """Return the error to raise for a refused request."""
        reason = str(error).removeprefix(self._url).strip()
        if error.status in (401, 403):  # without the server's words, which may repeat the key
            problem = "refuses the key in" if has_key else "asks for a key, which belongs in"
            return self.fail(
                f"{problem} {KEY_VARIABLE} ({error.status})", "set it in the environment"
            )
        if error.status in _TEXTS_TOO_LONG:
            return TextsRefusedError(reason)
        return self.fail(reason)

    def _read_key(self) -> str:
        """Return the key, empty if none is set; raises if it cannot be sent in a header."""
        key = os.environ.get(KEY_VARIABLE, "").strip()
        if not all("!" <= letter <= "~" for letter in key):
            raise self.fail(
                f"the key in {KEY_VARIABLE} has a blank or a letter outside ASCII",
                "set it again",
            )
        return key

    def _parse(self, content: bytes) -> dict[str, Any]:
        """Return the object in an answer."""
        try:
            answer = json.loads(content)
        except ValueError as error:
            raise self.fail("does not answer JSON") from error
        if not isinstance(answer, dict):
            raise self.fail("answers JSON that is no object")
        return answer
