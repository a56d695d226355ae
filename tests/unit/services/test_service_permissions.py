"""Every call of a service that takes a principal refuses one who may not make it."""

import inspect
from pathlib import Path

import pytest

from broadsheet.domain.access import ANONYMOUS, Principal
from broadsheet.domain.errors import ForbiddenError, UnauthorizedError
from broadsheet.domain.services import AdminService, LibraryService, SourceService
from broadsheet.home import Home
from broadsheet.wiring import open_services

READER = Principal("1", "Ada", "reader")


def test_restricted_calls_refuse_visitors_and_readers(tmp_path: Path) -> None:
    """Found by their first parameter, so that a call added later is tested too."""
    refused = 0
    with open_services(Home(tmp_path / "home").create()) as services:
        for service, protocol in (
            (services.library, LibraryService),
            (services.sources, SourceService),
            (services.admin, AdminService),
        ):
            for name, function in inspect.getmembers(protocol, inspect.isfunction):
                call = getattr(service, name, None)
                parameters = list(inspect.signature(function).parameters.values())[1:]
                if name.startswith("_") or not parameters or parameters[0].name != "principal":
                    continue
                others = [
                    None for each in parameters[1:] if each.default is inspect.Parameter.empty
                ]
                with pytest.raises(UnauthorizedError):
                    call(ANONYMOUS, *others)
                with pytest.raises(ForbiddenError):
                    call(READER, *others)
                refused += 1
    assert refused >= 12
