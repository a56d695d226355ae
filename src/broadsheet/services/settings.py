"""Changing ``broadsheet.toml``: fields, sources, contact and time zone; comments are kept.

A change is checked before it is written, and written in one step, so that the file is whole at
any time. Implements SettingsService.
"""

import os
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import tomlkit
from tomlkit.exceptions import ParseError

from broadsheet.config import load_settings
from broadsheet.domain.access import Principal, require
from broadsheet.domain.daily import Edition
from broadsheet.domain.errors import InvalidInputError
from broadsheet.home import Home
from broadsheet.sources.configured import ConfiguredSources
from broadsheet.sources.source import Source

_EDITION_KEYS = (
    "title", "query", "sources", "categories", "authors", "featured", "size", "order",
)  # fmt: skip

OnChange = Callable[[], None]
Document = tomlkit.TOMLDocument


class LocalSettingsService:
    """See SettingsService."""

    def __init__(self, home: Home, sources: Callable[[], Sequence[Source]], on_change: OnChange):
        """``on_change`` is called after each change, so that running jobs follow it."""
        self._home = home
        self._sources = sources
        self._on_change = on_change
        self._lock = threading.Lock()

    def path(self) -> str:
        """See SettingsService."""
        return str(self._home.settings)

    def choose_fields(
        self,
        principal: Principal,
        categories: Sequence[str],
        sources: Sequence[str],
        contact: str,
        zone: str,
    ) -> Sequence[str]:
        """See SettingsService."""
        require(principal, "change_settings")
        if not categories and not sources:
            raise InvalidInputError(
                "choose a field or a source, so that there is something to read"
            )
        names = list(sources)

        def change(document: Document) -> None:
            if contact:
                document["contact"] = contact
            if zone:
                document["zone"] = zone
            if categories:
                table = _source_table(document, "arxiv")
                table["categories"] = list(categories)
                table.pop("on", None)
                names.insert(0, "arxiv")
            for name in sources:
                _source_table(document, name).pop("on", None)

        self._change(change)
        return names

    def add_source(
        self, principal: Principal, name: str, options: Mapping[str, str] | None = None
    ) -> None:
        """See SettingsService."""
        require(principal, "change_settings")
        parsed_options = self._read_options(name, options or {})

        def change(document: Document) -> None:
            table = _source_table(document, name)
            table.pop("on", None)
            for key, value in parsed_options.items():
                table[key] = value

        self._change(change)

    def define_edition(self, principal: Principal, edition: Edition) -> None:
        """See SettingsService."""
        require(principal, "change_settings")
        default = Edition(edition.name, edition.title)

        def change(document: Document) -> None:
            if "editions" not in document:
                document["editions"] = tomlkit.table(is_super_table=True)
            table = tomlkit.table()
            for name in _EDITION_KEYS:
                value = getattr(edition, name)
                if name == "title" or value != getattr(default, name):
                    table[name] = list(value) if isinstance(value, tuple) else value
            cast(Any, document["editions"])[edition.name] = table

        self._change(change)

    def remove_source(self, principal: Principal, name: str) -> bool:
        """See SettingsService."""
        require(principal, "change_settings")
        removed = []

        def change(document: Document) -> None:
            tables = document.get("sources", {})
            if name in tables and tables[name].get("on", True):
                tables[name]["on"] = False
                removed.append(name)

        self._change(change)
        return bool(removed)

    def _read_options(self, name: str, options: Mapping[str, str]) -> dict[str, Any]:
        """Values as the source's options want them: lists at commas, else TOML, else text."""
        source = ConfiguredSources(self._sources(), {}, self.path()).get(name).source
        return {key: _read_value(text, _is_list(source, key)) for key, text in options.items()}

    def _change(self, change: Callable[[Document], None]) -> None:
        """Raises InvalidInputError if the file cannot be read, or would not be valid."""
        path = self._home.settings
        with self._lock:
            try:
                text = path.read_text("utf-8") if path.exists() else ""
                document = tomlkit.parse(text)
            except (OSError, UnicodeDecodeError, ParseError) as error:
                raise InvalidInputError(
                    f"{path}: cannot be read ({error}); mend it first"
                ) from error
            change(document)
            self._check(changed := tomlkit.dumps(document))
            if changed != text:
                _replace(path, changed)
        self._on_change()

    def _check(self, text: str) -> None:
        with tempfile.TemporaryDirectory(prefix="broadsheet-settings-") as folder:
            trial = Home(Path(folder))
            trial.settings.write_text(text, "utf-8")
            try:
                settings = load_settings(trial)
                tables = ConfiguredSources(self._sources(), settings.sources, str(trial.settings))
                problems = tables.problems
            except InvalidInputError as error:
                raise InvalidInputError(
                    str(error).replace(str(trial.settings), self.path())
                ) from None
            if problems:
                first = next(iter(problems.values()))
                raise InvalidInputError(first.replace(str(trial.settings), self.path()))


def _source_table(document: Document, name: str) -> Any:
    """The table of a source, made if there is none."""
    if "sources" not in document:
        document["sources"] = tomlkit.table(is_super_table=True)
    tables = cast(Any, document["sources"])
    if name not in tables:
        tables[name] = tomlkit.table()
    return tables[name]


def _is_list(source: Source, key: str) -> bool:
    field = source.Options.model_fields.get(key)
    return field is not None and str(field.annotation).startswith("list")


def _read_value(text: str, is_list: bool) -> Any:
    if is_list and not text.lstrip().startswith("["):
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        return tomlkit.value(text)
    except ParseError:
        return text


def _replace(path: Path, text: str) -> None:
    """Write in one step; the file may hold keys to services, so that only its owner reads it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".broadsheet-", suffix=".toml")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(mode)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise InvalidInputError(f"{path}: cannot be written ({error.strerror})") from error
