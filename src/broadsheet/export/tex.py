r"""Text and formulas for documents in LaTeX.

What is written compiles under pdfLaTeX and LuaLaTeX with ``\usepackage[T1]{fontenc}`` and
``\usepackage{amsmath,amssymb}``, except for letters of scripts that pdfLaTeX cannot set without
packages of their own (Cyrillic, Chinese …), which stay as they are.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from broadsheet.text.latex import symbols
from broadsheet.text.latex.author_macros import expand
from broadsheet.text.wordlists import words

_SPECIAL = {
    **{char: f"\\{char}" for char in "&%#_$"},
    # A brace escaped by a backslash still counts for BibTeX; a macro does not.
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
# Beyond ASCII, the characters that LaTeX of 2022 sets by itself in the encoding T1.
_SET_BY_LATEX = (
    frozenset(map(chr, range(0xA1, 0x180))) - frozenset("ĦħĸĿŀŉŦŧſ")
    | frozenset("ƒǄǅǆǇǈǉǊǋǌǍǎǏǐǑǒǓǔǢǣǦǧǨǩǪǫǰǴǵȘșȚțȲȳȷ")
    | frozenset("‐‑‒–—―‖‘’‚“”„†‡•…‰‱‹›※‽⁄⁎⁒₡₤₦₩₫€₱℃№℗℞℠™℧℮←↑→↓◦◯♪ﬀﬁﬂﬃﬄﬅﬆ")
)
_PLAIN = _SET_BY_LATEX | frozenset(map(chr, range(0x80)))
_UNDEFINED = words(
    "coloneqq eps euro texteuro deg degree textdegree cmark xmark spades percent textpercent lt gt "
    "micro texttimes slash circledR R eg ie etal etc wrt cf vs iid aka guillemotleft "
    "guillemotright lq rq textbackslashtextless textbackslashtextgreater BibTeX pounds copyright"
)
_SIGNS = {
    name: sign
    for name, sign in (symbols.GREEK | symbols.RELATIONS | symbols.SIGNS).items()
    if name not in _UNDEFINED and not name.startswith("text")
}
"""Names for formulas → their signs."""
_BLACKBOARD = {
    chr(sign): f"\\mathbb{{{chr(letter)}}}" for letter, sign in symbols.BLACKBOARD.items()
}
_SCRIPTS = {
    chr(sign): (mark, chr(plain))
    for mark, table in (("^", symbols.SUPERSCRIPTS), ("_", symbols.SUBSCRIPTS))
    for plain, sign in table.items()
    if plain != ord("−")
}
_IN_FORMULAS: dict[str, str] = {
    **{sign: f"\\{name}" for name, sign in reversed(_SIGNS.items()) if not sign.isascii()},
    **_BLACKBOARD,
    "−": "-",
    "∙": r"\cdot",
    "√": r"\surd",
    "⩽": r"\leqslant",
    "⩾": r"\geqslant",
    "ϵ": r"\epsilon",
    "ϕ": r"\phi",
    "µ": r"\mu",
}
"""Signs → LaTeX within a formula."""
_ACCENTS = {
    **{mark: name for name, mark in symbols.ACCENTS.items() if name != "t"},
    "\u0332": "underline",
}
_FORMULA_ACCENTS = {
    mark: name for name, mark in reversed(symbols.MATH_ACCENTS.items()) if name != "wt"
}
_DOTLESS = re.compile("([ıȷ])(?=[\u0300-\u0332])")

_OPERATORS = words("argmin argmax poly polylog sgn sign trace tr rank diag codim")
"""Functions that no package of LaTeX names."""
_ALIASES = {
    "bm": r"\boldsymbol",
    "mathscr": r"\mathcal",
    "eps": r"\epsilon",
    **{name: rf"\operatorname{{{name}}}" for name in _OPERATORS},
}
_COMMANDS = frozenset(
    words(
        "frac dfrac tfrac binom sqrt mathbb mathcal mathfrak mathbf mathrm mathit mathsf mathtt "
        "mathnormal boldsymbol pmb text textrm textit textbf textsf texttt textup mbox operatorname "
        "overline underline overset underset stackrel left right middle big Big bigg Bigg bigl "
        "bigr Bigl Bigr biggl biggr Biggl Biggr quad qquad limits nolimits rm bf it cal sf tt "
        "pmod bmod choose not mathop mathbin mathrel mathord lbrace rbrace "
        "varepsilon varphi vartheta varrho varsigma varpi underbrace overbrace"
    )
    | _SIGNS.keys()
    | (symbols.FUNCTIONS - _OPERATORS)
    | (symbols.MATH_ACCENTS.keys() - {"wt"})
)
_WITH_ARGUMENT = "|".join(
    (symbols.MATH_ACCENTS.keys() - {"wt"})
    | words(
        "mathbb mathcal mathfrak mathbf mathrm mathit mathsf mathtt boldsymbol pmb frac dfrac tfrac "
        "binom sqrt text textrm textit textbf mbox operatorname overline underline"
    )
)
_BARE_ARGUMENT = re.compile(rf"\\(?:{_WITH_ARGUMENT})\s*\\(?:{_WITH_ARGUMENT})(?![A-Za-z])")
r"""As in ``\tilde\mathcal{O}``, of which TeX takes ``\mathcal`` alone for the argument."""
_CONTROL_SYMBOLS = frozenset(("\\,", "\\;", "\\:", "\\!", "\\ ", "\\|", "\\%", "\\#", "\\&", "\\_"))
_TWO_SCRIPTS = re.compile(
    r"(?P<mark>[_^])\s*(?:\{[^{}]*\}|\\[A-Za-z]+|[^{}\\\s])\s*(?P=mark)|'\s*\^"
)


def escape(text: str) -> str:
    """Return plain text for a document: TeX's special characters as macros, signs as formulas."""
    pieces: list[str] = []
    in_formula = False
    text = _DOTLESS.sub(lambda match: "i" if match[1] == "ı" else "j", text)
    for piece, is_formula in _pieces(unicodedata.normalize("NFC", text)):
        if is_formula != in_formula:
            pieces.append("$")
            in_formula = is_formula
        pieces.append(piece)
    return "".join((*pieces, "$" * in_formula))


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the text in pieces of LaTeX, each with whether it is part of a formula."""
    index = 0
    while index < len(text):
        char = text[index]
        if char in _SCRIPTS and char not in _SET_BY_LATEX:
            mark, end = _SCRIPTS[char][0], index
            while end < len(text) and _SCRIPTS.get(text[end], ("",))[0] == mark:
                end += 1
            content = "".join(_SCRIPTS[each][1] for each in text[index:end])
            yield f"{mark}{{{content}}}", True
            index = end
            continue
        index += 1
        if mark := _mark_after(text, index):
            accent = (_FORMULA_ACCENTS if char in _IN_FORMULAS else _ACCENTS)[mark]
            yield f"\\{accent}{{{_IN_FORMULAS.get(char, char)}}}", char in _IN_FORMULAS
            index += 1
        elif char.isascii() or char in _SET_BY_LATEX:
            yield _SPECIAL.get(char, char), False
        elif char in _IN_FORMULAS:
            yield _IN_FORMULAS[char], True
        elif unicodedata.category(char) not in ("Cc", "Cf"):  # directions, joiners
            yield _spelled_out(char), False


def _mark_after(text: str, index: int) -> str:
    """The combining character at ``index`` if LaTeX can set it over the character before."""
    base, mark = text[index - 1], text[index : index + 1]
    if base in _IN_FORMULAS:
        return mark if mark in _FORMULA_ACCENTS else ""
    return mark if mark in _ACCENTS and base.isalpha() and base in _PLAIN else ""


def _spelled_out(char: str) -> str:
    """A letter with accents by macros, a variant of characters that LaTeX sets by those."""
    plain = unicodedata.normalize("NFKC", char)
    if plain != char and _PLAIN.issuperset(plain):
        return "".join(_SPECIAL.get(each, each) for each in plain)
    base, *marks = list(unicodedata.normalize("NFD", char))
    if not marks or not base.isascii() or not all(mark in _ACCENTS for mark in marks):
        return char
    for mark in marks:
        base = f"\\{_ACCENTS[mark]}{{{base}}}"
    return f"{{{base}}}"


def formula_for_tex(tokens: Sequence[str]) -> str | None:
    """Return a formula (its tokens, without delimiters) in standard LaTeX within dollars.

    Macros that authors define are replaced by their usual meaning. None if it cannot be relied on
    to compile: unknown macros, brackets without their partner, two scripts of one letter.
    """
    # Alone, the tokens are not known to be a formula.
    expanded = expand(["$", *tokens, "$"])[1:-1]
    pieces: list[str] = []
    for token in expanded:
        piece = _standard(token)
        if piece is None:
            return None
        if pieces and piece[:1].isalpha() and re.search(r"\\[A-Za-z]+$", pieces[-1]):
            piece = f" {piece}"
        pieces.append(piece)
    formula = "".join(pieces).strip()
    sides = [expanded.count(side) for side in ("\\left", "\\right")]
    if not formula or sides[0] != sides[1] or not _is_balanced(formula):
        return None
    if _TWO_SCRIPTS.search(formula) or _BARE_ARGUMENT.search(formula):
        return None
    if formula.startswith("$") or formula.endswith(("\\", "^", "_")):
        return None
    return f"${formula}$"


def _standard(token: str) -> str | None:
    """A token of a formula as every installation of LaTeX understands it, or None."""
    if token in ("\\{", "\\}"):  # BibTeX counts these braces
        return "\\lbrace " if token == "\\{" else "\\rbrace "
    if token[0] == "\\":
        name = token[1:]
        if name in _ALIASES:
            return _ALIASES[name]
        return token if name in _COMMANDS or token in _CONTROL_SYMBOLS else None
    if re.search(r"[%#&$\n]", token):
        return None
    if token.isascii():
        return token
    signs = [_sign(char) for char in token]
    return None if None in signs else "".join(filter(None, signs))


def _sign(char: str) -> str | None:
    if char in _SCRIPTS:
        mark, plain = _SCRIPTS[char]
        return f"{mark}{{{plain}}}"
    sign = _IN_FORMULAS.get(char, char if char.isascii() else None)
    return f"{sign} " if sign and sign[-1].isalpha() and not char.isascii() else sign


def _is_balanced(formula: str) -> bool:
    depth = 0
    for char in formula:
        depth += (char == "{") - (char == "}")
        if depth < 0:
            return False
    return depth == 0
