"""The standfirst: the one sentence under a headline, which tells the finding.

Input    readable title and abstract (``text.latex.plain_text``), and a TL;DR if a source gave one.
Output   the TL;DR, else the sentence of the abstract that best carries the result, without an
         opening that ties it to other sentences ("To this end, ").
Model    a linear score of each sentence: its place, length, cue words and overlap with the
         title and the other sentences (``measure_sentences``); the highest score wins. Weights
         are in ``models/standfirst-1.json``, learned by ``training/standfirst.py`` to agree with
         TL;DRs.
Speed    0.2 ms an abstract.

``get_standfirst`` takes texts as they came, ``choose_standfirst`` readable ones. Text that a source cut ends with
an ellipsis. The model card is ``docs/models/standfirst.md``.
"""

from __future__ import annotations

import functools
import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from broadsheet.domain.summary import Summary, Writer
from broadsheet.text.latex.plain_text import to_text
from broadsheet.text.sentences import finish, is_finished, split_sentences
from broadsheet.text.wordlists import words

SHIPPED_MODEL = Path(__file__).parent / "models" / "standfirst-1.json"
LONGEST_TLDR = 600
"""Characters; under that name some sources give the whole abstract."""

_WORD = re.compile(r"[\w'’-]+")
_COMMON = words(
    "a an the of in on for to and or with by from at as is are be been this that these those it "
    "its we our they their can which not such than into via using while both more has have was "
    "were but also"
)
_CUES = {
    "proposal": words(
        "propose proposes proposed proposing introduce introduces introduced introducing present "
        "presents presenting develop develops developed design"
    ),
    "authors": words("we our"),
    "result": words(
        "outperform outperforms outperforming surpass surpasses surpassing state-of-the-art sota "
        "achieve achieves achieving improve improves improving improvement improvements reduce "
        "reduces reducing exceeds"
    ),
    "finding": words(
        "show shows shown demonstrate demonstrates demonstrating find found finding findings "
        "reveal reveals revealing observe suggest suggests indicate indicates discover results"
    ),
    "evaluation": words("experiment experiments evaluate evaluated evaluation extensive"),
    "release": words("code released release available publicly open-source open-sourced github"),
    "novelty": words("novel new first simple unified"),
    "analysis": words(
        "investigate investigates study studies analyze analyse analysis explore explores examine "
        "compare"
    ),
    "naming": words("called named dubbed termed namely"),
}
_OPENINGS = {
    "opens with contrast": words(
        "however yet despite although while but unfortunately existing current previous prior "
        "recent recently traditional"
    ),
    "opens with addition": words(
        "moreover furthermore additionally besides finally specifically first "
        "second third meanwhile then also"
    ),
    "opens with reference": words("this these it they such its"),
}
_HERE = re.compile(r"\bthis (?:paper|work|study|report|survey|article)\b")
_PURPOSE = re.compile(
    r"to (?:this end|address|tackle|overcome|bridge|fill|mitigate|alleviate|solve)\b"
)
_QUANTITY = re.compile(r"\d ?%|\d\.\d|\d ?[x×]")
# References to the sentence before mean nothing to the reader of one sentence.
_TIE = re.compile(
    r"(?:in (?:this|the present) (?:paper|work|study|report|survey|article)|in this regard|here"
    r"|to (?:this|that) end|to (?:address|tackle|overcome|bridge|fill|mitigate|alleviate|solve|close|"
    r"remedy|resolve) (?:this|these|that|those|such)\b[^,.;:]{0,60}"
    r"|moreover|furthermore|additionally|in addition|besides|however|nevertheless|specifically"
    r"|in particular|finally|therefore|thus|hence|consequently|accordingly|notably|importantly"
    r"|as a result|instead|meanwhile|overall|in summary|in conclusion), (?=\w)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Standfirst:
    """A sentence or two for readers."""

    text: str
    """Readable; empty if there is nothing to choose from."""
    writer: Writer | None = None
    """Whose summary it is, to be said beside it; None for a sentence of the abstract."""


def get_standfirst(title: str, abstract: str, summary: Summary | None = None) -> Standfirst:
    """Return the standfirst for texts as they came, LaTeX and all."""
    readable = Summary(to_text(summary.text), summary.writer) if summary else None
    return choose_standfirst(to_text(title), to_text(abstract), readable)


def choose_standfirst(title: str, abstract: str, summary: Summary | None = None) -> Standfirst:
    """Return the standfirst for readable texts."""
    tldr = finish(summary.text) if summary else ""
    if summary and tldr and len(tldr) <= LONGEST_TLDR:
        return Standfirst(tldr, summary.writer)
    # A text too long for a summary is an abstract, if there is no other.
    writer = summary.writer if summary and not abstract.strip() else None
    sentences = split_sentences(tldr if writer else abstract)
    if not sentences:
        return Standfirst("")
    *whole, last = sentences
    if not whole or is_finished(last):
        whole.append(last)
    scores = score_sentences(title, whole)
    return Standfirst(finish(untie(whole[scores.index(max(scores))])), writer)


def untie(sentence: str) -> str:
    """Return a sentence without an opening that ties it to others ("To this end, ")."""
    if tie := _TIE.match(sentence):
        sentence = sentence[tie.end() :]
        return sentence[:1].upper() + sentence[1:]
    return sentence


def score_sentences(title: str, sentences: Sequence[str]) -> list[float]:
    """Return a score for each sentence of an abstract; only their order has a meaning."""
    weights = _shipped_weights()
    return [
        sum(weights[name] * value for name, value in features.items() if value)
        for features in measure_sentences(title, sentences)
    ]


def measure_sentences(title: str, sentences: Sequence[str]) -> list[dict[str, float]]:
    """Return the features of each sentence by name."""
    title_words = _split_words(title) - _COMMON
    tokens = [_split_words(sentence) for sentence in sentences]
    bags = [distinct - _COMMON for distinct in tokens]
    shared = Counter(chain.from_iterable(bags))
    name, colon, _ = title.casefold().partition(":")
    last = max(1, len(sentences) - 1)
    measured = []
    for place, (sentence, distinct, bag) in enumerate(zip(sentences, tokens, bags, strict=True)):
        lower = sentence.casefold()
        opening = _WORD.match(lower)
        length = lower.count(" ") + 1
        in_title = len(title_words & bag)
        features = {
            "first": place == 0,
            "second": place == 1,
            "last": place == last,
            "place": place / last,
            "length": math.log1p(length),
            "length to 40": min(length, 40) / 40,
            "over 45 words": length > 45,
            "share of the title": in_title / max(1, len(title_words)),
            "share from the title": in_title / max(1, len(bag)),
            "has the title's name": bool(colon) and name in lower,
            "share of recurring words": sum(shared[word] > 1 for word in bag) / max(1, len(bag)),
            "quantity": _QUANTITY.search(lower) is not None,
            "link": "http" in lower,
            "question": lower.endswith("?"),
            "this paper": _HERE.search(lower) is not None,
            "opens with purpose": _PURPOSE.match(lower) is not None,
        }
        for cue, cues in _CUES.items():
            features[cue] = not distinct.isdisjoint(cues)
        for cue, openings in _OPENINGS.items():
            features[cue] = opening is not None and opening.group() in openings
        measured.append({feature: float(value) for feature, value in features.items()})
    return measured


def _split_words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))


@functools.cache
def _shipped_weights() -> Mapping[str, float]:
    weights: dict[str, float] = json.loads(SHIPPED_MODEL.read_text("utf-8"))["weights"]
    return weights
