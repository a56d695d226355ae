"""A real server on a free port, and the system's Chromium to look at it with."""

import re
import shutil
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, Response, sync_playwright

from broadsheet.domain.access import OWNER
from broadsheet.domain.services import Services
from broadsheet.home import Home
from broadsheet.web.app import create_app
from broadsheet.wiring import open_services, starter_library

HERE = Path(__file__).parent
AXE = HERE / "node_modules/axe-core/axe.min.js"
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """The library behind the pages: that of a reader after the first start."""
    home = Home(tmp_path_factory.mktemp("home")).create()
    with open_services(home) as services:
        with starter_library() as starter:
            services.library.import_paths(OWNER, [str(starter)])
        yield services


@pytest.fixture(scope="session")
def address(library: Services) -> Iterator[str]:
    """Address of the server, "http://127.0.0.1:PORT"."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(create_app(library), log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine; `make browser` says how to get it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Witness:
    """Events behind the page: its requests, and the console's messages."""

    requests: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("response", self._hear)
        page.on("console", lambda message: self._read(message.text))
        page.on("pageerror", lambda error: self.console.append(str(error)))

    def _hear(self, response: Response) -> None:
        # A page may be missing on purpose, but not its resources.
        if response.status >= 400 and response.request.resource_type != "document":
            self.console.append(f"{response.status} {response.url}")

    def _read(self, text: str) -> None:
        if not text.startswith("Failed to load resource"):
            self.console.append(text)

    def foreign(self, address: str) -> list[str]:
        """Requests that left this server."""
        return [url for url in self.requests if not re.match(rf"{re.escape(address)}/|data:", url)]


@pytest.fixture
def witness() -> Witness:
    return Witness()


@pytest.fixture
def context(browser: Browser, address: str) -> Iterator[BrowserContext]:
    with browser.new_context(base_url=address, viewport={"width": 1280, "height": 900}) as context:
        yield context


@pytest.fixture
def page(context: BrowserContext, witness: Witness, address: str) -> Iterator[Page]:
    """A page whose every request must stay on this machine and whose console must stay silent."""
    page = context.new_page()
    witness.watch(page)
    yield page
    assert witness.foreign(address) == []
    assert witness.console == []


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed; `make browser` installs it")
    return AXE.read_text(encoding="utf-8")
