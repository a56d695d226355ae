"""The standfirst: which sentence of an abstract tells the finding, and how it ends."""

import pytest

from broadsheet.discovery.standfirst import (
    Standfirst,
    choose_standfirst,
    get_standfirst,
    score_sentences,
)
from broadsheet.domain.summary import Summary, Writer

ABSTRACTS = {
    "method": (
        "MapFold: Folding Maps by Sparse Attention",
        "Paper maps are everywhere. However, existing folding methods are slow and tear the paper. "
        "To address this issue, we propose MapFold, a sparse attention network that folds maps "
        "along learned creases. Extensive experiments were run on three data sets. "
        "Code is available at https://github.com/example/mapfold.",
        "We propose MapFold, a sparse attention network that folds maps along learned creases.",
    ),
    "study": (
        "Do language models know when maps are wrong?",
        "Language models answer questions about maps. Errors of maps are common. "
        "In this paper, we study whether language models know when maps are wrong and find that "
        "they trust maps more than their own memory. Future work may extend this to globes.",
        "We study whether language models know when maps are wrong and find that they trust maps "
        "more than their own memory.",
    ),
    "physics": (
        "Spin waves in thin films of yttrium iron garnet",
        "Yttrium iron garnet has been known for decades. We measure spin waves in thin films of "
        "yttrium iron garnet and show that their damping falls by 40% below 10 kelvin. "
        "Is this due to impurities?",
        "We measure spin waves in thin films of yttrium iron garnet and show that their damping "
        "falls by 40% below 10 kelvin.",
    ),
}


@pytest.mark.parametrize(("title", "abstract", "expected"), ABSTRACTS.values(), ids=ABSTRACTS)
def test_the_finding_is_chosen_not_the_background(title, abstract, expected):
    assert choose_standfirst(title, abstract) == Standfirst(expected)


def test_a_summary_goes_before_the_abstract_and_says_whose_it_is():
    title, abstract, expected = ABSTRACTS["method"]
    summary = Summary("MapFold folds $\\alpha$ maps....", Writer.MACHINE)
    assert get_standfirst(title, abstract, summary) == Standfirst(
        "MapFold folds α maps.", Writer.MACHINE
    )
    assert get_standfirst(title, abstract) == Standfirst(expected)


def test_a_summary_as_long_as_an_abstract_is_none():
    title, abstract, expected = ABSTRACTS["method"]
    long = Summary("Maps fold. " * 60, Writer.UNKNOWN)
    assert choose_standfirst(title, abstract, long) == Standfirst(expected)
    whole = Summary(f"{abstract} {'Maps are large and heavy. ' * 20}", Writer.UNKNOWN)
    assert choose_standfirst(title, "", whole) == Standfirst(expected, Writer.UNKNOWN)


def test_nothing_comes_of_nothing():
    assert choose_standfirst("A headline", "").text == ""
    assert choose_standfirst("A headline", "  ", Summary(" ", Writer.UNKNOWN)).text == ""


def test_a_sentence_that_was_cut_is_chosen_only_if_it_is_alone():
    title, _, _ = ABSTRACTS["method"]
    cut = "MapFold, which we propose, folds maps by sparse attention and tea"
    assert choose_standfirst(title, cut).text == f"{cut}…"
    assert choose_standfirst(title, f"Maps are made of paper. {cut}").text == (
        "Maps are made of paper."
    )


def test_cues_raise_and_lower_a_sentence():
    def score(sentence: str) -> float:
        filler = "Nothing of note stands in between here."
        return score_sentences("Folding maps", ["One opens.", filler, sentence, filler])[2]

    plain = score("Several people have been folding maps in large old offices.")
    assert score("We propose a new way of folding maps in large old offices.") > plain
    assert score("However, people have been folding maps in large old offices.") < plain
    assert score("Several people have been folding maps, see https://example.org/a/b.") < plain
    assert score("Several people have been sorting stamps in large old offices.") < plain
