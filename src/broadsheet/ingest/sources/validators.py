"""Conditional requests: an answer that is still the one whose records are stored costs nothing.

Validators go into the cursor, which is kept once the records are. So a crash between
the two never makes a server say "unchanged" of what was lost.
"""

from broadsheet.ingest.sources.source import Answer, Cursor

_NAMES = (("etag", "If-None-Match"), ("last-modified", "If-Modified-Since"))


def sent_validators(cursor: Cursor, address: str) -> dict[str, str]:
    """Headers that ask for ``address`` only if it changed since the cursor was kept."""
    return {
        header: cursor[f"{name} {address}"]
        for name, header in _NAMES
        if f"{name} {address}" in cursor
    }


def kept_validators(answer: Answer, address: str) -> dict[str, str]:
    """What the cursor is to hold of ``address`` after ``answer``."""
    return {
        f"{name} {address}": answer.headers[name] for name, _ in _NAMES if name in answer.headers
    }
