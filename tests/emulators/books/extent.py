"""How a number of records is shared out over the companies of the group, and over their months.

Counted are the records of the big streams: ledger lines, payment terms, rows of sales invoices and of purchase orders,
hours and costs. Master data, budgets, reports and what shows the same once more come on top.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from emulators.books.bookkeeping import Extent
from emulators.books.company import Company
from emulators.books.volume import Volume, volume

SMALLEST: Final = 100
"""Four companies with an opening, an invoice, hours and a fee each have about so many records."""
_WITH_TRAPS, _WITH_YEAR_ENDS, _FULL = 900, 1_800, 8_000
"""From so many records on there are traps, closed years and two whole months; the months that end a year; in
every month everything that comes back monthly."""
_OPENING, _TRAPS, _MONTH = 15, 120, 50
"""The records of an opening with the fees of one month, of the traps and closings, of what comes back in a month."""
_OPERATIONS, _OPERATIONS_OF_FEW = 0.42, 0.37
"""The part of the rest that is documents and hours; their entries and payments are as many again, or a little more."""
_HOLDING: Final = 0.06
_LINES_OF_A_PERSON: Final = 3
_PAYROLL: Final = 0.02
_RECENT, _FILLED, _LAST_PERIOD = 2, 3, 12


def extents(size: int, companies: list[Company]) -> tuple[int, dict[str, Extent]]:
    """About `size` records: how many operational ones over the group, and each company's books. ValueError for fewer
    than the group can have."""
    if size < SMALLEST:
        raise ValueError(f"the group has at least {SMALLEST} records")
    fixed = {one.key: _fixed(size, one) for one in companies}
    rest = max(0, size - sum(fixed.values()))
    part = _OPERATIONS if size >= _FULL else _OPERATIONS_OF_FEW
    work = volume(int(rest * part), companies)
    return work.records, {one.key: _extent(size, one, fixed[one.key], rest, work) for one in companies}


def _extent(size: int, company: Company, fixed: int, rest: int, work: Volume) -> Extent:
    share = _HOLDING if company.holding else (1 - _HOLDING) * work.share(company)
    records = fixed + int(rest * share)
    least = 0 if company.holding and size < _FULL else 1
    people = max(least, int(records * _PAYROLL) // (_LINES_OF_A_PERSON * len(company.months)))
    with_traps = size >= _WITH_TRAPS
    busy = len(work.months(company))
    filled = busy if size >= _FULL else max(1, min(_FILLED, busy // 3))
    traps = size if company.module and with_traps else None
    return Extent(records, people, _active(size, company), filled, traps, with_traps)


def _fixed(size: int, company: Company) -> int:
    """What a company has in any case."""
    traps = _TRAPS if company.module and size >= _WITH_TRAPS else 0
    return _OPENING + traps + _MONTH * len(_active(size, company))


def _active(size: int, company: Company) -> frozenset[tuple[int, int]]:
    """All months, or where there is little to spread the last ones, and those that end a year."""
    if size >= _FULL:
        return frozenset(company.months)
    if size < _WITH_TRAPS:
        return frozenset()
    recent = set(company.months[-_RECENT:])
    if size < _WITH_YEAR_ENDS:
        return frozenset(recent)
    ends = {month for month in company.months if company.period_of(date(*month, 1))[1] == _LAST_PERIOD}
    return frozenset(ends | recent)
