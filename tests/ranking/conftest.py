"""Golden files: what a ranking was when it was last looked at.

``pytest tests/ranking --update-goldens`` writes them anew, and the commit says why.
"""

import difflib
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
OPTION = "--update-goldens"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(OPTION, action="store_true", help="Write golden rankings and measures anew.")


@pytest.fixture
def compare(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Given the name of a golden file and what its text is now: fails with a diff where the
    file says something else; with the option, rewrites it."""
    # A run of all tests starts above this file, without the option.
    update = request.config.getoption(OPTION, default=False)

    def compared(name: str, got: str) -> None:
        path = HERE / name
        if update:
            path.write_text(got, encoding="utf-8")
            return
        expected = path.read_text(encoding="utf-8") if path.exists() else ""
        changes = difflib.unified_diff(
            expected.splitlines(), got.splitlines(), f"{name} as committed", "now", lineterm="", n=1
        )
        if difference := "\n".join(changes):
            pytest.fail(f"{difference}\n\nWanted? pytest tests/ranking {OPTION}", pytrace=False)

    return compared
