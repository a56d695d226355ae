"""Putting the backslashes back: "85times", "varepsilonll 1", "Obig(1{n}big)" → LaTeX.

Some catalogues drop every backslash, with it ``\\frac``'s first brace pair.
A macro's name is taken for one only where it cannot be a word: glued to a
number or a letter inside something that is plainly a formula, or a name that is
no English word at all. Prose is left alone.
"""

import re

from broadsheet.text.latex_symbols import FUNCTIONS, GREEK, LOWER_GREEK, UPPER_GREEK

# No English words: macros wherever they stand.
_UNMISTAKABLE = [
    "varepsilon",
    "vartheta",
    "varphi",
    "varrho",
    "varsigma",
    "infty",
    "mathcal",
    "mathbb",
    "mathbf",
    "mathrm",
    "mathfrak",
    "mathsf",
    "mathscr",
    "boldsymbol",
    "textbf",
    "textit",
    "textsc",
    "texttt",
    "textrm",
    "widetilde",
    "widehat",
    "overline",
    "leq",
    "geq",
    "neq",
    "leqslant",
    "geqslant",
    "subseteq",
    "supseteq",
    "lesssim",
    "gtrsim",
    "propto",
    "rightarrow",
    "leftarrow",
    "cdot",
    "cdots",
    "ldots",
    "setminus",
    "emptyset",
    "forall",
    "langle",
    "rangle",
    "lfloor",
    "rfloor",
    "lceil",
    "rceil",
    "operatorname",
    "nabla",
    "otimes",
    "oplus",
    "odot",
    "sqrt",
    "frac",
]
# Names that make a run of letters a formula when glued to other names or to single letters.
_GLUE = (
    *_UNMISTAKABLE,
    *(name for name in GREEK if len(name) >= 5),
    *["times", "Phi", "Psi", "approx", "equiv", "circ", "partial", "ell", "dagger"],
)
# Names understood only as a whole run of letters inside a formula, or beside one of the above.
_ANY = frozenset((*_GLUE, *GREEK, *(name for name in FUNCTIONS if len(name) > 2))) | frozenset(
    [
        "in",
        "to",
        "le",
        "ge",
        "ll",
        "gg",
        "ne",
        "pm",
        "sim",
        "mid",
        "sum",
        "prod",
        "int",
        "cap",
        "cup",
        "left",
        "right",
        "big",
        "star",
        "top",
    ]
)
_BEFORE_SCRIPT = frozenset(
    [
        "sum",
        "prod",
        "int",
        "cup",
        "cap",
        "bigcup",
        "bigcap",
        "hat",
        "tilde",
        "bar",
        "ell",
        "partial",
    ]
)
_BEFORE_BRACE = frozenset(
    ["text", "hat", "tilde", "bar", "dot", "vec", "mbox", "emph", "textsf", "underline", "binom"]
)
_AFTER_SCRIPT = frozenset(["star", "dagger", "top", "prime", "circ", "perp", "ast"])
_WHOLE = (frozenset(GREEK) | frozenset(_GLUE) | {"times", "to", "in", "sim", "pm", "ll", "gg"}) - {
    "in",
    "to",
}


def _alternatives(names: "frozenset[str] | tuple[str, ...] | list[str]") -> str:
    return "|".join(sorted(names, key=lambda name: (-len(name), name)))


_SEGMENT = re.compile(rf"{_alternatives(_ANY)}|[A-Za-z]")
_GLUED_RUN = re.compile(
    rf"[A-Za-z]{{0,2}}?(?:(?:{_alternatives(_ANY)})[A-Za-z]?)*?"
    rf"(?:{_alternatives(_GLUE)})[A-Za-z]?(?:(?:{_alternatives(_ANY)})[A-Za-z]?)*"
)
_SHORT_RELATION = re.compile(r"([A-Za-z])(in|le|ge|to)([A-Z]?)")
_LOGARITHM = re.compile(r"([a-zA-Z])(log|exp|max|min)")
_RUN = re.compile(r"(?<![\\A-Za-z])[A-Za-z]+")
_NAMES_RE = _alternatives(tuple(_UNMISTAKABLE))
_WORD_MACRO = re.compile(rf"(?<![\\A-Za-z])(?:{_NAMES_RE})(?![a-z])")
_MATHY = re.compile(
    rf"[\^{{}}]|\\[A-Za-z]|(?<![A-Za-z0-9_\\])(?:[A-Za-z]|{_alternatives(tuple(GREEK))}|ell)_(?:\w|\{{)"
    rf"|(?<![a-z\\])[A-Za-z]{{0,2}}(?:{_NAMES_RE})"
)
_TOKEN = re.compile(r"\S+")
_PAIR = re.compile(r"(?<!\\)(?:(left|[bB]igg?) ?([(\[|])|(right|[bB]igg?)([)\]|]))")
_FONT = re.compile(
    r"\{(?=(?:cal|bf|em|it|sc|rm|sf|tt|textbf|textit|boldsymbol|mathbf|mathcal|mathbb|mathrm) [^{}]*\})"
)
_TIMES = re.compile(r"(?<=\d)times(?![a-z])")
_SPACED_TIMES = re.compile(
    r"(?<=\d) times (?=10\^)|(?<=(?<!\d)(\d{2})) times (?=\1\b)|(?<=(\d{3})) times (?=\2\b)"
)
_SIM = re.compile(r"(?<=[\d%])sim!*(?=\d)|(?<![\w-])sim!* ?(?=\d)")
_PM = re.compile(r"(?<=[\d)]) pm (?=[\d.])")
_MUCH = re.compile(
    r"(?<=[\w)}]) (ll|gg) (?=[\d\\]|[A-Za-z]\b)|(?<![\w\\'’])([b-df-hj-zA-Z])(ll|gg) (?=[a-zA-Z0-9]\b)"
)
_IN_SPACE = re.compile(r"(?<![A-Za-z\\])([A-Za-z]'?)in (?=(?:\\?mathbb )?\{?R\^)")
_APPROX = re.compile(r"(?<![\w\\])approx ?(?=[\d\\$])")
_COMPOSE = re.compile(r"(?<![\w\\])([A-Za-z]) circ ([A-Za-z])\b")
_ACCENT = re.compile(
    rf"(?<![\w\\])(tilde|hat|bar|vec|\\widetilde|\\widehat) ?(?=\\?(?:{_alternatives(tuple(GREEK))})(?![a-z])|[A-Z](?:\\left|[(_^]))"
)
_FONT_WORD = re.compile(
    r"(\\(?:mathbb|mathcal|mathfrak|mathbf|mathrm|boldsymbol)) ([A-Za-z])(?![A-Za-z])"
)
_GREEK_WORD = re.compile(
    rf"(?<![\w\\])(?:({_alternatives(tuple(LOWER_GREEK))})|({_alternatives(tuple(UPPER_GREEK))})(?=[(_^]))(?![A-Za-z])"
)
_FAST = tuple(
    [
        "varepsilon",
        "varphi",
        "mathcal",
        "mathbb",
        "mathbf",
        "mathrm",
        "mathfrak",
        "boldsymbol",
        "textbf",
        "textit",
        "widetilde",
        "widehat",
        "infty",
        "leq",
        "geq",
        "neq",
        "cdot",
        "rightarrow",
        "nabla",
    ]
)


def is_stripped(text: str) -> bool:
    """Whether ``restore`` might find anything; cheap, and often wrong towards yes."""
    if "^" in text or "{" in text or "_" in text:
        return True
    if "times" in text and _TIMES.search(text):
        return True
    if "sim" in text and _SIM.search(text):
        return True
    return any(name in text for name in _FAST) or " pm " in text


def restore(text: str) -> str:
    """``text`` with the backslashes that it lost, where that is certain; linear."""
    original = text
    text = _pairs(text)
    text = _FONT.sub(r"{\\", text)
    text = _TIMES.sub(r"\\times{}", text)
    text = _SPACED_TIMES.sub(r" \\times{} ", text)
    text = _SIM.sub(r"\\sim{}", text)
    text = _PM.sub(r" \\pm{} ", text)
    text = _IN_SPACE.sub(r"\1 \\in ", text)
    text = _TOKEN.sub(_formula_token, text)
    text = _APPROX.sub(r"\\approx{}", text)
    text = _COMPOSE.sub(r"\1 \\circ{} \2", text)
    text = _MUCH.sub(_much, text)
    text = _ACCENT.sub(lambda found: "\\" + found.group(1).lstrip("\\") + " ", text)
    text = _FONT_WORD.sub(r"\1{\2}", text)
    if "\\frac" not in original and _confirmed(original, text):
        text = _GREEK_WORD.sub(lambda found: f"\\{found.group()}{{}}", text)
        text = _fractions(text)
    return text


def _confirmed(original: str, restored: str) -> bool:
    """Whether the text as a whole lost its backslashes: names appeared, none were there."""
    return restored != original and not re.search(r"\\(?!url|href)[A-Za-z]{2,}", original)


def _much(found: re.Match[str]) -> str:
    if found.group(1):
        return f" \\{found.group(1)} "
    return f"{found.group(2)} \\{found.group(3)} "


def _pairs(text: str) -> str:
    """Mark "big(" … "big)" and "left[" … "right]" where both are there."""
    if not re.search(r"(?:left|ig|igg) ?[(\[|]", text):
        return text
    marks: list[tuple[int, str]] = []
    stack: list[tuple[str, int]] = []
    for found in _PAIR.finditer(text):
        opener, _, closer, _ = found.groups()
        if opener and (found.group(2) != "|" or not stack or stack[-1][0] != opener):
            stack.append((opener, found.start()))
            continue
        wanted = "left" if closer == "right" else (closer or opener)
        if stack and stack[-1][0] == wanted:
            _, start = stack.pop()
            marks += [(start, "\\"), (found.start(), "\\")]
    if not marks:
        return text
    pieces: list[str] = []
    last = 0
    for position, mark in sorted(marks):
        pieces += (text[last:position], mark)
        last = position
    pieces.append(text[last:])
    return "".join(pieces)


def _formula_token(found: re.Match[str]) -> str:
    token = found.group()
    if "://" in token or "@" in token or len(token) > 400 or not _MATHY.search(token):
        return token
    return _RUN.sub(_run, token)


def _run(found: re.Match[str]) -> str:
    """A run of letters inside a formula, its macros marked; as it was if there are none."""
    run, text = found.group(), found.string
    before = text[found.start() - 1 : found.start()]
    after = text[found.end() : found.end() + 1]
    if run in _WHOLE or (run in _BEFORE_SCRIPT and after in ("_", "^") and after):
        return _macro(run, after)
    if run in _BEFORE_BRACE and after == "{":
        return f"\\{run}"
    if run in _AFTER_SCRIPT and before in ("^", "_") and before:
        return _macro(run, after)
    if len(run) > 60:
        return run
    if _GLUED_RUN.fullmatch(run):
        return _segmented(run, after)
    if short := _SHORT_RELATION.fullmatch(run):
        if (after in "^_" and after and short.group(3)) or (
            after.isdigit() and short.group(2) == "to"
        ):
            return f"{short.group(1)} \\{short.group(2)} {short.group(3)}"
        if before == "{" and not after:
            return f"{short.group(1)} \\{short.group(2)}"
        return run
    if (joined := _LOGARITHM.fullmatch(run)) and after in ("^", "(", "{"):
        return f"{joined.group(1)}\\{joined.group(2)}"
    return run


def _segmented(run: str, after: str) -> str:
    parts = _SEGMENT.findall(run)
    pieces = [_macro(part, "") if len(part) > 1 else part for part in parts]
    if after == "{" and len(parts[-1]) > 1:
        pieces[-1] = _macro(parts[-1], after)
    return "".join(pieces)


def _macro(name: str, after: str) -> str:
    """A macro with an end: an empty group, unless it takes what follows as its argument."""
    takes = name.startswith(
        ("math", "text", "wide", "bold", "over", "operatorname", "sqrt", "frac")
    )
    if name in _BEFORE_BRACE or (name in _BEFORE_SCRIPT and name in ("hat", "tilde", "bar")):
        takes = True
    if takes:
        return f"\\{name}" if after in ("{", "") else f"\\{name} "
    return f"\\{name}" if after in ("_", "^", "\\") and after else f"\\{name}{{}}"


# Lost fractions -----------------------------------------------------------------

_NUMERATOR = re.compile(
    r"(?:\\sqrt\{[^{}]*\}|(?<![\w.^\\}])\d+|(?<![\w\\^])[A-Za-z](?:_\w)?|\\[A-Za-z]+(?:\{\})?"
    r"|\([^(){}]*\)|(?<=[a-z] )[a-z])$"
)
_SIGN_ONLY = re.compile(r"(?:\\[A-Za-z]+(?:\{\})?|[-+=<>,.:~ ]+|[A-Za-z]{2,}|\s*)")
_PROSE = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{4,}")
_RAISED = re.compile(r"\^(\d)\{(\d+)\}")


def _fractions(text: str) -> str:
    """``1{n h^d}`` → ``\\frac{1}{n h^d}``; only for texts that lost their backslashes."""
    text = _RAISED.sub(r"^{\1/\2}", text)
    if "{" not in text:
        return text
    closing = _closing(text)
    out: list[str] = []
    tail = ""  # what was written last, enough of it to see a numerator
    last = 0
    for start in sorted(closing):
        end = closing[start]
        tail = text[max(last, start - 60) : start]
        numerator = _NUMERATOR.search(tail)
        inner = text[start + 1 : end]
        if numerator is None or start < last or not _is_denominator(numerator.group(), inner):
            continue
        cut = start - len(numerator.group())
        out.append(text[last:cut])
        out.append(f"\\frac{{{numerator.group()}}}")
        last = start
    out.append(text[last:])
    return "".join(out)


def _is_denominator(numerator: str, inner: str) -> bool:
    if _PROSE.search(inner) or len(inner) > 200 or not inner.strip():
        return False
    name = numerator.lstrip("\\").split("{")[0]
    if numerator[0] == "\\" and name not in GREEK and name != "sqrt":
        return False
    if numerator[0] == "\\" and name == "sqrt" and "}" not in numerator:
        return False
    if numerator[0] == "(" or numerator[0] == "\\" or "_" in numerator:
        return not re.fullmatch(r"[-+=<>,.:~ ]*", inner)
    if numerator.isdigit():
        return not re.fullmatch(r"[-+=<>,.:~ ]+|\\(?:times|cdot|sim|pm)(?:\{\})?", inner)
    return len(inner) > 1 and not _SIGN_ONLY.fullmatch(inner) and "\\" in inner


def _closing(text: str) -> dict[int, int]:
    pairs: dict[int, int] = {}
    stack: list[int] = []
    for found in re.finditer(r"(?<!\\)[{}]", text):
        if found.group() == "{":
            stack.append(found.start())
        elif stack:
            pairs[stack.pop()] = found.start()
    return pairs
