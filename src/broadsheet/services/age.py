"""Encryption with a passphrase in the format of ``age``, so that its tools open the files too.

A header holds the file's key, encrypted with a key that scrypt derives from the passphrase,
and is authenticated by HMAC-SHA-256. The content follows in chunks of 64 KiB, each sealed by
ChaCha20-Poly1305; the number of a chunk and a mark for the last one are its nonce, so that a
file that was cut off, extended or reordered does not open. Memory is constant.

Source  https://c2sp.org/age ("The age file encryption format", version 1)
"""

import base64
import binascii
import hashlib
import hmac
import io
import os
import re
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Any

from broadsheet.domain.errors import InvalidInputError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

MAGIC = b"age-encryption.org/v1\n"
CHUNK = 64 * 1024
WORK_FACTOR = 17
"""Base-2 logarithm of scrypt's cost N: 128 MiB of memory and some tenths of a second."""
_MOST_WORK = 20
"""A larger factor, in a file to be read, would take gigabytes of memory."""
_SCRYPT_LABEL = b"age-encryption.org/v1/scrypt"
_FILE_KEY, _SALT, _NONCE, _TAG = 16, 16, 16, 16
_HEADER = re.compile(
    rb"age-encryption\.org/v1\n"
    rb"-> scrypt (?P<salt>[A-Za-z0-9+/]{22}) (?P<work>[1-9][0-9]?)\n"
    rb"(?P<wrapped>[A-Za-z0-9+/]{43})\n"
    rb"---"
)
_LONGEST_HEADER = 4096


class AgeError(Exception):
    """The passphrase is wrong, or the file is damaged or not of this format."""


class AgeWriter(io.RawIOBase):
    """Encrypts the bytes written to it into ``target``; closing it seals the last chunk.

    ``target`` stays open. Raises InvalidInputError if the package for encryption is missing.
    """

    def __init__(self, target: IO[bytes], passphrase: str, work_factor: int = WORK_FACTOR) -> None:
        super().__init__()
        make_cipher = _cipher()
        self._target = target
        self._pending = bytearray()
        self._number = 0
        file_key, salt, nonce = os.urandom(_FILE_KEY), os.urandom(_SALT), os.urandom(_NONCE)
        wrapped = make_cipher(_derive(passphrase, salt, work_factor)).encrypt(
            bytes(12), file_key, None
        )
        header = (
            MAGIC
            + b"-> scrypt %s %d\n%s\n---" % (_encode(salt), work_factor, _encode(wrapped))
        )  # fmt: skip
        target.write(header + b" " + _encode(_mac(file_key, header)) + b"\n" + nonce)
        self._cipher = make_cipher(_hkdf(file_key, nonce, b"payload"))

    def writable(self) -> bool:
        """True."""
        return True

    def write(self, data: Any) -> int:
        """Encrypt ``data``; it is written in whole chunks."""
        self._pending += data
        # The last chunk is marked, so one is held back until more comes.
        while len(self._pending) > CHUNK:
            self._seal(CHUNK, last=False)
        return len(data)

    def close(self) -> None:
        """Write the last chunk."""
        if not self.closed:
            self._seal(len(self._pending), last=True)
        super().close()

    def _seal(self, size: int, last: bool) -> None:
        chunk = bytes(self._pending[:size])
        del self._pending[:size]
        self._target.write(self._cipher.encrypt(_chunk_nonce(self._number, last), chunk, None))
        self._number += 1


class AgeReader(io.RawIOBase):
    """Decrypts ``source`` from its present place while it is read.

    Nothing is returned before it is authenticated. Raises AgeError for a wrong passphrase and
    for damage: at once if it is in the header, later when reading reaches it.
    """

    def __init__(self, source: IO[bytes], passphrase: str) -> None:
        super().__init__()
        make_cipher = _cipher()
        self._source = source
        header = _read_header(source)
        match = _HEADER.fullmatch(header.rpartition(b" ")[0])
        if not match:
            raise AgeError("it is not encrypted with a passphrase alone, or its header is damaged")
        work = int(match["work"])
        if work > _MOST_WORK:
            raise AgeError(f"its work factor is {work}; at most {_MOST_WORK} is accepted")
        key = _derive(passphrase, _decode(match["salt"]), work)
        file_key = _open(make_cipher(key), bytes(12), _decode(match["wrapped"]))
        if file_key is None:
            raise AgeError("the passphrase is wrong, or the header is damaged")
        mac = _decode(header.rpartition(b" ")[2])
        if not hmac.compare_digest(mac, _mac(file_key, match[0])):
            raise AgeError("its header is damaged")
        self._cipher = make_cipher(_hkdf(file_key, source.read(_NONCE), b"payload"))
        self._number = 0
        self._opened = b""
        self._next = source.read(CHUNK + _TAG)
        self._ended = False

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill ``buffer`` as far as one chunk goes; 0 at the end."""
        while not self._opened and not self._ended:
            self._open_chunk()
        size = min(len(buffer), len(self._opened))
        buffer[:size] = self._opened[:size]
        self._opened = self._opened[size:]
        return size

    def _open_chunk(self) -> None:
        sealed, self._next = self._next, self._source.read(CHUNK + _TAG)
        last = not self._next
        opened = _open(self._cipher, _chunk_nonce(self._number, last), sealed)
        # Only an empty file may end with an empty chunk.
        if opened is None or (not opened and self._number):
            raise AgeError("it is damaged, or was cut off")
        self._opened, self._ended = opened, last
        self._number += 1


def is_encrypted(file: IO[bytes]) -> bool:
    """Whether a file, open at its beginning, is of this format; it is left there."""
    beginning = file.read(len(MAGIC))
    file.seek(0)
    return beginning == MAGIC


def _read_header(source: IO[bytes]) -> bytes:
    """All lines until the one that begins with ``---``, without the last line break."""
    header = b""
    while len(header) < _LONGEST_HEADER:
        line = source.readline(_LONGEST_HEADER)
        header += line
        if not line or line.startswith(b"---"):
            break
    return header.removesuffix(b"\n")


def _cipher() -> "Callable[[bytes], ChaCha20Poly1305]":
    try:
        from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
    except ImportError as error:
        raise InvalidInputError(
            "encrypted backups need the package cryptography; install it with: "
            'pip install "broadsheet[encryption]"'
        ) from error
    return ChaCha20Poly1305


def _open(cipher: "ChaCha20Poly1305", nonce: bytes, sealed: bytes) -> bytes | None:
    from cryptography.exceptions import InvalidTag

    try:
        return cipher.decrypt(nonce, sealed, None)
    except InvalidTag:
        return None


def _derive(passphrase: str, salt: bytes, work_factor: int) -> bytes:
    return hashlib.scrypt(
        passphrase.encode(),
        salt=_SCRYPT_LABEL + salt,
        n=1 << work_factor,
        r=8,
        p=1,
        maxmem=(1 << work_factor) * 1024 + (1 << 24),
        dklen=32,
    )


def _hkdf(key: bytes, salt: bytes, label: bytes) -> bytes:
    """HKDF-SHA-256 (RFC 5869) with one block of output."""
    extracted = hmac.digest(salt or bytes(32), key, "sha256")
    return hmac.digest(extracted, label + b"\x01", "sha256")


def _mac(file_key: bytes, header: bytes) -> bytes:
    return hmac.digest(_hkdf(file_key, b"", b"header"), header, "sha256")


def _chunk_nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _encode(value: bytes) -> bytes:
    return base64.b64encode(value).rstrip(b"=")


def _decode(value: bytes) -> bytes:
    try:
        return base64.b64decode(value + b"=" * (-len(value) % 4), validate=True)
    except binascii.Error as error:
        raise AgeError("its header is damaged") from error
