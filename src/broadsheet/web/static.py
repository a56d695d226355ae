"""Style sheet, script and icon, served under names that hold their content's hash."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import PurePosixPath

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_FOREVER = "public, max-age=31536000, immutable"

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file as served. ``path`` changes with its content, so it may be kept for ever."""

    path: str
    content: bytes
    media_type: str


def _load() -> Mapping[str, StaticFile]:
    """Every static file by its plain name."""
    files = {}
    for entry in resources.files("broadsheet.web").joinpath("static").iterdir():
        name = PurePosixPath(entry.name)
        if name.suffix not in _MEDIA_TYPES:
            continue
        content = entry.read_bytes()
        digest = hashlib.sha256(content).hexdigest()[:12]
        path = f"/static/{name.stem}.{digest}{name.suffix}"
        files[entry.name] = StaticFile(path, content, _MEDIA_TYPES[name.suffix])
    return files


_FILES = _load()
_BY_PATH = {file.path: file for file in _FILES.values()}


def static_path(name: str) -> str:
    """The address of a static file. Raises KeyError for one that is not shipped."""
    return _FILES[name].path


@router.api_route("/static/{name}", methods=["GET", "HEAD"])
def static_file(name: str) -> Response:
    """A file under its hashed name."""
    file = _BY_PATH.get(f"/static/{name}")
    if file is None:
        raise HTTPException(404)
    return Response(file.content, media_type=file.media_type, headers={"Cache-Control": _FOREVER})


@router.api_route("/favicon.ico", methods=["GET", "HEAD"])
def favicon() -> Response:
    """For browsers that ask without reading the page."""
    return RedirectResponse(static_path("favicon.svg"), 302)
