"""How a number of records is shared out over the companies of the group, and over their months."""

from __future__ import annotations

from datetime import date
from typing import Final

from emulators.books.bookkeeping import Extent
from emulators.books.company import Company

_FULL: Final = 10_000
"""From so many records on, every month has everything that comes back monthly."""
_SMALLEST_WITH_TRAPS: Final = 500
_OPERATIONS, _OPERATIONS_OF_FEW = 0.42, 0.25
_LEDGER: Final = 0.48
"""Payment terms make up the rest."""
_LINES_OF_A_PERSON: Final = 3
_PAYROLL: Final = 0.04
_RECENT: Final = 2


def extents(size: int, companies: list[Company]) -> tuple[int, dict[str, Extent]]:
    """About `size` records: how many operational ones over the group, and each company's books."""
    records = int(size * (_OPERATIONS if size >= _FULL else _OPERATIONS_OF_FEW))
    lived = {one.key: one.profile.weight * len(one.months) for one in companies}
    whole = sum(lived.values())
    found = {}
    for one in companies:
        lines = int(size * _LEDGER * lived[one.key] / whole)
        people = max(
            0 if one.holding and size < _FULL else 1, int(lines * _PAYROLL) // (_LINES_OF_A_PERSON * len(one.months))
        )
        odd = size if one.module and size >= _SMALLEST_WITH_TRAPS else None
        found[one.key] = Extent(lines, people, _active(size, one), odd, size >= _SMALLEST_WITH_TRAPS)
    return records, found


def _active(size: int, company: Company) -> frozenset[tuple[int, int]]:
    """All months, or where there is little to spread the last ones, and those around the ends of years."""
    if size >= _FULL:
        return frozenset(company.months)
    if size < _SMALLEST_WITH_TRAPS:
        return frozenset()
    ends = {month for at, month in enumerate(company.months) if company.period_of(date(*month, 1))[1] in (1, 12) and at}
    return frozenset(ends | set(company.months[-_RECENT:]))
