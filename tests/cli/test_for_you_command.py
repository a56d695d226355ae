"""``broadsheet for-you`` and the screening commands, through the command line."""

import json

import pytest
from click.testing import CliRunner

from broadsheet.cli.main import main
from broadsheet.domain.access import OWNER
from broadsheet.home import Home
from broadsheet.wiring import open_services
from reading_interests import made_paper, open_made_library, subject_of


@pytest.fixture
def run(tmp_path):
    with open_made_library(tmp_path, 60):
        pass

    def run(*arguments, keys=""):
        return CliRunner().invoke(
            main, ["--home", str(tmp_path / "home"), *arguments], input=keys or None
        )

    run.home = tmp_path / "home"
    return run


def test_for_you_before_and_after_the_first_like(run):
    before = run("for-you")
    assert before.exit_code == 1
    assert "Nothing to learn from yet" in before.output
    with open_services(Home(run.home)) as services:
        services.community.set_mark(OWNER, str(made_paper(30)["id"]), "saved", True)
    lines = [
        json.loads(line) for line in run("for-you", "--since", "week", "--json").output.splitlines()
    ]
    assert [line["rank"] for line in lines] == list(range(1, 21))
    assert subject_of(lines[0]["title"]) == "bees"
    assert {reason["name"] for reason in lines[0]["why"]} >= {"papers", "terms"}
    listing = run("for-you", "-n", "1")
    assert listing.exit_code == 0
    assert "close to a paper you saved" in listing.output
    assert run("for-you", "--since", "soon").exit_code == 2


def test_a_screening_at_the_prompt(run):
    started = run("screen", "start", "cat:cs.LG", "--title", "Bees", "--json")
    name = json.loads(started.output)["id"]
    worked = run("screen", "work", name, keys="ynnusq")
    assert worked.exit_code == 0, worked.output
    assert "Not yet" in worked.output
    state = json.loads(run("screen", "status", name, "--json").output)
    assert (state["read"], state["relevant"], state["may_stop"]) == (2, 1, False)
    assert run("screen", "label", name, state["next"], "yes", "--reason", "fits").exit_code == 0
    exported = run("screen", "export", name).output.splitlines()
    assert len(exported) == 4
    assert exported[-1].endswith(",fits")
    assert "N1  - ASReview_relevant" in run("screen", "export", name, "-f", "ris").output
    assert "Bees: 3 of 60 read, 2 relevant" in run("screen", "list").output
    assert "unread again" in run("screen", "undo", name).output
    assert run("screen", "delete", name, "--yes").exit_code == 0
    assert run("screen", "list").exit_code == 1
    assert run("screen", "status", name).exit_code == 2


def test_what_cannot_be_screened_is_said_in_words(run):
    refused = run("screen", "start", "zzzzqqq")
    assert refused.exit_code == 2
    assert "no paper in this library matches" in refused.output
