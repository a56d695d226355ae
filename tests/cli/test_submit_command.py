"""``broadsheet submit``, ``submissions`` and ``feature``."""

import json

import pytest
from click.testing import CliRunner

from broadsheet.cli.main import main
from reading_interests import made_paper, open_made_library


@pytest.fixture
def run(tmp_path):
    with open_made_library(tmp_path, 20):
        pass
    settings = tmp_path / "home" / "broadsheet.toml"
    settings.write_text(
        'private_hosts = ["127.0.0.1"]\n'
        '[sources.arxiv-query]\non = false\nendpoint = "http://127.0.0.1:9/api/query"\n'
    )

    def run(*arguments):
        return CliRunner().invoke(main, ["--home", str(tmp_path / "home"), *arguments])

    return run


def test_submitting_at_the_prompt(run):
    assert run("submissions").exit_code == 1
    known = run("submit", "2606.00003", "--note", "Read it", "--json")
    submission = json.loads(known.output)
    assert (submission["state"], submission["paper"]) == ("listed", made_paper(2)["id"])
    offline = run("submit", "2401.00001")
    assert offline.exit_code == 0
    assert "kept, and tried again" in offline.output
    listed = [json.loads(line) for line in run("submissions", "--json").output.splitlines()]
    assert [(each["state"], each["address"]) for each in listed] == [
        ("pending", "2401.00001"),
        ("listed", "2606.00003"),
    ]
    assert "(Read it)" in run("submissions").output
    assert run("submit", "weather").exit_code == 2


def test_featuring_at_the_prompt(run):
    featured = run("feature", "2606.00003", "--because", "it is deep")
    assert featured.exit_code == 0, featured.output
    assert "place 1" in featured.output
    assert run("feature", "2606.00004", "--because", "it is short").exit_code == 0
    assert run("feature", "2606.00004", "--move", "-1").exit_code == 0
    shown = run("daily", featured.output.split()[2].rstrip(","), "--edition", "featured", "--json")
    stories = [json.loads(line) for line in shown.output.splitlines()]
    names = [each["id"] for each in stories if "id" in each]
    assert names == [made_paper(3)["id"], made_paper(2)["id"]]
    assert "featured by the owner because it is deep" in shown.output
    assert run("feature", "2606.00004", "--remove").exit_code == 0
    for wrong in (["--remove"], [], ["--because", "x", "--remove"]):
        assert run("feature", "2606.00004", *wrong).exit_code == 2
    assert run("feature", "2606.00004", "--because", "x", "--day", "soon").exit_code == 2
    assert run("feature", "9999.00001", "--because", "x").exit_code == 1
