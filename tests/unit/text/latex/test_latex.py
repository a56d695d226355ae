"""LaTeX fragments and their readable form; prose that must stay."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from broadsheet.text.latex import plain_text as latex
from broadsheet.text.latex.plain_text import to_text

HERE = Path(__file__).parents[1]
FRAGMENTS = [
    tuple(line.split("\t"))
    for line in (HERE / "latex_fragments.tsv").read_text(encoding="utf-8").splitlines()
]
PROSE = (HERE / "prose_fragments.txt").read_text(encoding="utf-8").splitlines()

PIECES = r"""\alpha \frac { } $ $$ ^ _ ~ \left( \right) big( big) times varepsilon ll 1 2 x n \emph \"o \'
    \c \% -- --- `` '' ` . In We \( \) \[ \] \sqrt sim!! \not \sim \in \unicode \href \url , : @
    https://a.b/c \cite [x] \foo \{ \} O {cal {bf epsilon mathbb R mathcal text \text \item & max{
    1{ left( right) C:\a {\em 0{ times to infty \mathbb \underset \footnote \k{appa} extit{"""
LATEX_SOUP = st.lists(
    st.sampled_from([*PIECES.split(), " ", "\n", "\t", "a", "é", "\\", "ı̈"]), max_size=16
).map("".join)
ANYTHING = LATEX_SOUP | st.text(max_size=60)


def test_the_lists_are_long_enough_to_mean_something() -> None:
    assert len(FRAGMENTS) >= 100
    assert len(PROSE) >= 30


@pytest.mark.parametrize(("source", "expected"), FRAGMENTS)
def test_fragment(source: str, expected: str) -> None:
    assert to_text(source) == expected


@pytest.mark.parametrize(("source", "expected"), FRAGMENTS)
def test_readable_text_stays(source: str, expected: str) -> None:
    assert to_text(expected) == expected


@pytest.mark.parametrize("text", PROSE)
def test_prose_stays(text: str) -> None:
    assert to_text(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "a sim2real gap",
        "an anecdote",
        "from 33.8%~84.6% of n^-1/4 and 2^2k",
        "well-{known, cell}",
        "a Refract and an impartial shell",
    ],
)
def test_words_and_ranges_that_were_once_damaged_stay(text: str) -> None:
    assert to_text(text) == text


many = settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@many
@given(ANYTHING)
def test_what_is_passed_over_at_first_sight_would_stay(source: str) -> None:
    assert to_text(source) == latex._resolve(source)


@many
@given(ANYTHING)
@example(r"\frac\fracé")
@example(r"\{x\}")
@example(r"\$x\$")
def test_applying_it_again_changes_nothing(source: str) -> None:
    once = to_text(source)
    assert to_text(once) == once


HOSTILE = [
    *(char * 50_000 for char in "{}$\\^_~`'-.\"a "),
    "{" * 25_000 + "}" * 25_000,
    "x^{" * 15_000 + "}" * 15_000,
    "\\frac" * 10_000,
    "\\sqrt{" * 8_000,
    "1{" * 20_000 + "}" * 20_000,
    "big(" * 12_000,
    "left(" * 10_000 + "right)" * 10_000,
    "varepsilon" * 5_000,
    "$a_1 " * 10_000,
    "\\cite[" * 8_000,
    "http://" * 7_000,
    "a.b@" * 12_000,
    "`a " * 15_000,
    "max{a," * 8_000 + "}" * 8_000,
]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("source", HOSTILE, ids=lambda source: f"{source[:8]!r}")
def test_hostile_input_is_read_in_linear_time(source: str) -> None:
    # The time limit is far above the time of a linear reader (0.3 s) and far below that of a
    # quadratic one (minutes).
    text = to_text(source)
    assert to_text(text) == text


def test_an_unknown_macro_is_its_name_or_its_argument() -> None:
    assert to_text(r"we present \unknownmacro{with care}") == "we present with care"
    assert to_text(r"with $\fooname(x)$ and $\barname{y}$") == "with fooname(x) and barname(y)"


def test_what_cannot_be_understood_stays_as_it_came() -> None:
    deep = "x^{" * 100 + "y" + "}" * 100
    assert to_text(deep) == deep
    assert to_text(r"a token \n\n, a path a\foo and Q\A") == r"a token \n\n, a path a\foo and Q\A"
