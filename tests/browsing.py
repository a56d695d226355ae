"""A browser for tests: its requests come from our own pages."""

from typing import Any

from starlette.testclient import TestClient
from starlette.types import ASGIApp

ADDRESS = "http://localhost"


def open_browser(app: ASGIApp, **options: Any) -> TestClient:
    """A client at a known host; ``options`` as of TestClient."""
    return TestClient(app, base_url=ADDRESS, headers={"Origin": ADDRESS}, **options)
