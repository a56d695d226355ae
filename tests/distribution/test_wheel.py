"""The wheel and the sdist: the same bytes from the same sources, complete, and usable alone."""

import os
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

pytest.importorskip("build", reason="build is not installed; make dist installs it")

pytestmark = pytest.mark.distribution

ROOT = Path(__file__).resolve().parents[2]
EPOCH = "1767225600"
MOST_MEGABYTES = 200
"""Files as they are installed, without bytecode, which Python writes and may delete."""
LARGE = 5_000
"""Bytes from which a bundled file that is neither code nor template needs a known licence."""
LICENCES = {
    "services/common_passwords.txt": "licenses/zxcvbn.txt",
    "embed/static/models/": "src/broadsheet/embed/static/models/static-1/README.md",
    "starter/": "src/broadsheet/starter/README.md",
    "discovery/models/": "LICENSE",
    "web/static/": "LICENSE",
}
"""Bundled data by the beginning of their path, and the file of the sdist with their licence."""


@dataclass
class Distributions:
    """A wheel and an sdist."""

    wheel: Path
    sdist: Path


def build(source: Path, target: Path) -> Distributions:
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(target)]
    result = subprocess.run(
        [*command, str(source)],
        env=os.environ | {"SOURCE_DATE_EPOCH": EPOCH},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    (wheel,), (sdist,) = target.glob("*.whl"), target.glob("*.tar.gz")
    return Distributions(wheel, sdist)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Distributions:
    return build(ROOT, tmp_path_factory.mktemp("dist"))


def test_the_sdist_builds_the_same_bytes_elsewhere(built: Distributions, tmp_path: Path) -> None:
    with tarfile.open(built.sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    for path in source.rglob("*"):
        os.utime(path, (1, 1))
    again = build(source, tmp_path / "again")
    assert again.wheel.read_bytes() == built.wheel.read_bytes()
    assert again.sdist.read_bytes() == built.sdist.read_bytes()


def test_the_wheel_has_the_package_and_the_licences_and_nothing_else(built: Distributions) -> None:
    package = {
        path.relative_to(ROOT / "src").as_posix(): path.stat().st_size
        for path in (ROOT / "src" / "broadsheet").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    with zipfile.ZipFile(built.wheel) as wheel:
        names = [each for each in wheel.namelist() if ".dist-info/" not in each]
        licences = [each for each in wheel.namelist() if ".dist-info/licenses/" in each]
        (manual,) = (
            each for each in names if each.endswith(".data/data/share/man/man1/broadsheet.1")
        )
        assert sorted({*names} - {manual}) == sorted(package)
        assert {each.partition("licenses/")[2] for each in licences} == {
            "LICENSE",
            "licenses/zxcvbn.txt",
        }
    with tarfile.open(built.sdist) as archive:
        shipped = {each.partition("/")[2] for each in archive.getnames()}
    for name, size in package.items():
        if size < LARGE or name.endswith((".py", ".html")):
            continue
        below = name.removeprefix("broadsheet/")
        stated = [file for start, file in LICENCES.items() if below.startswith(start)]
        assert stated, f"{name}: say in LICENCES under which licence this file is"
        assert stated[0] in shipped
        assert "licen" in (ROOT / stated[0]).read_text(encoding="utf-8").lower()


def test_the_description_is_accepted_by_the_package_index(built: Distributions) -> None:
    pytest.importorskip("twine", reason="twine is not installed; make dist installs it")
    command = [sys.executable, "-m", "twine", "check", "--strict"]
    files = [str(built.wheel), str(built.sdist)]
    result = subprocess.run([*command, *files], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_wheel_works_by_itself(built: Distributions, tmp_path: Path) -> None:
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    pip = [str(environment / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
    constraints = ["--constraint", str(ROOT / "constraints.txt")]
    reached = subprocess.run(
        [*pip, "download", "--quiet", "--no-deps", "click"],
        cwd=tmp_path,
        capture_output=True,
    )
    if reached.returncode:
        pytest.skip("no package index can be reached")
    before = megabytes(environment)
    subprocess.run([*pip, "install", "--quiet", *constraints, str(built.wheel)], check=True)
    size, bytecode = (now - then for now, then in zip(megabytes(environment), before, strict=True))
    print(f"installed: {size:.0f} MB, and {bytecode:.0f} MB of bytecode")
    assert size <= MOST_MEGABYTES

    def broadsheet(*arguments: str) -> str:
        home = {"BROADSHEET_HOME": str(tmp_path / "home"), "PATH": os.environ["PATH"]}
        command = [str(environment / "bin" / "broadsheet"), *arguments]
        return subprocess.run(
            command, cwd=tmp_path, env=home, check=True, capture_output=True, text=True
        ).stdout

    assert "broadsheet, version " in broadsheet("--version")
    assert (environment / "share" / "man" / "man1" / "broadsheet.1").exists()
    (starter,) = environment.rglob("broadsheet/starter/papers.jsonl")
    assert "397 new" in broadsheet("import", str(starter))
    assert "Attention Is All You Need" in broadsheet("search", "attention is all you need")


def megabytes(folder: Path) -> tuple[float, float]:
    """The size of all files but bytecode, and of bytecode, in units of 1,000,000 bytes."""
    sizes = {True: 0, False: 0}
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            sizes[path.suffix == ".pyc"] += path.stat().st_size
    return sizes[False] / 1e6, sizes[True] / 1e6
