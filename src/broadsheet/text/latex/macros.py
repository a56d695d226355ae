"""Render each macro. A macro's function takes the renderer, the index of the macro's token and the
end of the enclosing group; it writes the readable form and returns the index after the tokens it
used.
"""

import re
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING

from broadsheet.text.latex import symbols
from broadsheet.text.latex.scripts import atom, fraction, script

if TYPE_CHECKING:
    from broadsheet.text.latex.render import Renderer

Macro = Callable[["Renderer", int, int], int]

_OPENING = frozenset("([{⟨⌊⌈")
_OPTION = re.compile(r"\s*\[[^\]\[]{0,200}\]")
# A lone letter, a Greek one, a bracket or a digit before a space.
_QUANTITY = re.compile(r"(?:(?<![A-Za-z])[A-Za-z]|[^\x00-\x7f]|[\d)\]]) $")
_DEGREE = re.compile(r"\[(\w)\]")
# Names that lost their braces and are glued to the argument: only if no longer macro is likely.
_SAFE_GLUE = frozenset(
    (
        *("mathcal", "mathbb", "mathbf", "mathrm", "mathsf", "mathfrak", "boldsymbol", "emph"),
        *("textit", "textbf", "texttt", "textsc", "sqrt", "citep", "citet"),
    )
)


def render_macro(renderer: "Renderer", index: int, end: int) -> int:
    """Write the readable form of the macro at ``index``; return the index after it."""
    name = renderer.tokens[index][1:]
    if not name[0].isalpha():
        return _control_symbol(renderer, index, end)
    name = name.rstrip("*")
    if (macro := MACROS.get(name)) is not None:
        return macro(renderer, index, end)
    if name in symbols.LETTERS and not (name == "O" and renderer.peek(index + 1) == "("):
        renderer.put(symbols.LETTERS[name])
        return _swallow(renderer, index + 1, end)
    if name in symbols.ACCENTS and (used := _letter_accent(renderer, name, index, end)):
        return used
    return _unknown(renderer, index, end)


def _swallow(renderer: "Renderer", index: int, end: int) -> int:
    """Drop the space or the empty group that ends a macro."""
    if index < end and renderer.partner.get(index) == index + 1:
        return index + 2
    if index < end and renderer.tokens[index][:1] == " ":
        spaces = len(renderer.tokens[index]) - len(renderer.tokens[index].lstrip(" "))
        return renderer.take(index, spaces)
    return index


def _control_symbol(renderer: "Renderer", index: int, end: int) -> int:
    sign = renderer.tokens[index][1]
    if sign == '"' and renderer.quotes:
        renderer.put('"')
    elif sign in symbols.ACCENTS:
        return _accent(renderer, symbols.ACCENTS[sign], index, end, sign)
    elif sign in ",;: \n\\":
        renderer.put("" if renderer.last().isspace() else " ")
    elif sign in "%&#_{}$<":
        renderer.put(sign)
    elif sign == "|":
        renderer.put("‖")
    elif sign not in "!-/()[]>@+":
        renderer.put(renderer.tokens[index])
    return index + 1


# Accents -------------------------------------------------------------------------


def _accent(renderer: "Renderer", mark: str, index: int, end: int, sign: str = "") -> int:
    """The argument under the combining ``mark``; ``sign`` is the text accent's own sign."""
    argument = None
    if not (sign and renderer.peek(index + 1).isspace()):
        argument = renderer.argument(index + 1, end)
    if argument is None:
        renderer.put(sign)
        return index + 1
    base, after = argument
    if not base:
        renderer.put(sign)
        return after
    if sign and base in "ıȷ":
        base = "i" if base == "ı" else "j"
    composed = unicodedata.normalize("NFC", base[0] + mark)
    if sign and len(composed) > 1:
        renderer.put(sign + base)  # \'t: an apostrophe someone escaped
    elif sign or len(base) == 1:
        renderer.put(composed + base[1:])
    else:
        renderer.put(base)
    return after


def _letter_accent(renderer: "Renderer", name: str, index: int, end: int) -> int | None:
    r"""Render \c{c}, \v s as an accent if it fits the letter, else return None."""
    tokens = renderer.tokens
    following = tokens[index + 1] if index + 1 < end else ""
    braced = following == "{" and renderer.partner.get(index + 1) == index + 3
    if braced:
        letter = tokens[index + 2]
    elif following[:1] == " ":
        letter = following.lstrip(" ")[:1]
    else:
        return None
    if braced and (greek := symbols.GREEK.get(name + letter)):
        renderer.put(greek)  # \\r{ho}: a converter took \\rho for an accent
        return index + 4
    composed = unicodedata.normalize("NFC", letter + symbols.ACCENTS[name])
    if len(letter) != 1 or not letter.isalpha() or len(composed) > 1:
        return None
    renderer.put(composed)
    return index + 4 if braced else renderer.take(index + 1, following.index(letter) + 1)


def _math_accent(name: str) -> Macro:
    def macro(renderer: "Renderer", index: int, end: int) -> int:
        return _accent(renderer, symbols.MATH_ACCENTS[name], index, end)

    return macro


# Signs and names -------------------------------------------------------------------


def _sign(text: str) -> Macro:
    def macro(renderer: "Renderer", index: int, end: int) -> int:
        tight = bool(renderer.last()) and not renderer.last().isspace()
        renderer.put(text)
        index += 1
        if renderer.partner.get(index) == index + 1:
            index += 2
        closing = renderer.in_math and text in symbols.BINARY  # n\times d: the space ends it
        if tight and (closing or text == "·"):
            return _swallow(renderer, index, end)
        return index

    return macro


def _about(renderer: "Renderer", index: int, end: int) -> int:
    """\\sim: a relation after a quantity, else "about", close to its number."""
    before = "".join(renderer.out[-2:])[-3:]
    index = _sign("∼")(renderer, index, end)
    following = renderer.tokens[index] if index < end else ""
    if following[:1] == " " and following[1:2].isdigit() and not _QUANTITY.search(before):
        return renderer.take(index, 1)
    return index


def _relation(text: str) -> Macro:
    def macro(renderer: "Renderer", index: int, end: int) -> int:
        before = renderer.last()
        index += 1
        if renderer.partner.get(index) == index + 1:
            index += 2
        after = renderer.peek(index) if index < end else ""
        left = " " if before and not before.isspace() and before not in _OPENING else ""
        right = " " if before and after and not after.isspace() and after not in ")]}_^$,.;" else ""
        renderer.put(f"{left}{text}{right}")
        return index

    return macro


def _function(name: str) -> Macro:
    def macro(renderer: "Renderer", index: int, end: int) -> int:
        before, after = renderer.last(), renderer.peek(index + 1) if index + 1 < end else ""
        left = " " if before and (before.isalnum() or before in ")]}") else ""
        glued = after.isalnum()
        if after == "\\":
            following = renderer.tokens[index + 1][1:]
            takes_space = following in symbols.GREEK or following in symbols.FUNCTIONS
            glued = takes_space or following.startswith(("math", "text", "bold", "bm"))
        renderer.put(f"{left}{name}{' ' if glued else ''}")
        return index + 1

    return macro


def _space(renderer: "Renderer", index: int, end: int) -> int:
    renderer.put("" if renderer.last().isspace() else " ")
    return _swallow(renderer, index + 1, end)


def _transparent(renderer: "Renderer", index: int, end: int) -> int:
    """A font, a size: only the argument is read, or nothing."""
    if index + 1 < end and renderer.partner.get(index + 1, end) < end:
        renderer.put(renderer.inner(index + 1, math=True))
        return renderer.partner[index + 1] + 1
    if index + 1 < end and renderer.tokens[index + 1] == "{":
        return index + 2  # its brace is never closed: the text was cut
    return _swallow(renderer, index + 1, end)


def _needs_braces(form: Callable[[str], str]) -> Macro:
    """A macro that is understood only with an argument in braces (\\ac{LLM}, \\cite{key})."""

    def macro(renderer: "Renderer", index: int, end: int) -> int:
        while index + 1 < end and (option := _OPTION.match(renderer.tokens[index + 1])):
            index = renderer.take(index + 1, option.end()) - 1
        if index + 1 < end and renderer.partner.get(index + 1, end) < end:
            return renderer.set_arguments(index, end, 1, form)
        return _unknown(renderer, index, end)

    return macro


def _delimiter(renderer: "Renderer", index: int, end: int) -> int:
    if renderer.peek(index + 1) == "." and index + 1 < end:
        return renderer.take(index + 1, 1)
    return _swallow(renderer, index + 1, end)


def _double_struck(renderer: "Renderer", index: int, end: int) -> int:
    argument = renderer.argument(index + 1, end)
    if argument is None:
        return index + 1
    renderer.put(
        argument[0].translate(symbols.BLACKBOARD) if len(argument[0]) == 1 else argument[0]
    )
    return argument[1]


def _operator_name(renderer: "Renderer", index: int, end: int) -> int:
    renderer.put(" " if renderer.last().isalnum() else "")
    return _transparent(renderer, index, end)


def _unknown(renderer: "Renderer", index: int, end: int) -> int:
    """An unknown macro is read as its name, unless it is a known one with braces lost.

    In running text it mostly names the authors' method or formats its argument. One letter, or a
    backslash within a word, may be anything (``\\n``, a path) and stays as it came.
    """
    token = renderer.tokens[index]
    for prefix in symbols.GLUE_PREFIXES:
        rest = token[len(prefix) + 1 :]
        if token.startswith(prefix, 1) and (len(rest) == 1 or prefix in _SAFE_GLUE):
            renderer.put(_glued(prefix, rest))
            return index + 1
    name = token[1:].rstrip("*")
    if len(name) == 1 or (renderer.last().isalnum() and not renderer.in_math):
        renderer.put(token)
        name = ""
    has_argument = index + 1 < end and renderer.partner.get(index + 1, end) < end
    inner = renderer.inner(index + 1, math=True) if has_argument else ""
    if not name:
        renderer.put(f"{{{inner}}}" if inner else "")
    elif not inner:
        space = " " if renderer.in_math and renderer.last().isalnum() else ""
        renderer.put(space + name)
    elif renderer.in_math:
        renderer.put(f"{name}({inner})")
    else:
        renderer.put(inner)
    return renderer.partner[index + 1] + 1 if has_argument else index + 1


def _glued(prefix: str, rest: str) -> str:
    if prefix == "sqrt":
        return f"√{rest}"
    if prefix in symbols.MATH_ACCENTS:
        return unicodedata.normalize("NFC", rest + symbols.MATH_ACCENTS[prefix])
    if prefix == "mathbb":
        return rest.translate(symbols.BLACKBOARD)
    return "" if prefix.startswith("cite") else rest


# Macros with arguments ----------------------------------------------------------------


def _set(count: int, form: Callable[..., str]) -> Macro:
    def macro(renderer: "Renderer", index: int, end: int) -> int:
        return renderer.set_arguments(index, end, count, form)

    return macro


def _root(renderer: "Renderer", index: int, end: int) -> int:
    sign = "√"
    degree = _DEGREE.match(renderer.tokens[index + 1]) if index + 1 < end else None
    if degree:
        renderer.take(index + 1, degree.end())
        sign = {"3": "∛", "4": "∜"}.get(degree.group(1), f"{degree.group(1)}√")
    return renderer.set_arguments(index, end, 1, lambda inner: sign + atom(inner))


def _link(address: str, label: str) -> str:
    address, label = address.strip(), label.strip()
    return address if label in (address, "") else f"{label} ({address})"


def _negated(sign: str) -> str:
    core = sign.strip()
    return unicodedata.normalize("NFC", sign.replace(core, f"{core}\u0338")) if core else ""


def _struck(text: str) -> str:
    """Feynman's slash through a letter."""
    return "".join(unicodedata.normalize("NFC", f"{char}\u0338") for char in text)


def _code_point(code: str) -> str:
    digits = code.strip().lstrip("xU+")
    value = int(digits, 16) if re.fullmatch(r"[0-9A-Fa-f]{2,5}", digits) else 0
    printable = value >= 0xA0 and not 0xD800 <= value < 0xF900
    return chr(value) if printable else f"\\unicode{{{code}}}"


def _if_math(renderer: "Renderer", index: int, end: int) -> int:
    """\\ifmmode A\\else B\\fi: A within a formula, B in text."""
    tokens, depth = renderer.tokens, 0
    middle = last = -1
    for at in range(index, end):
        name = tokens[at]
        depth += name.startswith("\\if") and name not in ("\\iff", "\\ifx")
        if name == "\\else" and depth == 1:
            middle = at
        elif name == "\\fi":
            depth -= 1
            if not depth:
                last = at
                break
    if last < 0:
        renderer.put(tokens[index])
        return index + 1
    if renderer.in_math:
        start, stop = index + 1, last if middle < 0 else middle
    else:
        start, stop = (last, last) if middle < 0 else (middle + 1, last)
    text, _ = renderer.captured(lambda: renderer._span(start, stop))
    renderer.put(text.strip())
    return _swallow(renderer, last + 1, end)


def _dropped(renderer: "Renderer", index: int, end: int) -> int:
    """Leave out a citation or a label, its options and the space before it."""
    tokens = renderer.tokens
    index += 1
    while index < end and (option := _OPTION.match(tokens[index])):
        index = renderer.take(index, option.end())
    if index < end and renderer.partner.get(index, end) < end:
        index = renderer.partner[index] + 1
    if renderer.last() in (" ", "~"):
        renderer.put(renderer.out.pop().rstrip(" ~"))
        if renderer.peek(index) not in (" ", ".", ",", ";", ":", ")", "~", ""):
            renderer.put(" ")
    return index


MACROS: dict[str, Macro] = {
    **{name: _sign(text) for name, text in (symbols.GREEK | symbols.SIGNS).items()},
    **{name: _relation(text) for name, text in symbols.RELATIONS.items()},
    **{name: _function(name) for name in symbols.FUNCTIONS},
    **{name: _math_accent(name) for name in symbols.MATH_ACCENTS},
    **dict.fromkeys(symbols.TRANSPARENT, _transparent),
    **dict.fromkeys(symbols.SPACES, _space),
    **dict.fromkeys(symbols.DROPPED, _dropped),
    **dict.fromkeys(("left", "right", "middle"), _delimiter),
    **dict.fromkeys(("mathbb", "mathds", "mathbbm", "Bbb"), _double_struck),
    **dict.fromkeys(("frac", "tfrac", "dfrac", "cfrac", "nicefrac", "sfrac"), _set(2, fraction)),
    **dict.fromkeys(
        (
            "textcolor",
            "colorbox",
            "hyperlink",
            "hyperref",
            "stackrel",
            "overset",
            "foreignlanguage",
        ),
        _set(2, lambda _first, second: second),
    ),
    **dict.fromkeys(("binom", "dbinom", "tbinom"), _set(2, lambda n, k: f"({n} choose {k})")),
    **dict.fromkeys(("SI", "qty"), _set(2, lambda number, unit: f"{number} {unit}")),
    **dict.fromkeys(symbols.CITATIONS, _needs_braces(lambda keys: f"[{keys}]")),
    **dict.fromkeys(symbols.ACRONYMS, _needs_braces(str)),
    "sim": _about,
    "operatorname": _operator_name,
    "sqrt": _root,
    "underset": _set(2, lambda below, base: base + script("_", below)),
    "href": _set(2, _link),
    "url": _set(1, str.strip),
    "footnote": _set(1, lambda note: f" ({note.strip()})"),
    **dict.fromkeys(("enquote", "mkbibquote"), _set(1, lambda quoted: f"“{quoted}”")),
    "mkbibparens": _set(1, lambda inner: f"({inner})"),
    "mkbibbrackets": _set(1, lambda inner: f"[{inner}]"),
    "texorpdfstring": _set(2, lambda first, _second: first),
    **dict.fromkeys(("slashed", "cancel"), _set(1, _struck)),
    "ifmmode": _if_math,
    "not": _set(1, _negated),
    "unicode": _set(1, _code_point),
}
