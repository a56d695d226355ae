"""Sources' words for retracted works become marks."""

import pytest

from broadsheet.catalogue.retractions import mark_of, mark_of_status, says_withdrawn
from broadsheet.domain.paper import Record


@pytest.mark.parametrize(
    "comment",
    [
        "This paper has been withdrawn by the author due to a sign error",
        "6 pages. The paper has been withdrawn",
        "arXiv admin note: submission has been withdrawn by arXiv administrators",
        "Withdrawn",
        "WITHDRAWN pending an agreement",
        "Paper withdrawn, a revised one is coming",
        "We would like to withdraw this manuscript",
        "This paper has been withdrawan by the author",
        "This version withdrawn by arXiv",
    ],
)
def test_a_comment_may_say_that_the_paper_is_withdrawn(comment):
    assert says_withdrawn(comment)


@pytest.mark.parametrize(
    "comment",
    [
        "",
        "12 pages, 3 figures",
        "A study of cash withdrawals; 9 pages",
        "Submitted to a journal in 2019; was withdrawn in March 2020",
        "Accepted at a workshop as a poster but withdrawn due to the page limit",
        "The paper has been withdrawn from the XX Conference on Data",
        "An overhaul of the withdrawn paper on Toeplitz matrices",
    ],
)
def test_other_comments_do_not(comment):
    assert not says_withdrawn(comment)


@pytest.mark.parametrize(
    ("source_word", "mark"),
    [
        ("Retracted Publication", "retracted"),
        ("expression_of_concern", "expression of concern"),
        ("Withdrawn", "withdrawn"),
        ("deleted", "removed"),
        ("Poster", ""),
        ("Reject", ""),
    ],
)
def test_words_of_sources_become_few_words(source_word, mark):
    assert mark_of_status(source_word) == mark
    assert mark_of(Record(source="crossref", key="k", title="A title", status=source_word)) == mark


@pytest.mark.parametrize(
    ("title", "mark"),
    [
        ("[RETRACTED] Parsing of spoken dialogue", "retracted"),
        ("RETRACTED: Parsing of spoken dialogue", "retracted"),
        ("WITHDRAWN: Parsing", "withdrawn"),
        ("**Paper retracted by author request** Parsing", "retracted"),
        ("Retracted citations and their afterlife", ""),
        ("Retraction of soft robots", ""),
    ],
)
def test_titles_are_marked(title, mark):
    assert mark_of(Record(source="acl", key="k", title=title)) == mark
