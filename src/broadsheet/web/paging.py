"""Page numbers: parse them from an address, and lay out a list of pages."""

from dataclasses import dataclass

from starlette.exceptions import HTTPException

_LARGEST = 100_000


@dataclass(frozen=True, slots=True)
class Paging:
    """Page ``number`` (from 1) of ``total`` things, ``size`` to a page."""

    number: int
    size: int
    total: int

    @property
    def pages(self) -> int:
        """How many pages there are; an empty list has one."""
        return max(1, -(-self.total // self.size))

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size

    @property
    def last(self) -> int:
        """Place of the last thing on this page, counted from 1."""
        return min(self.offset + self.size, self.total)

    def shown(self) -> list[int]:
        """The page numbers to offer: first, last and those around; 0 for a gap."""
        near = {1, self.pages, *range(self.number - 1, self.number + 2)}
        numbers: list[int] = []
        for number in sorted(n for n in near if 1 <= n <= self.pages):
            if numbers and number - numbers[-1] == 2:
                numbers.append(number - 1)
            elif numbers and number - numbers[-1] > 2:
                numbers.append(0)
            numbers.append(number)
        return numbers


def parse_page(text: str) -> int:
    """Parse a page number from an address. Raises 404 for anything else."""
    if not text:
        return 1
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:7]) <= _LARGEST):
        raise HTTPException(404, f"“{text[:40]}” is not a page number.")
    return int(text)
