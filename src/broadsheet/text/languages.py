"""Signs that a text is in another language than English.

Function words decide (German "und", French "dans"), which every line of a text has; for single
words, endings that English lacks.
"""

import re
import unicodedata
from collections import Counter

from broadsheet.text.wordlists import words

FUNCTION_WORDS = {
    "German": words(
        """und oder nicht für zur zum bei über eine einer eines durch zwischen mittels wird werden
        sind auf nach auch eines einem"""
    ),
    "French": words("dans avec cette leurs une qui nous dont où chez selon plusieurs"),
    "Spanish": words("mediante desde según hacia sobre una unos estas"),
    "Portuguese": words("uma umas através não são pelo pela pelos aos"),
    "Italian": words("della delle degli nella nelle gli sono alla dalla tramite"),
    "Dutch": words("het een naar zijn wordt worden deze voor tussen"),
}
"""Words that hardly occur in English texts: one is enough."""
TELLING = words(
    "und für zur eine dans avec cette leurs según desde não são uma della degli het wordt"
)
"""Words of which any text of some length in these languages has one."""
_OTHER_FUNCTION_WORDS = {
    "German": words("der das den dem des mit von vom ein einen ist als wie am im aus die"),
    "French": words("le la les un des du de pour sur par est et aux que ces entre à en l d"),
    "Spanish": words("el la los las del de un y por con se su sus en como entre para que al"),
    "Portuguese": words(
        "o os a as da do dos das nas de na no nos ao com em se seu sua por para como e um"
    ),
    "Italian": words("il lo la i dei del di un una con per che tra fra e nel da al"),
    "Dutch": words("de van met niet bij dit en op te der den"),
}
"""These occur in English too."""
_NAMES = words(
    "van von der den de la le el del dei di da das des los las em als am im dem al en o a e"
)
"""Parts of names, acronyms and letters: they tell nothing alone."""
_ENDINGS = words(
    """ung ungen keit heit lich liche lichen ische ischen isch ieren iert tät täten mus schaft werk
    werke verfahren rechnung kunde lehre ique iques eur eurs eux euse elle ées ción ciones dad dades
    miento mientos ção ções dade zione zioni mento menti heid ingen ismo ismos istica ística"""
)
_LAST = words("o i a u e ik en er um us os as em um ur")
"""Ends of words in other languages whose English relatives end otherwise (Logik, modelli)."""
_SHORTEST_STEM = 4
_WORD = re.compile(r"[^\W\d_]+")
_SCRIPTS = {
    "CJK": "Chinese or Japanese", "HIRAGANA": "Japanese", "KATAKANA": "Japanese",
    "HANGUL": "Korean", "CYRILLIC": "Cyrillic", "GREEK": "Greek", "ARABIC": "Arabic",
    "HEBREW": "Hebrew", "DEVANAGARI": "Devanagari", "THAI": "Thai", "BENGALI": "Bengali",
    "TAMIL": "Tamil", "ARMENIAN": "Armenian", "GEORGIAN": "Georgian", "ETHIOPIC": "Ethiopic",
}  # fmt: skip
"""By the first word of the names that Unicode gives the letters of a script."""
_FEWEST, _SHARE = 2, 0.25
"""Other function words of one language that a text has at least, and their share of its words."""


def find_language(text: str) -> str | None:
    """Return the name of the language other than English that a text is in; None if unclear.

    >>> find_language("Verfahren zur Bestimmung von Parametern")
    'German'
    >>> find_language("the von Neumann entropy")
    """
    typed = [word.lower() for word in _WORD.findall(text)]
    best, most = None, 0.0
    for name, telling in FUNCTION_WORDS.items():
        surely = sum(word in telling for word in typed)
        others = [word for word in typed if word in _OTHER_FUNCTION_WORDS[name]]
        found = surely + len(others)
        enough = surely and found >= _SHARE / 2 * len(typed)
        if others and not _NAMES.issuperset(others):
            enough = enough or found >= max(_FEWEST, _SHARE * len(typed))
        score = surely + len(others) / 2
        if enough and score > most:
            best, most = name, score
    return best


def find_script(text: str) -> str | None:
    """Return a word for the script that most letters of a text have, if it is not Latin.

    >>> find_script("深度学习"), find_script("машинное обучение"), find_script("α-helix")
    ('Chinese or Japanese', 'Cyrillic', None)
    """
    letters = [sign for sign in text if sign.isalpha()]
    scripts = Counter(
        script for sign in letters if (script := _SCRIPTS.get(_first_word(sign))) is not None
    )
    if not scripts:
        return None
    script, count = scripts.most_common(1)[0]
    return script if 2 * count > len(letters) else None


def _first_word(sign: str) -> str:
    return unicodedata.name(sign, "").partition(" ")[0]


def has_foreign_ending(word: str) -> bool:
    """Return whether a word in lower case ends as no English word does.

    >>> has_foreign_ending("bildverarbeitung"), has_foreign_ending("segmentation")
    (True, False)
    """
    return any(
        word.endswith(ending) and len(word) >= len(ending) + _SHORTEST_STEM for ending in _ENDINGS
    )


def ends_as_foreign(word: str, english: str) -> bool:
    """Return whether a word ends as in another language, and an English one near it does not.

    >>> ends_as_foreign("modelli", "models"), ends_as_foreign("modle", "model")
    (True, False)
    """
    if word[0] != english[0] or english.startswith(word) or sorted(word) == sorted(english):
        return False  # a slip
    return any(word.endswith(end) and not english.endswith(end) for end in _LAST)
