"""LaTeX source → Unicode text: a tolerant renderer that never fails.

It reads a text as TeX would, but leaves alone what is not TeX: unknown macros,
unmatched braces, prices, sets in braces, names with underscores.
Linear in the length; groups nested deeper than ``MAX_DEPTH`` raise TooDeepError.
"""

import re
import unicodedata
from collections.abc import Callable

from broadsheet.text import latex_symbols as symbols

MAX_DEPTH = 40
MAX_FORMULA = 2000  # characters between dollars; more is prose between two prices


class TooDeepError(Exception):
    """Groups nest deeper than any text means."""


class Verbatim(str):
    """A token that is not TeX: an address, a path, a piece of code."""

    __slots__ = ()


_TOKEN = re.compile(r"\\(?:[A-Za-z]+\*?|.)?|\$\$?|[{}^_~]|[^\\{}^_~$]+", re.DOTALL)
_VERBATIM = re.compile(
    r"(https?://(?:[^\s{}<>\"“”$\\^|]|\\[_%#&~-])+"
    r"|(?<![\w.+-])[\w.+-]{1,64}@[\w-]+\.[\w.-]+"
    r"|(?<![A-Za-z0-9\\])[A-Za-z]:\\[^\s{}$]+"
    r"|(?<![`\\])`[^`'\n]{1,80}`(?!`))"
)
_MATH_SIGN = re.compile(r"[\\^_={}<>+*|]")
_PLAIN_MATH = re.compile(r"[\w ,.()\[\]'′/:;!&%~-]{1,60}")
_LONG_WORD = re.compile(r"(?<!\\)\b[a-z]{3,}\b")
_SIGNED_NUMBER = re.compile(r"[-−+]?\d+")
_WORD = re.compile(r"[A-Za-z][A-Za-z-]+")
_OPERATOR = re.compile(r"[-+−±=<>×·.,:∼…/ ]{1,4}")
_BLOCK_OPENERS = "([{⟨⌊⌈|‖"


def tokens_of(source: str) -> list[str]:
    """Macros, single special characters, runs of plain text, and Verbatim pieces."""
    tokens: list[str] = []
    for number, piece in enumerate(_VERBATIM.split(source)):
        if number % 2:
            tokens.append(Verbatim(re.sub(r"\\([_%#&~-])", r"\1", piece)))
        else:
            tokens.extend(_TOKEN.findall(piece))
    return tokens


def math_spans(tokens: list[str]) -> dict[int, int]:
    """Index of each token that opens a formula → index of the token that closes it."""
    spans: dict[int, int] = {}
    opened: dict[str, int] = {}
    closes = {"$": "$", "$$": "$$", "\\)": "\\(", "\\]": "\\["}
    end = -1
    for index, token in enumerate(tokens):
        opener = closes.get(token)
        if opener in opened and opened[opener] > end:
            start = opened.pop(opener)
            if token[0] == "\\" or _is_formula(tokens, start, index):
                spans[start] = end = index
                continue
        if token in ("$", "$$", "\\(", "\\["):
            opened[token] = index
    return spans


def _is_formula(tokens: list[str], start: int, end: int) -> bool:
    if end - start < 2 or end - start > MAX_FORMULA:
        return False
    content = "".join(tokens[start + 1 : end])
    inner = content.strip()
    following = tokens[end + 1][0] if end + 1 < len(tokens) else ""
    if not inner or len(content) > MAX_FORMULA:
        return False
    if tokens[start] == "$" and following.isdigit() and inner[0].isdigit():
        return False  # "$5-$10"
    if "\\" not in content and inner[0].isdigit() and _LONG_WORD.search(content):
        return False  # "$5 million < $"
    if re.fullmatch(r"[A-Z_]{2,}[/:].*", content) and following.isalpha():
        return False  # "$HOME/bin:$PATH"
    if _MATH_SIGN.search(content):
        return len(_LONG_WORD.findall(content)) <= 12 or "\\text" in content
    if content != inner:
        return len(inner) <= 3 and following != inner[:1]
    return bool(_PLAIN_MATH.fullmatch(content)) and len(_LONG_WORD.findall(content)) <= 2


class Renderer:
    """Renders one token list; ``emphasis`` marks up \\emph and \\textbf (see mathml)."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.partner = _partners(tokens)
        self.math = math_spans(tokens)
        self.out: list[str] = []
        self.depth = 0
        self.in_math = 0
        # JSON and the like: \"quoted\" are quotes, not umlauts.
        self.quotes = any(
            token == '\\"'
            and (
                i + 1 == len(tokens)
                or not (tokens[i + 1][:1].isalpha() or tokens[i + 1][0] in "{\\")
            )
            for i, token in enumerate(tokens)
        )

    def render(self) -> str:
        self._span(0, len(self.tokens))
        return "".join(self.out)

    # Output ---------------------------------------------------------------

    def _put(self, text: str) -> None:
        if text:
            self.out.append(text)

    def _last(self) -> str:
        return self.out[-1][-1] if self.out else ""

    def _before_last(self) -> str:
        tail = ""
        for piece in reversed(self.out):
            tail = piece[-2:] + tail
            if len(tail) >= 2:
                return tail[-2]
        return ""

    def _captured(self, start: int, end: int) -> str:
        """What the tokens from ``start`` to ``end`` render to, on their own."""
        outer, self.out = self.out, []
        self._span(start, end)
        text, self.out = "".join(self.out), outer
        return text

    def _deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise TooDeepError

    def _span(self, index: int, end: int) -> None:
        self._deeper()
        while index < end:
            index = self._token(index, end)
        self.depth -= 1

    # Tokens ---------------------------------------------------------------

    def _token(self, index: int, end: int) -> int:
        """Render the token at ``index``; the index after what was used."""
        token = self.tokens[index]
        if not token or isinstance(token, Verbatim):
            self._put(token)
        elif token in ("$", "$$", "\\(", "\\["):
            return self._formula(index, end)
        elif token == "{" and index in self.partner:
            return self._group(index)
        elif token == "^" or token == "_":
            return self._script(index, end)
        elif token == "~":
            self._put(self._tie(index, end))
        elif token[0] == "\\" and len(token) > 1:
            return self._macro(index, end)
        else:
            self._put(token)
        return index + 1

    def _formula(self, index: int, end: int) -> int:
        close = self.math.get(index)
        if close is None or close >= end:
            self._put(self.tokens[index])
            return index + 1
        self.in_math += 1
        text = self._captured(index + 1, close)
        self.in_math -= 1
        self._put(text if self._last() == "" or text != text.strip() else text)
        return close + 1

    def _tie(self, index: int, end: int) -> str:
        before, after = self._last(), self._peek(index + 1, end)
        if self.in_math:
            return " "
        if not before or before.isspace():
            return "~"  # "by ~5%" means about
        if not after or after.isspace():
            return "" if after else "~"
        if before in ".,;:)]}-–%" or after in "\\{$-–(":
            return " "
        wide = before.isalpha() and self._before_last().isalpha()
        return " " if wide and (after.isalnum()) else "~"

    def _peek(self, index: int, end: int) -> str:
        return self.tokens[index][:1] if index < end else ""

    # Groups ---------------------------------------------------------------

    def _group(self, index: int) -> int:
        close = self.partner[index]
        text = self._captured(index + 1, close)
        if self._keeps_braces(index, close, text):
            text = f"{{{text}}}"
        self._put(text)
        return close + 1

    def _keeps_braces(self, index: int, close: int, text: str) -> bool:
        if self.in_math or not text.strip():
            return False
        inner = self.tokens[index + 1 : close]
        before = self._last()
        after = self._peek(close + 1, len(self.tokens))
        glued = before.isalnum() or (before in ")]}" and before != "") or after.isalnum()
        first = inner[0]
        if first[:1] == "\\" and first[1:] in symbols.TRANSPARENT:
            return False
        if any(token[:1] == "\\" for token in inner):
            return not glued and any(mark in text for mark in (", ", ": ", "|"))
        if glued:
            return not (_WORD.fullmatch(text) or _OPERATOR.fullmatch(text) or len(text) == 1)
        if after in ("_", "^"):
            return len(text) > 1
        return not (_WORD.fullmatch(text) or _OPERATOR.fullmatch(text))

    def _argument(self, index: int, end: int) -> tuple[str, int] | None:
        """The rendered argument that starts at ``index`` and the index after it."""
        while index < end and not self.tokens[index].strip():
            index += 1
        if index >= end:
            return None
        token = self.tokens[index]
        if token == "{":
            close = self.partner.get(index)
            if close is None or close > end:
                return None
            self.in_math += 1  # braces inside an argument only group
            text = self._captured(index + 1, close)
            self.in_math -= 1
            return text, close + 1
        if isinstance(token, Verbatim):
            return token, index + 1
        if token[0] == "\\" and len(token) > 1:
            outer, self.out = self.out, []
            self._deeper()
            after = self._macro(index, end)
            self.depth -= 1
            text, self.out = "".join(self.out), outer
            return text, after
        if token in ("}", "^", "_", "~", "$", "$$"):
            return None
        stripped = token.lstrip()
        self.tokens[index] = stripped[1:]
        return stripped[0], index if len(stripped) > 1 else index + 1

    # Scripts --------------------------------------------------------------

    def _script(self, index: int, end: int) -> int:
        mark = self.tokens[index]
        before = self._last()
        has_base = bool(before) and (before.isalnum() or before in ")]}|′'*∗ℓ∇∂∑∏∫∞⟩‖⋃⋂⊤%")
        following = self.tokens[index + 1] if index + 1 < end else ""
        if not self.in_math and not has_base:
            has_base = following == "{" and before in "" and mark == "^"
        if not following or not (self.in_math or has_base) or following.isspace():
            self._put(mark)
            return index + 1
        if following[0] not in "{\\":
            return self._bare_script(index, mark, following)
        found = self._argument(index + 1, end)
        if found is None:
            self._put(mark)
            return index + 1
        self._put(script(mark, found[0]))
        return found[1]

    def _bare_script(self, index: int, mark: str, following: str) -> int:
        """A script without braces: a whole number, or one letter, which stays as written."""
        number = _SIGNED_NUMBER.match(following)
        if isinstance(following, Verbatim) or (number and not self._may_lower(mark, following)):
            number = None
        if number:
            used = number.group()
            if mark == "_":
                used = used if used.isdigit() else ""
        elif mark == "^" and following[0] in "*'′†":
            used = following[0]
        else:
            used = ""
        self._put(script(mark, used) if used else mark)
        self.tokens[index + 1] = (
            following if isinstance(following, Verbatim) else following[len(used) :]
        )
        return index + 1 if self.tokens[index + 1] else index + 2

    def _may_lower(self, mark: str, following: str) -> bool:
        """Not in "layer_1", "x_1.weight", "a_2_b": names, not formulas."""
        if self.in_math or mark == "^":
            return True
        earlier = self._before_last()
        if self._last().isascii() and (earlier.isalnum() or earlier in ("_", "/", ".", "-")):
            return False
        return not re.match(r"\d+(?:[a-z]|\.[a-z]{2})", following)

    # Macros ---------------------------------------------------------------

    def _macro(self, index: int, end: int) -> int:
        token = self.tokens[index]
        name = token[1:]
        if not name[0].isalpha():
            return self._control_symbol(index, end)
        name = name.rstrip("*")
        special = _SPECIAL.get(name)
        if special is not None:
            return special(self, index, end)
        if name in symbols.TRANSPARENT:
            return self._transparent(name, index, end)
        if name in symbols.GREEK:
            self._put(symbols.GREEK[name])
        elif name in symbols.RELATIONS:
            return self._relation(symbols.RELATIONS[name], index, end)
        elif name in symbols.FUNCTIONS:
            self._function(name, index, end)
        elif name in symbols.LETTERS and not (name == "O" and self._peek(index + 1, end) == "("):
            self._put(symbols.LETTERS[name])
            return self._swallow(index + 1, end)
        elif name in symbols.MATH_ACCENTS:
            return self._accent(symbols.MATH_ACCENTS[name], index, end)
        elif name in symbols.ACCENTS and (used := self._letter_accent(name, index, end)):
            return used
        elif name in symbols.SIGNS:
            self._put(symbols.SIGNS[name])
            if self._peek(index + 1, end) == "{" and self.partner.get(index + 1) == index + 2:
                return index + 3
        else:
            return self._unknown(index, end)
        return index + 1

    def _swallow(self, index: int, end: int) -> int:
        """Drop the space or empty group that ends a macro."""
        if index < end and self.tokens[index] == "{" and self.partner.get(index) == index + 1:
            return index + 2
        if index < end and self.tokens[index][:1] == " ":
            self.tokens[index] = self.tokens[index].lstrip(" ")
            return index if self.tokens[index] else index + 1
        return index

    def _control_symbol(self, index: int, end: int) -> int:
        sign = self.tokens[index][1]
        if sign in symbols.ACCENTS:
            if sign == '"' and self.quotes:
                self._put('"')
                return index + 1
            return self._accent(symbols.ACCENTS[sign], index, end, sign)
        if sign in ",;: \n\\":
            self._put("" if self._last().isspace() else " ")
        elif sign in "%&#_{}$":
            self._put(sign)
        elif sign == "|":
            self._put("‖")
        elif sign not in "!-/()[]>@+":
            self._put(self.tokens[index])
        return index + 1

    def _accent(self, mark: str, index: int, end: int, sign: str = "") -> int:
        following = self.tokens[index + 1] if index + 1 < end else ""
        found = None
        if following and not (sign and following[0].isspace()):
            found = self._argument(index + 1, end)
        if found is None:
            self._put(sign)
            return index + 1
        base, after = found
        if not base:
            self._put(sign)
            return after
        if sign and base in "ıȷ" and mark != "\u0323":
            base = "i" if base == "ı" else "j"
        composed = unicodedata.normalize("NFC", base[0] + mark)
        if sign and len(composed) > 1:
            self._put(sign + base)  # \'t: an apostrophe someone escaped
        elif sign or len(base) == 1:
            self._put(composed + base[1:])
        else:
            self._put(base)
        return after

    def _letter_accent(self, name: str, index: int, end: int) -> int | None:
        """\\c{c}, \\v s: an accent where it fits the letter, else not understood."""
        following = self.tokens[index + 1] if index + 1 < end else ""
        braced = following == "{" and self.partner.get(index + 1) == index + 3
        letter = self.tokens[index + 2][:1] if braced else following.lstrip()[:1]
        if braced and len(self.tokens[index + 2]) != 1:
            return None
        if not letter.isalpha() or (not braced and following[:1] != " "):
            return None
        composed = unicodedata.normalize("NFC", letter + symbols.ACCENTS[name])
        if len(composed) > 1:
            return None
        self._put(composed)
        if braced:
            return index + 4
        self.tokens[index + 1] = following.lstrip()[1:]
        return index + 1 if self.tokens[index + 1] else index + 2

    def _relation(self, sign: str, index: int, end: int) -> int:
        before = self._last()
        index += 1
        if self.partner.get(index) == index + 1:
            index += 2
        after = self._peek(index, end)
        left = "" if not before or before.isspace() or before in _BLOCK_OPENERS else " "
        right = " " if after and not after.isspace() and after not in ")]}_^$,.;" else ""
        self._put(f"{left}{sign}{right if before else ''}")
        return index

    def _function(self, name: str, index: int, end: int) -> None:
        before = self._last()
        after = self._peek(index + 1, end)
        left = " " if before and (before.isalnum() or before in ")]}") else ""
        right = " " if after.isalnum() or (after == "\\" and self._opens_word(index + 1)) else ""
        self._put(f"{left}{name}{right}")

    def _opens_word(self, index: int) -> bool:
        name = self.tokens[index][1:]
        return name in symbols.GREEK or name in symbols.FUNCTIONS or name in symbols.MATH_ACCENTS

    def _transparent(self, name: str, index: int, end: int) -> int:
        following = self.tokens[index + 1] if index + 1 < end else ""
        if name in symbols.SPACES:
            self._put("" if self._last().isspace() else " ")
            return self._swallow(index + 1, end)
        if following == "{" and index + 1 in self.partner:
            found = self._argument(index + 1, end)
            if found is not None:
                text = found[0]
                if name in ("mathbb", "mathds", "mathbbm") and len(text) == 1:
                    text = text.translate(symbols.BLACKBOARD)
                if name == "enquote":
                    text = f"“{text}”"
                if name == "operatorname" and self._last().isalnum():
                    text = f" {text}"
                self._put(text)
                return found[1]
        if name in ("left", "right") and following[:1] == ".":
            self.tokens[index + 1] = following[1:]
            return index + 1 if self.tokens[index + 1] else index + 2
        if name in ("mathbb", "mathds") and following.strip()[:1] and following[0] != "\\":
            letter = following.lstrip()
            if len(letter) < 2 or not letter[1].isalnum():
                self._put(letter[0].translate(symbols.BLACKBOARD))
                self.tokens[index + 1] = letter[1:]
                return index + 1 if self.tokens[index + 1] else index + 2
        return self._swallow(index + 1, end)

    def _unknown(self, index: int, end: int) -> int:
        token = self.tokens[index]
        for prefix in symbols.GLUE_PREFIXES:
            rest = token[len(prefix) + 1 :]
            if token.startswith(prefix, 1) and (len(rest) == 1 or prefix in _SAFE_GLUE):
                if prefix == "sqrt":
                    self._put(f"√{rest}")
                elif prefix in symbols.MATH_ACCENTS:
                    self._put(unicodedata.normalize("NFC", rest + symbols.MATH_ACCENTS[prefix]))
                elif prefix == "mathbb":
                    self._put(rest.translate(symbols.BLACKBOARD))
                elif not prefix.startswith("cite"):
                    self._put(rest)
                return index + 1
        self._put(token)
        close = self.partner.get(index + 1)
        if index + 1 < end and self.tokens[index + 1] == "{" and close is not None and close < end:
            inner = self._captured(index + 2, close)
            if inner:
                self._put(f"{{{inner}}}")
            return close + 1
        return index + 1

    # Macros with a meaning of their own --------------------------------------

    def _with(self, index: int, end: int, count: int, form: Callable[..., str]) -> int:
        """Set ``count`` arguments by ``form``; where one is missing, all stays as read."""
        token = self.tokens[index]
        texts: list[str] = []
        index += 1
        for _ in range(count):
            found = self._argument(index, end)
            if found is None:
                self._put(token + "".join(f"{{{text}}}" for text in texts))
                return index
            texts.append(found[0])
            index = found[1]
        self._put(form(*texts))
        return index

    def _fraction(self, index: int, end: int) -> int:
        return self._with(index, end, 2, fraction)

    def _root(self, index: int, end: int) -> int:
        following = self.tokens[index + 1] if index + 1 < end else ""
        degree = re.match(r"\[(\w)\]", following)
        if degree:
            self.tokens[index + 1] = following[degree.end() :]
            used = 1 if self.tokens[index + 1] else 2
            sign = {"3": "∛", "4": "∜"}.get(degree.group(1), f"{degree.group(1)}√")
            found = self._argument(index + used, end)
            if found:
                self._put(sign + _atom(found[0]))
                return found[1]
            return index + used
        return self._with(index, end, 1, lambda inner: f"√{_atom(inner)}")

    def _second(self, index: int, end: int) -> int:
        return self._with(index, end, 2, lambda _first, second: second)

    def _under(self, index: int, end: int) -> int:
        return self._with(index, end, 2, lambda below, base: base + script("_", below))

    def _binomial(self, index: int, end: int) -> int:
        return self._with(index, end, 2, lambda n, k: f"({n} choose {k})")

    def _link(self, index: int, end: int) -> int:
        def form(address: str, label: str) -> str:
            return address if label.strip() in (address, "") else f"{label} ({address})"

        return self._with(index, end, 2, form)

    def _address(self, index: int, end: int) -> int:
        return self._with(index, end, 1, str)

    def _footnote(self, index: int, end: int) -> int:
        return self._with(index, end, 1, lambda note: f" ({note.strip()})")

    def _quantity(self, index: int, end: int) -> int:
        return self._with(index, end, 2, lambda number, unit: f"{number} {unit}")

    def _not(self, index: int, end: int) -> int:
        def form(sign: str) -> str:
            core = sign.strip()
            return unicodedata.normalize("NFC", sign.replace(core, f"{core}\u0338")) if core else ""

        return self._with(index, end, 1, form)

    def _code_point(self, index: int, end: int) -> int:
        def form(code: str) -> str:
            digits = code.strip().lstrip("xU+")
            value = int(digits, 16) if re.fullmatch(r"[0-9A-Fa-f]{2,5}", digits) else 0
            known = 32 <= value < 0x110000 and not 0xD800 <= value < 0xE000
            return chr(value) if known else f"\\unicode{{{code}}}"

        return self._with(index, end, 1, form)

    def _dropped(self, index: int, end: int) -> int:
        """Leave out a citation or a label, its option and the space before it."""
        index += 1
        while index < end and (option := re.match(r"\s*\[[^\]]*\]", self.tokens[index])):
            self.tokens[index] = self.tokens[index][option.end() :]
            index += 0 if self.tokens[index] else 1
        if index < end and self.tokens[index] == "{" and index in self.partner:
            index = self.partner[index] + 1
        if self.out and self._last() in " ~":
            self._put(self.out.pop().rstrip(" ~"))
            if index < end and self._peek(index, end) not in " .,;:)~":
                self._put(" ")
        return index


_SAFE_GLUE = frozenset(
    [
        "mathcal",
        "mathbb",
        "mathbf",
        "mathrm",
        "mathsf",
        "mathfrak",
        "boldsymbol",
        "emph",
        "textit",
        "textbf",
        "texttt",
        "textsc",
        "sqrt",
        "citep",
        "citet",
    ]
)
_SPECIAL: dict[str, Callable[[Renderer, int, int], int]] = {
    **dict.fromkeys(("frac", "tfrac", "dfrac", "cfrac", "nicefrac", "sfrac"), Renderer._fraction),
    "sqrt": Renderer._root,
    **dict.fromkeys(("textcolor", "colorbox", "hyperlink", "hyperref"), Renderer._second),
    **dict.fromkeys(("stackrel", "overset"), Renderer._second),
    "underset": Renderer._under,
    **dict.fromkeys(("binom", "dbinom", "tbinom"), Renderer._binomial),
    "href": Renderer._link,
    "url": Renderer._address,
    "footnote": Renderer._footnote,
    **dict.fromkeys(("SI", "qty"), Renderer._quantity),
    "not": Renderer._not,
    "unicode": Renderer._code_point,
    **dict.fromkeys(symbols.DROPPED, Renderer._dropped),
}


def _partners(tokens: list[str]) -> dict[int, int]:
    """Index of each matched opening brace → index of its closing brace."""
    partners: dict[int, int] = {}
    stack: list[int] = []
    for index, token in enumerate(tokens):
        if token == "{":
            stack.append(index)
        elif token == "}" and stack:
            partners[stack.pop()] = index
    return partners


def script(mark: str, content: str) -> str:
    """A sub- or superscript ("_", "^") as text: Unicode digits, else marked."""
    content = content.strip().lstrip(",")
    if not content:
        return ""
    if mark == "^":
        if content in ("∘", "°"):
            return "°"
        if content in ("th", "st", "nd", "rd", "′", "''", "'", "*", "∗", "⋆", "†", "‡", "⊤"):
            return "*" if content in ("⋆", "∗") else content
        if content == "TM":
            return "™"
    table = symbols.SUPERSCRIPTS if mark == "^" else symbols.SUBSCRIPTS
    raised = content.translate(table)
    if not any(char in content for char in " ") and all(
        a != b for a, b in zip(content, raised, strict=True)
    ):
        return raised
    if len(content) == 1 or content.isalnum():
        return mark + content
    if content[0] == "(" and content[-1] == ")" and content.count("(") == 1:
        return mark + content
    return f"{mark}({content})"


def _atom(text: str) -> str:
    """In parentheses unless it reads as one thing."""
    text = text.strip()
    single = len(text) <= 1 or text.isdigit() or re.fullmatch(r"\w+(?:\([^()]*\))?", text)
    if single and (len(text) <= 1 or text.isascii() or re.fullmatch(r"\w[₀-₉⁰-⁹²³¹]+", text)):
        return text
    return text if text[:1] == "(" and text[-1:] == ")" and text.count("(") == 1 else f"({text})"


def fraction(above: str, below: str) -> str:
    """``above/below`` with the parentheses that keep its meaning."""
    above, below = above.strip(), below.strip()
    if re.search(r"[+−=,±∑∫]|-(?!\d+\b)| - ", re.sub(r"\([^()]*\)", "", above)):
        above = f"({above})"
    return f"{above}/{_atom(below)}"
