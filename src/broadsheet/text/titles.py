"""Keys by which the same work is recognised under two spellings."""

import re
import unicodedata

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
    return second.startswith(first) and (len(first) == 1 or len(first) >= 3)


def _name_words(name: str) -> list[str]:
    family, comma, given_name = to_text(name).partition(",")
    if comma and fold(given_name).strip(" .") not in _SUFFIXES:
        name = f"{given_name.split(',')[0]} {family}"
    words = _NOT_LETTER.sub(" ", fold(to_text(name))).split()
    return [word for word in words if word not in _SUFFIXES] or words
