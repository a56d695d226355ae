"""Accents that are written as signs of their own, and invisible signs, are parts of words."""

import json
import unicodedata

import pytest
from click.testing import CliRunner

from broadsheet.cli.main import main


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = str(tmp_path_factory.mktemp("home"))
    row = {
        "id": "a1",
        "title": unicodedata.normalize("NFD", "Résumé parsing with Schönberg num\u00adbers"),
        "abstract": "A trans\u200bformer.",
        "authors": [unicodedata.normalize("NFD", "Jürgen Müller")],
        "published": "2023",
    }
    CliRunner().invoke(main, ["--home", home, "import", "-"], input=json.dumps(row))
    return home


@pytest.mark.parametrize(
    "query",
    ["résumé", "resume", "Schönberg", "author:Müller", "author:muller", "numbers", "transformer"],
)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_words_are_found_in_either_form(home, query, form):
    query = unicodedata.normalize(form, query)
    result = CliRunner().invoke(main, ["--home", home, "search", "-m", "words", "--json", query])
    assert [json.loads(line)["title"] for line in result.stdout.splitlines()] == [
        "Résumé parsing with Schönberg numbers"
    ]
