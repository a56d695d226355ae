"""Read values of JSON answers, whatever their actual type."""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from broadsheet.domain.dates import PartialDate

_COUNT = re.compile(r"[0-9]{1,18}")


def child(fields: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the object under ``name``; empty if there is none."""
    value = fields.get(name)
    return value if isinstance(value, dict) else {}


def children(fields: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the objects in the list under ``name`` (or the only one); empty if there are none."""
    value = fields.get(name)
    if isinstance(value, dict):
        return [value]
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def count_of(value: Any) -> int | None:
    """A number of things, or the text of one; None for everything else, negative numbers too."""
    if isinstance(value, str) and _COUNT.fullmatch(value):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    return None


def present(fields: Mapping[str, Any]) -> dict[str, Any]:
    """``fields`` without those that say nothing: None, "", [], {}."""
    return {name: value for name, value in fields.items() if value not in (None, "", [], {})}


def day_of_milliseconds(value: Any) -> PartialDate | None:
    """Return the day (UTC) of milliseconds since 1970; None for any other value."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        moment = dt.datetime.fromtimestamp(value / 1000, dt.UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return PartialDate.from_date(moment.date())
