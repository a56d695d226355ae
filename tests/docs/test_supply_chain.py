"""Packages installed with Broadsheet: exact, hashed, and under licences that are listed."""

import importlib.util
import re
from importlib.metadata import PackageNotFoundError, metadata, requires
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
EXTRAS = ("encryption", "postgresql")


def pinned(file: str) -> dict[str, str]:
    """Name to version."""
    text = (ROOT / file).read_text(encoding="utf-8")
    pins = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;]+)", text, re.MULTILINE)
    return {canonicalize_name(name): version for name, version in pins}


def needed() -> set[str]:
    """All that is installed with Broadsheet and the extras on this platform."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    waiting = list(project["dependencies"])
    for extra in EXTRAS:
        waiting += project["optional-dependencies"][extra]
    names: set[tuple[str, str]] = set()
    while waiting:
        requirement = Requirement(waiting.pop())
        for extra in ("", *requirement.extras):
            key = canonicalize_name(requirement.name), extra
            applies = not requirement.marker or requirement.marker.evaluate({"extra": ""})
            if key in names or not applies:
                continue
            names.add(key)
            for each in requires(key[0]) or ():
                inner = Requirement(each)
                if not inner.marker or inner.marker.evaluate({"extra": extra}):
                    inner.marker = None
                    waiting.append(str(inner))
    return {name for name, _ in names}


def test_all_that_is_needed_is_pinned_with_hashes_and_as_it_is_tested() -> None:
    pins = pinned("requirements.txt")
    assert needed() - pins.keys() == set(), "run: make requirements"
    tested = pinned("constraints.txt")
    differing = {name for name in pins if name in tested and tested[name] != pins[name]}
    assert differing == set(), "run: make requirements"
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\S)", text)[2:]
    assert len(entries) == len(pins)
    assert all(entry.count("--hash=sha256:") >= 1 for entry in entries)


def test_the_licence_of_every_package_is_listed() -> None:
    listing = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| ([a-z0-9-]+) \| ([^|]+) \|$", listing, re.MULTILINE))
    rows.pop("package")
    assert set(pinned("requirements.txt")) - rows.keys() == set()
    strong = {name for name, licence in rows.items() if re.search(r"\bA?GPL", licence)}
    assert strong == set()
    for name, licence in rows.items():
        try:
            stated = metadata(name).get("License-Expression")
        except PackageNotFoundError:
            continue  # for another platform
        assert stated in (None, licence), f"docs/licences.md: {name} is under {stated}"


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", ROOT / ".ci" / "audit.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_an_audit_that_could_not_ask_is_not_called_clean(audit: ModuleType) -> None:
    sound = {"name": "click", "version": "8.5.1", "vulns": []}
    away = {"name": "lxml", "skip_reason": "Dependency not found on PyPI"}
    hole = {"id": "PYSEC-2099-1", "fix_versions": ["8.6"], "description": "", "aliases": []}
    assert audit.judge({"dependencies": [away, away]})[1] == 2
    words, status = audit.judge({"dependencies": [sound, away]})
    assert (status, "1 of 2 packages" in words and "not audited: lxml" in words) == (0, True)
    words, status = audit.judge({"dependencies": [away, {**sound, "vulns": [hole]}]})
    assert (status, words) == (1, "click 8.5.1: PYSEC-2099-1, corrected in 8.6")
