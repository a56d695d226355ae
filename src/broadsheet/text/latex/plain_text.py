"""Turn raw text with LaTeX into text that a person can read.

About a quarter of all abstracts hold LaTeX, and some catalogues strip its backslashes ("85times",
"varepsilonll 1"). Recognised LaTeX becomes Unicode; the rest stays unchanged, and ordinary prose
is not touched.
"""

import html
import re

from ahocorasick_rs import AhoCorasick

from broadsheet.text.latex.author_macros import expand
from broadsheet.text.latex.render import Renderer, TooDeepError
from broadsheet.text.latex.repair import STRIPPED_MARKS, is_stripped, restore
from broadsheet.text.latex.tokens import tokens_of
from broadsheet.text.sentences import part_sentences

_MAX_PASSES = 4
# What catalogues leave of HTML: an entity or a line break.
_ENTITY_MARKS = [f"&{name}" for name in (
    "#", "amp;", "lt;", "gt;", "quot;", "apos;", "nbsp;", "ndash;", "mdash;", "lsquo;", "rsquo;",
    "ldquo;", "rdquo;", "hellip;", "thinsp;", "times;", "plusmn;", "le;", "ge;", "middot;", "minus;",
)]  # fmt: skip
_ENTITY = re.compile(r"&(?:[A-Za-z]{2,8}\d{0,2}|#\d{2,6}|#[xX][0-9A-Fa-f]{2,5});")
_BREAK = re.compile(r"\s*</?(?:br|p|div)\s*/?>\s*", re.IGNORECASE)
_FORMAT = re.compile(r"<(b|i|u|em|strong|italic|bold)>([^<>]*)</\1>", re.IGNORECASE)
_HTML_SCRIPT = re.compile(r"<(su[bp])>([^<>]{1,60})</\1>", re.IGNORECASE)
# A text without any of these is readable but for its sentences. Most are, and one look for all
# of them together takes a third of the time of looking for each.
_MARKS = AhoCorasick(
    [*"\t\\{}$^_~`", "--", "<b", "<B", "</", *_ENTITY_MARKS, *STRIPPED_MARKS], store_patterns=False
)
# Macros that a JSON reader took for escapes: "\\textit" came as tab and "extit".
_ESCAPED = re.compile(
    r"[\t\x1b ]?(?<![\\A-Za-z])(ext(?:it|bf|tt|sc|rm)|mph)(?=\{)|\t(imes|heta|au)\b"
)
_DASH = re.compile(r"--(?<=[\w)\]}”’\"'.,%]--)-?(?=[\w(\[“‘\"'])|--(?<= --)-?(?= )")
_QUOTED = re.compile(r"``([^`]{1,400}?)(?:''|\")")
_SINGLE_QUOTED = re.compile(r"`(?<![\w`]`)([^`'\n]{1,80})'(?!['\w])")


def to_text(source: str) -> str:
    """``source`` as readable Unicode text.

    Never raises; linear in the length; applying it again changes nothing.
    """
    if not _MARKS.find_matches_as_indexes(source):
        return part_sentences(source)
    return _resolve(source)


def _resolve(source: str) -> str:
    """``to_text`` for a text that may hold LaTeX."""
    text = source
    for _ in range(_MAX_PASSES):
        better = _once(text)
        if better == text:
            return text
        text = better
    return text if _once(text) == text else source


def _unmarked(match: re.Match[str]) -> str:
    mark = "_" if match[1].lower() == "sub" else "^"
    return f"{mark}{{{match[2]}}}"


def _unescaped(match: re.Match[str]) -> str:
    space = " " if match.group()[0] == " " else ""
    if match.group(2):
        return f"\\t{match.group(2)}{{}}"
    return f"{space}\\{'e' if match.group(1) == 'mph' else 't'}{match.group(1)}"


def _once(text: str) -> str:
    if "&" in text:
        text = _ENTITY.sub(lambda match: html.unescape(match.group()), text)
    if "</" in text or "<b" in text or "<B" in text:
        text = _BREAK.sub(" ", text)
        text = _FORMAT.sub(r"\2", text)
        text = _HTML_SCRIPT.sub(_unmarked, text)
    if "\t" in text or ("{" in text and ("ext" in text or "mph{" in text)):
        text = _ESCAPED.sub(_unescaped, text)
    if is_stripped(text):
        text = restore(text)
    if ("\\" in text or "$" in text or "^" in text or "_" in text) or (
        "{" in text or "}" in text or "~" in text
    ):
        try:
            text = Renderer(expand(tokens_of(text))).render()
        except TooDeepError:
            return text
    return _typography(text)


def _typography(text: str) -> str:
    if "--" in text:
        text = _DASH.sub(lambda match: "—" if len(match.group()) == 3 else "–", text)
    if "`" in text:
        text = _QUOTED.sub(r"“\1”", text)
        text = _SINGLE_QUOTED.sub(r"‘\1’", text)
    return part_sentences(text)
