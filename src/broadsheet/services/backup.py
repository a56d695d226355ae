"""Backups: one file that holds a whole library, and from which it is restored.

A backup is a tar archive, compressed by Zstandard (``tar --zstd -xf`` opens it):

    manifest.json     format, version, time, and the SHA-256 of every other member
    library.sqlite    the library, also if it lies in PostgreSQL
    broadsheet.toml   the settings, if there are any
    embedders.json    how plugged-in embedders are loaded, if there are any
    secret            the key that signs links and sessions, if secrets are included

The index is derived and not included. With a passphrase the archive is encrypted by
``services.age`` and holds the secrets too.
"""

import datetime as dt
import hashlib
import io
import json
import os
import re
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import zstandard

from broadsheet import __version__
from broadsheet.domain.errors import InvalidInputError
from broadsheet.home import Home
from broadsheet.services.age import AgeError, AgeReader, AgeWriter, is_encrypted

PASSPHRASE_VARIABLE = "BROADSHEET_BACKUP_PASSPHRASE"
WORK_FOLDER = ".broadsheet-backup-"
"""Beginning of the names of the folders in which backups are prepared."""
FORMAT = "broadsheet-backup"
VERSION = 1
MANIFEST = "manifest.json"
_LIBRARY = "library.sqlite"
_SETTINGS = "broadsheet.toml"
_EMBEDDERS = "embedders.json"
_SECRET = "secret"
_MEMBERS = {_LIBRARY, _SETTINGS, _EMBEDDERS, _SECRET}
_LONGEST_MANIFEST = 1_000_000
_SECRET_NAME = re.compile(r"(^|_)(password|key|token|secret)$", re.IGNORECASE)
_PASSWORD_IN_URL = re.compile(r"^[a-z0-9+]+://[^/@]*:[^/@]+@", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Backup:
    """A finished backup: its bytes, and the secrets that were left out."""

    bytes: int
    left_out: tuple[str, ...]


def read_passphrase(file: Path | None) -> str:
    """The first line of ``file``, else the environment's ``BROADSHEET_BACKUP_PASSPHRASE``; "" if
    there is neither. Raises InvalidInputError for a file that is empty or cannot be read."""
    if file is None:
        return os.environ.get(PASSPHRASE_VARIABLE, "")
    try:
        passphrase = file.expanduser().read_text("utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(
            f"{file}: the passphrase cannot be read ({error}); name a text file whose first line "
            "is the passphrase"
        ) from error
    if not passphrase:
        raise InvalidInputError(f"{file}: is empty; its first line should be the passphrase")
    return passphrase


def write_backup(
    home: Home,
    file: Path,
    write_snapshot: Callable[[Path], None],
    include_secrets: bool,
    passphrase: str = "",
) -> Backup:
    """Write a backup to the new file ``file``, readable by its owner only.

    ``write_snapshot`` copies the library into a new SQLite file. ``file`` appears whole or not
    at all. Raises InvalidInputError if it exists or cannot be written.
    """
    if file.exists():
        raise InvalidInputError(f"{file}: exists already; name another file for the backup")
    # Readable contents of an encrypted backup never lie where the backup goes.
    beside = home.path if passphrase else file.parent
    try:
        with (
            tempfile.TemporaryDirectory(prefix=WORK_FOLDER, dir=beside) as contents_folder,
            tempfile.TemporaryDirectory(prefix=WORK_FOLDER, dir=file.parent) as archive_folder,
        ):
            contents = Path(contents_folder)
            write_snapshot(contents / _LIBRARY)
            left_out = _copy_files(home, contents, include_secrets or bool(passphrase))
            archive = Path(archive_folder) / "archive"
            _pack(contents, archive, passphrase)
            os.replace(archive, file)
        return Backup(file.stat().st_size, left_out)
    except OSError as error:
        raise InvalidInputError(
            f"{file}: the backup cannot be written ({error.strerror}); check the folder, its "
            "permissions and the free space"
        ) from error


def restore_backup(
    file: Path,
    home: Home,
    load_snapshot: Callable[[Path, Home, Path], str],
    passphrase: str = "",
) -> str:
    """Restore a backup into an empty or new home directory; returns the database's place.

    ``load_snapshot(snapshot, home, folder)`` makes a snapshot the library of ``home``, whose
    files lie in ``folder`` until all is done. The home appears whole or not at all.
    Raises InvalidInputError for a home that is not empty and a file that is no whole backup.
    """
    if home.path.exists() and (not home.path.is_dir() or any(home.path.iterdir())):
        raise InvalidInputError(
            f"{home.path}: is not empty; restore into a new directory with --home, or move this "
            "one away first"
        )
    path = home.path.absolute()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".broadsheet-restore-", dir=path.parent) as folder:
            contents, restored = Path(folder) / "contents", Path(folder) / "home"
            contents.mkdir()
            _unpack(file, contents, passphrase)
            restored.mkdir(mode=0o700)
            for name in (_SETTINGS, _EMBEDDERS, _SECRET):
                if (contents / name).exists():
                    shutil.move(contents / name, restored / name)
            place = load_snapshot(contents / _LIBRARY, home, restored)
            os.replace(restored, path)
        return place
    except OSError as error:
        raise InvalidInputError(
            f"{file}: cannot be restored into {path} ({error.strerror}); check that the file can "
            "be read, that the directory can be written, and the free space"
        ) from error


def _copy_files(home: Home, folder: Path, include_secrets: bool) -> tuple[str, ...]:
    """Copy all that is not in the database; returns the names of secrets that were left out."""
    left_out: list[str] = []
    if home.former_embedders.exists():
        shutil.copyfile(home.former_embedders, folder / _EMBEDDERS)
    if home.settings.exists():
        shutil.copyfile(home.settings, folder / _SETTINGS)
        if not include_secrets:
            left_out += _remove_secrets(folder / _SETTINGS)
    if (home.path / _SECRET).exists():
        if include_secrets:
            shutil.copyfile(home.path / _SECRET, folder / _SECRET)
        else:
            left_out.append("the file secret")
    return tuple(left_out)


def _remove_secrets(settings: Path) -> list[str]:
    """Remove passwords and keys from a settings file; returns their names.

    Raises InvalidInputError for a file that cannot be understood: it might hold secrets.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(settings.read_text("utf-8"))
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise InvalidInputError(
            f"{_SETTINGS}: cannot be understood ({error}); correct it, or include it as it is "
            "with --include-secrets"
        ) from error
    names = find_secret_settings(document)
    _remove_from_table(document)
    settings.write_text(tomlkit.dumps(document), "utf-8")
    return names


def find_secret_settings(table: Any, prefix: str = "") -> list[str]:
    """Return the names of the settings in ``table`` that hold passwords and keys."""
    names: list[str] = []
    for key, value in table.items():
        if hasattr(value, "items"):
            names += find_secret_settings(value, f"{prefix}{key}.")
        elif isinstance(value, list):
            for each in value:
                if hasattr(each, "items"):
                    names += find_secret_settings(each, f"{prefix}{key}.")
        elif _is_secret(key, value):
            names.append(prefix + key)
    return names


def _is_secret(key: str, value: object) -> bool:
    if _SECRET_NAME.search(key):
        return True
    return isinstance(value, str) and bool(_PASSWORD_IN_URL.match(value))


def _remove_from_table(table: Any) -> None:
    for key in list(table):
        value = table[key]
        if hasattr(value, "items"):
            _remove_from_table(value)
        elif isinstance(value, list):
            for each in value:
                if hasattr(each, "items"):
                    _remove_from_table(each)
        elif _is_secret(key, value):
            del table[key]


def _pack(folder: Path, archive: Path, passphrase: str) -> None:
    files = sorted(folder.iterdir(), key=lambda path: path.stat().st_size)
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "made_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "broadsheet": __version__,
        "sha256": {path.name: _digest(path) for path in files},
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")
    descriptor = os.open(archive, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    compressor = zstandard.ZstdCompressor(level=3, write_checksum=True)
    with os.fdopen(descriptor, "wb") as file:
        with (
            io.BufferedWriter(AgeWriter(file, passphrase))
            if passphrase
            else nullcontext(file) as target,
            compressor.stream_writer(target, closefd=False) as stream,
            tarfile.open(fileobj=stream, mode="w|") as tar,
        ):
            for path in [folder / MANIFEST, *files]:
                member = tar.gettarinfo(path, path.name)
                member.uid = member.gid = 0
                member.uname = member.gname = ""
                member.mode = 0o600
                with path.open("rb") as content:
                    tar.addfile(member, content)
        file.flush()
        os.fsync(file.fileno())


def check_backup(file: Path, passphrase: str = "") -> None:
    """Read a whole backup and compare each part with its checksum; nothing is restored.

    Raises InvalidInputError if it could not be restored.
    """
    _read(file, passphrase, lambda name, content: _digest_of(content))


def _unpack(file: Path, folder: Path, passphrase: str) -> None:
    """Write the members of a backup into ``folder``, each checked against the manifest.

    Raises InvalidInputError.
    """

    def write(name: str, content: IO[bytes]) -> str:
        with (folder / name).open("xb") as target:
            shutil.copyfileobj(content, target, 1 << 20)
        return _digest(folder / name)

    _read(file, passphrase, write)


def _read(file: Path, passphrase: str, take: Callable[[str, IO[bytes]], str]) -> None:
    """Give each member to ``take``, which returns its SHA-256; compare it with the manifest.

    Raises InvalidInputError.
    """
    try:
        with _open_archive(file, passphrase) as compressed:
            _check_compression(file, compressed)
        with (
            _open_archive(file, passphrase) as compressed,
            zstandard.ZstdDecompressor().stream_reader(compressed) as stream,
            tarfile.open(fileobj=stream, mode="r|") as tar,
        ):
            expected = _read_manifest(file, tar)
            digests: dict[str, str] = {}
            while member := tar.next():
                content = tar.extractfile(member) if member.name in expected else None
                if content is None or member.name in digests:
                    raise InvalidInputError(f"{file}: an unknown member {member.name!r}")
                digests[member.name] = take(member.name, content)
    except (tarfile.TarError, zstandard.ZstdError, EOFError) as error:
        raise InvalidInputError(
            f"{file}: is no backup of Broadsheet, or is damaged ({error})"
        ) from error
    for name, digest in expected.items():
        if digests.get(name) != digest:
            raise InvalidInputError(f"{file}: the backup is damaged: {name} is not as it was saved")


@contextmanager
def _open_archive(file: Path, passphrase: str) -> Iterator[IO[bytes]]:
    """The compressed archive, decrypted if it is encrypted. Raises InvalidInputError."""
    with file.open("rb") as stored:
        if not is_encrypted(stored):
            yield stored
        elif not passphrase:
            raise InvalidInputError(
                f"{file}: is encrypted; name a file that holds its passphrase with "
                f"--passphrase-file, or set {PASSPHRASE_VARIABLE}"
            )
        else:
            try:
                yield io.BufferedReader(AgeReader(stored, passphrase), 1 << 20)
            except AgeError as error:
                raise InvalidInputError(f"{file}: cannot be decrypted: {error}") from error


def _check_compression(file: Path, compressed: IO[bytes]) -> None:
    """Read the whole frame, so that its checksum, which stands at its end, is compared: reading
    the archive stops before. Raises InvalidInputError or ZstdError."""
    frame = zstandard.ZstdDecompressor().decompressobj()
    while not frame.eof and (chunk := compressed.read(1 << 20)):
        frame.decompress(chunk)
    if not frame.eof or frame.unused_data or compressed.read(1):
        raise InvalidInputError(f"{file}: the backup is damaged: it ends too early or too late")


def _read_manifest(file: Path, tar: tarfile.TarFile) -> dict[str, str]:
    """The digests by name of the members. Raises InvalidInputError."""
    first = tar.next()
    content: IO[bytes] | None = None
    if first and first.name == MANIFEST:
        content = tar.extractfile(first)
    try:
        manifest = json.loads(content.read(_LONGEST_MANIFEST)) if content else {}
        digests: dict[str, str] = dict(manifest["sha256"])
        version = manifest["version"] if manifest["format"] == FORMAT else None
    except (ValueError, KeyError, TypeError):
        version, digests = None, {}
    if version is None or _LIBRARY not in digests or not digests.keys() <= _MEMBERS:
        raise InvalidInputError(f"{file}: is no backup of Broadsheet")
    if version != VERSION:
        raise InvalidInputError(
            f"{file}: this backup was made by a newer Broadsheet ({manifest['broadsheet']}); "
            "install that one to restore it"
        )
    return digests


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest_of(content: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := content.read(1 << 20):
        digest.update(chunk)
    return digest.hexdigest()
