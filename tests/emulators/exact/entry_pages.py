"""Entries by journal, read from the ledger's lines as they are now: nothing of them is kept a second time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import Final

from emulators.exact.derived_orders import DerivedOrders
from emulators.exact.entities import ENTITIES, TRANSACTION_LINES, Entity
from emulators.exact.entry_rows import (
    BANK,
    CASH,
    KIND_OF,
    SHOWN,
    header_of,
    is_line,
    is_statement,
    kind_of,
    line_of,
    place_of,
)
from emulators.exact.recent import Found
from emulators.exact.row import pack, unpack
from emulators.exact.store import Store
from emulators.exact.values import guid_bytes, parsed
from emulators.exact.views import LedgerPages

_CHUNK: Final = 1_000
_JOURNALS: Final = ENTITIES["Journals"]
_CASH: Final = "10"
"""Journals.Type (docs page FinancialJournals)."""
_OPENING: Final = "10"
Balances = dict[bytes, tuple[Decimal, Decimal]]
"""By entry, before and after its statement."""


def is_derived(entity: Entity) -> bool:
    """Whether an entity is made from ledger lines."""
    return entity.name in KIND_OF


class Statements:
    """What each bank and cash journal held before and after its entries; worked out anew when the store changed."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[int, Balances]] = {}

    def of(self, store: Store, pages: LedgerPages, division: int) -> Balances:
        """The balances of a division's statements. Another state than the store's is never remembered."""
        if pages is not store:
            return _balances(pages, division)
        known = self._known.get(division)
        if known is None or known[0] != store.changes:
            self._known[division] = known = store.changes, _balances(pages, division)
        return known[1]


def _balances(pages: LedgerPages, division: int) -> Balances:
    """A journal begins with what its account was opened with; each statement adds its line 0."""
    opened: dict[str, Decimal] = defaultdict(Decimal)
    statements: dict[str, list[list[str]]] = defaultdict(list)
    for values in _lines(pages, division):
        if values[_TYPE] == _OPENING:
            opened[values[_ACCOUNT]] += Decimal(values[_AMOUNT])
        elif is_statement(values):
            statements[values[_JOURNAL]].append(values)
    found: Balances = {}
    for lines in statements.values():
        balance = opened[lines[0][_ACCOUNT]]
        for line in sorted(lines, key=place_of):
            before, balance = balance, balance + Decimal(line[_AMOUNT])
            found[guid_bytes(parsed(line[_ENTRY]))] = before, balance
    return found


def _lines(pages: LedgerPages, division: int) -> Iterator[list[str]]:
    after = -1
    while chunk := pages.page(TRANSACTION_LINES, division, after, _CHUNK):
        yield from (unpack(body) for _, _, body in chunk)
        after = chunk[-1][0]


class EntryPages:
    """Headers and lines of entries over pages of ledger lines; these addresses are no streams, so the pages of
    versions hold nothing of them."""

    def __init__(self, store: Store, pages: LedgerPages, statements: Statements, orders: DerivedOrders) -> None:
        self._store, self._pages, self._statements = store, pages, statements
        self._orders = orders if pages is store else DerivedOrders()
        self._cash: dict[int, frozenset[str]] = {}

    def page(self, entity: Entity, division: int, after: int, limit: int) -> list[Found]:
        return []

    def page_from(self, entity: Entity, division: int, after: int, skip: int, limit: int) -> list[Found]:
        return []

    def page_by_id(self, entity: Entity, division: int, above: int, after: bytes, limit: int) -> list[Found]:
        return list(islice(self._all(entity, division, after), limit))

    def page_by_place(self, entity: Entity, division: int, order: str, after: bytes, limit: int) -> list[Found]:
        wanted = entity.name, division, order
        keys = self._orders.ids(self._store, wanted, lambda: self._all(entity, division, b""), after, limit)
        return [found for found in (self.of_key(entity, division, key) for key in keys) if found]

    def number(self, entity: Entity, division: int, above: int) -> int:
        return sum(1 for _ in self._all(entity, division, b""))

    def _all(self, entity: Entity, division: int, after: bytes) -> Iterator[Found]:
        kind = KIND_OF[entity.name]
        return (self._headers if entity is SHOWN[kind].header else self._lines)(kind, division, after)

    def of_key(self, entity: Entity, division: int, key: bytes) -> Found | None:
        kind = KIND_OF[entity.name]
        if entity is SHOWN[kind].header:
            return self._header(kind, division, key)
        line = self._pages.of_key(TRANSACTION_LINES, division, key)
        return self._line(kind, division, line) if line else None

    def of_parent(self, entity: Entity, division: int, parent: bytes) -> list[Found]:
        kind = KIND_OF[entity.name]
        if entity is SHOWN[kind].header:
            return []
        lines = self._pages.of_parent(TRANSACTION_LINES, division, parent)
        return [found for found in (self._line(kind, division, line) for line in lines) if found]

    def _headers(self, kind: str, division: int, after: bytes) -> Iterator[Found]:
        while keys := self._pages.parents(TRANSACTION_LINES, division, after, _CHUNK):
            yield from (found for found in (self._header(kind, division, key) for key in keys) if found)
            after = keys[-1]

    def _lines(self, kind: str, division: int, after: bytes) -> Iterator[Found]:
        while lines := self._pages.page_by_id(TRANSACTION_LINES, division, -1, after, _CHUNK):
            yield from (found for found in (self._line(kind, division, line) for line in lines) if found)
            after = lines[-1][1]

    def _header(self, kind: str, division: int, key: bytes) -> Found | None:
        lines = self._pages.of_parent(TRANSACTION_LINES, division, key)
        values = [unpack(body) for _, _, body in lines]
        if not values or kind_of(values[0], self._cash_journals(division)) != kind:
            return None
        balances = None
        if kind in (BANK, CASH):
            balances = self._statements.of(self._store, self._pages, division).get(key)
        return max(version for version, _, _ in lines), key, pack(header_of(kind, values, balances))

    def _line(self, kind: str, division: int, line: Found) -> Found | None:
        values = unpack(line[2])
        if kind_of(values, self._cash_journals(division)) != kind or not is_line(kind, values):
            return None
        return line[0], line[1], pack(line_of(kind, values))

    def _cash_journals(self, division: int) -> frozenset[str]:
        """The codes of a division's cash journals, as JSON texts."""
        if division not in self._cash:
            code, kind = _JOURNALS.at("Code"), _JOURNALS.at("Type")
            rows = self._store.rows(_JOURNALS, division)
            self._cash[division] = frozenset(row.values[code] for row in rows if row.values[kind] == _CASH)
        return self._cash[division]


_TYPE, _ACCOUNT, _JOURNAL, _AMOUNT, _ENTRY = map(
    TRANSACTION_LINES.at, ("Type", "GLAccount", "JournalCode", "AmountDC", "EntryID")
)
