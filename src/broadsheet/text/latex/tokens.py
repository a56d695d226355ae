"""Split LaTeX source into tokens, and find its formulas."""

import re
from functools import lru_cache

MAX_FORMULA = 2000  # characters between dollars; more is prose between two prices


class Verbatim(str):
    """A token that is not TeX: an address, a path, a piece of code."""

    __slots__ = ()


_TOKEN = re.compile(r"\\(?:[A-Za-z]+\*?|.)?|\$\$?|[{}^_~]|[^\\{}^_~$]+", re.DOTALL)
# The mark of each kind of verbatim text, and the pattern of the whole.
_VERBATIM_FORMS = (
    ("://", r"https?://(?:[^\s{}<>\"“”$\\^|]|\\[_%#&~-])+"),
    ("@", r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]+"),
    (":\\", r"(?<![A-Za-z0-9\\])[A-Za-z]:\\[^\s{}$]+"),
    ("\\\\", r"(?<!\S)\\\\[A-Za-z][\w.-]*\\[^\s{}$]+"),
    ("`", r"(?<![`\\])`[^`'\n]{1,80}`(?!`)"),
)
_ESCAPED = re.compile(r"\\([_%#&~-])")
_MATH_SIGN = re.compile(r"[\\^_={}<>+*|]")
_PLAIN_MATH = re.compile(r"[\w ,.()\[\]'′/:;!&%@~-]{1,60}")
_LONG_WORD = re.compile(r"(?<!\\)\b[a-z]{3,}\b")
_SHELL_VARIABLE = re.compile(r"[A-Z_]{2,}[/:].*", re.DOTALL)


@lru_cache(maxsize=16)
def _verbatim(forms: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(f"({'|'.join(forms)})")


def split_verbatim(source: str) -> list[str]:
    """Alternately text that may be TeX and text that is not, beginning with the former."""
    forms = tuple(form for mark, form in _VERBATIM_FORMS if mark in source)
    return _verbatim(forms).split(source) if forms else [source]


def tokens_of(source: str) -> list[str]:
    """Macros, single special characters, runs of plain text, and Verbatim pieces."""
    tokens: list[str] = []
    for number, piece in enumerate(split_verbatim(source)):
        if number % 2:
            tokens.append(Verbatim(_ESCAPED.sub(r"\1", piece)))
        else:
            tokens.extend(split_macros(piece))
    return _with_joined_formulas(tokens) if "$$" in tokens else tokens


def split_macros(source: str) -> list[str]:
    """The tokens of a text that has nothing verbatim in it."""
    return _TOKEN.findall(source)


def _with_joined_formulas(tokens: list[str]) -> list[str]:
    r"""Leave out ``$$`` if it ends one formula and begins the next.

    The American Physical Society and INSPIRE write "${\mathrm{Tb}}_{2}$${\mathrm{O}}_{3}$".
    """
    joined: list[str] = []
    start = -1
    """Of the formula that is open in ``joined``, or -1."""
    for token in tokens:
        if len(joined) - start > MAX_FORMULA:
            start = -1
        if token == "$":
            closes = start >= 0 and _is_formula([*joined[start:], token], 0, len(joined) - start)
            start = -1 if closes else len(joined)
        elif (
            token == "$$"
            and start >= 0
            and _is_formula([*joined[start:], "$"], 0, len(joined) - start)
        ):
            continue
        joined.append(token)
    return joined


def brace_pairs(tokens: list[str]) -> dict[int, int]:
    """Index of each matched opening brace → index of its closing brace."""
    pairs: dict[int, int] = {}
    stack: list[int] = []
    for index, token in enumerate(tokens):
        if token == "{":
            stack.append(index)
        elif token == "}" and stack:
            pairs[stack.pop()] = index
    return pairs


_OPENS = frozenset(("$", "$$", "\\(", "\\["))
_CLOSES = {"$": "$", "$$": "$$", "\\)": "\\(", "\\]": "\\["}


def math_spans(tokens: list[str]) -> dict[int, int]:
    """Index of each token that opens a formula → index of the token that closes it.

    Formulas do not overlap. Dollars that are prices or shell variables open none.
    """
    spans: dict[int, int] = {}
    opened: dict[str, int] = {}
    end = -1
    for index, token in enumerate(tokens):
        opener = _CLOSES.get(token)
        if opener is not None and opened.get(opener, -1) > end:
            start = opened.pop(opener)
            if token[0] == "\\" or _is_formula(tokens, start, index):
                spans[start] = end = index
                continue
        if token in _OPENS:
            opened[token] = index
    return spans


def _is_formula(tokens: list[str], start: int, end: int) -> bool:
    if not 2 <= end - start <= MAX_FORMULA:
        return False
    content = "".join(tokens[start + 1 : end])
    inner = content.strip()
    following = tokens[end + 1][:1] if end + 1 < len(tokens) else ""
    if not inner or len(content) > MAX_FORMULA:
        return False
    if tokens[start] == "$" and following.isdigit() and inner[0].isdigit():
        return False  # "$5-$10"
    if "\\" not in content and inner[0].isdigit() and _LONG_WORD.search(content):
        return False  # "$5 million < $"
    if following.isalpha() and _SHELL_VARIABLE.fullmatch(content):
        return False  # "$HOME/bin:$PATH"
    if _MATH_SIGN.search(content):
        return len(_LONG_WORD.findall(content)) <= 12 or "\\text" in content
    if content != inner:
        return len(inner) <= 3 and following != inner[:1]
    return bool(_PLAIN_MATH.fullmatch(content)) and len(_LONG_WORD.findall(content)) <= 2
