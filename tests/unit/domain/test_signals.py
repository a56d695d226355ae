"""Kinds and givers of signals."""

import datetime as dt

import pytest

from broadsheet.discovery.trending import KINDS, WEIGHTS
from broadsheet.domain.signals import HERE, SIGNAL_TYPES, Signal, names_of, numbers_of

DAY = dt.date(2026, 6, 2)


def test_upvotes_elsewhere_and_votes_here_are_different_signals() -> None:
    elsewhere = Signal(1, "hf-papers", "upvotes", DAY, 3.0).type
    here = Signal(1, "members", "votes_here", DAY, 3.0).type
    assert elsewhere is not None
    assert here is not None
    assert elsewhere.kind == here.kind == "votes"
    assert (elsewhere.giver, here.giver) == ("Hugging Face", HERE)
    assert elsewhere.label != here.label
    assert names_of("votes", "Hugging Face") == ("upvotes",)
    assert names_of("votes", HERE) == ("votes_here",)
    assert "votes_here" not in names_of("votes")


def test_no_record_can_give_votes_of_this_library() -> None:
    numbers = {"upvotes": 3, "votes_here": 1_000_000, "unknown": 2.5}
    assert dict(numbers_of(numbers)) == {"upvotes": 3.0, "unknown": 2.5}


def test_a_name_that_only_its_source_understands_has_no_type() -> None:
    assert Signal(1, "somewhere", "unknown", DAY, 1.0).type is None


def test_the_giver_that_counts_most_citations_comes_first() -> None:
    assert names_of("citations")[0] == "gs_citation"


def test_labels_differ() -> None:
    labels = [each.label for each in SIGNAL_TYPES.values()]
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("name", KINDS)
def test_every_signal_that_trends_has_a_weight(name: str) -> None:
    assert KINDS[name] in WEIGHTS


def test_comments_of_daily_lists_trend() -> None:
    """Under the name that the source's records give them."""
    assert KINDS["num_comments"] == "comments"
