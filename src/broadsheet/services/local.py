"""All services over one library on this machine."""

from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self

from broadsheet.domain.services import Services

if TYPE_CHECKING:
    from broadsheet.services.search import LocalSearchService


@dataclass(frozen=True)
class LocalServices(Services):
    """Services over an open library. Thread-safe; close it, or use it as a context manager."""

    search: "LocalSearchService"
    close: Callable[[], None]
    """Stop the background and release files."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
