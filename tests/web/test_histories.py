"""Pictures of numbers over time."""

import datetime as dt

import lxml.html
from fake_papers import make_client, make_paper

from broadsheet.domain.signals import Signal
from broadsheet.web.histories import draw_histories

FIRST = dt.date(2026, 6, 1)


def signals(name: str, *values: tuple[int, float], source: str = "hf") -> list[Signal]:
    return [Signal(1, source, name, FIRST + dt.timedelta(day), value) for day, value in values]


def test_a_number_holds_until_the_next_one_and_the_last_until_today() -> None:
    [history] = draw_histories(signals("upvotes", (0, 0), (5, 9), (2, 3)), FIRST + dt.timedelta(10))
    assert history.label == "Votes on Hugging Face"
    assert (history.first.value, history.last.value) == (0, 9)
    assert history.points == "0.0,19.0 20.0,19.0 20.0,13.0 50.0,13.0 50.0,1.0 100.0,1.0"


def test_numbers_without_a_history_or_a_meaning_are_not_drawn() -> None:
    today = FIRST + dt.timedelta(10)
    assert not draw_histories(signals("upvotes", (0, 1), (2, 3)), today)
    assert not draw_histories(signals("magic", (0, 1), (1, 2), (2, 3)), today)
    both = [
        *signals("github_stars", (0, 1), (1, 2), (2, 3)),
        *signals("upvotes", (0, 1), (1, 2), (2, 3), source="a"),
        *signals("upvotes", (0, 1), (1, 2), (2, 3), (3, 4), source="b"),
    ]
    drawn = draw_histories(both, today)
    assert [each.label for each in drawn] == ["Votes on Hugging Face", "Stars of the code"]
    assert drawn[0].last.source == "b"
    assert draw_histories(signals("upvotes", (0, 1), (1, 1), (2, 1)), FIRST)


def test_the_page_of_a_paper_shows_them() -> None:
    client = make_client(make_paper(1, signals={"upvotes": 4}))
    tree = lxml.html.fromstring(client.get("/papers/2606.00001").text)
    [figure] = tree.cssselect("figure.history")
    assert "Votes on Hugging Face: 0 on" in figure.text_content()
    assert figure.cssselect("svg polyline")
