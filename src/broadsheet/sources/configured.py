"""Sources as the settings have them: tables ``[sources.NAME]`` of broadsheet.toml.

A table switches its source on. Four keys mean the same for every source (``CommonKeys``);
all others are the source's own ``Options``.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, ValidationError, field_validator

from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.spelling import did_you_mean
from broadsheet.sources.schedule import At, Every, Rhythm
from broadsheet.sources.source import Source

_TIMES = 'write times as ["06:30", "18:30"]'


class CommonKeys(BaseModel):
    """Keys of every source's table besides its options."""

    on: bool = Field(True, description="Whether it runs by itself and with a bare `sync`.")
    every: float | None = Field(
        None, ge=0.1, le=24 * 366, description="Run again after so many hours."
    )
    at: list[dt.time] | None = Field(
        None, min_length=1, description='Run at these times of day instead, as ["06:30"].'
    )
    zone: str = Field("UTC", description='Time zone of `at`, as "Europe/Berlin".')

    @field_validator("at", mode="before")
    @classmethod
    def _read_times(cls, value: object) -> object:
        if value is None:
            return None
        times = [value] if isinstance(value, str | dt.time) else value
        try:
            return [
                each if isinstance(each, dt.time) else dt.datetime.strptime(each, "%H:%M").time()
                for each in times  # type: ignore[attr-defined]
            ]
        except (TypeError, ValueError):
            raise ValueError(f"{value!r} is no list of times of day; {_TIMES}") from None

    @field_validator("zone")
    @classmethod
    def _check_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (KeyError, OSError, ValueError):
            raise ValueError(f"no time zone {zone!r}; write for instance Europe/Berlin") from None
        return zone


@dataclass(frozen=True, slots=True)
class ConfiguredSource:
    """A source with its settings."""

    source: Source
    options: BaseModel
    on: bool
    rhythm: Rhythm

    @property
    def name(self) -> str:
        return self.source.name


class ConfiguredSources:
    """All sources that there are, with the tables of one settings file. Immutable."""

    def __init__(
        self,
        sources: Sequence[Source],
        tables: Mapping[str, Mapping[str, Any]],
        place: str = "broadsheet.toml",
    ) -> None:
        """Check every table; the error of one goes to ``problems`` and does not affect the others."""
        self._sources = {source.name: source for source in sources}
        self._tables = tables
        self._place = place
        self.problems: Mapping[str, str] = self._find_problems()
        """Messages by the name of a table that cannot be used; they name place, table and key."""

    def _find_problems(self) -> dict[str, str]:
        problems = {}
        for name in self._tables:
            try:
                self.get(name)
            except InvalidInputError as error:
                problems[name] = str(error)
        return problems

    def names(self) -> Sequence[str]:
        """Of all sources, also of those without a table."""
        return list(self._sources)

    def titles(self) -> Mapping[str, str]:
        """Readable names of the sources, by name."""
        return {name: source.title for name, source in self._sources.items()}

    def switched_on(self) -> Sequence[ConfiguredSource]:
        """Those that run by themselves, in the order of the settings."""
        usable = [name for name in self._tables if name not in self.problems]
        return [each for each in map(self.get, usable) if each.on]

    def choose(self, names: Iterable[str]) -> Sequence[ConfiguredSource]:
        """Return the named sources, each once; without names those that are switched on.

        Raises InvalidInputError for an unknown name, and if none is switched on.
        """
        sources = [self.get(name) for name in dict.fromkeys(names)] or self.switched_on()
        if not sources and self.problems:
            raise InvalidInputError("; ".join(self.problems.values()))
        if not sources:
            raise InvalidInputError(
                f"no source is switched on; name one (`broadsheet sync NAME`) or add its table "
                f"to {self._place}, for instance [sources.{next(iter(self._sources), 'NAME')}]. "
                f"The sources are: {', '.join(self._sources) or 'none'}"
            )
        return sources

    def get(self, name: str) -> ConfiguredSource:
        """One source with its settings. Raises InvalidInputError."""
        source = self._sources.get(name)
        if source is None:
            raise InvalidInputError(
                f"unknown source {name!r}{did_you_mean(name, self._sources)}; "
                f"the sources are: {', '.join(self._sources) or 'none'}"
            )
        table = self._tables.get(name, {})
        if not isinstance(table, Mapping):
            raise InvalidInputError(f"{self._place}: write [sources.{name}] and its options below")
        common, own = self._split(source, table)
        rhythm: Rhythm = source.policy.rhythm
        if common.every is not None:
            rhythm = Every(common.every)
        elif common.at is not None:
            rhythm = At(tuple(common.at), common.zone)
        return ConfiguredSource(source, own, common.on and name in self._tables, rhythm)

    def _split(self, source: Source, table: Mapping[str, Any]) -> tuple[CommonKeys, BaseModel]:
        options = source.Options.model_fields
        legal = [*options, *(key for key in CommonKeys.model_fields if key not in options)]
        unknown = [key for key in table if key not in legal]
        if unknown:
            raise InvalidInputError(
                f"{self._where(source)}: there is no option {unknown[0]!r}"
                f"{did_you_mean(unknown[0], legal)}; "
                f"the options are: {', '.join(legal)}"
            )
        common = {key: value for key, value in table.items() if key not in options}
        own = {key: value for key, value in table.items() if key in options}
        if {"every", "at"} <= set(common):
            raise InvalidInputError(f"{self._where(source)}: give either `every` or `at`")
        try:
            return CommonKeys.model_validate(common), source.Options.model_validate(own)
        except ValidationError as error:
            raise InvalidInputError(
                f"{self._where(source)}: {_problems(error, source.Options)}"
            ) from None

    def _where(self, source: Source) -> str:
        return f"{self._place}, [sources.{source.name}]"


def _problems(error: ValidationError, options: type[BaseModel]) -> str:
    """Describe each problem with its key and the key's purpose.

    Values are left out: they may be keys to services.
    """
    messages = []
    for problem in error.errors(include_url=False, include_input=False):
        path = ".".join(str(part) for part in problem["loc"])
        message = problem["msg"].removeprefix("Value error, ")
        top = str(problem["loc"][0]) if problem["loc"] else ""
        about = options.model_fields.get(top) or CommonKeys.model_fields.get(top)
        meaning = f" ({about.description})" if about is not None and about.description else ""
        messages.append(f"{path}: {message}{meaning}" if path else message)
    return "; ".join(messages)
