"""A whole ledger of a given size: opening, thirty-five months, two closed years, and what is odd."""

from __future__ import annotations

from collections.abc import Iterator

from emulators.books.makers import CLOSING, Makers
from emulators.books.model import Account, Entry
from emulators.books.traps import traps

FIRST_YEAR = 2024
OPEN_YEAR = 2026
OPEN_PERIOD = 11
_SMALLEST_WITH_TRAPS = 500
_SMALLEST_WITH_CLOSING = 1_000
_LONGEST_FILLER = 40
_LEAST = 2
"""An entry has at least two lines, so the last month must have room for one."""


class Ledger:
    """Deterministic books of exactly `size` lines."""

    def __init__(self, seed: int, size: int) -> None:
        if size < _LEAST:
            raise ValueError("a ledger has at least two lines")
        self.makers = Makers(seed)
        self.size = size
        self._used = 0
        self._result: dict[Account, int] = {}

    def entries(self) -> Iterator[Entry]:
        """All entries, in the order in which they were posted."""
        odd = traps(self.makers, self.size) if self.size >= _SMALLEST_WITH_TRAPS else []
        kept = sum(len(entry.lines) for entry in odd)
        closing = len(self.makers.accounts) + 1 if self.size >= _SMALLEST_WITH_CLOSING else 0
        months = [(year, period) for year in range(FIRST_YEAR, OPEN_YEAR + 1) for period in range(1, 13)]
        months = months[: months.index((OPEN_YEAR, OPEN_PERIOD)) + 1]
        if self.size < _SMALLEST_WITH_TRAPS:
            months = months[-1:]
        for at, (year, period) in enumerate(months[:-1], 1):
            most = self.size - kept - closing * (OPEN_YEAR - year) - _LEAST
            yield from self._month(year, period, most * at // len(months), most)
            if period == 12 and closing:
                yield self._close(year)
        yield from (self._count(entry) for entry in odd)
        yield from self._last_month()

    def _month(self, year: int, period: int, until: int, most: int) -> Iterator[Entry]:
        """Entries until `until` lines have been made, never more than `most`."""
        if (year, period) == (FIRST_YEAR, 1):
            yield self._count(self.makers.opening(year))
        paid = False
        while self._used < until:
            entry = self._any(year, period, paid=paid)
            paid = True
            if self._used + len(entry.lines) > most:
                return
            yield self._count(entry)

    def _last_month(self) -> Iterator[Entry]:
        """Entries until the ledger has exactly its size."""
        paid = False
        while room := self.size - self._used:
            entry = self._any(OPEN_YEAR, OPEN_PERIOD, paid=paid)
            paid = True
            if len(entry.lines) > room or room - len(entry.lines) == 1:
                rows = room if room <= _LONGEST_FILLER else _LONGEST_FILLER // 2
                entry = self.makers.memorial(OPEN_YEAR, OPEN_PERIOD, rows)
            yield self._count(entry)

    def _any(self, year: int, period: int, *, paid: bool) -> Entry:
        """The month's wages first, then whatever happens."""
        makers = self.makers
        if not paid:
            entry = makers.payroll(year, period)
        else:
            throw = makers.dice.random()
            if throw < 0.42:
                entry = makers.sale(year, period)
            elif throw < 0.74:
                entry = makers.purchase(year, period)
            elif throw < 0.93:
                entry = makers.bank(year, period)
            else:
                entry = makers.memorial(year, period, 2 + int(makers.dice.random() * 6))
        if (year, period) >= (OPEN_YEAR, OPEN_PERIOD - 1) and makers.dice.random() < 0.5:
            entry.status = 20
        return entry

    def _count(self, entry: Entry) -> Entry:
        self._used += len(entry.lines)
        if entry.type != CLOSING and entry.year < OPEN_YEAR:
            for line in entry.lines:
                if line.account and line.account.balance_type == "W":
                    self._result[line.account] = self._result.get(line.account, 0) + line.amount
        return entry

    def _close(self, year: int) -> Entry:
        entry = self.makers.closing(year, self._result)
        self._result = {}
        return self._count(entry)
