"""Fills a division from seeded books, and numbers every record with a rowversion."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from emulators.books.ledger import Ledger
from emulators.exact.entities import COST_CENTERS, GL_ACCOUNTS, TRANSACTION_LINES
from emulators.exact.render import Render
from emulators.exact.row import pack
from emulators.exact.store import Store
from emulators.exact.values import guid_bytes, int64

_FIRST_VERSION: Final = 5_000_000_000
"""Above 2^32: rowversions of a shared database are large."""
_LARGEST_GAP: Final = 4
_DATABASE: Final = 100_000_000
"""Numbers that each database beside the first has for itself, every next one below the one before."""
_DATABASES: Final = 40
_ACCOUNTS_CREATED: Final = int(datetime(2023, 12, 1, 9, 30, tzinfo=UTC).timestamp() * 1000)


class Rowversions:
    """A database's counter: every change takes a higher number, and others take numbers in between."""

    def __init__(self, seed: int | str, first: int = _FIRST_VERSION) -> None:
        self._seed = seed
        self._dice = random.Random(f"rowversions {seed}")
        self._moves = 0
        self._elsewhere: dict[int, Rowversions] = {}
        self.last = first

    def next(self, division: int | None = None) -> int:
        """The next number of the database that the division is in; the site's first database without one."""
        elsewhere = self._elsewhere.get(division) if division is not None else None
        if elsewhere is not None:
            return elsewhere.next()
        self.last += 1 + int(self._dice.random() * _LARGEST_GAP)
        return self.last

    def move(self, division: int) -> None:
        """Number the division by another database's counter, lower than each before; ValueError after many moves."""
        if self._moves == _DATABASES:
            raise ValueError(f"{_DATABASES} moves are enough")
        self._moves += 1
        first = _FIRST_VERSION - self._moves * _DATABASE
        self._elsewhere[division] = Rowversions(f"{self._seed} {self._moves}", first)


def fill(store: Store, division: int, ledger: Ledger, render: Render, versions: Rowversions, at: float) -> None:
    """Load accounts, cost centres and all entries; `at` is when Exact is said to have stored them."""
    makers = ledger.makers
    accounts = ((one.id, None, render.account(one, _ACCOUNTS_CREATED)) for one in makers.accounts)
    centers = ((one.id, None, render.cost_center(one)) for one in makers.cost_centers)

    def rows(
        records: Iterator[tuple[str, str | None, list[str]]], stamp: int | None
    ) -> Iterator[tuple[int, int, bytes, bytes | None, float, str]]:
        for key, parent, record in records:
            version = versions.next()
            if stamp is not None:
                record[stamp] = int64(version)
            yield version, division, guid_bytes(key), parent and guid_bytes(parent), at, pack(record)  # type: ignore[misc]

    store.load(GL_ACCOUNTS, rows(accounts, GL_ACCOUNTS.at("Timestamp")))
    store.load(COST_CENTERS, rows(centers, None))
    lines = ((key, entry.id, record) for entry in ledger.entries() for key, record in render.lines(entry))
    store.load(TRANSACTION_LINES, rows(lines, TRANSACTION_LINES.at("Timestamp")))
