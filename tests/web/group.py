"""A real library with accounts, and browsers of its members."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from broadsheet.api import arxiv, hub, oai, v1
from broadsheet.config import Settings
from broadsheet.domain.access import OWNER
from broadsheet.domain.accounts import AccessMode
from broadsheet.feeds import routes
from broadsheet.home import Home
from broadsheet.services.local import LocalServices
from broadsheet.web.app import create_app
from broadsheet.web.guard import make_site
from broadsheet.web.reference import NativeApi
from broadsheet.wiring import open_services, starter_library
from browsing import open_browser

PASSWORD = "a horse and a staple"
NAMES = {"owner": "Olga", "curator": "Cleo", "member": "Max", "reader": "Rita"}


class Group:
    """The open library of a group with an account in each role."""

    def __init__(self, services: LocalServices, mode: AccessMode, archive_pages: int = 0) -> None:
        self.services = services
        self.app = create_app(
            services,
            site=make_site("127.0.0.1"),
            interfaces=(hub.router, arxiv.router, oai.router, v1.router, routes.router),
            native=NativeApi(v1.PREFIX, v1.compose_problem, v1.describe),
            archive_pages=archive_pages,
        )
        self.mode = mode

    def browser(self, role: str = "anonymous") -> TestClient:
        """A browser that is signed in as the account of this role."""
        client = open_browser(self.app, follow_redirects=False, raise_server_exceptions=False)
        client.headers["Accept"] = "text/html"
        if role != "anonymous" and self.mode != "one":
            answer = client.post("/sign-in", data={"name": NAMES[role], "password": PASSWORD})
            assert answer.status_code == 303, answer.text
        return client


@contextmanager
def open_group(folder: Path, mode: AccessMode, **settings: Any) -> Iterator[Group]:
    """A group over the papers that ship with the program."""
    home = Home(folder).create()
    with open_services(home, Settings(mode=mode, **settings)) as services:
        with starter_library() as path:
            services.library.import_paths(OWNER, [str(path)])
        for role, name in NAMES.items():
            services.accounts.add(OWNER, name, role, PASSWORD)
        yield Group(services, mode, settings.get("archive_pages", 0))


def form_token(client: TestClient, path: str = "/about/ranking") -> str:
    """The token that forms of this browser's session carry; "" without a session."""
    match = re.search(r'name="form-token" value="([0-9a-f]+)"', client.get(path).text)
    return match[1] if match else ""


def send(client: TestClient, path: str, **fields: str):
    """Send a form as a page of the session would."""
    return client.post(path, data={"form-token": form_token(client), **fields})
