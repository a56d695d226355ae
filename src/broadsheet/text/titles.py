"""Keys by which the same work is recognised under two spellings."""

import re
import unicodedata
from functools import lru_cache

from broadsheet.text.latex.plain_text import to_text

_NOT_WORD = re.compile(r"[^a-z0-9]+")
_NOT_LETTER = re.compile(r"[\W_]+")
# Letters that Unicode does not decompose, and Greek by name, so that "ε-greedy"
# and "epsilon-greedy" are one title.
_FOLDED = str.maketrans(
    {
        "ł": "l", "đ": "d", "ø": "o", "ı": "i", "ħ": "h", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d",
        "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ϵ": "epsilon",
        "ζ": "zeta", "η": "eta", "θ": "theta", "ι": "iota", "κ": "kappa", "λ": "lambda",
        "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau",
        "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega", "ℓ": "l",
    }
)  # fmt: skip


def fold(text: str) -> str:
    """Lower-case and drop accents, so that two spellings of a name compare equal."""
    text = text.casefold()
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return plain.translate(_FOLDED)


def normalise_title(title: str) -> str:
    """Readable text, folded, letters and digits only, words parted by one space."""
    folded = fold(to_text(title))
    if folded.isascii():
        return _NOT_WORD.sub(" ", folded).strip()
    return _NOT_LETTER.sub(" ", folded).strip()


def title_words_overlap(a: str, b: str) -> float:
    """Return the Jaccard overlap of the words of two texts, 0 … 1; 0 if one has none."""
    left, right = set(normalise_title(a).split()), set(normalise_title(b).split())
    if not left or not right:
        return 0.0
    return len(left & right) / len(left | right)


_SUFFIXES = {"jr", "sr", "ii", "iii", "iv"}


def names_match(a: str, b: str) -> bool:
    """Whether two spellings can be one person's name.

    The family name must agree; of given names, initials and short forms do
    ("J. von Neumann", "von Neumann, John"). Two orders of the same words agree.
    """
    left, right = _name_words(a), _name_words(b)
    if not left or not right:
        return False
    if sorted(left) == sorted(right):
        return True
    if left[-1] != right[-1]:
        return False
    if len(left) == 1 or len(right) == 1:
        return True
    first, second = sorted((left[0], right[0]), key=len)
    if not (second.startswith(first) and (len(first) == 1 or len(first) >= 3)):
        return False
    # Jane A. Roe is not Jane B. Roe, but may be Jane Roe.
    middle = [[word for word in words[1:-1] if word not in _PARTICLES] for words in (left, right)]
    return not all(middle) or middle[0][0][0] == middle[1][0][0]


_TOGETHER = re.compile(r"(?<![^\W_])[A-Z]{2,3}(?![^\W_])")
_PARTICLES = frozenset(
    [
        "von",
        "van",
        "de",
        "der",
        "den",
        "del",
        "della",
        "da",
        "di",
        "do",
        "dos",
        "du",
        "la",
        "le",
        "el",
        "al",
        "bin",
        "ibn",
    ]
)


@lru_cache(maxsize=8192)
def _name_words(name: str) -> list[str]:
    name = to_text(name)
    family, comma, given_name = name.partition(",")
    if comma and fold(given_name).strip(" .") not in _SUFFIXES:
        name = f"{given_name.split(',')[0]} {family}"
    if not name.isupper():
        # Initials written together: "Reid, CE".
        name = _TOGETHER.sub(lambda match: " ".join(match.group()), name)
    words = _NOT_LETTER.sub(" ", fold(name)).split()
    return [word for word in words if word not in _SUFFIXES] or words
