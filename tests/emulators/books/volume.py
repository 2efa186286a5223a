"""How much of everything a group of a given size has: months, rows of each kind in a month, master records."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from emulators.books.firm import Firm

LAST_MONTH: Final = (2026, 11)
LAST_DAY: Final = date(2026, 11, 20)
"""The group's present: the last month is under way."""
EMPLOYEES, PROJECTS = 60, 120
_FULL_MASTERS: Final = 2_000
_GROWING_FROM: Final = 100_000
"""From so many records on master data is complete, and from so many on it grows, with the cube root."""
_LEAST_GROWTH: Final = 0.02
_ROWS_OF_A_MONTH: Final = 120
"""Fewer rows than this in the whole group are not spread over more months."""
_ENTRIES_A_DAY: Final = 2
_WORKING_DAYS: Final = 20
_TIME, _COSTS, _ORDERS = 0.52, 0.04, 0.07
_HOLDING_SHARE: Final = 0.02
_SHARES: Final = (6, 3, 2, 1)
"""What the trading companies do, the first of them most."""


@dataclass(frozen=True)
class Month:
    """Rows that a company makes in one month, by kind."""

    time: int
    costs: int
    sales: int
    orders: int


@dataclass(frozen=True)
class Volume:
    """`records` operational records over the whole group."""

    records: int
    firms: tuple[Firm, ...]

    @property
    def growth(self) -> float:
        """What master data is multiplied by."""
        if self.records < _FULL_MASTERS:
            return max(_LEAST_GROWTH, self.records / _FULL_MASTERS)
        return math.cbrt(max(1.0, self.records / _GROWING_FROM))

    @property
    def trading(self) -> list[Firm]:
        return [one for one in self.firms if not one.holding]

    def months(self, firm: Firm) -> list[tuple[int, int]]:
        """The months in which the company works: the last ones of the group, if there is little to spread."""
        every = sorted({month for one in self.firms for month in one.months})
        kept = set(every[-max(1, min(len(every), self.records // _ROWS_OF_A_MONTH)) :])
        return [month for month in firm.months if month in kept]

    def share(self, firm: Firm) -> float:
        """The company's part of the work."""
        if firm.holding:
            return _HOLDING_SHARE
        parts = {one.key: _SHARES[min(at, len(_SHARES) - 1)] for at, one in enumerate(self.trading)}
        return parts[firm.key] / sum(parts.values())

    def month(self, firm: Firm) -> Month:
        """The rows of each of the company's months."""
        months = len(self.months(firm))
        rows = int(self.records * self.share(firm) / months) if months else 0
        if firm.holding:
            return Month(0, 0, 0, 0)
        orders = int(rows * _ORDERS) if firm.module else 0
        time, costs = int(rows * _TIME), max(1, int(rows * _COSTS))
        return Month(time, costs, rows - time - costs - orders, orders)

    def employees(self, firm: Firm) -> int:
        """Enough of them for the hours, at eight a day."""
        if firm.holding:
            return 2
        least = max(2, round((EMPLOYEES - 2) * min(1.0, self.growth) * self.share(firm)))
        return max(least, self.month(firm).time // (_ENTRIES_A_DAY * _WORKING_DAYS) + 1)

    def projects(self, firm: Firm) -> int:
        return max(3, round(PROJECTS * self.growth * self.share(firm)))


def volume(records: int, firms: Sequence[Firm]) -> Volume:
    return Volume(records, tuple(firms))


def days_of(year: int, month: int) -> list[date]:
    """The working days of a month, up to the group's present."""
    day, found = date(year, month, 1), []
    while day.month == month and day <= LAST_DAY:
        if day.weekday() < 5:
            found.append(day)
        day += timedelta(days=1)
    return found
