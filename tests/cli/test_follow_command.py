"""``broadsheet follow`` on a library for one."""

import json

import pytest
from click.testing import CliRunner

from broadsheet.cli.main import main
from reading_interests import made_paper, open_made_library


@pytest.fixture
def run(tmp_path):
    with open_made_library(tmp_path, 30):
        pass

    def run(*arguments):
        return CliRunner().invoke(main, ["--home", str(tmp_path / "home"), *arguments])

    return run


def test_following_at_the_prompt(run):
    empty = run("follow", "list")
    assert (empty.exit_code, "follow add author NAME" in empty.output) == (1, True)
    added = run("follow", "add", "author", "Ada", "Bees", "--json")
    assert json.loads(added.output)["value"] == "Ada Bees"
    assert "category" in run("follow", "add", "category", "CS.lg").output
    lines = [json.loads(line) for line in run("follow", "list", "--json").output.splitlines()]
    assert [(each["kind"], each["value"]) for each in lines] == [
        ("author", "Ada Bees"),
        ("category", "cs.LG"),
    ]
    news = run("follow", "new", "--since", "2026-05-01", "--json")
    papers = [json.loads(line) for line in news.output.splitlines()]
    assert len(papers) == 30
    assert papers[0]["id"] in {made_paper(number)["id"] for number in range(0, 30, 3)}
    assert papers[0]["why"] == ["by Ada Bees", "in Machine Learning (cs.LG)"]
    assert "  by Ada Bees; in" in run("follow", "new", "--since", "2026-05-01").output
    for each in lines:
        assert run("follow", "remove", str(each["number"])).exit_code == 0
    assert run("follow", "new").exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["add", "planet", "Mars"], "'author'"),
        (["add", "field", "Alchemy"], "the fields are"),
        (["add", "member", "Max"], "no member"),
        (["remove", "7"], "follow list"),
        (["new", "--since", "soon"], "visit, day, week, month or a date"),
    ],
)
def test_what_cannot_be_followed_is_refused_in_words(run, arguments, says):
    refused = run("follow", *arguments)
    assert refused.exit_code == 2
    assert says in refused.output
