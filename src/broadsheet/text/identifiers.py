"""Parse identifiers as catalogues, address bars and people write them.

Canonical forms: ``arxiv`` without version and without subject class (``2401.00001``,
``math/0309136``), ``doi`` in lower case, ``acl`` as the Anthology writes it (``2020.acl-main.1``,
``P19-1001``), ``s2`` 40 hexadecimal digits in lower case, ``openalex`` ``W`` and a number. An
arXiv DOI (``10.48550/arXiv.…``) becomes the arXiv identifier it stands for.
"""

import html
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from urllib.parse import unquote

from broadsheet.domain.dates import PartialDate
from broadsheet.domain.identifiers import Identifier

_ARCHIVES = (
    "acc-phys|adap-org|alg-geom|ao-sci|astro-ph|atom-ph|bayes-an|chao-dyn|chem-ph|cmp-lg|"
    "comp-gas|cond-mat|cs|dg-ga|funct-an|gr-qc|hep-ex|hep-lat|hep-ph|hep-th|math|math-ph|"
    "mtrl-th|nlin|nucl-ex|nucl-th|patt-sol|physics|plasm-ph|q-alg|q-bio|quant-ph|solv-int|supr-con"
)
_NEW = r"(\d{2})(\d{2})\.(\d{4,5})(?:v(\d{1,3}))?"
_OLD = rf"({_ARCHIVES})(?:\.[A-Za-z-]{{2,10}})?/(\d{{2}})(\d{{2}})(\d{{3}})(?:v(\d{{1,3}}))?"
_ARXIV_NEW = re.compile(_NEW)
_ARXIV_OLD = re.compile(_OLD, re.IGNORECASE)
_DOI = re.compile(r"10\.\d{4,9}(?:\.\d+)*/\S+")
_ARXIV_DOI = re.compile(r"10\.48550/arxiv\.(\S+)", re.IGNORECASE)
_ACL = re.compile(
    r"(?:\d{4}\.[a-z0-9_]+(?:-[a-z0-9_]+)+\.\d+|[A-Z]\d{2}-\d{4,5})(?:v\d{1,2})?", re.IGNORECASE
)
_S2 = re.compile(r"[0-9a-f]{40}", re.IGNORECASE)
_OPENALEX = re.compile(r"W\d{4,12}", re.IGNORECASE)
_OPENREVIEW = re.compile(r"[A-Za-z0-9_-]{8,24}")
_NUMBER = re.compile(r"[1-9]\d{0,8}")
_OTHER = re.compile(r"\S{1,200}")
_PREFIXED = re.compile(r"([A-Za-z][A-Za-z0-9]{1,11})\s*:\s*(\S.*)", re.DOTALL)
_TRAILING = ".,;:!?'\"”’»>*"


def _arxiv(text: str) -> Identifier | None:
    text = text.strip().removesuffix(".pdf")
    if match := _ARXIV_NEW.fullmatch(text):
        year, month, number = match.group(1, 2, 3)
        yymm = int(year + month)
        five_digits = yymm >= 1501
        if yymm < 704 or not 1 <= int(month) <= 12 or (len(number) == 5) != five_digits:
            return None
        return Identifier("arxiv", f"{year}{month}.{number}")
    if match := _ARXIV_OLD.fullmatch(text):
        archive, year, month, number = match.group(1, 2, 3, 4)
        if not 1 <= int(month) <= 12:
            return None
        return Identifier("arxiv", f"{archive.lower()}/{year}{month}{number}")
    return None


def _clean_tail(text: str) -> str:
    """Remove punctuation and unopened brackets of the sentence around it."""
    while text:
        last = text[-1]
        if (
            last in _TRAILING
            or (last == ")" and text.count("(") < text.count(")"))
            or (last in "]}" and text.count("[{"["]}".index(last)]) < text.count(last))
        ):
            text = text[:-1]
        else:
            break
    return text


def _doi(text: str) -> Identifier | None:
    # Springer's catalogue breaks long DOIs before an underscore.
    text = re.sub(r"\s+_|\\_", "_", text.strip())
    if match := _ARXIV_DOI.fullmatch(_clean_tail(text)):
        return _arxiv(match.group(1))
    if not (match := _DOI.fullmatch(text)):
        return None
    value = _first_version(_clean_tail(match.group()).lower())
    return Identifier("doi", value) if value[-1] != "/" else None


# Preprint servers that give every version a DOI: its form, and the form of the first version.
_VERSIONED_DOIS = tuple(
    (prefix, re.compile(form), first)
    for prefix, form, first in (
        ("10.1101/", r"v(\d+)(?:\.full.*|\.abstract)?$", ""),
        ("10.64898/", r"v(\d+)(?:\.full.*|\.abstract)?$", ""),
        ("10.26434/chemrxiv", r"[-.]v(\d+)$", ""),
        ("10.33774/", r"-v(\d+)$", ""),
        ("10.21203/rs.", r"/v(\d+)$", "/v1"),
        ("10.20944/preprints", r"\.v(\d+)$", ".v1"),
        ("10.36227/techrxiv", r"(?:\.v|/v)(\d+)$", None),
        ("10.22541/au.", r"/v(\d+)$", "/v1"),
        ("10.6084/m9.figshare.", r"\.v(\d+)$", ""),
        ("10.31219/osf.io/", r"_v(\d+)$", ""),
        ("10.31234/osf.io/", r"_v(\d+)$", ""),
        ("10.31235/osf.io/", r"_v(\d+)$", ""),
        ("10.12688/", r"(?<=\d)\.(\d{1,2})$", ".1"),
    )
)
_PREPRINT_DOIS = (
    *(prefix for prefix, _, _ in _VERSIONED_DOIS if not prefix.startswith(("10.6084", "10.12688"))),
    "10.2139/ssrn", "10.31222/", "10.31223/", "10.35542/", "10.17605/", "10.14293/", "10.32388/",
)  # fmt: skip


def _first_version(value: str) -> str:
    """The DOI of a preprint's first version, which stands for all of them."""
    for prefix, form, first in _VERSIONED_DOIS:
        if value.startswith(prefix) and (match := form.search(value)):
            start = (
                match.group()[: match.start(1) - match.start()] + "1" if first is None else first
            )
            return value[: match.start()] + start
    return value


def doi_version(text: str) -> int:
    """The version that a preprint's DOI names ("10.21203/rs.3.rs-1/v2" → 2), 0 for none."""
    value = text.strip().lower()
    at = value.find("10.")
    for prefix, form, _ in _VERSIONED_DOIS:
        if at >= 0 and value.startswith(prefix, at):
            match = form.search(value)
            return int(match.group(1)) if match else 1
    return 0


def is_preprint_doi(identifier: Identifier) -> bool:
    """Whether a DOI names a preprint, whose journal version has another one."""
    return identifier.scheme == "doi" and identifier.value.startswith(_PREPRINT_DOIS)


def _acl(text: str) -> Identifier | None:
    value = re.sub(r"(?:\.pdf|\.bib|/)$", "", text.strip())
    if not _ACL.fullmatch(value):
        return None
    value = re.sub(r"v\d{1,2}$", "", value)
    return Identifier("acl", value.upper() if value[0].isalpha() else value.lower())


def _by_form(scheme: str, form: re.Pattern[str], fold: Callable[[str], str] = str) -> "_Reader":
    def read(text: str) -> Identifier | None:
        value = text.strip()
        return Identifier(scheme, fold(value)) if form.fullmatch(value) else None

    return read


_Reader = Callable[[str], Identifier | None]

_READERS: dict[str, _Reader] = {
    "arxiv": _arxiv,
    "doi": _doi,
    "acl": _acl,
    "openreview": _by_form("openreview", _OPENREVIEW),
    "s2": _by_form("s2", _S2, str.lower),
    "openalex": _by_form("openalex", _OPENALEX, str.upper),
    "pmid": _by_form("pmid", _NUMBER),
    "pmcid": _by_form("pmcid", re.compile(r"PMC\d{3,9}", re.IGNORECASE), str.upper),
    "corpusid": _by_form("corpusid", _NUMBER),
    "mag": _by_form("mag", re.compile(r"\d{5,12}")),
    "dblp": _by_form("dblp", re.compile(r"[a-z]+/[\w/.-]+", re.IGNORECASE)),
    "zotero": _by_form("zotero", re.compile(r"[A-Z0-9]{8}")),
    "pl": _by_form("pl", _OTHER),
}

_URL = re.compile(
    r"(?:https?://)?(?:www\.|export\.|dx\.)?([\w.-]+\.[a-z]{2,})/(\S*)", re.IGNORECASE
)
# Host → (pattern of the path, scheme); the first group is the identifier.
_HOSTS: tuple[tuple[str, re.Pattern[str], str], ...] = tuple(
    (host, re.compile(path, re.IGNORECASE), scheme)
    for host, path, scheme in (
        ("arxiv.org", r"(?:abs|pdf|html|format|ps|e-print)/(.+)", "arxiv"),
        ("ar5iv.org", r"(?:abs|pdf|html)/(.+)", "arxiv"),
        ("ar5iv.labs.arxiv.org", r"(?:abs|pdf|html)/(.+)", "arxiv"),
        ("alphaxiv.org", r"(?:abs|pdf|overview|html|audio)/(.+)", "arxiv"),
        ("huggingface.co", r"(?:api/)?papers/(.+?)(?:\.md)?", "arxiv"),
        ("hf.co", r"papers/(.+?)(?:\.md)?", "arxiv"),
        ("doi.org", r"(.+)", "doi"),
        ("aclanthology.org", r"(.+)", "acl"),
        ("aclweb.org", r"anthology/(?:papers/\w/\w\d\d/)?(.+)", "acl"),
        ("aclanthology.info", r"papers/(.+)", "acl"),
        (
            "openreview.net",
            r"(?:forum|pdf|attachment)\?(?:.*&)?id=([A-Za-z0-9_-]+).*",
            "openreview",
        ),
        ("semanticscholar.org", r"(?:paper|reader)/(?:.*/)?([0-9a-f]{40})", "s2"),
        ("openalex.org", r"(?:works/)?(W\d+)", "openalex"),
        ("pubmed.ncbi.nlm.nih.gov", r"(\d+)", "pmid"),
        ("ncbi.nlm.nih.gov", r"pubmed/(\d+)", "pmid"),
        ("ncbi.nlm.nih.gov", r"pmc/articles/(PMC\d+)(?:/.*)?", "pmcid"),
        ("pmc.ncbi.nlm.nih.gov", r"articles/(PMC\d+)(?:/.*)?", "pmcid"),
        ("europepmc.org", r"(?:article|abstract)/MED/(\d+)", "pmid"),
        ("europepmc.org", r"(?:article/PMC|articles)/(PMC\d+)", "pmcid"),
        ("dblp.org", r"rec/(?:html/)?(.+?)(?:\.html)?", "dblp"),
    )
)
_DOI_IN_PATH = re.compile(r"10\.\d{4,9}/.+")


def _from_url(text: str) -> Identifier | None:
    if "/" not in text:  # the common case, told quickly
        return None
    match = _URL.fullmatch(re.sub(r"\s+_", "_", text))
    if not match:
        return None
    host, path = match.group(1).lower(), _clean_tail(unquote(match.group(2)))
    forms = [(form, scheme) for domain, form, scheme in _HOSTS if host == domain]
    for form, scheme in forms:
        path = path.removesuffix("/") if scheme == "doi" else path.split("#")[0].rstrip("/")
        if scheme in ("arxiv", "pmcid"):
            path = path.split("?")[0]
        if inner := form.fullmatch(path):
            return _READERS[scheme](inner.group(1))
    if forms:
        return None
    # Publishers put the DOI into the address of the article.
    if inner := _DOI_IN_PATH.search(path.split("?")[0].split("#")[0]):
        value = re.sub(r"(?:\.pdf|\.html?|/(?:full|abstract|pdf|html|meta))+$", "", inner.group())
        return _doi(value)
    return None


def parse_identifier(text: str, default_scheme: str | None = None) -> Identifier | None:
    """The identifier that ``text`` is (bare, prefixed or an address), else None.

    ``default_scheme`` says how to read a bare value that several schemes could
    claim ("37Fh1MiR5Ze", "31452104"); an unmistakable form wins over it.
    A version number is left out: see ``arxiv_version``.
    """
    text = text.strip()
    if not text or len(text) > 500:
        return None
    if identifier := _from_url(text):
        return identifier
    if (prefixed := _PREFIXED.fullmatch(text)) and "//" not in prefixed.group(2)[:3]:
        scheme = prefixed.group(1).lower()
        if scheme in _READERS:
            value = prefixed.group(2).strip()
            inner = _from_url(value)
            if inner is not None and inner.scheme == scheme:
                return inner
            value = value if scheme == "pl" else _clean_tail(value)
            return _READERS[scheme](value)
    bare = text if default_scheme == "pl" else _clean_tail(text)
    for scheme in ("arxiv", "doi", "acl", "s2", "openalex"):
        if identifier := _READERS[scheme](bare):
            return identifier
    reader = _READERS.get((default_scheme or "").lower())
    return reader(bare) if reader else None


_IN_TEXT = re.compile(
    r"https?://\S+"
    r"|\barxiv\s*[:.]?\s*(?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d+)?"
    rf"|(?<![\w./-])(?:{_ARCHIVES})(?:\.[A-Z]{{2}})?/\d{{7}}(?:v\d+)?(?![\w/])"
    r"|(?<![\w./])10\.\d{4,9}/[^\s<>\"{}]+"
    r"|\bPMID\s*:?\s*\d{4,9}"
    r"|(?<![\w/])PMC\d{3,9}(?!\w)",
    re.IGNORECASE,
)
_LABEL = re.compile(r"^(arxiv|pmid)[\s:.]*", re.IGNORECASE)


def find_identifiers(text: str) -> list[Identifier]:
    """Identifiers in running text, each once, in order; bare numbers are not taken for any."""
    identifiers: dict[Identifier, None] = {}
    for match in _IN_TEXT.finditer(text):
        piece = re.sub(r"[{}\\]", "", match.group())
        identifier = parse_identifier(
            _LABEL.sub(lambda m: m.group(1) + ":", piece), "pmcid" if piece[:3] == "PMC" else None
        )
        if identifier is not None:
            identifiers[identifier] = None
    return list(identifiers)


_HIDDEN = dict.fromkeys((0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))
_HYPHENS = str.maketrans("\u2010\u2011\u00a0\u2009\u202f", "--   ")
_LINK_MACRO = re.compile(r"\\(?:url|href|path|nolinkurl)\s*\{([^{}]*)\}(?:\s*\{[^{}]*\})?")
_TEXT_MACRO = re.compile(
    r"\\text(less|greater|underscore|tilde|asciitilde|backslash|percent)\s*(?:\{\})?"
)
_TEXT_SIGNS = {
    "less": "<", "greater": ">", "underscore": "_", "tilde": "~", "asciitilde": "~",
    "backslash": "", "percent": "%",
}  # fmt: skip
_DOI_START = re.compile(
    r"(?:(?<![\w./])|(?<=doi\.org/)|(?<=info:doi/))10\.\d{4,9}(?:\.\d+)*\s*/\s*"
)
_LABELS = re.compile(
    r"(?i)\b(?:doi|pmid|pmcid|arxiv|identifiers?|digital object identifier|e-?print|preprint|pubmed"
    r"(?:\s*id)?|https?|dx\.doi\.org|doi\.org|www|available (?:at|from)|urn|url|id|no)\b|\[[a-z.-]+\]"
)
_JOINS_BEFORE = re.compile(r"[-._/(:;<\[]$")
_JOINS_AFTER = re.compile(r"[-._/)\]:;<>]|\(|\[")
_REMARK = re.compile(
    r"(?i)[(\[](?:[a-z]{2}|(?:1[5-9]|20)\d\d[)\]])|(?:doi|pmid|pmcid|arxiv|https?|url|issn|isbn)\b"
)
_MEANS_NUMBER = re.compile(r"(?=.*\d)[\w.()-]+")
_YEAR_ONLY = re.compile(r"\(?(?:1[5-9]|20)\d\d\)?[.,;]?")


def find_field_identifiers(text: str, scheme: str | None = None) -> list[Identifier]:
    r"""Find identifiers in a field that is meant for one, however people and programs write it.

    Reads LaTeX (``{\_}``, ``\textless{}``, ``\url{…}``), labels ("DOI 10.…"), several at once,
    blanks and line breaks within a DOI. If only a part of a DOI can be read it is left out: it
    would name another work. ``scheme`` is the scheme of a bare value.
    """
    text = _plain_field(text)
    if not text or len(text) > 2000:
        return []
    if " " not in text and (whole := parse_identifier(text, scheme)):
        return [whole]
    if _DOI_START.search(text):
        others = [each for each in find_identifiers(text) if each.scheme != "doi"]
        return list(dict.fromkeys([*_iter_dois(text), *others]))
    if whole := parse_identifier(text, scheme):
        return [whole]
    if labelled := find_identifiers(text):
        return labelled
    bare = _LABELS.sub(" ", text).strip(" :;,.#")
    return [whole] if " " not in bare and (whole := parse_identifier(bare, scheme)) else []


def parse_identifier_query(text: str) -> Identifier | None:
    """The identifier that is the whole of a query, else None.

    Reads an address, a bare or labelled identifier ("PMID 31452104", "id:1706.03762", "doi
    10.1000/a"), and one in brackets or quotation marks.
    """
    text = text.strip().strip("<>\"“”'‘’ ")
    if text.startswith(("(", "[")) and text.endswith((")", "]")):
        text = text[1:-1].strip()
    text = re.sub(r"^(?:id|identifier)\s*:\s*", "", text, flags=re.IGNORECASE).strip('"')
    if " " not in text:
        return parse_identifier(text)
    if not names_only_identifiers(text):
        return None
    identifiers = find_field_identifiers(text)
    return identifiers[0] if len(identifiers) == 1 else None


def names_only_identifiers(text: str) -> bool:
    """Whether a note says nothing but identifiers: "doi: 10.5555/m3.1", "PMID: 1; PMCID: PMC2"."""
    text = _plain_field(text)
    rest = _LABELS.sub(" ", _IN_TEXT.sub(" ", text))
    return not re.search(r"[^\W_]", re.sub(r"PMC\d+|[A-Z]{2}", " ", rest))


def _plain_field(text: str) -> str:
    if "\\" in text or "{" in text or "$" in text:
        text = _LINK_MACRO.sub(r"\1", text)
        text = _TEXT_MACRO.sub(lambda match: _TEXT_SIGNS[match.group(1)], text)
        text = re.sub(r"\$\s*([_<>])\s*\$", r"\1", text)
        text = re.sub(r"\\([_&%#~$-])", r"\1", text)
        text = re.sub(r"[{}\\]", "", text)
    if "&" in text:
        text = html.unescape(text)
    text = re.sub(r"\s+\n|\n\s+", "\n", text.translate(_HYPHENS).translate(_HIDDEN))
    return " ".join(text.split())


def _iter_dois(text: str) -> Iterator[Identifier]:
    starts = [match.start() for match in _DOI_START.finditer(text)]
    for start, end in pairwise([*starts, len(text)]):
        piece = text[start:end].rstrip(" ,;|")
        if end < len(text):  # the text before the next one: ", DOI: https://doi.org/"
            piece = re.sub(
                r"(?i)(?:[\s,;|(]*(?:and|or|https?://|dx\.|doi\.org/?|doi:?))+$", "", piece
            )
        joined = _joined(re.sub(r"\s*/\s*", "/", piece, count=1))
        if joined and (doi := parse_identifier(joined, "doi")):
            yield doi


def _joined(piece: str) -> str:
    """Join the pieces of a DOI with blanks in it; "" if its end is ambiguous."""
    head, *rest = piece.split(" ")
    while rest:
        following = rest[0]
        if _REMARK.match(following) or (following.isalpha() and len(rest) > 1):
            break
        if _JOINS_BEFORE.search(head) or _JOINS_AFTER.match(following):
            head += rest.pop(0)
            continue
        if head[-1] in ",;" or not _MEANS_NUMBER.fullmatch(following.rstrip(",;.")):
            break
        return head if _YEAR_ONLY.fullmatch(following) else ""
    return head


def arxiv_version(text: str) -> int | None:
    """The version in an arXiv identifier or address ("2401.00001v2" → 2), else None."""
    identifier = parse_identifier(text, "arxiv")
    if identifier is None or identifier.scheme != "arxiv":
        return None
    match = re.search(r"(?:\.\d{4,5}|/\d{7})v(\d{1,3})(?!\d)", text)
    return int(match.group(1)) if match else None


def arxiv_month(identifier_value: str) -> PartialDate | None:
    """The month in which an arXiv identifier was given out."""
    identifier = _arxiv(identifier_value)
    if identifier is None:
        return None
    digits = identifier.value.rpartition("/")[2]
    year, month = int(digits[:2]), int(digits[2:4])
    return PartialDate(1900 + year if year >= 91 else 2000 + year, month)


_ADDRESSES = {
    "arxiv": "https://arxiv.org/abs/{}",
    "doi": "https://doi.org/{}",
    "acl": "https://aclanthology.org/{}/",
    "openreview": "https://openreview.net/forum?id={}",
    "s2": "https://www.semanticscholar.org/paper/{}",
    "openalex": "https://openalex.org/{}",
    "pmid": "https://pubmed.ncbi.nlm.nih.gov/{}/",
    "pmcid": "https://www.ncbi.nlm.nih.gov/pmc/articles/{}/",
    "corpusid": "https://api.semanticscholar.org/CorpusID:{}",
    "dblp": "https://dblp.org/rec/{}",
}


def identifier_url(identifier: Identifier) -> str | None:
    """Return the address of the page that describes the work, or None for other schemes."""
    form = _ADDRESSES.get(identifier.scheme)
    return form.format(identifier.value.replace("<", "%3C").replace(">", "%3E")) if form else None
