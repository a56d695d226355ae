"""The one HTTP client: it is polite to servers, checks addresses and hides secrets.

``net.port.Client`` states its promises. ``waiting`` and ``pace`` decide when it sends a request,
``addresses`` and ``transport`` to which addresses.
"""

import datetime as dt
import json
import logging
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import httpx

from broadsheet import __version__
from broadsheet.domain.errors import (
    AddressRefusedError,
    SourceRefusedError,
    SourceUnavailableError,
)
from broadsheet.domain.sync import Validators
from broadsheet.net.addresses import PORTS, check_web_address
from broadsheet.net.body import BodyError, read_body
from broadsheet.net.pace import Pace
from broadsheet.net.port import Answer
from broadsheet.net.secrets import (
    PLAIN_HEADERS,
    hide,
    secrets_of,
    without_secrets,
)
from broadsheet.net.transport import UnknownHostError
from broadsheet.net.waiting import Clock, RetryPolicy, decide_wait, parse_retry_after

MOST_REDIRECTS = 5
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_AGAIN = frozenset((408, 425, 429, 500, 502, 503, 504))
_SERVER_LETTERS = 300
"""Of a server's own words in a message."""

log = logging.getLogger(__name__)

# They log whole addresses, with the keys in them.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class _RetryError(Exception):
    """This try failed; another may succeed.

    ``wait``: the server's own wait in seconds. ``tries``: the most tries that make sense.
    """

    def __init__(self, reason: str, wait: float | None = None, tries: int = 1000) -> None:
        super().__init__(reason)
        self.wait = wait
        self.tries = tries


@dataclass(frozen=True, slots=True)
class _Request:
    """One request, as it stands after the redirects so far."""

    method: str
    url: str
    headers: Mapping[str, str]
    """The source's own."""
    content: bytes | None = None
    may_be_empty: bool = False
    """Whether a successful answer may have no body."""
    secrets: frozenset[str] = field(default_factory=frozenset)

    @property
    def host(self) -> str:
        return httpx.URL(self.url).netloc.decode("ascii").lower()


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes


def user_agent(contact: str) -> str:
    """Who asks, and whom to write to: ``contact`` is an e-mail or web address, or ""."""
    return f"Broadsheet/{__version__}" + (f" (+{contact})" if contact else "")


class PoliteClient:
    """Implements ``net.port.Client`` over httpx; close it.

    Without a ``pace``, ``post`` may be called from several threads.
    """

    def __init__(
        self,
        transport: httpx.BaseTransport,
        pace: Pace | None = None,
        contact: str = "",
        clock: Clock | None = None,
        retry: RetryPolicy | None = None,
        find_validators: Callable[[str], Validators | None] = lambda address: None,
        most_redirects: int = MOST_REDIRECTS,
    ) -> None:
        """``pace`` spaces the requests to a service and counts them; None sends them at once.

        ``find_validators`` returns the validators stored for an address; see
        ``take_validators``.
        """
        self._pace = pace
        self._clock = clock or Clock()
        self._retry = retry or RetryPolicy()
        self._most_redirects = most_redirects
        self._find_validators = find_validators
        self._validators: dict[str, Validators] = {}
        self.moved: dict[str, str] = {}
        """New addresses of pages that moved permanently."""
        self._http = httpx.Client(
            transport=transport,
            headers={"User-Agent": user_agent(contact), "Accept-Encoding": "gzip, deflate"},
            follow_redirects=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give up the connection."""
        self._http.close()

    def take_validators(self) -> Mapping[str, Validators]:
        """Return the validators since the last call; store them together with the pages."""
        validators, self._validators = self._validators, {}
        return validators

    def get(
        self,
        address: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        if_changed: bool = False,
    ) -> Answer:
        """See Client."""
        ask = _make_request("GET", address, params, headers or {})
        name = without_secrets(ask.url)
        stored = self._find_validators(name) if if_changed else None
        if stored:
            ask = replace(ask, headers={**_conditions(stored), **ask.headers})
        answer = self._fetch(ask)
        if if_changed and answer.status != HTTPStatus.NOT_MODIFIED:
            validators = Validators(
                answer.headers.get("etag", ""), answer.headers.get("last-modified", "")
            )
            self._validators[name] = validators
        return answer

    def post(
        self,
        address: str,
        content: Any,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        retry: RetryPolicy | None = None,
    ) -> Answer:
        """See Client; ``retry`` replaces the client's policy for this request."""
        body = json.dumps(content, ensure_ascii=False).encode()
        ask = _make_request(
            "POST", address, params, {"content-type": "application/json", **(headers or {})}
        )
        return self._fetch(replace(ask, content=body), retry)

    def post_form(self, address: str, fields: Mapping[str, str]) -> Answer:
        """See Client."""
        headers = {"content-type": "application/x-www-form-urlencoded"}
        ask = _make_request("POST", address, None, headers)
        return self._fetch(replace(ask, content=urlencode(fields).encode(), may_be_empty=True))

    def _fetch(self, ask: _Request, retry: RetryPolicy | None = None) -> Answer:
        retry = retry or self._retry
        number, ends = 1, self._clock.monotonic() + retry.total_timeout
        while True:
            try:
                return self._follow(ask, retry)
            except _RetryError as failed:
                wait = decide_wait(number, failed.wait, retry, self._clock.draw())
                reason = hide(str(failed), ask.secrets)
                log.info("%s: %s; try %d, waiting %.0f s", ask.host, reason, number, wait)
                most = min(failed.tries, retry.tries)
                in_time = self._clock.monotonic() + wait <= ends
                if wait > retry.longest_wait:
                    raise self._postpone(ask, reason, wait) from None
                if number >= most or not in_time:
                    raise SourceUnavailableError(f"{reason} (tried {number} times)") from None
                self._wait(ask.host, wait)
                number += 1
            except SourceRefusedError as error:
                raise SourceRefusedError(hide(str(error), ask.secrets), error.status) from None
            except AddressRefusedError as error:
                raise AddressRefusedError(hide(str(error), ask.secrets)) from None

    def _wait(self, host: str, seconds: float) -> None:
        """Wait before the next request to a host: here, or in the next turn of its pace."""
        if self._pace:
            self._pace.rest(host, seconds)
        else:
            self._clock.sleep(seconds)

    def _postpone(self, ask: _Request, reason: str, wait: float) -> SourceUnavailableError:
        """Leave a host alone for longer than a request may wait; return the error."""
        if self._pace:
            self._pace.rest(ask.host, wait)
        until = self._clock.now() + dt.timedelta(seconds=wait)
        return SourceUnavailableError(
            f"{reason}; it asks to be left alone until {until:%Y-%m-%d %H:%M} UTC", until
        )

    def _follow(self, ask: _Request, retry: RetryPolicy) -> Answer:
        """Send a request and follow redirects."""
        first_url, for_good = ask.url, True
        for _ in range(self._most_redirects + 1):
            check_web_address(ask.url)
            with self._pace.turn(ask.host) if self._pace else nullcontext():
                reply = self._send(ask, retry)
            target = reply.headers.get("location", "")
            if reply.status not in _REDIRECTS or not target or not self._most_redirects:
                return self._check(ask, reply)
            ask = _redirected(ask, reply.status, target)
            for_good &= reply.status in (301, 308)
            if for_good:
                self.moved[without_secrets(first_url)] = without_secrets(ask.url)
        raise SourceRefusedError(
            f"{without_secrets(first_url)} leads on and on, more than {self._most_redirects} times; "
            "look at it in a browser and set the address it ends at"
        )

    def _send(self, ask: _Request, retry: RetryPolicy) -> _Reply:
        """Send a request once; raises _AgainError if no complete answer comes."""
        self._clock.sleep(0)
        try:
            with self._http.stream(
                ask.method,
                ask.url,
                headers=dict(ask.headers),
                content=ask.content,
                timeout=httpx.Timeout(retry.read_timeout, connect=retry.connect_timeout),
            ) as response:
                body = read_body(response, retry, self._clock)
                headers = {name.lower(): value for name, value in response.headers.items()}
                return _Reply(response.status_code, headers, body)
        except httpx.InvalidURL as error:
            raise AddressRefusedError(f"{without_secrets(ask.url)}: {error}") from None
        except httpx.TimeoutException:
            raise _RetryError(f"{ask.host} did not answer in time") from None
        except httpx.TransportError as error:
            # Without a network every name is unknown; that does not pass within a minute.
            tries = 2 if isinstance(_root(error), UnknownHostError) else 1000
            raise _RetryError(_why_unreachable(ask.host, error), tries=tries) from None
        except BodyError as error:
            if error.final:
                raise SourceRefusedError(f"{without_secrets(ask.url)} {error}") from None
            raise _RetryError(f"{ask.host} {error}") from None

    def _check(self, ask: _Request, reply: _Reply) -> Answer:
        """Return the answer of a successful reply; raise for any other."""
        status = reply.status
        answer = Answer(without_secrets(ask.url), status, reply.headers, reply.body)
        if status == HTTPStatus.NOT_MODIFIED and _is_conditional(ask):
            return answer
        if 200 <= status < 300:
            empty = not reply.body.strip() and status != HTTPStatus.NO_CONTENT
            if empty and not ask.may_be_empty:
                raise _RetryError(f"{ask.host} sent an empty answer")
            # Zotero answers, and asks to be left alone for a while all the same.
            wait = parse_retry_after(reply.headers.get("backoff", ""), self._clock.now())
            if wait and self._pace:
                self._pace.rest(ask.host, wait)
            return answer
        message = _quote(reply)
        if status in _AGAIN:
            wait = parse_retry_after(reply.headers.get("retry-after", ""), self._clock.now())
            raise _RetryError(f"{ask.host} {_describe_status(status)}{message}", wait)
        raise SourceRefusedError(f"{answer.address} {_describe_status(status)}{message}", status)


def _make_request(
    method: str, address: str, params: Mapping[str, str] | None, headers: Mapping[str, str]
) -> _Request:
    check_web_address(address)
    try:
        url = httpx.URL(address).copy_with(fragment=None)
        url = url.copy_merge_params(dict(params)) if params else url
    except httpx.InvalidURL as error:
        raise AddressRefusedError(f"{without_secrets(address)}: {error}") from None
    return _Request(method, str(url), headers, secrets=secrets_of(str(url), headers))


def _conditions(stored: Validators) -> dict[str, str]:
    headers = {"if-none-match": stored.etag, "if-modified-since": stored.last_modified}
    return {name: value for name, value in headers.items() if value}


def _is_conditional(ask: _Request) -> bool:
    return any(name.lower() in ("if-none-match", "if-modified-since") for name in ask.headers)


def _redirected(ask: _Request, status: int, target: str) -> _Request:
    """Return the request after a redirect. Raises AddressRefusedError.

    Secrets are sent only to their own host, and never from https to http.
    """
    try:
        before = httpx.URL(ask.url)
        after = before.join(target).copy_with(fragment=None)
    except httpx.InvalidURL as error:
        raise AddressRefusedError(f"{ask.host} leads to no web address: {error}") from None
    check_web_address(str(after))
    headers, downgraded = ask.headers, (before.scheme, after.scheme) == ("https", "http")
    same = before.host == after.host and (
        _port(before) == _port(after) or (before.scheme, after.scheme) == ("http", "https")
    )
    if downgraded and ask.secrets:
        raise AddressRefusedError(
            f"{ask.host} leads from https to http, where a key could be read by others"
        )
    if not same:
        headers = {name: value for name, value in headers.items() if name.lower() in PLAIN_HEADERS}
        if any(secret in str(after) for secret in ask.secrets):
            raise AddressRefusedError(f"{ask.host} would pass a key on to {after.host}")
    if status in (307, 308) or ask.method == "GET":
        return replace(ask, url=str(after), headers=headers)
    headers = {name: value for name, value in headers.items() if name.lower() != "content-type"}
    return replace(ask, method="GET", url=str(after), headers=headers, content=None)


def _port(url: httpx.URL) -> int:
    return url.port or PORTS[url.scheme]


def _root(error: BaseException) -> BaseException:
    return error.__cause__ or error


def _why_unreachable(host: str, error: httpx.TransportError) -> str:
    if isinstance(_root(error), UnknownHostError):
        return f"{host} cannot be found: there is no network, or the address is wrong"
    if isinstance(error, httpx.ConnectError):
        return f"{host} cannot be reached ({error})"
    return f"{host} broke off the connection"


_PLAIN = {
    401: "asks for a key, or does not take the one given (401)",
    403: "refuses (403); a key may be missing, or this network be blocked",
    404: "has nothing there (404); the address or an option may be wrong, or it has moved",
    410: "is gone for good (410); look for where it has moved",
    429: "asks to be asked less often (429)",
    500: "has an error of its own (500)",
    502: "is not working just now (502)",
    503: "is too busy or under repair (503)",
    504: "is not answering just now (504)",
}


def _describe_status(status: int) -> str:
    if status in _PLAIN:
        return _PLAIN[status]
    try:
        return f"answers {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"answers {status}"


def _quote(reply: _Reply) -> str:
    """Return the server's message, short, on one line; nothing of an HTML page."""
    kind = reply.headers.get("content-type", "")
    if "html" in kind:
        return ""
    text = " ".join(reply.body[:4096].decode("utf-8", "replace").split())
    text = "".join(letter for letter in text if letter.isprintable())
    return f": {text[:_SERVER_LETTERS]}" if text else ""
