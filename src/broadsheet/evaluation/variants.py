"""Other words for the same: synonyms, spellings and forms, for perturbed queries.

General scientific words, in groups that replace each other in most sentences; no
test collection was consulted. Inflected forms stand in groups of their own, so that
a plural is replaced by plurals.
"""

import re

_GROUPS = """
method approach technique / methods approaches techniques
problem task / problems tasks
result outcome / results outcomes
study investigation / studies investigations
analysis examination / analyses examinations
experiment trial / experiments trials / experimental empirical
effect influence impact / effects influences impacts
error mistake / errors mistakes
cause reason / causes reasons
goal objective aim / goals objectives aims
limit bound / limits bounds
limitation restriction / limitations restrictions
part component / parts components
device instrument apparatus / devices instruments
property characteristic attribute / properties characteristics attributes
structure architecture / structures architectures
material substance / materials substances
algorithm procedure / algorithms procedures
shape form / shapes forms
change alteration / changes alterations
vibration oscillation / vibrations oscillations
difficulty challenge / difficulties challenges
difference discrepancy / differences discrepancies
similarity resemblance / similarities resemblances
document text / documents texts
image picture / images pictures
paper article / papers articles
survey review overview / surveys reviews overviews
database repository / databases repositories
scientist researcher / scientists researchers
illness disease disorder / illnesses diseases disorders
drug medicine medication / drugs medicines medications
treatment therapy / treatments therapies
speed velocity / speeds velocities
accuracy precision / accurate precise exact
robustness resilience stability / robust resilient stable
detection discovery / detect discover find / detecting discovering finding
estimation approximation / estimating approximating
prediction forecast / predictions forecasts
evaluation assessment / evaluate assess / evaluating assessing
classification categorization / classify categorize / classifying categorizing
computation calculation / compute calculate / computed calculated / computing calculating
construction assembly / construct build / constructing building
comparison contrast / comparisons contrasts
choice selection / choose select / choosing selecting
improvement enhancement / improve enhance / improved enhanced / improving enhancing
growth increase / decrease reduction decline / reducing lowering
used employed / using employing
show demonstrate / shows demonstrates / showing demonstrating
create generate produce / creating generating producing
needed required
measuring quantifying
fast rapid quick / faster quicker / slow sluggish
large big / larger bigger / small little
important significant essential / main principal primary
new novel / hard difficult / simple easy / complex complicated
common frequent / rare infrequent / different distinct / various diverse
efficient economical / efficiently economically
automatic automated / automatically mechanically
retrieval search / flow stream / flows streams / circuit network / circuits networks
"""

SYNONYMS: dict[str, tuple[str, ...]] = {
    word: tuple(other for other in group.split() if other != word)
    for group in re.split(r"[/\n]", _GROUPS)
    for word in group.split()
}
"""Lower-case word → the others of its group."""

# Stems that take -ise or -ize, -yse or -yze, -our or -or, and those that double their l.
_ISE = """
categor character crystall discret emphas factor final formal general harmon hypothes
initial ion item linear local magnet maxim mechan memor minim mobil modern neutral normal
optim organ oxid parallel parameter penal personal polar prior quant random real recogn
regular social special stabil standard steril summar synchron synthes token util visual
"""
_YSE = "anal catal dial electrol hydrol paral"
_OUR = "arm behavi col fav flav harb hon hum lab neighb od rig rum savi tum val vap vig"
_DOUBLED = "cancel channel equal fuel label level marshal model quarrel signal travel tunnel"
_SINGLE = """
aeroplane airplane / aeroplanes airplanes / ageing aging / aluminium aluminum
anaemia anemia / artefact artifact / artefacts artifacts / catalogue catalog
catalogues catalogs / centre center / centres centers / centred centered / defence defense
fibre fiber / fibres fibers / foetal fetal / foetus fetus / fulfil fulfill / grey gray
haemoglobin hemoglobin / haemorrhage hemorrhage / judgement judgment / judgements judgments
leukaemia leukemia / litre liter / litres liters / manoeuvre maneuver
manoeuvres maneuvers / metre meter / metres meters / mould mold / oestrogen estrogen
offence offense / orthopaedic orthopedic / paediatric pediatric / plough plow
programme program / programmes programs / sceptical skeptical / sulphate sulfate
sulphide sulfide / sulphur sulfur / theatre theater
"""


def _british_american() -> dict[str, str]:
    pairs: dict[str, str] = {}
    for stem in _ISE.split():
        for ending in ("e", "ed", "er", "es", "ing", "ation", "ations"):
            pairs[f"{stem}is{ending}"] = f"{stem}iz{ending}"
    for stem in _YSE.split():
        for ending in ("e", "ed", "er", "ing"):
            pairs[f"{stem}ys{ending}"] = f"{stem}yz{ending}"
    for stem in _OUR.split():
        for ending in ("", "s", "ed", "ing", "able", "hood", "hoods", "al"):
            pairs[f"{stem}our{ending}"] = f"{stem}or{ending}"
    for stem in _DOUBLED.split():
        for ending in ("ed", "er", "ers", "ing"):
            pairs[f"{stem}l{ending}"] = f"{stem}{ending}"
    for pair in re.split(r"[/\n]", _SINGLE):
        if pair.strip():
            british, american = pair.split()
            pairs[british] = american
    return pairs


_BRITISH = _british_american()
SPELLINGS: dict[str, str] = _BRITISH | {american: british for british, american in _BRITISH.items()}
"""Lower-case word in one spelling → in the other."""

_FIXED = """
always analysis basis bias news physics series species this thus towards various whereas
anything during everything evening morning nothing something wing
bleed breed embed exceed feed hundred indeed need proceed sacred seed speed succeed
"""
_NO_OTHER_FORM = frozenset(_FIXED.split())
_NOUN = re.compile(
    r"(?:[st]ion|ment|ity|ance|ence|logy|graph|ture|ism|model|work|system|tor|thm|eld|ory)$"
)
_VOWEL = re.compile(r"[aeiouy]")


def other_form(word: str) -> str:
    """Return another form of a word: plural ↔ singular, -ing ↔ -ed; itself if no rule fits.

    Uses simple rules on the ending, so the result is a word that a person might type but not
    always one of the dictionary. Lower case.
    """
    word = word.lower()
    if word in _NO_OTHER_FORM or len(word) < 4:
        return word
    for ending, other in (("ying", "ied"), ("ied", "ying"), ("ing", "ed"), ("ed", "ing")):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > 1 and _VOWEL.search(stem) and not stem.endswith("e"):
            # A vowel before the y keeps it: "playing", "played".
            kept_y = ending == "ying" and stem[-1] in "aeiou"
            return word.removesuffix("ing") + "ed" if kept_y else stem + other
    if word.endswith("s"):
        return _singular(word)
    return _plural(word) if _NOUN.search(word) and len(word) > 4 else word


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 5:
        return word[:-3] + "y"
    if re.search(r"(?:ch|sh|ss|x)es$", word):
        return word[:-2]
    return word if re.search(r"(?:[suio]s|ics)$", word) else word[:-1]


def _plural(word: str) -> str:
    if re.search(r"[^aeiou]y$", word):
        return word[:-1] + "ies"
    return word + ("es" if re.search(r"(?:ch|sh|s|x)$", word) else "s")
