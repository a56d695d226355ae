"""Settings: ``broadsheet.toml`` in the home directory, overridden by ``BROADSHEET_*``.

Each setting is defined once, here; docs/guides/settings.md lists them and a test
compares the two.
"""

import datetime as dt
import os
import re
import tomllib
from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from broadsheet.digest.settings import MailSettings
from broadsheet.discovery.editions import filter_of
from broadsheet.domain.accounts import AccessMode
from broadsheet.domain.daily import FEATURED, FRONT_PAGE, Edition, EditionOrder
from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.identities import Creation
from broadsheet.domain.periods import RollOver
from broadsheet.domain.spelling import did_you_mean
from broadsheet.home import Home
from broadsheet.search.rank.weights import SHIPPED, Weights

_SITE = re.compile(r"https?://[^\s/?#]+/?")
_ISSUER = re.compile(r"https://[^\s?#]+|http://(localhost|127\.0\.0\.1)(:\d+)?[^\s?#]*")
_EDITION_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class EditionTable(BaseModel):
    """A table ``[editions.NAME]``."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field("", description="What its masthead says; else its name.")
    query: str = Field(
        "", description='Query in the query language, as "agents -survey"; every part is required.'
    )
    sources: list[str] = Field([], description="Only papers from one of these sources.")
    categories: list[str] = Field(
        [], description='Only papers in one of these, as "cs.CL", "math".'
    )
    authors: list[str] = Field([], description="Only papers by one of these people.")
    featured: bool = Field(False, description="Only papers on lists curated elsewhere or here.")
    size: int = Field(40, ge=10, le=400, description="Stories on its first page.")
    order: EditionOrder = Field("front", description="front, newest or votes.")

    def edition(self, name: str) -> Edition:
        """The edition that the table defines."""
        return Edition(
            name,
            self.title or name.replace("-", " ").capitalize(),
            self.query,
            tuple(self.sources),
            tuple(self.categories),
            tuple(self.authors),
            self.featured,
            self.size,
            self.order,
        )


class BackupSettings(BaseModel):
    """The table ``[backup]``: backups that `broadsheet up` makes by itself, once a day."""

    model_config = ConfigDict(extra="forbid")

    folder: str = Field("", description="Folder for the backups; empty: none are made.")
    at: dt.time = Field(dt.time(3, 30), description="Time of day, in the setting zone.")
    daily: int = Field(7, ge=1, description="Days of which the last backup is kept.")
    weekly: int = Field(4, ge=0, description="Weeks of which the last backup is kept.")
    monthly: int = Field(6, ge=0, description="Months of which the last backup is kept.")
    passphrase_file: str = Field(
        "", description="File whose first line encrypts the backups; empty: not encrypted."
    )

    @field_validator("at")
    @classmethod
    def _check_at(cls, given: dt.time) -> dt.time:
        if given.tzinfo is not None:
            raise ValueError('the time has no zone of its own; write for instance "03:30"')
        return given


class SignInTable(BaseModel):
    """A table ``[sign_in.NAME]``: a provider of OpenID Connect. The name "orcid" presets the
    issuer, label and scopes of ORCID."""

    model_config = ConfigDict(extra="forbid")

    issuer: str = Field("", description="Its address: https://login.example.org.")
    client_id: str = Field(description="The name under which it knows this service.")
    client_secret_file: str = Field(
        "", description="File with the secret that it gave this service; empty for none."
    )
    scopes: str = Field("", description='What is asked for; else "openid profile email".')
    label: str = Field("", description="What its button says; else the name.")
    create: Creation = Field(
        "invited", description="Who gets a new account by it: invited, anyone or none."
    )


_ORCID = {"issuer": "https://orcid.org", "label": "ORCID", "scopes": "openid"}


class Settings(BaseSettings):
    """All settings. The environment takes precedence over the file."""

    model_config = SettingsConfigDict(
        env_prefix="BROADSHEET_", env_nested_delimiter="__", extra="forbid"
    )

    host: str = Field("127.0.0.1", description="Address the server listens on.")
    port: int = Field(8642, ge=0, le=65535, description="Port it listens on; 0 picks a free one.")
    database_url: str = Field(
        "", description="The library's database; empty for the file in the home directory."
    )
    mode: AccessMode = Field(
        "one",
        description="Who uses it: one (you alone, no sign-in), private (members) or open (all read).",
    )
    page_size: int = Field(20, ge=5, le=100, description="Papers on a page.")
    embedder: str = Field(
        "static", description="What turns text into vectors; see docs/guides/embedders.md."
    )
    embedder_query_prompt: str | None = Field(
        None, description="Put before every query for a plugged-in embedder."
    )
    embedder_document_prompt: str | None = Field(
        None, description="Put before every paper for a plugged-in embedder."
    )
    embedder_most_tokens: int | None = Field(
        None, ge=8, description="A plugged-in embedder reads so many tokens of a text at most."
    )
    embedder_batch: int | None = Field(
        None, ge=1, description="Texts given to a plugged-in embedder at once."
    )
    ranking: Weights = Field(SHIPPED, description="How much each part of a ranking counts.")
    contact: str = Field(
        "",
        pattern=r"^[!-'*-~]*$",
        description="Your e-mail or web address; sources see it in the User-Agent.",
    )
    private_hosts: list[str] = Field(
        [], description="Hosts that may be asked though they are in a private network."
    )
    proxy: str = Field(
        "",
        pattern=r"^(http://([^\s/@]+@)?(\[[0-9A-Fa-f:.]+\]|[^\s/@:\[\]]+)(:\d{1,5})?/?)?$",
        description="HTTP proxy through which sources are asked: http://[user:password@]host:port.",
    )
    public_url: str = Field(
        "",
        description="Address under which readers reach the service: https://papers.example.org.",
    )
    websub_hub: str = Field(
        "",
        pattern=r"^(https?://[^\s/]+(/\S*)?)?$",
        description="WebSub hub that is told when feeds change: https://pubsubhubbub.appspot.com.",
    )
    allowed_hosts: list[str] = Field(
        [], description="Further host names under which requests are answered; * for any."
    )
    mail: MailSettings = Field(
        default_factory=lambda: MailSettings.model_validate({}),
        description="How the digest is sent; see docs/guides/digest.md.",
    )
    backup: BackupSettings = Field(
        default_factory=lambda: BackupSettings.model_validate({}),
        description="Backups that are made by themselves; see docs/guides/backup.md.",
    )
    sources: dict[str, Any] = Field(
        {}, description="Tables of options, one for each source; see docs/guides/sources.md."
    )
    zone: str = Field("UTC", description='Time zone of days, as "Europe/Berlin".')
    day_begins: dt.time = Field(
        dt.time(0),
        description='When a new day begins, as "06:00"; from noon on, the evening before.',
    )
    sign_in: dict[str, SignInTable] = Field(
        {}, description="Tables of providers to sign in with; see docs/guides/accounts.md."
    )
    editions: dict[str, EditionTable] = Field(
        {}, description="Tables that define editions of the paper; see docs/guides/daily.md."
    )
    log_level: str = Field(
        "warning",
        pattern="^(debug|info|warning|error)$",
        description="What is logged: debug, info, warning or error.",
    )

    log_format: Literal["plain", "json"] = Field(
        "plain", description="How it is logged: plain lines, or json, an object a line."
    )
    metrics: Literal["owner", "local", "open"] = Field(
        "owner",
        description="Who may read /metrics: owner, local (programs on this machine too) or open.",
    )
    archive_pages: int = Field(
        120,
        ge=0,
        description="Pages of dates that one visitor may read a minute; 0 is no limit.",
    )
    trusted_proxies: list[str] = Field(
        [],
        description="Addresses of proxies whose X-Forwarded headers are believed.",
    )

    @field_validator("public_url")
    @classmethod
    def _check_public_url(cls, given: str) -> str:
        if given and not _SITE.fullmatch(given):
            raise ValueError(
                f"{given!r} is not the address of a site, as https://papers.example.org; a path "
                "behind the name is not possible, because pages name each other from the root"
            )
        return given

    @field_validator("zone")
    @classmethod
    def _check_zone(cls, given: str) -> str:
        try:
            ZoneInfo(given)
        except (KeyError, OSError, ValueError):
            raise ValueError(f"no time zone {given!r}; write for instance Europe/Berlin") from None
        return given

    @field_validator("editions")
    @classmethod
    def _check_editions(cls, given: dict[str, "EditionTable"]) -> dict[str, "EditionTable"]:
        for name, table in given.items():
            if not _EDITION_NAME.fullmatch(name):
                raise ValueError(
                    f"an edition is named with lower-case letters, digits and hyphens, not {name!r}"
                )
            filter_of(table.edition(name))
        return given

    @field_validator("sign_in")
    @classmethod
    def _check_providers(cls, given: dict[str, "SignInTable"]) -> dict[str, "SignInTable"]:
        for name, table in given.items():
            if not _EDITION_NAME.fullmatch(name):
                raise ValueError(
                    f"a provider is named with lower-case letters, digits and hyphens, not {name!r}"
                )
            preset = _ORCID if name == "orcid" else {}
            table.issuer = table.issuer or preset.get("issuer", "")
            table.label = table.label or preset.get("label", name)
            table.scopes = table.scopes or preset.get("scopes", "openid profile email")
            if not _ISSUER.fullmatch(table.issuer):
                raise ValueError(
                    f"{name}: issuer must be an https address, as https://login.example.org, not "
                    f"{table.issuer!r}"
                )
        return given

    @property
    def roll_over(self) -> RollOver:
        """When a new day begins."""
        return RollOver(self.day_begins, self.zone)

    @property
    def announced_hub(self) -> str:
        """The WebSub hub that feeds name; "" if none could read them."""
        return self.websub_hub if self.public_url and self.mode != "private" else ""

    def all_editions(self) -> Sequence[Edition]:
        """The default editions, which tables of the same name replace, then the others."""
        named = {edition.name: edition for edition in (FRONT_PAGE, FEATURED)}
        named |= {name: table.edition(name) for name, table in self.editions.items()}
        return tuple(named.values())

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        toml = settings_cls.model_config.get("toml_file")
        return (
            init_settings,
            env_settings,
            TomlConfigSettingsSource(settings_cls, toml_file=toml),
        )


def load_settings(home: Home, **overrides: Any) -> Settings:
    """Load the settings of a home directory; ``overrides`` of None are ignored.

    Raises InvalidInputError that names the file, the setting and its legal values.
    """
    path = home.settings
    _check_environment()
    settings_class = type(
        "Settings",
        (Settings,),
        {"model_config": SettingsConfigDict(toml_file=path)},
    )
    explicit = {name: value for name, value in overrides.items() if value is not None}
    try:
        settings: Settings = settings_class(**explicit)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInputError(f"{path}: not valid TOML: {error}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(
            f"{path}: cannot be read ({error}); correct it, or move it away to use the defaults"
        ) from error
    except ValidationError as error:
        raise InvalidInputError(f"{path} or BROADSHEET_*: {_describe(error)}") from error
    return settings


_PLAIN = {
    "extra_forbidden": "there is no such setting",
    "unexpected_keyword_argument": "there is no such setting",
    "missing": "is needed",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "string_type": "must be text in quotation marks",
    "list_type": "must be a list, as [1, 2]",
    "tuple_type": "must be a list, as [1, 2]",
    "dict_type": "must be a table",
    "model_type": "must be a table",
}
"""Messages to readers for pydantic's types of errors."""

_OTHER_VARIABLES = (
    "HOME",
    "SERVER",
    "TOKEN",
    "TOKEN_FILE",
    "EMBEDDER_KEY",
    "BACKUP_PASSPHRASE",
    "ZOTERO_KEY",
)
"""Read elsewhere than here."""


def _check_environment() -> None:
    """Raises InvalidInputError for a variable BROADSHEET_… that sets nothing."""
    names = {name.upper() for name in Settings.model_fields} | set(_OTHER_VARIABLES)
    for variable in os.environ:
        name = variable.upper().removeprefix("BROADSHEET_")
        if name != variable.upper() and name.split("__")[0] not in names:
            meant = did_you_mean(variable.upper(), [f"BROADSHEET_{each}" for each in names])
            raise InvalidInputError(f"the environment variable {variable} sets nothing{meant}")


def _describe(error: ValidationError) -> str:
    """Return each problem with its setting, and the legal names."""
    problems = [
        (
            ".".join(str(part) for part in problem["loc"]),
            _PLAIN.get(problem["type"], problem["msg"].removeprefix("Value error, ")),
        )
        for problem in error.errors()
    ]
    unknown = [
        place.split(".")[0]
        for problem, (place, _) in zip(error.errors(), problems, strict=True)
        if problem["type"] == "extra_forbidden" and len(problem["loc"]) == 1
    ]
    if unknown:
        meant = did_you_mean(unknown[0], Settings.model_fields)
        return (
            f"there is no setting {unknown[0]!r}{meant}; "
            f"the settings are: {', '.join(Settings.model_fields)}"
        )
    problem_list = "; ".join(f"{place}: {message}" for place, message in problems)
    if all(place.split(".")[0] == "ranking" for place, _ in problems):
        names = ", ".join(field.name for field in fields(Weights))
        return f"{problem_list}. The table [ranking] holds: {names}"
    return f"{problem_list}. The settings are: {', '.join(Settings.model_fields)}"
