"""The home directory: one library and everything derived from it."""

import contextlib
import os
import secrets
import tomllib
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import platformdirs

from broadsheet.domain.errors import InvalidInputError


def default_home() -> Path:
    """``BROADSHEET_HOME``, else the platform's directory for a user's data."""
    named = os.environ.get("BROADSHEET_HOME")
    return Path(named).expanduser() if named else Path(platformdirs.user_data_dir("broadsheet"))


@dataclass(frozen=True, slots=True)
class Home:
    """The paths below a home directory. The database is the truth; ``index`` is derived."""

    path: Path

    @property
    def database(self) -> Path:
        return self.path / "library.sqlite"

    @property
    def index(self) -> Path:
        return self.path / "index"

    def index_of(self, database_url: str) -> Path:
        """The index of a library in another database, so that a change of the setting never
        searches one library with the index of another. Empty: the library in this home."""
        if not database_url:
            return self.index
        return self.path / f"index-{blake2b(database_url.encode(), digest_size=6).hexdigest()}"

    @property
    def former_embedders(self) -> Path:
        """How to load the plugged-in models that stored vectors were made with."""
        return self.path / "embedders.json"

    @property
    def vector_cache(self) -> Path:
        """Answers of an embedder behind an address."""
        return self.path / "vectors.sqlite"

    @property
    def settings(self) -> Path:
        return self.path / "broadsheet.toml"

    @property
    def sources(self) -> Path:
        """Locks and last requests of sources, shared by all processes."""
        return self.path / "sources"

    def read_secret(self) -> bytes:
        """The key that signs links and sessions; made at the first call, readable by the owner
        only. Whoever has it can forge them, so it belongs into backups, not into logs.

        Raises InvalidInputError if it cannot be read or made.
        """
        path = self.path / "secret"
        try:
            with contextlib.suppress(FileExistsError):
                descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
                with os.fdopen(descriptor, "wb") as file:
                    file.write(secrets.token_hex(32).encode())
            return path.read_bytes().strip()
        except OSError as error:
            raise InvalidInputError(
                f"{path}: cannot be read or made ({error.strerror}); it signs links in mails"
            ) from error

    def read_database_url(self) -> str:
        """The setting ``database_url`` alone: validating all settings takes as long as showing
        a paper. Empty for the database in this home, also if the file cannot be read; whoever
        reads all settings reports that."""
        if (named := os.environ.get("BROADSHEET_DATABASE_URL")) is not None:
            return named
        try:
            written = tomllib.loads(self.settings.read_text("utf-8")).get("database_url", "")
        except (OSError, ValueError):
            return ""
        return written if isinstance(written, str) else ""

    def create(self) -> "Home":
        """Create the directory, readable by its owner only.

        Raises InvalidInputError if it cannot be created or is not a directory.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise InvalidInputError(
                f"{self.path}: cannot be the home directory ({error.strerror}); "
                "name another with --home or BROADSHEET_HOME"
            ) from error
        return self
