"""Log of the server: plain lines or JSON, each with the id of its request.

Neither has personal data: no addresses of clients, no names, no queries. A request is logged
by its route ("/papers/{name}"), not by its path.
"""

import contextvars
import datetime as dt
import json
import logging
import time
from collections.abc import Mapping
from typing import Any, Literal

LogFormat = Literal["plain", "json"]

request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")
"""The id of the request that is being answered; "" outside of one."""

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}
"""Attributes of every record; others were given with it."""
_ONCE_A_MINUTE = ("asyncio", "uvicorn.error")
"""Loggers whose messages a client can cause as often as it likes."""


class PlainFormatter(logging.Formatter):
    """Time, level, message, and the request's id if there is one."""

    default_time_format = "%Y-%m-%d %H:%M:%S"
    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        """A line, and the traceback below it if there is one."""
        record = logging.makeLogRecord(vars(record))
        suffix = f" [{request_id.get()}]" if request_id.get() else ""
        record.msg, record.args = f"{record.getMessage()}{suffix}", ()
        return super().format(record)


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, request_id, and what else was given."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        values: dict[str, Any] = {
            "time": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(
                timespec="milliseconds"
            ),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage().strip(),
        }
        if identifier := request_id.get():
            values["request_id"] = identifier
        values |= _extras(record)
        if record.exc_info:
            values["traceback"] = self.formatException(record.exc_info)
        return json.dumps(values, ensure_ascii=False, default=str)


def configure_logs(level: str, log_format: LogFormat) -> None:
    """Send the records of all loggers to stderr, those of ``level`` and above."""
    handler = logging.StreamHandler()
    handler.setFormatter(
        JsonFormatter()
        if log_format == "json"
        else PlainFormatter("%(asctime)s %(levelname)s %(message)s")
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
    # httpx logs every address that is fetched, keys included.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    for name in _ONCE_A_MINUTE:
        logger = logging.getLogger(name)
        logger.filters = [each for each in logger.filters if not isinstance(each, RepeatFilter)]
        logger.addFilter(RepeatFilter())


class RepeatFilter(logging.Filter):
    """Lets the same message of a logger pass once a minute.

    asyncio logs each failed accept, and uvicorn each malformed request: a client could fill
    the disk.
    """

    def __init__(self, seconds: float = 60.0) -> None:
        super().__init__()
        self._seconds = seconds
        self._passed: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record passes. Different errors are different messages."""
        now = time.monotonic()
        error = record.exc_info[1] if record.exc_info else None
        key = f"{str(record.msg).partition(chr(10))[0]} {type(error).__name__}"
        if now - self._passed.get(key, -self._seconds) < self._seconds:
            return False
        if len(self._passed) > 1_000:
            self._passed.clear()
        self._passed[key] = now
        return True


def _extras(record: logging.LogRecord) -> Mapping[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}
