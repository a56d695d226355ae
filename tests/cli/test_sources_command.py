"""``broadsheet sources``: the settings file is changed safely, with its comments kept."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """The settings file of the home that ``broadsheet`` uses."""
    (tmp_path / "home").mkdir()
    return tmp_path / "home" / "broadsheet.toml"


def test_a_source_is_added_with_options_and_comments_are_kept(
    broadsheet: Command, settings: Path
) -> None:
    settings.write_text('# who I am\ncontact = "ada@example.org"  # reachable\n')
    answer = broadsheet("sources", "add", "arxiv", "categories=cs.CL,cs.LG", "every=12")
    assert answer.status == 0, answer.err
    text = settings.read_text()
    assert text.startswith('# who I am\ncontact = "ada@example.org"  # reachable\n')
    assert 'categories = ["cs.CL", "cs.LG"]' in text
    assert "every = 12" in text
    (status,) = broadsheet("sources", "list", "--json").lines
    assert (status["source"], status["on"]) == ("arxiv", True)


def test_a_source_is_switched_off_and_its_options_stay(broadsheet: Command, settings: Path) -> None:
    broadsheet("sources", "add", "arxiv", "categories=cs.CL")
    assert broadsheet("sources", "remove", "arxiv").status == 0
    assert "cs.CL" in settings.read_text()
    assert broadsheet("sources", "list").status == 1
    assert broadsheet("sources", "remove", "arxiv").status == 1
    assert broadsheet("sources", "add", "arxiv").status == 0
    assert broadsheet("sources", "list").status == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("arxvi",), "did you mean 'arxiv'?"),
        (("arxiv", "categries=cs.CL"), "did you mean 'categories'?"),
        (("arxiv", "categories=zz.XX"), "arXiv has no category 'zz.XX'"),
        (("arxiv", "every"), "KEY=VALUE"),
    ],
)
def test_what_cannot_be_used_is_refused_and_nothing_is_written(
    broadsheet: Command, settings: Path, arguments: tuple[str, ...], words: str
) -> None:
    settings.write_text("port = 9000\n")
    answer = broadsheet("sources", "add", *arguments)
    assert answer.status == 2
    assert words in answer.err
    assert settings.read_text() == "port = 9000\n"


def test_a_bad_table_stops_only_its_source(broadsheet: Command, settings: Path) -> None:
    settings.write_text('[sources.arxvi]\n[sources.hf-papers]\n[sources.arxiv]\ncolour = "red"\n')
    lines = {line["source"]: line for line in broadsheet("sources", "list", "--json").lines}
    assert "did you mean 'arxiv'?" in lines["arxvi"]["problem"]
    assert "there is no option 'colour'" in lines["arxiv"]["problem"]
    assert lines["hf-papers"]["on"] is True
    assert lines["hf-papers"]["problem"] is None
    assert broadsheet("search", "anything").status == 1


def test_a_misspelt_setting_is_named(broadsheet: Command, settings: Path) -> None:
    settings.write_text('contcat = "ada@example.org"\n')
    answer = broadsheet("status")
    assert answer.status == 2
    assert "there is no setting 'contcat'; did you mean 'contact'?" in answer.err


def test_a_misspelt_environment_variable_is_named(
    broadsheet: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROADSHEET_CONTCAT", "ada@example.org")
    answer = broadsheet("status")
    assert answer.status == 2
    assert "BROADSHEET_CONTCAT sets nothing; did you mean 'BROADSHEET_CONTACT'?" in answer.err


def test_an_edition_is_written_and_read_back(broadsheet: Command, settings: Path) -> None:
    from broadsheet.domain.access import OWNER
    from broadsheet.domain.daily import Edition
    from broadsheet.domain.errors import InvalidInputError
    from broadsheet.home import Home
    from broadsheet.wiring import open_services

    settings.write_text("# mine\nport = 9000\n")
    edition = Edition("agents", "Agents", "agents -survey", categories=("cs.CL",))
    with open_services(Home(settings.parent)) as services:
        services.settings.define_edition(OWNER, edition)
        assert services.daily.get_edition("agents") == edition
        with pytest.raises(InvalidInputError, match="like:"):
            services.settings.define_edition(OWNER, Edition("odd", "Odd", "like:2401.00001"))
    assert settings.read_text().startswith("# mine\nport = 9000\n")
    with open_services(Home(settings.parent)) as services:
        assert services.daily.get_edition("agents") == edition
