"""Calls over HTTP to the API of another Broadsheet."""

import json
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, NoReturn, Self
from urllib.parse import urlsplit

import httpx
from pydantic import ValidationError

from broadsheet import __version__
from broadsheet.domain.errors import (
    BroadsheetError,
    ForbiddenError,
    IndexUnavailableError,
    InvalidInputError,
    LibraryUnavailableError,
    PaperNotFoundError,
    UnauthorizedError,
)
from broadsheet.exchange.calls import EDITION, EDITION_HEADER, Call

TIMEOUT = httpx.Timeout(120, connect=10)
"""Seconds. A search takes milliseconds; an export of a large issue may take a minute."""
MOST_WAITED = 70
"""Seconds to wait for a server that limits requests; its windows are a minute."""


class RemoteError(BroadsheetError):
    """The server reports an error that has no class of its own here."""


class NotFoundError(BroadsheetError):
    """The server has no such thing."""

    code = "not_found"


class RemoteConflictError(BroadsheetError):
    """The server's library is in a state that the call does not fit."""

    code = "conflict"


class TooManyRequestsError(BroadsheetError):
    """The server wants fewer requests."""

    code = "too_many"


class EditionMismatchError(BroadsheetError):
    """Server and client are of versions that do not understand each other."""

    code = "conflict"


_ERRORS: Mapping[str, type[BroadsheetError]] = {
    "invalid": InvalidInputError,
    "unauthorized": UnauthorizedError,
    "forbidden": ForbiddenError,
    "not_found": NotFoundError,
    "conflict": RemoteConflictError,
    "too_many": TooManyRequestsError,
    "unavailable": IndexUnavailableError,
}


def check_server(address: str) -> str:
    """Return the address of a server without the slash at its end. Raises InvalidInputError."""
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment:
        raise InvalidInputError(
            f"--server: {address!r} is no address of a server; write for instance "
            "http://localhost:8642 or https://papers.example.org"
        )
    if parts.username or parts.password:
        raise InvalidInputError(
            "--server: an address with a name or password shows in lists of processes; put an "
            "access token into BROADSHEET_TOKEN or into the file of --token-file"
        )
    return address.rstrip("/")


class RemoteClient:
    """Makes calls to one server. Thread-safe; close it, or use it as a context manager.

    Raises the errors that the services raise, and LibraryUnavailableError if the server cannot be
    reached.
    """

    def __init__(self, server: str, token: str = "") -> None:
        self.server = check_server(server)
        self._has_token = bool(token)
        headers = {"User-Agent": f"broadsheet/{__version__}", "Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        # Redirects are not followed: the token is for this server alone.
        self._http = httpx.Client(
            headers=headers, timeout=TIMEOUT, transport=None, follow_redirects=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def make(self, call: Call, arguments: Mapping[str, Any]) -> Any:
        """Make a call and return its result."""
        values = {name: call.arguments[name].to_json(value) for name, value in arguments.items()}
        body = json.dumps(values, ensure_ascii=False).encode("utf-8", "replace")
        response = self._send(call.name, body)
        self._check_edition(response)
        if response.status_code != 200:
            self._raise_problem(response)
        try:
            return call.result.from_json(response.json()["value"])
        except (ValidationError, ValueError, KeyError) as error:
            raise self._mismatch(response) from error

    def _send(self, name: str, body: bytes) -> httpx.Response:
        """Post a call; once more if the server wants a pause or closed an idle connection."""
        waited = False
        for attempt in (1, 2, 3):
            try:
                response = self._http.post(
                    f"{self.server}/api/v1/calls/{name}",
                    content=body,
                    headers={"Content-Type": "application/json"},
                )
            except httpx.RemoteProtocolError as error:
                if attempt < 3:
                    continue
                raise self._unreachable(error) from error
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise self._unreachable(error) from error
            pause = response.headers.get("Retry-After", "")
            limited = response.status_code == 429 and pause.isdecimal()
            if not limited or waited or int(pause) > MOST_WAITED:
                return response
            waited = True
            time.sleep(int(pause))
        return response

    def _unreachable(self, error: Exception) -> BroadsheetError:
        reason = (
            "no answer in time" if isinstance(error, httpx.TimeoutException) else str(error)
        ) or type(error).__name__
        return LibraryUnavailableError(
            f"{self.server} cannot be reached ({reason}); check the address, and that "
            "`broadsheet up` runs there"
        )

    def _check_edition(self, response: httpx.Response) -> None:
        """Raise an error for an answer that is not of this edition of the calls."""
        named = response.headers.get(EDITION_HEADER, "")
        if named.partition(";")[0].strip() == str(EDITION):
            return
        if named:
            raise self._mismatch(response)
        if response.is_redirect:
            raise InvalidInputError(
                f"{self.server} leads to {response.headers.get('Location', 'elsewhere')!r}; if "
                "that is the same service, give its address to --server"
            )
        problem = _problem_of(response)
        if problem.get("type") != "/api#object-Problem":
            raise InvalidInputError(
                f"{self.server} answers, but not as a Broadsheet (status {response.status_code}); "
                "give --server the address at which the service's first page is"
            )
        if response.status_code in (404, 405):
            raise self._mismatch(response)

    def _mismatch(self, response: httpx.Response) -> BroadsheetError:
        version = response.headers.get(EDITION_HEADER, "").partition(";")[2].strip()
        return EditionMismatchError(
            f"{self.server} runs {f'Broadsheet {version}' if version else 'another version'}, "
            f"this is Broadsheet {__version__}, and they do not understand each other; update the "
            "older one"
        )

    def _raise_problem(self, response: httpx.Response) -> NoReturn:
        """Raise the error that the server reports."""
        problem = _problem_of(response)
        words = problem.get("detail") or f"the server answers with status {response.status_code}"
        if name := problem.get("paper"):
            raise PaperNotFoundError(name)
        code = problem.get("code", "")
        if code == "unauthorized":
            words += (
                f" An access token is made at {self.server}/account; put it into BROADSHEET_TOKEN "
                "or into the file of --token-file."
            )
        if code in ("internal", ""):
            raise RemoteError(f"{self.server}: {words}")
        raise _ERRORS.get(code, RemoteError)(words)


def _problem_of(response: httpx.Response) -> Mapping[str, str]:
    """The members of a problem that are text; none if the answer is no problem."""
    try:
        values = response.json()
    except ValueError:
        return {}
    if not isinstance(values, dict):
        return {}
    return {name: value for name, value in values.items() if isinstance(value, str)}
