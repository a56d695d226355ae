"""Links in running text: code repositories, project pages, deposits of data."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from broadsheet.text.repositories import code_address, data_address, is_forge


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses found in a text, each once, in order of appearance."""

    code: tuple[str, ...] = ()
    """Repositories, normalised by ``repository_url``; forges before model hubs."""
    project: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    """Deposits and data sets, normalised likewise."""


_SIGNS = r"[^\s<>\"“”{}|^`$\[\]]"
_URL = re.compile(
    rf"https?://{_SIGNS}+"
    r"|(?<![\w@./-])(?:www\.[a-z0-9-]+\.[a-z]|(?:github|gitlab|bitbucket|codeberg|huggingface|hf"
    r"|zenodo|osf)\.(?:com|org|co|io)/|[\w-]+\.github\.io\b|anonymous\.4open\.science/)"
    rf"{_SIGNS}*",
    re.IGNORECASE,
)
_SUSPICION = (
    "http", "www.", "github", "gitlab", "bitbucket", "codeberg", "huggingface.co", "hf.co",
    "4open", "zenodo", "osf.io",
)  # fmt: skip
# "…/repo.We evaluate": the next sentence glued on.
_GLUED = re.compile(
    r"\.\(?(?:The|This|In|We|Our|It|To|A|An|For|Code|These|As|At|By|On|With|Extensive|Experiments|"
    r"However|Project|Results|Finally|Moreover|Additionally|Using|Data|Models?|Supplementary)$"
)
# Addresses for cloning: "git@github.com:a/b.git", "ssh://git@…", "git+https://…".
_CLONED = re.compile(r"(?:(?:git\+)?(?:ssh|git|https?)://)?git@([\w.-]+)[:/]|(?:git\+|git://)")
_PROJECT_HOST = re.compile(
    r"(?:\.|^)(?:github\.io|gitlab\.io|readthedocs\.io|netlify\.app|vercel\.app|web\.app|pages\.dev|"
    r"streamlit\.app|sites\.google\.com|pages\.github\.com|bitbucket\.io|herokuapp\.com|project\.page)$"
)
_HOSTS = {"github.com", "bitbucket.org", "codeberg.org", "gitee.com", "huggingface.co", "hf.co"}
_PROJECT_PATH = re.compile(r"project|demo\b", re.IGNORECASE)
_PROJECT_BEFORE = re.compile(
    r"(?:project|web\s?site|web\s?page|home\s?page|demos?|page)\b[^.!?]{0,40}$", re.IGNORECASE
)
_NOT_PROJECT = re.compile(
    r"(?:^|\.)(?:arxiv\.org|doi\.org|openreview\.net|aclanthology\.org|youtube\.com|youtu\.be|"
    r"wikipedia\.org|creativecommons\.org|twitter\.com|x\.com|pypi\.org|zenodo\.org)$"
)


def find_links(text: str) -> Links:
    """Repositories and project pages in ``text`` (as it came: LaTeX is allowed for).

    Other addresses (papers, videos, archives) are in no list.
    """
    lower = text.lower()
    if not any(word in lower for word in _SUSPICION):
        return Links()
    text = re.sub(r"\\([_%#&~$-])", r"\1", text).replace("\\textunderscore", "_")
    code: dict[str, str] = {}
    project: dict[str, None] = {}
    data: dict[str, str] = {}
    for match in _URL.finditer(text):
        address = clean_url(match.group())
        if deposit := _named_by(address, data_address):
            data.setdefault(deposit.casefold(), deposit)
        elif repository := _named_by(address, code_address):
            code.setdefault(repository.casefold(), repository)
        elif address and _is_project(address, text[max(0, match.start() - 60) : match.start()]):
            project[address] = None
    forges_first = sorted(code.values(), key=lambda address: not is_forge(address))
    return Links(tuple(forges_first), tuple(project), tuple(data.values()))


def find_addresses(text: str) -> list[tuple[int, int, str]]:
    """Return where in ``text`` each web address begins and ends, and the whole address."""
    lower = text.lower()
    if not any(word in lower for word in _SUSPICION):
        return []
    found = []
    for match in _URL.finditer(text):
        address = clean_url(match.group())
        written = address if match.group().startswith(address) else address.removeprefix("https://")
        if address and match.group().startswith(written):
            found.append((match.start(), match.start() + len(written), address))
    return found


def _named_by(address: str, shape: Callable[[str, Sequence[str]], str | None]) -> str | None:
    parts = _split(address)
    return shape(*parts) if parts else None


def clean_url(address: str) -> str:
    """Remove punctuation of the sentence around an address; add ``https://`` if it has no scheme.

    Returns "" if nothing usable is left.
    """
    # Ligatures come from PDF files: no address has them.
    address = unicodedata.normalize("NFKC", address.replace("\\", ""))
    while address:
        last = address[-1]
        if last in ".,;:!?'\"”’*…~" or (last in ")]}" and _unopened(address, last)):
            address = address[:-1]
        elif glued := _GLUED.search(address):
            address = address[: glued.start()]
        else:
            break
    if address and "://" not in address:
        address = f"https://{address}"
    parts = _split(address)
    return address if parts is not None and "." in parts[0] else ""


def _unopened(address: str, closing: str) -> bool:
    return address.count(closing) > address.count("([{"[")]}".index(closing)])


def _split(address: str) -> tuple[str, list[str]] | None:
    """Return host (lower case, without www) and path segments; None unless it is a web address."""
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host:
        return None
    return host, [segment for segment in parts.path.split("/") if segment]


def _is_project(address: str, before: str) -> bool:
    parts = _split(address)
    if parts is None:
        return False
    host, path = parts
    if _NOT_PROJECT.search(host):
        return False
    if _PROJECT_HOST.search(host):
        return True
    if host in _HOSTS:
        return False
    return bool(_PROJECT_PATH.search("/".join([host, *path])) or _PROJECT_BEFORE.search(before))


def repository_url(text: str) -> str | None:
    """Return the repository that a source's field names, in its one spelling, or None.

    Drops deeper paths, ``.git``, "www." and a trailing slash; http becomes https, and a cloning
    address ("git@…") becomes the page's. Of several addresses (or Markdown links) the first
    repository counts; a data set counts if there is no code.
    """
    if len(text) > 5000:
        return None
    text = _CLONED.sub(lambda match: f"https://{match[1]}/" if match[1] else "https://", text)
    text = text.replace("https://https://", "https://").strip()
    addresses = [clean_url(match.group()) for match in _URL.finditer(text)]
    for shape in (code_address, data_address):
        for address in addresses:
            if repository := _named_by(address, shape):
                return repository
    return None
