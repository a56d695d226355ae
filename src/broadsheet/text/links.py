"""Links in running text: code repositories and project pages."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from broadsheet.text.wordlists import words


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses found in a text, each once, in order of appearance."""

    code: tuple[str, ...] = ()
    """Repositories, normalised by ``repository_url``."""
    project: tuple[str, ...] = ()


_URL = re.compile(
    r"https?://[^\s<>\"“”{}|^`$]+"
    r"|(?<![\w@./-])(?:www\.[a-z0-9-]+\.[a-z]|(?:github|gitlab|bitbucket|codeberg|huggingface)"
    r"\.(?:com|org|co)/|[\w-]+\.github\.io\b)[^\s<>\"“”{}|^`$]*",
    re.IGNORECASE,
)
_SUSPICION = ("http", "www.", "github", "gitlab", "bitbucket", "codeberg", "huggingface.co")
# "…/repo.We evaluate": the next sentence glued on.
_GLUED = re.compile(r"\.(?:The|This|In|We|Our|It|To|A|An|For|Code|These)$")
_NAME = re.compile(r"[A-Za-z0-9_.-]*[A-Za-z0-9_][A-Za-z0-9_.-]*")
_TWO_PART_HOSTS = {"github.com", "bitbucket.org", "codeberg.org", "gitee.com", "gist.github.com"}
_NOT_OWNERS = words(
    "about apps blog collections contact docs enterprise events explore features issues join "
    "learn login marketplace models new notifications orgs organizations papers pricing search "
    "settings site sponsors tasks topics trending users"
)
_PROJECT_HOST = re.compile(
    r"(?:\.|^)(?:github\.io|gitlab\.io|readthedocs\.io|netlify\.app|vercel\.app|web\.app|pages\.dev|"
    r"streamlit\.app|sites\.google\.com|pages\.github\.com|bitbucket\.io|herokuapp\.com|project\.page)$"
)
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

    Other addresses (papers, videos, archives) are in neither list.
    """
    lower = text.lower()
    if not any(word in lower for word in _SUSPICION):
        return Links()
    text = re.sub(r"\\([_%#&~$-])", r"\1", text).replace("\\textunderscore", "_")
    code: dict[str, None] = {}
    project: dict[str, None] = {}
    for found in _URL.finditer(text):
        address = clean_url(found.group())
        if repository := repository_url(address):
            code[repository] = None
        elif address and _is_project(address, text[max(0, found.start() - 60) : found.start()]):
            project[address] = None
    return Links(tuple(code), tuple(project))


def clean_url(address: str) -> str:
    """An address without what the sentence glued on; with ``https://`` where it had no scheme.

    Empty where nothing usable is left.
    """
    address = address.replace("\\", "")
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
    """Host (lower case, without www) and path segments; None for what is no web address."""
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
    if host in _TWO_PART_HOSTS or host == "huggingface.co":
        return False
    return bool(_PROJECT_PATH.search("/".join([host, *path])) or _PROJECT_BEFORE.search(before))


def repository_url(text: str) -> str | None:
    """The code repository that ``text`` names, as ``https://host/owner/name``; else None.

    Deeper paths, ``.git`` and a trailing slash go; of several addresses (or
    Markdown links) the first that is a repository counts. A page of the owner
    alone, a placeholder or another kind of page is no repository.
    """
    if len(text) > 5000:
        return None
    for found in _URL.finditer(text.strip()):
        parts = _split(clean_url(found.group()))
        repository = _repository(*parts) if parts else None
        if repository:
            return repository
    return None


def _repository(host: str, path: list[str]) -> str | None:
    if host in _TWO_PART_HOSTS:
        return _joined(host, path[:2], 2)
    if host == "huggingface.co":
        if path and path[0] in ("datasets", "spaces"):
            tail = _joined(host, path[1:3], 2)
            return tail and tail.replace("huggingface.co", f"huggingface.co/{path[0]}", 1)
        return _joined(host, path[:2], 2)
    if host == "sourceforge.net":
        named = len(path) > 1 and path[0] in ("projects", "p") and _NAME.fullmatch(path[1])
        return f"https://sourceforge.net/projects/{path[1]}" if named else None
    if host == "anonymous.4open.science":
        named = len(path) > 1 and path[0] in ("r", "repository") and _NAME.fullmatch(path[1])
        return f"https://anonymous.4open.science/r/{path[1]}" if named else None
    if host.startswith(("gitlab.", "git.")):
        # Groups can be nested; "-" parts the repository from its pages.
        upto = path.index("-") if "-" in path else len(path)
        upto = next((i for i, part in enumerate(path[:upto]) if part in ("tree", "blob")), upto)
        return _joined(host, path[:upto], 2)
    return None


def _joined(host: str, path: list[str], least: int) -> str | None:
    if len(path) < least or path[0].lower() in _NOT_OWNERS:
        return None
    path = [*path[:-1], path[-1].removesuffix(".git").rstrip(".,;:")]
    if not all(_NAME.fullmatch(part) and part.strip(".") for part in path):
        return None
    return f"https://{host}/{'/'.join(path)}"
