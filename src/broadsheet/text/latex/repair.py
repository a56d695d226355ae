r"""Restore lost backslashes: "85times", "varepsilonll 1", "Obig(1{n}big)" → LaTeX.

Some catalogues drop every backslash and dollar, and with them ``\frac``'s first pair of braces. A
name counts as a macro only if it cannot be a word: inside an obvious formula, glued to a number,
or no English word at all. Prose is left alone.
"""

import re

from broadsheet.text.latex.fractions import restore_fractions
from broadsheet.text.latex.symbols import (
    FUNCTIONS,
    GREEK,
    LOWER_GREEK,
    RELATIONS,
    SIGNS,
    UPPER_GREEK,
)
from broadsheet.text.latex.tokens import split_verbatim


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _any_of(names: tuple[str, ...] | frozenset[str]) -> str:
    return "|".join(sorted(names, key=lambda name: (-len(name), name)))


# No English words: macros wherever they stand.
_UNMISTAKABLE = _names(
    "varepsilon vartheta varphi varrho varsigma infty mathcal mathbb mathbf mathrm mathfrak mathsf "
    "mathscr boldsymbol textbf textit textsc texttt textrm widetilde widehat overline leq geq neq "
    "leqslant geqslant subseteq supseteq lesssim gtrsim propto rightarrow leftarrow cdot cdots "
    "ldots setminus emptyset forall langle rangle lfloor rfloor lceil rceil operatorname nabla "
    "otimes oplus odot sqrt frac"
)
# Names that make a run of letters a formula when glued to other names or to single letters.
_GLUE = (
    *(name for name in _UNMISTAKABLE if name != "frac"),
    *(name for name in GREEK if len(name) >= 5),
    *_names("times Phi Psi approx equiv circ dagger sharp"),
)
# Names understood only inside such a run, or as a whole run inside a formula.
_ANY = frozenset(
    (
        *_GLUE,
        *GREEK,
        *(name for name in FUNCTIONS if len(name) > 2),
        *_names("in to ll gg pm sim"),
    )
)
_WHOLE = frozenset((*GREEK, *_GLUE, *_names("sim pm ll gg partial ell"))) - {"sqrt"}
_BEFORE_SCRIPT = frozenset(_names("sum prod int cup cap bigcup bigcap hat tilde bar"))
_BEFORE_BRACE = frozenset(
    _names("text hat tilde bar dot vec mbox emph textsf underline binom sqrt frac")
)
_AFTER_SCRIPT = frozenset(_names("star dagger top prime circ perp ast"))
_TAKES_ARGUMENT = ("math", "text", "wide", "bold", "over", "operatorname")
_PLAIN_SIGNS = tuple(
    name for name in _UNMISTAKABLE if name in RELATIONS or (name in SIGNS and name not in GREEK)
)
_GREEK_NAME = _any_of(tuple(GREEK))

_SEGMENT = re.compile(rf"{_any_of(_ANY)}|[A-Za-z]")
_GLUED_RUN = re.compile(
    rf"[A-Za-z]{{0,2}}?(?:(?:{_any_of(_ANY)})[A-Za-z]?)*?"
    rf"(?:{_any_of(_GLUE)})[A-Za-z]?(?:(?:{_any_of(_ANY)})[A-Za-z]?)*"
)
_SHORT_RELATION = re.compile(r"([A-Za-z])(in|le|ge|to)([A-Z]?)")
_FUNCTION_RUN = re.compile(r"([a-zA-Z]|log)(log|exp|max|min)")
_RUN = re.compile(r"(?<![\\A-Za-z])[A-Za-z]+")
_SUBSCRIPTED = re.compile(rf"(?<![A-Za-z0-9_\\])(?:[A-Za-z]|{_GREEK_NAME}|ell)_(?:\w|\{{)")
_NAME_IN_TOKEN = re.compile(rf"(?<![a-z\\])[A-Za-z]{{0,4}}(?:{_any_of(_UNMISTAKABLE)})")
_NAME_LEFT = re.compile(rf"(?<![\\A-Za-z])(?:{_any_of(_UNMISTAKABLE)})(?![a-z])")
# A macro that does not stand first in braces: this source kept its backslashes.
_KEPT = re.compile(r"(?<!\{)\\(?!eg\b|ie\b|url|href|etal\b)[A-Za-z]{3,}")

_PAIR = re.compile(r"(?<!\\)(?:(left|[bB]igg?) ?[(\[|]|(right|[bB]igg?)[)\]|])")
_FONT = re.compile(
    r"\{(?=(?:cal|bf|em|it|sc|rm|sf|tt|textbf|textit|boldsymbol|mathbf|mathcal|mathbb|mathrm)"
    r" [^{}]*\})"
)
# Two names or more in one word: "Tsharpmu".
_GLUED_WORD = re.compile(
    rf"(?<![\w\\])[A-Za-z]?(?:{_any_of(_GLUE)})(?:{_any_of(tuple(GREEK))})+(?!\w)"
)
_TIMES = re.compile(r"times(?<=[0-9]times)(?: (?=\d)|(?![a-z]))")
_SPACED_TIMES = re.compile(r" times (?<=\d times )(?:(?=10\^)|(?<=(?<!\d)(\d{2}) times )(?=\1\b))")
_SIM = re.compile(r"sim(?<=[\d%]sim)!*(?=[0-9])|sim(?<![\w-]sim)(?:!+(?= ?[0-9])|(?= [0-9]))")
_PM = re.compile(r" pm (?<=[\d)] pm )(?=[\d.])")
_APPROX = re.compile(r"approx(?<![\w\\]approx) ?(?=[\d\\])")
_WORD_SIGN = re.compile(rf"(?<![\w\\])(?:circ|ell|pm|sim(?= \\)|{_any_of(_PLAIN_SIGNS)})(?![\w])")
_LETTER_SIGN = re.compile(rf"(?<![\w\\])([A-Za-z])({_any_of(_PLAIN_SIGNS)})(?![a-z])")
_MUCH = re.compile(r" (ll|gg) (?=\d|\\|[A-Za-z]\b)")
_MUCH_GLUED = re.compile(r"(?<![\w\\'’])([b-df-hj-zA-Z])(ll|gg) (?=[a-zA-Z0-9]\b)")
_IN_SPACE = re.compile(r"(?<![A-Za-z\\])([A-Za-z]'?)in (?=(?:mathbb )?\{?R\^)")
_TO_INFINITY = re.compile(rf"(?<![A-Za-z\\])({_GREEK_NAME}|[A-Za-z])to (?=infty)")
_ACCENT = re.compile(
    rf"(?<![\w\\])\\?(tilde|hat|bar|vec|widetilde|widehat) ?"
    rf"(?=\\?(?:{_GREEK_NAME})(?![a-z])|[A-Z](?:\\left|\\big|[(_^]))"
)
_LOST_SPACES = re.compile(r",{2,}(?= )")
_FONT_LETTER = re.compile(
    r"(\\(?:mathbb|mathcal|mathfrak|mathbf|mathrm|boldsymbol)) ([A-Za-z])(?![A-Za-z])"
)
_GREEK_WORD = re.compile(rf"(?<![\w\\])(?:{_any_of(tuple(LOWER_GREEK))})(?![a-z])")
_UPPER_GREEK_WORD = re.compile(rf"(?<![\w\\])(?:{_any_of(tuple(UPPER_GREEK))})(?![A-Za-z])")
# These show that a text without any special character has lost its backslashes.
_GIVEAWAYS = _names("varepsilon infty mathcal rightarrow cdot leq geq left(")
STRIPPED_MARKS = (
    *_GIVEAWAYS,
    "sim!",
    *(mark.format(digit) for digit in range(10) for mark in ("{}times", "sim{}", "sim {}")),
)
"""A text with none of these and without ``^``, ``{`` and ``_`` is not stripped."""


def is_stripped(text: str) -> bool:
    """Whether ``restore`` might find anything; cheap, and often wrong towards yes."""
    if "$" in text:
        return False
    if "^" in text or "{" in text or "_" in text:
        return "\\" not in text or not _KEPT.search(text)
    if "times" in text and _TIMES.search(text):
        return True
    if "sim" in text and _SIM.search(text):
        return True
    return any(word in text for word in _GIVEAWAYS) and not _KEPT.search(text)


def restore(text: str) -> str:
    """Return ``text`` with its lost backslashes, if they are certain; linear time."""
    pieces = split_verbatim(text)
    restored = pieces.copy()
    restored[::2] = [_restore(piece) for piece in pieces[::2]]
    if restored != pieces:
        # A text that lost backslashes somewhere lost them everywhere.
        restored[::2] = [_restore_rest(piece) for piece in restored[::2]]
    return "".join(restored)


def _restore(text: str) -> str:
    if "big" in text or "left" in text or "Big" in text:
        text = _pairs(text)
    if "{" in text:
        text = _FONT.sub(r"{\\", text)
    if "times" in text:
        text = _TIMES.sub(r"\\times{}", text)
        text = _SPACED_TIMES.sub(r" \\times{} ", text)
    if "sim" in text:
        text = _SIM.sub(r"\\sim{}", text)
    if " pm " in text:
        text = _PM.sub(r" \\pm{} ", text)
    if "to infty" in text:
        text = _TO_INFINITY.sub(r"\1 \\to ", text)
    if "R^" in text:
        text = _IN_SPACE.sub(r"\1 \\in ", text)
    return _formulas(text)


def _restore_rest(text: str) -> str:
    """Restore macros that are certain only in a text known to have lost its backslashes."""
    text = _LOST_SPACES.sub(",", text)
    text = _APPROX.sub(r"\\approx{}", text)
    text = _LETTER_SIGN.sub(r"\1\\\2{}", text)
    text = _WORD_SIGN.sub(lambda match: f"\\{match.group()}{{}}", text)
    text = _MUCH.sub(r" \\\1{} ", text)
    text = _MUCH_GLUED.sub(r"\1 \\\2{} ", text)
    text = _ACCENT.sub(r"\\\1 ", text)
    text = _FONT_LETTER.sub(r"\1{\2}", text)
    text = _GLUED_WORD.sub(lambda match: _segmented(match.group(), ""), text)
    text = _GREEK_WORD.sub(lambda match: f"\\{match.group()}{{}}", text)
    text = _UPPER_GREEK_WORD.sub(_upper_greek, text)
    return restore_fractions(text)


def _upper_greek(match: re.Match[str]) -> str:
    """Restore a capital's name if a formula follows or the text uses it in one: not in "Delta
    Airlines".
    """
    name, text = match.group(), match.string
    symbol = text[match.end() : match.end() + 1] in ("(", "_", "^", "\\") or f"\\{name}" in text
    return f"\\{name}{{}}" if symbol else name


def _pairs(text: str) -> str:
    """Mark "big(" … "big)" and "left[" … "right]" if both are there."""
    marks: list[int] = []
    open_pairs: list[tuple[str, int]] = []
    for match in _PAIR.finditer(text):
        opener, closer = match.groups()
        if opener and not (open_pairs and match.group()[-1] == "|" and open_pairs[-1][0] == opener):
            open_pairs.append((opener, match.start()))
            continue
        expected = "left" if closer == "right" else (closer or opener)
        if open_pairs and open_pairs[-1][0] == expected:
            marks += (open_pairs.pop()[1], match.start())
    pieces: list[str] = []
    last = 0
    for position in sorted(marks):
        pieces += (text[last:position], "\\")
        last = position
    return "".join((*pieces, text[last:]))


# Formulas without delimiters ---------------------------------------------------------


def _formulas(text: str) -> str:
    """Each word (up to a space) that is plainly a formula, with its macros marked."""
    named = _NAME_LEFT.search(text) is not None or any(word in text for word in _GIVEAWAYS)
    words = text.split(" ")
    for index, word in enumerate(words):
        if (
            "^" in word
            or "{" in word
            or "}" in word
            or ("_" in word and _SUBSCRIPTED.search(word))
            or (named and _NAME_IN_TOKEN.search(word))
        ) and len(word) <= 400:
            words[index] = _RUN.sub(_run, word)
    return " ".join(words)


def _run(match: re.Match[str]) -> str:
    """A run of letters inside a formula, its macros marked; as it was if there are none."""
    run, word = match.group(), match.string
    before = word[match.start() - 1] if match.start() else ""
    after = word[match.end()] if match.end() < len(word) else ""
    if run in _WHOLE or (run in _BEFORE_SCRIPT and after in ("_", "^")):
        return _macro(run, after)
    if run in _BEFORE_BRACE and after == "{":
        return f"\\{run}"
    if run in _AFTER_SCRIPT and before in ("^", "_"):
        return _macro(run, after)
    if run == "frac" and not after:
        return "\\frac"  # "frac 1n"
    if run in ("in", "to") and (before == "}" or (before == "{" and after == "}")):
        return f"\\{run}{{}}"
    if len(run) > 60:
        return run
    if _GLUED_RUN.fullmatch(run):
        return _segmented(run, after)
    if short := _SHORT_RELATION.fullmatch(run):
        left, name, right = short.groups()
        if (after in ("^", "_") and right) or (after.isdigit() and name == "to"):
            return f"{left} \\{name} {right}"
        return f"{left} \\{name}" if before == "{" and not after else run
    if (joined := _FUNCTION_RUN.fullmatch(run)) and after in ("^", "(", "{", ""):
        first = "\\log" if joined.group(1) == "log" else joined.group(1)
        return f"{first}\\{joined.group(2)}" if len(first) > 1 or after else run
    return run


def _segmented(run: str, after: str) -> str:
    parts = _SEGMENT.findall(run)
    ends = [*parts[1:], after]
    return "".join(
        _macro(part, following) if len(part) > 1 else part
        for part, following in zip(parts, ends, strict=True)
    )


def _macro(name: str, after: str) -> str:
    """Return a macro with an end: an empty group, unless the following text is its argument."""
    if name.startswith(_TAKES_ARGUMENT) or (name in _BEFORE_BRACE and after != "("):
        return f"\\{name}" if after in ("{", "") or not after.isalpha() else f"\\{name} "
    return f"\\{name}" if after in ("_", "^", "\\") else f"\\{name}{{}}"
