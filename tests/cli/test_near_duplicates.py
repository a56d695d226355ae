"""Near-duplicates are printed with the paper they are shown with."""

import json

import pytest

from broadsheet.cli.read import print_hits
from broadsheet.domain.search import Hit
from memory_library import make_paper


def test_people_and_programs_are_told_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    first, second, third = (make_paper(key, f"Title {key}") for key in (1, 2, 3))
    print_hits([Hit(1, 1.0, first, alike=(second, third))], as_json=False)
    assert "and 2 more like it: local:2, local:3" in capsys.readouterr().out
    print_hits([Hit(1, 1.0, first, alike=(second,))], as_json=True)
    assert json.loads(capsys.readouterr().out)["alike"] == ["local:2"]
