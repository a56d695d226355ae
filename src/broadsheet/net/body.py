"""Reading an answer: no larger and no longer than allowed, also once unpacked."""

import zlib
from collections.abc import Iterator

import httpx

from broadsheet.net.waiting import Clock, RetryPolicy

_ERROR_BODY = 64 * 1024
"""Bytes of an error page that are read at most."""


class BodyError(Exception):
    """No usable body; another try may bring one unless it is ``final``."""

    def __init__(self, reason: str, final: bool = False) -> None:
        super().__init__(reason)
        self.final = final


def read_body(response: httpx.Response, policy: RetryPolicy, clock: Clock) -> bytes:
    """The unpacked body. Raises BodyError.

    Unpacks by itself: httpx would unpack a packet whole, however large it gets.
    """
    ends = clock.monotonic() + policy.answer_timeout
    failed = response.status_code >= 400
    most = _ERROR_BODY if failed else policy.body_bytes
    body = bytearray()
    for part in _unpacked(response, most + 1):
        body += part
        if len(body) > most:
            if failed:
                return bytes(body[:most])
            raise BodyError(f"sends more than {most // 2**20:,} MiB in one answer", final=True)
        if clock.monotonic() > ends:
            raise BodyError(f"took longer than {policy.answer_timeout:.0f} s for one answer")
        clock.sleep(0)
    return bytes(body)


def _unpacked(response: httpx.Response, most: int) -> Iterator[bytes]:
    """Pieces of the body, together never much more than ``most`` bytes."""
    coding = response.headers.get("content-encoding", "identity").strip().lower()
    if coding in ("identity", ""):
        yield from response.iter_raw()
        return
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise BodyError(f"packs its answer as {coding!r}, which was not asked for", final=True)
    unpacker: zlib._Decompress | None = None
    any_bytes = False
    try:
        for packed in response.iter_raw():
            any_bytes = True
            if unpacker is None:
                unpacker = zlib.decompressobj(_window(coding, packed))
            while packed:
                yield unpacker.decompress(packed, most)
                packed = unpacker.unconsumed_tail
    except zlib.error as error:
        raise BodyError(f"sends what cannot be unpacked ({error})") from None
    if any_bytes and unpacker is not None and not unpacker.eof:
        raise BodyError("cut off its answer")


def _window(coding: str, packed: bytes) -> int:
    """The parameter that zlib wants: servers send deflate with a zlib header or without."""
    if coding != "deflate":
        return 16 + zlib.MAX_WBITS
    return zlib.MAX_WBITS if packed[:1] == b"\x78" else -zlib.MAX_WBITS
