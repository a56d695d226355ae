"""Pages for principals who may not see everything."""

import pytest
from fake_library import FakeLibrary

from broadsheet.domain.access import Principal, require
from broadsheet.web import about, settings
from broadsheet.web.app import create_app
from browsing import open_browser


class Guarded(FakeLibrary):
    def status(self, principal: Principal):
        require(principal, "view_operations")
        return super().status(principal)

    def statuses(self, principal: Principal):
        require(principal, "view_operations")
        return super().statuses(principal)


@pytest.mark.parametrize(
    ("role", "code", "title"),
    [("anonymous", 401, "Sign in first"), ("member", 403, "Not open to you"), ("owner", 200, "")],
)
@pytest.mark.parametrize("path", ["/status", "/settings/sources"])
def test_operations_are_for_curators(
    monkeypatch: pytest.MonkeyPatch, role: str, code: int, title: str, path: str
) -> None:
    principal = Principal("x", "Ada", role)  # type: ignore[arg-type]
    for module in (about, settings):
        monkeypatch.setattr(module, "principal_of", lambda request: principal)
    answer = open_browser(create_app(Guarded([]).services)).get(path)
    assert answer.status_code == code
    assert title in answer.text
