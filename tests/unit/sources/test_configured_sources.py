"""Tables of sources: their options, and the messages on wrong ones."""

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from broadsheet.config import load_settings
from broadsheet.domain.errors import InvalidInputError
from broadsheet.home import Home
from broadsheet.sources.configured import ConfiguredSources
from broadsheet.sources.schedule import DAILY, At, Every
from fake_source import FakeSource


def read(tables: dict[str, Any]) -> ConfiguredSources:
    return ConfiguredSources((FakeSource(), FakeSource("other")), tables, "/home/broadsheet.toml")


def test_a_table_switches_its_source_on():
    sources = read({"fake": {"kind": "few"}})
    (configured,) = sources.choose(())
    assert (configured.name, configured.on, configured.options.kind) == ("fake", True, "few")
    assert configured.rhythm == DAILY
    (named,) = sources.choose(["other", "other"])
    assert (named.name, named.on, named.options.kind) == ("other", False, "all")


def test_a_table_may_keep_its_source_off():
    sources = read({"fake": {"on": False}, "other": {}})
    assert [each.name for each in sources.switched_on()] == ["other"]


@pytest.mark.parametrize(
    ("table", "rhythm"),
    [
        ({"every": 6}, Every(6)),
        ({"at": ["06:30", "18:00"]}, At((dt.time(6, 30), dt.time(18)))),
        ({"at": "06:30", "zone": "Europe/Berlin"}, At((dt.time(6, 30),), "Europe/Berlin")),
        ({"at": [dt.time(6, 30)]}, At((dt.time(6, 30),))),
    ],
)
def test_times_are_read(table: dict[str, Any], rhythm: object):
    assert read({"fake": table}).get("fake").rhythm == rhythm


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ({"arxvi": {}}, r"unknown source 'arxvi'; the sources are: fake, other"),
        (
            {"fake": {"kin": "few"}},
            r"broadsheet.toml, \[sources.fake\]: there is no option 'kin'; did you mean 'kind'\?; the options are: "
            r"endpoint, kind, api_key, on, every, at, zone",
        ),
        ({"fake": True}, r"write \[sources.fake\] and its options below"),
        ({"fake": {"kind": "some"}}, r"\[sources.fake\]: kind: .*\(What to fetch: all or few.\)"),
        ({"fake": {"every": 0}}, r"every: .*greater than or equal to 0.1"),
        ({"fake": {"every": "often"}}, r"every: .*number.*\(Run again after so many hours.\)"),
        ({"fake": {"at": "noon"}}, r"at: 'noon' is no list of times of day"),
        ({"fake": {"at": []}}, r"at: .*at least 1"),
        ({"fake": {"zone": "Mars/Olympus"}}, r"zone: no time zone 'Mars/Olympus'"),
        ({"fake": {"zone": "../../etc/passwd"}}, r"zone: no time zone"),
        ({"fake": {"every": 1, "at": "06:30"}}, r"either `every` or `at`"),
        ({"fake": {"on": "perhaps"}}, r"on: .*boolean"),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_what_is_legal(tables: dict[str, Any], words: str):
    sources = read(tables | {"other": {}})
    (name,) = tables
    assert re.search(words, sources.problems[name])
    with pytest.raises(InvalidInputError, match=words):
        sources.choose([name])
    # A bad table stops only its own source.
    assert [each.name for each in sources.switched_on()] == ["other"]


def test_no_source_switched_on_is_told():
    with pytest.raises(InvalidInputError, match=r"no source is switched on.*\[sources.fake\]"):
        read({}).choose(())


def test_keys_of_services_do_not_come_back_in_messages():
    (problem,) = read({"fake": {"api_key": ["geheim"], "kind": "geheim"}}).problems.values()
    assert "geheim" not in problem


def test_a_key_from_the_environment_joins_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "broadsheet.toml").write_text('[sources.fake]\nkind = "few"\n')
    monkeypatch.setenv("BROADSHEET_SOURCES", '{"fake": {"api_key": "geheim"}}')
    settings = load_settings(Home(tmp_path))
    options = read(settings.sources).get("fake").options
    assert options.kind == "few"
    assert options.api_key == SecretStr("geheim")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('contact = "me (or you)"', "contact"),
        ('contact = "line\\nbreak"', "contact"),
        ('private_hosts = "localhost"', "private_hosts"),
        ('sources = ["arxiv"]', "sources"),
    ],
)
def test_settings_that_cannot_be_are_told(tmp_path: Path, line: str, words: str):
    (tmp_path / "broadsheet.toml").write_text(line + "\n")
    with pytest.raises(InvalidInputError, match=words):
        load_settings(Home(tmp_path))
