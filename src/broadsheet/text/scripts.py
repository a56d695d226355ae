"""Words of scripts without spaces, Greek letters as names, and spellings of letters with digits.

Chinese, Japanese, Korean and scripts of South-East Asia: a run of letters is cut into overlapping
pairs (深度学习: 深度 度学 学习), so that each part of it of two letters or more is found, as a
phrase where it must stand together. Lucene's CJKBigramFilter does the same.

A Greek letter that stands alone, or among other letters and digits, is its name: β-VAE is
beta-VAE, IL-1β is IL-1beta. A word of Greek letters stays.
"""

import re
import unicodedata
from collections.abc import Iterable

_UNSPACED = (
    "\u3005-\u3007\u3021-\u3029\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff"  # kana
    "\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff\uff66-\uff9d"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f\U00030000-\U000323af"  # Han
    "\uac00-\ud7a3"  # Hangul
    "\u0e01-\u0e3a\u0e40-\u0e46\u0e4d\u0e81-\u0eb9\u0ebb-\u0ebd\u0ec0-\u0ec6\u0ecd"  # Thai, Lao
    "\u1000-\u1036\u1038\u103b-\u103f\u1780-\u17b3\u17b6-\u17c8"  # Burmese, Khmer
)
UNSPACED = re.compile(f"[{_UNSPACED}]+")
"""A run of letters of a script that is written without spaces, or, as Korean, with words that
carry their particles."""

_GREEK = "\u0370-\u03ff\u1f00-\u1fff\u00b5"
_LONE_GREEK = re.compile(f"(?<![{_GREEK}])[{_GREEK}](?![{_GREEK}])")
ANY_GREEK = re.compile(f"[{_GREEK}]")
GREEK_NAMES = [
    "alpha",
    "beta",
    "gamma",
    "delta",
    "epsilon",
    "zeta",
    "eta",
    "theta",
    "iota",
    "kappa",
    "lambda",
    "mu",
    "nu",
    "xi",
    "omicron",
    "pi",
    "rho",
    "sigma",
    "sigma",
    "tau",
    "upsilon",
    "phi",
    "chi",
    "psi",
    "omega",
]
"""Of the letters from α to ω, with the sigma that ends words."""

_DIGITS = re.compile(r"\d+")
_BEFORE = re.compile(r"[^\W\d_]*[-‐‑]?\Z")
_LONGEST = 14
_COMPOUND = re.compile(
    r"""
    (?<![\w-]) (?:
        (?P<word>[^\W\d_]{1,12}) (?P<dash>[-‐‑]?) (?P<number>\d{1,4}[A-Za-z]?)
      | (?P<count>\d) (?P<between>[-‐‑]?) (?P<letter>[A-Za-z])
    ) (?![\w-])
    """,
    re.VERBOSE,
)


def separate_scripts(text: str) -> str:
    """Return ``text`` with runs of unspaced scripts as pairs, and lone Greek letters as names.

    >>> separate_scripts("深度学习 with a β-VAE")
    ' 深度 度学 学习  with a beta-VAE'
    """
    if text.isascii():
        return text
    return UNSPACED.sub(lambda run: f" {' '.join(pairs(run[0]))} ", name_greek(text))


def pairs(run: str) -> list[str]:
    """Return the overlapping pairs of letters of a run; one letter is itself.

    >>> pairs("学习率")
    ['学习', '习率']
    """
    return [run[at : at + 2] for at in range(len(run) - 1)] or [run]


def name_greek(text: str) -> str:
    """Return ``text`` with the names of Greek letters that stand alone.

    >>> name_greek("β-VAE, TNFα, μάθηση")
    'beta-VAE, TNFalpha, μάθηση'
    """
    return text if text.isascii() else _LONE_GREEK.sub(_name_of, text)


def _name_of(letter: re.Match[str]) -> str:
    plain = unicodedata.normalize("NFKC", letter[0]).lower()  # ϵ and ϕ are forms of ε and φ
    place = ord(plain) - ord("α") if len(plain) == 1 else -1
    return GREEK_NAMES[place] if 0 <= place < len(GREEK_NAMES) else letter[0]


def other_spellings(texts: Iterable[str]) -> list[str]:
    """Return the words of letters and digits of ``texts`` in the spelling that is not there.

    "GPT-4" is "GPT4" to others, and "2D" is "2-D". Each comes once, in the order of the texts.

    >>> other_spellings(["GPT4 and COVID-19 in 2-D", "GPT4"])
    ['GPT 4', 'COVID19', '2D']
    """
    other: dict[str, None] = {}
    for text in texts:
        for digits in _DIGITS.finditer(text):  # far faster than a search for whole compounds
            if not _touched(text, digits):
                continue
            before = text[max(0, digits.start() - _LONGEST) : digits.start()]
            begins = digits.start() - len(_BEFORE.search(before)[0])  # type: ignore[index]
            found = _COMPOUND.match(text, begins)
            if found is None:
                continue
            first, second = found["word"] or found["count"], found["number"] or found["letter"]
            joined = found["dash"] or found["between"]
            other[f"{first}{'' if joined else ' '}{second}"] = None
    return list(other)


def _touched(text: str, digits: re.Match[str]) -> bool:
    """Whether a letter or a hyphen stands beside the digits."""
    start, end = digits.span()
    around = (text[start - 1] if start else "") + text[end : end + 1]
    return any(sign.isalpha() or sign in "-‐‑" for sign in around)
