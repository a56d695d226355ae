"""arXiv's own lists of evenings without an announcement, against the rule."""

import datetime as dt

import pytest

from broadsheet.sources.announcements import explain_quiet, find_holiday, next_announcement


@pytest.mark.parametrize(
    ("day", "name"),
    [
        ("2023-01-16", "Martin Luther King Jr. Day"),
        ("2023-06-19", "Juneteenth"),
        ("2023-07-04", "Independence Day"),
        ("2023-09-04", "Labor Day"),
        ("2023-11-23", "Thanksgiving"),
        ("2023-12-25", "Christmas Day"),
        ("2025-01-01", "New Year's Day"),
        ("2025-01-20", "Martin Luther King Jr. Day"),
        ("2025-06-19", "Juneteenth"),
        ("2025-07-06", "Independence Day"),
        ("2025-09-01", "Labor Day"),
        ("2025-11-27", "Thanksgiving"),
        ("2026-01-01", "New Year's Day"),
        ("2026-01-19", "Martin Luther King Jr. Day"),
        ("2026-06-19", "Juneteenth"),
        ("2026-07-03", "Independence Day"),
        ("2026-09-07", "Labor Day"),
        ("2026-11-26", "Thanksgiving"),
        ("2026-12-25", "Christmas Day"),
        ("2021-12-31", "New Year's Day"),
    ],
)
def test_the_holidays_are_those_of_arxivs_lists(day: str, name: str):
    assert find_holiday(dt.date.fromisoformat(day)) == name


@pytest.mark.parametrize("day", ["2025-05-26", "2026-02-16", "2026-10-12", "2026-11-11"])
def test_federal_holidays_that_are_not_on_its_lists_are_evenings_like_others(day: str):
    assert find_holiday(dt.date.fromisoformat(day)) == ""


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (
            "2026-11-27T03:15",
            "arXiv announces nothing on Thanksgiving (26 November), "
            "the next announcement is due on Sunday 29 November, 20:00 US Eastern",
        ),
        (
            "2026-11-28T15:00",
            "arXiv announces nothing on Friday and Saturday evenings, "
            "the next announcement is due on Sunday 29 November, 20:00 US Eastern",
        ),
        (
            "2026-12-30T03:15",
            "arXiv leaves out some evenings between Christmas and New Year, "
            "the next announcement is due on Wednesday 30 December, 20:00 US Eastern",
        ),
        (
            "2026-11-24T15:00",
            "the next announcement is due on Tuesday 24 November, 20:00 US Eastern",
        ),
    ],
)
def test_an_empty_day_says_why_and_until_when(moment: str, words: str):
    assert explain_quiet(dt.datetime.fromisoformat(moment).replace(tzinfo=dt.UTC)) == words


def test_the_next_announcement_follows_new_yorks_clock():
    summer = next_announcement(dt.datetime(2026, 7, 1, tzinfo=dt.UTC))
    assert summer.astimezone(dt.UTC) == dt.datetime(2026, 7, 2, tzinfo=dt.UTC)
    winter = next_announcement(dt.datetime(2026, 12, 1, tzinfo=dt.UTC))
    assert winter.astimezone(dt.UTC) == dt.datetime(2026, 12, 1, 1, tzinfo=dt.UTC)
