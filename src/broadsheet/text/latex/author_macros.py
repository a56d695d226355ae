r"""Macros that authors define for themselves, read by their usual meaning.

An abstract comes without its paper's preamble, so ``$(1+\eps)$`` and ``$\R^d$`` have no definition.
The table holds the meanings that such names have in most papers, as standard LaTeX; a name that is
not in it is read as its own letters by those who render it.
"""

from collections.abc import Iterator
from functools import lru_cache

from broadsheet.text.latex import symbols
from broadsheet.text.latex.symbols import GREEK
from broadsheet.text.latex.tokens import Verbatim, brace_pairs, math_spans, split_macros

_MOST_TOKENS = 20_000
"""Of a text that is longer nothing is expanded."""
_MOST_FRACTIONS = 50
"""Of a text; each costs time in proportion to the text."""

_DOUBLED = {letter * 2: f"\\mathbb{{{letter}}}" for letter in "ABCDEFGHKLMNPQRSTVXZ"}
_CALLIGRAPHIC = {
    f"{prefix}{letter}": f"\\mathcal{{{letter}}}"
    for prefix in ("c", "cal", "mc")
    for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
}
_CALLIGRAPHIC_AFTER = {f"{letter}c": f"\\mathcal{{{letter}}}" for letter in "ABCDEFGHLMPST"}
_BLACKBOARD = {
    f"{prefix}{letter}": f"\\mathbb{{{letter}}}"
    for prefix in ("bb", "mb", "b", "I")
    for letter in "CEFNPQRZ"
}
_BOLD = {
    f"{prefix}{letter}": f"\\mathbf{{{letter}}}"
    for prefix in ("b", "bf", "v")
    for letter in "abcdefghijklmnopqrstuvwxyz"
} | {
    f"{prefix}{letter}": f"\\mathbf{{{letter}}}"
    for prefix in ("b", "bf")
    for letter in "ABDGHIJKLMOSTUVWXY"
}
_FRAKTUR = {f"f{letter}": f"\\mathfrak{{{letter}}}" for letter in "abcghklmnpqtuzAFGHLMPS"}
_SHORT_GREEK = {
    short: f"\\{name}"
    for name, shorts in {
        "alpha": "al alp alf", "beta": "be", "gamma": "ga gam", "Gamma": "Ga Gam",
        "delta": "de dl", "Delta": "De Del", "varepsilon": "e ep eps veps vareps epsi epsilo ve",
        "zeta": "ze", "theta": "tht", "Theta": "Tht", "kappa": "ka kap", "lambda": "la lam lambd",
        "Lambda": "La Lam", "sigma": "si sig", "Sigma": "Si Sig", "phi": "ph", "varphi": "vp vphi",
        "Omega": "Om Ome", "omega": "om ome", "upsilon": "ups", "partial": "pd pa del pt",
        "nabla": "grad", "rightarrow": "ra rar lra lar", "Rightarrow": "Ra",
    }.items()
    for short in shorts.split()
}  # fmt: skip

_STANDARD = frozenset(
    (
        *(GREEK | symbols.SIGNS | symbols.RELATIONS | symbols.LETTERS | symbols.ACCENTS),
        *(symbols.MATH_ACCENTS | dict.fromkeys(symbols.FUNCTIONS | symbols.TRANSPARENT)),
        *(symbols.SPACES | symbols.DROPPED | symbols.CITATIONS | symbols.ACRONYMS),
    )
)
"""Names that TeX or its packages define."""

_MEANINGS: dict[str, str] = {
    **{f"up{name}": f"\\{name}" for name in GREEK},
    **{f"b{name}": f"\\boldsymbol{{\\{name}}}" for name in GREEK},
    **{f"v{name}": f"\\boldsymbol{{\\{name}}}" for name in GREEK if f"v{name}" not in GREEK},
    **_BOLD, **_FRAKTUR, **_CALLIGRAPHIC_AFTER, **_CALLIGRAPHIC, **_BLACKBOARD, **_DOUBLED,
    **_SHORT_GREEK,
    "Real": r"\mathbb{R}", "Reals": r"\mathbb{R}", "real": r"\mathbb{R}", "reals": r"\mathbb{R}",
    "Rn": r"\mathbb{R}^n", "Rd": r"\mathbb{R}^d", "Complex": r"\mathbb{C}", "complex": r"\mathbb{C}",
    "Nat": r"\mathbb{N}", "nat": r"\mathbb{N}", "naturals": r"\mathbb{N}", "Int": r"\mathbb{Z}",
    "integers": r"\mathbb{Z}", "Rat": r"\mathbb{Q}", "field": r"\mathbb{F}", "Fq": r"\mathbb{F}_q",
    "expect": r"\mathbb{E}", "Expect": r"\mathbb{E}", "expec": r"\mathbb{E}", "Ex": r"\mathbb{E}",
    "EE": r"\mathbb{E}", "prob": r"\mathbb{P}", "Prob": r"\mathbb{P}", "Proj": r"\mathbb{P}",
    "ind": r"\mathbb{1}", "indic": r"\mathbb{1}", "one": r"\mathbb{1}", "ones": r"\mathbb{1}",
    "bigO": r"\mathcal{O}", "BigO": r"\mathcal{O}", "bigOh": r"\mathcal{O}", "order": r"\mathcal{O}",
    "tildeO": r"\tilde{O}", "Otilde": r"\tilde{O}", "tO": r"\tilde{O}", "Otil": r"\tilde{O}",
    "softO": r"\tilde{O}", "mathcalO": r"\mathcal{O}", "sF": r"\mathcal{F}",
    "half": r"\frac{1}{2}", "third": r"\frac{1}{3}", "quarter": r"\frac{1}{4}",
    "dd": r"\mathrm{d}", "dif": r"\mathrm{d}", "diff": r"\mathrm{d}", "dt": r"\mathrm{d}t",
    "dx": r"\mathrm{d}x", "dbar": r"\bar{\partial}", "inv": "^{-1}", "trans": r"^{\top}",
    "transp": r"^{\top}", "tran": r"^{\top}", "intercal": r"\top", "given": r"\mid",
    "eqdef": r"\triangleq", "defeq": r"\triangleq", "coloneq": ":=", "indep": r"\perp",
    "iso": r"\cong", "isom": r"\cong", "tensor": r"\otimes", "ot": r"\otimes", "ox": r"\otimes",
    "union": r"\cup", "inter": r"\cap", "bs": r"\backslash", "sm": r"\setminus",
    "st": r"\text{ s.t. }", "tt": r"\mathtt", "frak": r"\mathfrak", "goth": r"\mathfrak",
    "scr": r"\mathscr", "Cal": r"\mathcal", "roman": r"\mathrm", "Bold": r"\mathbf",
    "Tilde": r"\tilde", "Hat": r"\hat", "Bar": r"\bar", "ov": r"\overline", "ul": r"\underline",
    "bfs": r"\mathbf", "sp": "^", "sp*": "^*", "sb": "_", "mum": r"\mu\mathrm{m}", "um": r"\mu\mathrm{m}",
    "muL": r"\mu\mathrm{L}",
    # With arguments.
    "norm": r"\|#1\|", "abs": "|#1|", "card": "|#1|", "set": r"\{#1\}", "sets": r"\{#1\}",
    "ceil": r"\lceil{}#1\rceil", "floor": r"\lfloor{}#1\rfloor", "paren": "(#1)", "pars": "(#1)",
    "parens": "(#1)", "brac": "[#1]", "ang": r"#1^{\circ}", "ket": r"|#1\rangle",
    "Ket": r"|#1\rangle", "bra": r"\langle{}#1|", "braket": r"\langle{}#1\rangle",
    "ketbra": r"|#1\rangle\langle{}#2|", "inner": r"\langle{}#1,#2\rangle",
    "ip": r"\langle{}#1,#2\rangle", "innerprod": r"\langle{}#1,#2\rangle",
    "pmod": r"(\mathrm{mod} #1)",
}  # fmt: skip
MEANINGS = {name: meaning for name, meaning in _MEANINGS.items() if name not in _STANDARD}
"""Name → standard LaTeX. Arguments are ``#1`` and ``#2``."""

FORMULA_MEANINGS: dict[str, str] = {
    **{letter: f"\\mathbb{{{letter}}}" for letter in "CEFKNPQRZ"},
    **{letter: f"\\mathcal{{{letter}}}" for letter in "ABDGHILMOSUVWXY"},
    "T": r"\top",
    **{letter: f"\\mathbf{{{letter}}}" for letter in "abfhmnqrstuvwxyz"},
    "g": r"\mathfrak{g}", "p": r"\mathfrak{p}", "1": r"\mathbb{1}",
}  # fmt: skip
"""Names of one letter: in running text they can be anything (``\\n`` ends a line), in a formula
they are these."""

_WITH_TWO = dict.fromkeys(("f", "fr"), r"\frac{#1}{#2}")
"""Names whose meaning is another one if two groups follow."""


def expand(tokens: list[str]) -> list[str]:
    """``tokens`` with every author's macro replaced by the tokens of its meaning, and TeX's infix
    ``\\over`` by a fraction. Tokens without any are returned as they came."""
    if len(tokens) > _MOST_TOKENS or not any(_is_candidate(token) for token in tokens):
        return tokens
    partner = brace_pairs(tokens)
    inside = set(_inside(tokens, math_spans(tokens), partner))
    expanded: list[str] = []
    index = 0
    while index < len(tokens):
        token = tokens[index]
        if _is_candidate(token):
            before = expanded[-1][-1:] if expanded else ""
            in_formula = index in inside
            after = _expand_macro(tokens, index, partner, in_formula, before, expanded)
            if after:
                index = after
                continue
        expanded.append(token)
        index += 1
    return _with_fractions(expanded) if "\\over" in expanded else expanded


def _is_candidate(token: str) -> bool:
    if len(token) < 2 or token[0] != "\\" or isinstance(token, Verbatim):
        return False
    name = token[1:]
    return name in MEANINGS or name in FORMULA_MEANINGS or name in _WITH_TWO or name == "over"


def _inside(tokens: list[str], formulas: dict[int, int], partner: dict[int, int]) -> Iterator[int]:
    """The indices of tokens in formulas, and in braces after "^" and "_"."""
    for start, end in formulas.items():
        yield from range(start + 1, end)
    for index, token in enumerate(tokens[:-1]):
        if token in ("^", "_") and not isinstance(token, Verbatim):
            yield index + 1
            if index + 1 in partner:
                yield from range(index + 2, partner[index + 1])


def _expand_macro(
    tokens: list[str],
    index: int,
    partner: dict[int, int],
    in_formula: bool,
    before: str,
    expanded: list[str],
) -> int:
    """Append the meaning of the macro at ``index``; return the index after it, 0 for no meaning."""
    name = tokens[index][1:]
    if len(name) == 1 and not in_formula:
        return 0
    if not in_formula and before.isalnum():
        return 0  # a path, a difference of sets: "Q\A"
    arguments: list[list[str]] = []
    after = index + 1
    if name in symbols.ACCENTS and after in partner:
        return 0
    while after in partner and len(arguments) < 2:
        arguments.append(tokens[after + 1 : partner[after]])
        after = partner[after] + 1
    meaning = MEANINGS.get(name) or FORMULA_MEANINGS.get(name, "")
    if name in _WITH_TWO and len(arguments) == 2:
        meaning = _WITH_TWO[name]
    needed = 2 if "#2" in meaning else 1 if "#1" in meaning else 0
    if not meaning or needed > len(arguments):
        return 0
    after = index + 1
    for _ in range(needed):
        after = partner[after] + 1
    for token in _tokens_of_meaning(meaning):
        if token in ("#1", "#2"):
            expanded.extend(arguments[int(token[1]) - 1])
        else:
            expanded.append(token)
    if after < len(tokens) and tokens[after][:1].isalpha() and expanded[-1][-1:].isalpha():
        expanded.append(" ")
    return after


@lru_cache(maxsize=512)
def _tokens_of_meaning(meaning: str) -> tuple[str, ...]:
    return tuple(
        token
        for piece in meaning.replace("#1", "\0#1\0").replace("#2", "\0#2\0").split("\0")
        for token in ([piece] if piece in ("#1", "#2") else split_macros(piece))
    )


def _with_fractions(tokens: list[str]) -> list[str]:
    """``{a\\over b}`` as ``\\frac{a}{b}``; outside groups and formulas it stays."""
    start = 0
    for _ in range(_MOST_FRACTIONS):
        try:
            at = tokens.index("\\over", start)
        except ValueError:
            break
        start = at + 1
        if (group := _group_around(tokens, at)) is not None:
            first, end = group
            tokens = [
                *tokens[:first],
                *("\\frac", "{", *tokens[first:at], "}", "{", *tokens[at + 1 : end], "}"),
                *tokens[end:],
            ]
    return tokens


def _group_around(tokens: list[str], at: int) -> tuple[int, int] | None:
    """The indices of the first token and after the last of the group or formula around one."""
    ends = ("$", "$$", "\\(", "\\)", "\\[", "\\]")
    depth, first = 0, at
    while first > 0:
        token = tokens[first - 1]
        depth += (token == "}") - (token == "{")
        if depth < 0 or (depth == 0 and token in ends):
            break
        first -= 1
    depth, end = 0, at + 1
    while end < len(tokens):
        depth += (tokens[end] == "{") - (tokens[end] == "}")
        if depth < 0 or (depth == 0 and tokens[end] in ends):
            break
        end += 1
    return (first, end) if first > 0 and end < len(tokens) else None
