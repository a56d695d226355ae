"""Render LaTeX tokens as Unicode text: tolerant, never fails.

Reads a text as TeX would, but leaves everything else alone: unknown macros, unmatched braces,
prices, sets in braces, names with underscores. Linear in the length; groups nested deeper than
``MAX_DEPTH`` raise TooDeepError.
"""

import re
from collections.abc import Callable

from broadsheet.text.latex import symbols
from broadsheet.text.latex.macros import render_macro
from broadsheet.text.latex.scripts import script
from broadsheet.text.latex.tokens import Verbatim, brace_pairs, math_spans

MAX_DEPTH = 40


class TooDeepError(Exception):
    """Groups nest deeper than any text means."""


_SIGNED_NUMBER = re.compile(r"[-−+]?\d+")
_NOT_LOWERED = re.compile(r"\d+(?:[a-z]|\.[a-z]{2})")
_WORDS = re.compile(r"[A-Za-z][A-Za-z' -]+\.?")
_LETTERS = re.compile(r"[^\W\d_][\u0300-\u036f]?")
_OPERATOR = re.compile(r"[-+−±=<>×·.,:∼≈→…/ ]{1,4}")
_BASES = frozenset(")]}|′'*∗ℓ∇∂∑∏∫∞⟩‖⋃⋂⊤%")
_SET_MARKS = (",", ":", "|")


class Renderer:
    """Renders one list of tokens, once."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        """The remaining tokens: macros cut their arguments off the runs of text."""
        self.partner = brace_pairs(tokens)
        self.out: list[str] = []
        self.in_math = 0
        self._math = math_spans(tokens)
        self._depth = 0
        self._opened = tokens.count("{") > len(self.partner)
        # JSON and the like: \"quoted\" are quotes, not umlauts.
        self.quotes = any(
            token == '\\"' and not (self.peek(index + 1).isalpha() or self.peek(index + 1) in "{\\")
            for index, token in enumerate(tokens)
        )

    def render(self) -> str:
        self._span(0, len(self.tokens))
        return "".join(self.out)

    # Output and input ----------------------------------------------------------

    def put(self, text: str) -> None:
        if text:
            self.out.append(text)

    def last(self) -> str:
        """The last character of the group so far, "" at its start."""
        return self.out[-1][-1] if self.out else ""

    def before_last(self) -> str:
        if not self.out:
            return ""
        if len(self.out[-1]) > 1:
            return self.out[-1][-2]
        return self.out[-2][-1] if len(self.out) > 1 else ""

    def peek(self, index: int) -> str:
        """The first character of the token at ``index``, "" after the last."""
        return self.tokens[index][:1] if index < len(self.tokens) else ""

    def take(self, index: int, count: int) -> int:
        """Drop ``count`` characters of the token at ``index``; return the next index."""
        self.tokens[index] = self.tokens[index][count:]
        return index if self.tokens[index] else index + 1

    def captured(self, read: Callable[[], int]) -> tuple[str, int]:
        """Return the text that ``read`` writes, and its result."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise TooDeepError
        outer, self.out = self.out, []
        after = read()
        text, self.out = "".join(self.out), outer
        self._depth -= 1
        return text, after

    def inner(self, index: int, *, math: bool) -> str:
        """The rendered content of the group that opens at ``index``."""
        self.in_math += math
        text, _ = self.captured(lambda: self._span(index + 1, self.partner[index]))
        self.in_math -= math
        return text

    # Tokens ---------------------------------------------------------------------

    def _span(self, index: int, end: int) -> int:
        while index < end:
            index = self._token(index, end)
        return index

    def _token(self, index: int, end: int) -> int:
        """Render the token at ``index``; return the index after the tokens used."""
        token = self.tokens[index]
        if not token or isinstance(token, Verbatim):
            self.put(token)
        elif index in self._math and self._math[index] < end:
            return self._formula(index)
        elif token == "{" and index in self.partner:
            return self._group(index)
        elif token == "^" or token == "_":
            return self._script(index, end)
        elif token == "~":
            self.put(self._tie(index))
        elif token == "}" and not self._opened and (self.last().isalpha() or self.last() == "."):
            self.put(" " if self.peek(index + 1).isalnum() else "")  # closes nothing
        elif token[0] == "\\" and len(token) > 1 and token[1] not in "([":
            return render_macro(self, index, end)
        else:
            self.put(token)
        return index + 1

    def _formula(self, index: int) -> int:
        close = self._math[index]
        self.in_math += 1
        text, _ = self.captured(lambda: self._span(index + 1, close))
        self.in_math -= 1
        inner = text.strip()
        if inner and inner != text:  # \\( x \\): these spaces are the source's, not the reader's
            before, after = self.last(), self.peek(close + 1)
            left = " " if text[0].isspace() and before.isalnum() else ""
            right = " " if text[-1].isspace() and after.isalnum() else ""
            text = f"{left}{inner}{right}"
        self.put(text)
        return close + 1

    def _tie(self, index: int) -> str:
        before, after = self.last(), self.peek(index + 1)
        if self.in_math:
            return " "
        if not before or before.isspace():
            return "~"  # "by ~5%" means about
        if not after or after.isspace():
            return "" if after else "~"
        if before == "%" and after.isdigit():
            return "~"
        if before in ".,;:)]}-–%" or after in "\\{$-–(":
            return " "
        if before.isdigit():
            return " " if after.isalpha() else "~"
        return " " if before.isalpha() and self.before_last().isalpha() else "~"

    # Groups ---------------------------------------------------------------------

    def _group(self, index: int) -> int:
        close = self.partner[index]
        text = self.inner(index, math=False)
        if (
            index
            and isinstance(self.tokens[index - 1], Verbatim)
            and "://" in self.tokens[index - 1]
        ):
            self.put(f" ({text})")  # \href{address}{label} that lost its backslash
            return close + 1
        self.put(f"{{{text}}}" if self._keeps_braces(index, close, text) else text)
        return close + 1

    def _keeps_braces(self, index: int, close: int, text: str) -> bool:
        """Whether the braces are the author's (a set, JSON, code), not TeX's."""
        if self.in_math:
            return len(text) > 2 and "," in text and not self.last().isalnum()
        if not text.strip():
            return False
        first = self.tokens[index + 1]
        if first[:1] == "\\" and first[1:] in symbols.TRANSPARENT:
            return False
        before, after = self.last(), self.peek(close + 1)
        glued = before.isalnum() or (before in (")", "]", "}")) or after.isalnum()
        if any(token[:1] == "\\" for token in self.tokens[index + 1 : close]):
            indexed = after in ("_", "^") and len(text) > 1
            return indexed or (not glued and any(mark in text for mark in _SET_MARKS))
        if _WORDS.fullmatch(text) or _OPERATOR.fullmatch(text):
            return False
        if len(text) > 60 and text.rstrip().endswith("."):
            return False  # sentences that some macro coloured
        if glued:
            return not _LETTERS.fullmatch(text) and len(text) > 1
        return after not in ("_", "^") or len(text) > 1

    def argument(self, index: int, end: int) -> tuple[str, int] | None:
        """The rendered argument that starts at ``index`` and the index after it."""
        while index < end and not self.tokens[index].strip():
            index += 1
        if index >= end:
            return None
        token = self.tokens[index]
        if token == "{":
            # Braces inside an argument only group, as in a formula.
            close = self.partner.get(index)
            return None if close is None else (self.inner(index, math=True), close + 1)
        if isinstance(token, Verbatim):
            return token, index + 1
        if token[0] == "\\" and len(token) > 1:
            return self.captured(lambda: render_macro(self, index, end))
        if token in ("\\", "}", "^", "_", "~", "$", "$$"):
            return None
        letter = token.lstrip()[0]
        return letter, self.take(index, len(token) - len(token.lstrip()) + 1)

    def set_arguments(self, index: int, end: int, count: int, form: Callable[..., str]) -> int:
        """Write ``count`` arguments in ``form``; if one is missing, leave all unchanged."""
        token = self.tokens[index]
        texts: list[str] = []
        index += 1
        for _ in range(count):
            argument = self.argument(index, end)
            if argument is None:
                self.put(token + "".join(f"{{{text}}}" for text in texts))
                return index
            texts.append(argument[0])
            index = argument[1]
        self.put(form(*texts))
        return index

    # Scripts --------------------------------------------------------------------

    def _script(self, index: int, end: int) -> int:
        mark = self.tokens[index]
        following = self.tokens[index + 1] if index + 1 < end else ""
        if following[:1] in ("{", "\\") and not isinstance(following, Verbatim):
            argument = self.argument(index + 1, end)
            if argument is not None:
                self.put(script(mark, argument[0]))
                return argument[1]
        elif following and not isinstance(following, Verbatim):
            before = self.last()
            if self.in_math or before.isalnum() or before in _BASES:
                used = self._bare_script(mark, following)
                if used:
                    self.put(script(mark, used))
                    return self.take(index + 1, len(used))
        self.put(mark)
        return index + 1

    def _bare_script(self, mark: str, following: str) -> str:
        """Return the part of ``following`` that is set as a script: a whole number or a sign.

        A letter is not: "x_i" and "2^n" are readable as they are.
        """
        if mark == "^" and following[0] in "*'′†":
            return following[0]
        number = _SIGNED_NUMBER.match(following)
        if number and mark == "^" and not self.in_math:
            # "n^-1/4" and "2^2k" without braces can mean two things.
            after = following[number.end() : number.end() + 2]
            if (after[:1].islower() and self.last().isdigit()) or (
                after[:1] == "/" and after[1:].isdigit()
            ):
                return ""
        if number is None or (mark == "_" and not self._may_lower(following)):
            return ""
        return number.group() if mark == "^" or number.group().isdigit() else ""

    def _may_lower(self, following: str) -> bool:
        """Not in "layer_1", "x_1.weight", "a_2_b": names, not formulas."""
        if self.in_math:
            return True
        earlier = self.before_last()
        if self.last().isascii() and (earlier.isalnum() or earlier in ("_", "/", ".", "-")):
            return False
        return not _NOT_LOWERED.match(following)
