"""Libraries and backups of every release open with the present program, and lose nothing."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from broadsheet.backends.sql.opening import open_engine, write_transaction
from broadsheet.cli.main import main
from broadsheet.home import Home
from broadsheet.wiring import restore
from released_library import PASSPHRASE, RELEASES, check, fill, unpack

FOLDERS = sorted(path for path in RELEASES.iterdir() if path.is_dir())
MOST_BYTES = 200_000


@pytest.mark.parametrize("release", FOLDERS, ids=lambda path: path.name)
def test_a_home_of_a_release_opens(release: Path, tmp_path: Path) -> None:
    home = unpack(release / "home.tar.zst", tmp_path)
    check(home)
    result = CliRunner().invoke(main, ["--home", str(home.path), "doctor"])
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("release", FOLDERS, ids=lambda path: path.name)
def test_a_backup_of_a_release_is_restored(release: Path, tmp_path: Path) -> None:
    home = Home(tmp_path / "restored")
    restore(release / "library.backup", home, PASSPHRASE)
    check(home)


def test_a_new_library_has_the_facts_that_are_checked(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    fill(home, tmp_path)
    check(home)


def test_libraries_of_releases_are_small() -> None:
    assert FOLDERS
    for folder in FOLDERS:
        assert sum(path.stat().st_size for path in folder.iterdir()) <= MOST_BYTES


def test_an_older_program_refuses_in_words_and_changes_nothing(tmp_path: Path) -> None:
    """Every command, and a backup; the library is then used by its own program again."""
    home = unpack(FOLDERS[-1] / "home.tar.zst", tmp_path)
    engine = open_engine(home.database)
    with write_transaction(engine) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'of tomorrow'")
    engine.dispose()
    before = home.database.read_bytes()
    for arguments in (["status"], ["search", "x"], ["up", "--port", "0"], ["backup", str(tmp_path / "b")]):  # fmt: skip
        result = CliRunner().invoke(main, ["--home", str(home.path), *arguments])
        assert (result.exit_code, "Traceback" in result.output) == (2, False)
        assert "made by a newer Broadsheet" in result.stderr
        assert "install the newer program" in result.stderr
    assert home.database.read_bytes() == before
    assert not (tmp_path / "b").exists()
