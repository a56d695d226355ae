"""Addresses of repositories: the path that each host gives them, and one spelling for each.

Pure. The host is in lower case without "www.", the path is split into segments. Other pages of a
host (an owner's page, a placeholder) give None.
"""

import re
from collections.abc import Sequence

from broadsheet.text.wordlists import words

_NAME = re.compile(r"[A-Za-z0-9_.-]*[A-Za-z0-9_][A-Za-z0-9_.-]*")
_CLONE = re.compile(r"\.git(?:@.*)?$")
_OWNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,38}")
_TWO_PARTS = {"github.com", "bitbucket.org", "codeberg.org", "gitee.com", "gist.github.com"}
_NOT_OWNERS = words(
    "about apps blog collections contact docs enterprise events explore features issues join "
    "learn login marketplace models new notifications orgs organizations papers pricing search "
    "settings site sponsors tasks topics trending users"
)
_PLACEHOLDER = re.compile(
    r"(?:your|my)[-_ ]?(?:user|org|repo|name|github|account|project|team|lab|link)\w*(?:-\w+)*"
    r"|anonym(?:ous|ized|ised)?(?:[-_]?(?:author|submission|user|repo)s?)?|x{2,}|\.+|user(?:name)?"
    r"|placeholder|example|repo(?:sitory)?[-_]?(?:name|link|url)|link|tbd|todo|owner",
    re.IGNORECASE,
)
_GITLAB = re.compile(r"(?:^|[.-])gitlab\.|^git\.")
_CUT_GITLAB = ("-", "tree", "blob", "raw", "commit", "commits", "issues", "merge_requests", "wikis")
_NOTEBOOKS = {"colab.research.google.com": 1, "nbviewer.org": 1, "nbviewer.jupyter.org": 1,
              "mybinder.org": 2}  # fmt: skip
"""Viewers of GitHub files, and the number of segments before owner and name."""
_MIRRORS = {"raw.githubusercontent.com": "github.com", "api.github.com": "github.com",
            "hf.co": "huggingface.co", "modelscope.ai": "modelscope.cn"}  # fmt: skip
_FORGE = re.compile(r"^https://(?:huggingface\.co|modelscope\.cn)/")


def is_forge(address: str) -> bool:
    """Return whether a normalised repository is on a host for code rather than for models."""
    return _FORGE.match(address) is None


def code_address(host: str, path: Sequence[str]) -> str | None:
    """The one spelling of a code repository, model or demonstration."""
    if host in _NOTEBOOKS:
        skipped = _NOTEBOOKS[host]
        if path[skipped - 1 : skipped] and path[skipped - 1] in ("github", "gh"):
            return _joined("github.com", path[skipped : skipped + 2])
        return None
    host = _MIRRORS.get(host, host)
    if host in _TWO_PARTS:
        if host == "github.com" and path and path[0] == "repos":
            path = path[1:]
        return _joined(host, path[:2])
    if host in ("huggingface.co", "modelscope.cn"):
        return _model_address(host, path)
    if host == "git.sr.ht":
        owned = len(path) > 1 and path[0].startswith("~") and _NAME.fullmatch(path[1])
        return f"https://git.sr.ht/{path[0]}/{path[1]}" if owned else None
    if host == "sourceforge.net" or host.endswith(".sourceforge.net"):
        return _at_sourceforge(host, path)
    if host == "code.google.com":
        path = path[1:] if path[:1] == ["archive"] else path
        return _one(path, ("p",), "https://code.google.com/archive/p/")
    if host == "anonymous.4open.science":
        return _one(path, ("r", "repository"), "https://anonymous.4open.science/r/")
    if _GITLAB.search(host):
        # Groups can be nested; "-" parts the repository from its pages.
        upto = next((i for i, part in enumerate(path) if i > 1 and part in _CUT_GITLAB), len(path))
        return _joined(host, path[:upto])
    return None


def data_address(host: str, path: Sequence[str]) -> str | None:
    """The one spelling of a deposit of data: a record, a data set."""
    if host == "zenodo.org":
        return _one(path, ("record", "records"), "https://zenodo.org/records/", r"\d+")
    if host in ("doi.org", "dx.doi.org") and len(path) > 1:
        archived = re.fullmatch(r"zenodo\.(\d+)", path[1], re.IGNORECASE)
        return f"https://zenodo.org/records/{archived.group(1)}" if archived else None
    if host == "figshare.com" and path[:1] == ["articles"]:
        number = next((part for part in path[1:] if part.isdecimal()), None)
        return f"https://figshare.com/articles/{number}" if number else None
    if host == "osf.io":
        named = path and re.fullmatch(r"[a-z0-9]{5}", path[0], re.IGNORECASE)
        return f"https://osf.io/{path[0].lower()}" if named else None
    if host == "kaggle.com" and path[:1] == ["datasets"] and len(path) > 2:
        return _joined(host, path[1:3], "datasets/")
    host = _MIRRORS.get(host, host)
    if host in ("huggingface.co", "modelscope.cn") and path[:1] == ["datasets"]:
        return _joined(host, path[1:3], "datasets/")
    return None


def _model_address(host: str, path: Sequence[str]) -> str | None:
    if path and path[0] in ("spaces", "studios"):
        return _joined(host, path[1:3], f"{path[0]}/")
    if host == "modelscope.cn":
        return _joined(host, path[1:3], "models/") if path[:1] == ["models"] else None
    if path and path[0] == "datasets":
        return None
    return _joined(host, path[:2])


def _at_sourceforge(host: str, path: Sequence[str]) -> str | None:
    start = "https://sourceforge.net/projects/"
    if host != "sourceforge.net":
        name = host.removesuffix(".sourceforge.net")
        return f"{start}{name}" if _NAME.fullmatch(name) and "." not in name else None
    return _one(path, ("projects", "p"), start)


def _one(
    path: Sequence[str], before: Sequence[str], start: str, shape: str = _NAME.pattern
) -> str | None:
    named = len(path) > 1 and path[0] in before and re.fullmatch(shape, path[1])
    return f"{start}{path[1]}" if named else None


def _joined(host: str, path: Sequence[str], start: str = "") -> str | None:
    if len(path) < 2 or path[0].lower() in _NOT_OWNERS:
        return None
    path = [*path[:-1], _CLONE.sub("", path[-1]).rstrip(".,;:")]
    if host == "github.com" and not _OWNER.fullmatch(path[0]):
        return None
    if not all(_NAME.fullmatch(part) and part.strip(".") for part in path):
        return None
    if _PLACEHOLDER.fullmatch(path[0]) or _PLACEHOLDER.fullmatch(path[-1]):
        return None
    return f"https://{host}/{start}{'/'.join(path)}"
