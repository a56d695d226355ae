"""Golden files: the committed ranking.

``pytest tests/ranking --update-goldens`` rewrites them, and the commit says why.
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
    """Compare a text with the golden file of that name; fail with a diff, or rewrite it with the
    option.
    """
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
