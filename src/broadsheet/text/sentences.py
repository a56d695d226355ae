"""Readable text → sentences."""

import re

from broadsheet.text.wordlists import words

# Catalogues lose the line break between paragraphs: "…problems.In this work we …".
_GLUED = re.compile(r"\.(?=[A-Z][a-z]*\s)")
_ABBREVIATIONS = words(
    "e.g i.e cf vs fig figs eq eqs sec secs ref refs no nos vol pp ch chap tab approx resp "
    "dr prof mr mrs ms st jr sr al viz ca incl esp w.r.t wrt a.k.a aka etc i.i.d inc ltd corp co dept "
    "univ proc conf u.s u.k jan feb mar apr jun jul aug sep sept oct nov dec thm lem def prop ex "
    "max min std avg"
)
_LONGEST_ABBREVIATION = max(map(len, _ABBREVIATIONS))
# Possible end of a sentence: a stop, closing marks, a space, and a possible opening.
_AFTER = r"[\"'”’)\]]*(?= [\"'“‘(\[]?[^\W_])"
# The empty group says that a full stop needs no second look: it stands after a word longer than
# any abbreviation and before a capital letter.
_SURE = rf"(?<=[a-z]{{{_LONGEST_ABBREVIATION + 1}}}\.)(?= [A-Z])()"
_END = re.compile(rf"[.!?…](?:{_SURE}|{_AFTER})")
# Most texts have no other stop, and one sign is looked for much faster than one of several.
_FULL_STOP = re.compile(rf"\.(?:{_SURE}|{_AFTER})")
# After these a capital letter does begin a sentence.
_MAY_END = frozenset({"al", "etc", "i.i.d", "u.s", "u.k", "max", "min", "no", "inc", "co", "ex"})
_STARTERS = words(
    "The A An This That These Those It Its In On At As By For From To With We Our Here However "
    "Moreover Furthermore Finally First Second Third Thus Hence Therefore Then When While Although "
    "Though Despite Unlike Such Because Since There They If Using Based Both Each All Most Many "
    "Some Recent Recently Existing Previous Experiments Experimental Extensive Results Code Codes"
)

_FINISHED = re.compile(r"[.!?…][\"'”’)\]]*$")
_DOTS = re.compile(r"\s*(?:\.{3,}|…)$")


def split_sentences(text: str) -> list[str]:
    """The sentences of ``text`` in order, without the space between them.

    Joined with spaces they are the text with its white space normalised, but
    for spaces missing after a stop. Linear in the length.
    """
    text = part_sentences(text)
    if "  " in text or not text.isprintable():
        text = " ".join(text.split())
    text = text.strip()
    sentences: list[str] = []
    start = 0
    other = "?" in text or "!" in text or "…" in text
    for match in (_END if other else _FULL_STOP).finditer(text):
        stop, end = match.span()
        if not match.lastindex and text[stop] == "." and _continues(text, start, stop, end):
            continue
        sentences.append(text[start:end])
        start = end + 1
    if start < len(text):
        sentences.append(text[start:])
    return sentences


def part_sentences(text: str) -> str:
    """Insert a space between glued sentences ("problems.In this")."""
    return _GLUED.sub(_part, text) if "." in text else text


def _part(match: re.Match[str]) -> str:
    text, stop = match.string, match.start()
    before = text[max(0, stop - 4) : stop]
    following = text[stop + 1 : stop + 24].split(None, 1)[0]
    glued = len(before) > 3 and before.isalpha() and before.islower() and following in _STARTERS
    return ". " if glued else "."


def _continues(text: str, start: int, stop: int, end: int) -> bool:
    """Whether the full stop at ``stop`` belongs to an abbreviation or an initial."""
    word = text[max(start, stop - 40) : stop].rstrip().rpartition(" ")[2].lstrip("([“\"'")
    if len(word) > _LONGEST_ABBREVIATION and "." not in word:
        return False
    following = text[end : end + 24].strip().split(None, 1)
    next_word = following[0].strip("\"'“‘([") if following else ""
    lower = word.lower()
    if lower in _ABBREVIATIONS:
        return lower not in _MAY_END or next_word.rstrip(",") not in _STARTERS
    if len(word) == 1 and word.isupper():
        return next_word.rstrip(",") not in _STARTERS
    if next_word and next_word[0].islower():
        # "ImageNet. we": a sentence can begin in lower case only after a long word.
        return len(word) < 4 or "." in word
    return False


def is_finished(sentence: str) -> bool:
    """Return whether a sentence ends as one does, and not with dots for a cut."""
    return _FINISHED.search(sentence) is not None and _DOTS.search(sentence) is None


def finish(text: str) -> str:
    """Return text that ends as a sentence does: with an ellipsis if its source cut it.

    Some services write "..." after every summary, whole ones too: behind a full stop it goes.
    """
    text = " ".join(text.split())
    if dots := _DOTS.search(text):
        before = text[: dots.start()]
        # "further....": a full stop and the service's three dots.
        if len(dots.group().strip()) > 3 or _FINISHED.search(before):
            return before if _FINISHED.search(before) else f"{before}."
        return f"{before.rstrip(' ,;:–—-')}…" if before else ""
    if not text or _FINISHED.search(text):
        return text
    return f"{text.rstrip(' ,;:–—-')}…"
