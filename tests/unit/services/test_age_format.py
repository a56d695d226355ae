"""Encrypted backups are files of ``age``: another implementation opens them, and we open its."""

import io
import random

import pytest

from broadsheet.services.age import CHUNK, AgeError, AgeReader, AgeWriter

pyrage = pytest.importorskip("pyrage")

PASSPHRASE = "correct horse battery staple ü"
SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 7]
QUICK = 10
"""A work factor that takes no time."""


def encrypt(content: bytes, work_factor: int = QUICK) -> bytes:
    target = io.BytesIO()
    with io.BufferedWriter(AgeWriter(target, PASSPHRASE, work_factor), 1000) as writer:
        for start in range(0, len(content), 9_999):
            writer.write(content[start : start + 9_999])
    return target.getvalue()


def decrypt(file: bytes, passphrase: str = PASSPHRASE) -> bytes:
    return io.BufferedReader(AgeReader(io.BytesIO(file), passphrase)).read()


@pytest.mark.parametrize("size", SIZES)
def test_other_programs_open_our_files_and_we_open_theirs(size: int) -> None:
    content = random.Random(size).randbytes(size)
    assert decrypt(encrypt(content)) == content
    assert pyrage.passphrase.decrypt(encrypt(content), PASSPHRASE) == content
    if size in (0, 2 * CHUNK, 3 * CHUNK + 7):  # theirs takes a second each
        assert decrypt(pyrage.passphrase.encrypt(content, PASSPHRASE)) == content


def test_the_work_that_is_set_by_default_is_done_and_accepted_elsewhere() -> None:
    file = encrypt(b"paper", work_factor=17)
    assert file.splitlines()[1].endswith(b" 17")
    assert pyrage.passphrase.decrypt(file, PASSPHRASE) == b"paper"


def test_nothing_of_a_changed_or_shortened_file_is_believed() -> None:
    content = random.Random(1).randbytes(2 * CHUNK + 100)
    file = encrypt(content)
    chance = random.Random(2)
    places = [*range(200), *(chance.randrange(len(file)) for _ in range(100)), len(file) - 1]
    for place in places:
        changed = bytearray(file)
        changed[place] ^= 1 << chance.randrange(8)
        with pytest.raises(AgeError):
            decrypt(bytes(changed))
        with pytest.raises(AgeError):
            decrypt(file[:place])
    header = len(file) - 16 - len(content) - 3 * 16
    for chunks in (1, 2):  # cut off exactly after a chunk
        with pytest.raises(AgeError, match="cut off"):
            decrypt(file[: header + 16 + chunks * (CHUNK + 16)])
    with pytest.raises(AgeError):
        decrypt(file + b"x")


def test_a_wrong_passphrase_and_a_file_that_asks_too_much_are_refused() -> None:
    with pytest.raises(AgeError, match="passphrase"):
        decrypt(encrypt(b"paper"), "another")
    greedy = encrypt(b"paper").replace(b" 10\n", b" 30\n", 1)
    with pytest.raises(AgeError, match="work factor"):
        decrypt(greedy)
    recipient = pyrage.x25519.Identity.generate().to_public()
    with pytest.raises(AgeError, match="not encrypted with a passphrase"):
        decrypt(pyrage.encrypt(b"paper", [recipient]))
