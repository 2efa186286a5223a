"""Holds what a table should hold against what it does, row by row and by the controls of a ledger.

Of each row only a digest is kept, so that the rows of a large company fit beside everything else on one machine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import blake2b
from operator import add
from typing import Any, Protocol

from oracle.tables import Row, Table

SIGN = "_sign"
COMPANY, PERIOD, SIDE = "Company Key", "Period Key", "Side Code"
ZERO = Decimal(0)

Group = tuple[int | Decimal, ...]
"""How many rows count, then the sum of each amount in ten-thousandths."""

Sums = Mapping[str, Mapping[Row, Decimal]]
"""Each control by its name: what it comes to in each of the finest groups."""


@dataclass(frozen=True)
class Control:
    """A control total on both sides. `difference` sums absolute differences over the finest groups."""

    name: str
    source: Decimal
    sink: Decimal
    difference: Decimal


@dataclass(frozen=True)
class Verdict:
    """A table held against the oracle. `lost` rows should be there and are not; `surplus` rows are there too often."""

    table: str
    mode: str
    source_rows: int
    sink_rows: int
    lost: int
    surplus: int
    amounts_off: int
    controls: tuple[Control, ...]

    @property
    def equal(self) -> bool:
        """Not a row and not a cent differs."""
        return not (self.lost or self.surplus or self.amounts_off or any(one.difference for one in self.controls))


class Net:
    """A table's rows in groups of equal attributes: how many count, and what their amounts sum to."""

    def __init__(self, table: Table) -> None:
        self.rows = 0
        self.groups: dict[bytes, Group] = {}
        self.totals = _totals_of(table)

    def add(self, attributes: Row, amounts: Row, sign: int) -> None:
        """Add a row as it stands: the amounts of a reversal are negated already."""
        self.rows += sign
        self.totals.add(attributes, amounts, sign)
        key, added = _digest(attributes), (sign, *map(_units, amounts))
        group = self.groups.get(key)
        self.groups[key] = added if group is None else tuple(map(add, group, added))


def _digest(attributes: Row) -> bytes:
    """16 bytes that stand for these values; numbers that are equal have one form."""
    plain = tuple(
        value if value is None or isinstance(value, str | bool) else (Decimal(value) + 0).normalize()
        for value in attributes
    )
    return blake2b(repr(plain).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _units(amount: Decimal) -> int | Decimal:
    """In ten-thousandths, as an integer wherever it is one."""
    scaled = amount.scaleb(4)
    whole = int(scaled)
    return whole if whole == scaled else scaled


def of_source(table: Table, rows: Iterable[Row]) -> Net:
    """What the table should hold."""
    width = len(table.attributes)
    net = Net(table)
    for row in rows:
        net.add(row[:width], row[width:], 1)
    return net


def of_sink(table: Table, rows: Iterable[Mapping[str, Any]]) -> Net:
    """What the table holds, from rows as they were posted."""
    net = Net(table)
    for row in rows:
        net.add(*split(table, row))
    return net


def split(table: Table, row: Mapping[str, Any]) -> tuple[Row, Row, int]:
    """A posted row's attributes, its amounts and its sign."""
    amounts = tuple(Decimal(row[name]) for name in table.amounts)
    return tuple(row.get(name) for name in table.attributes), amounts, row[SIGN]


def compare(table: Table, source: Net, sink: Net) -> Verdict:
    """Every group of equal attributes must count the same rows and sum to the same amounts on both sides."""
    lost = surplus = amounts_off = 0
    nothing = (0,) * (1 + len(table.amounts))
    for key in source.groups.keys() | sink.groups.keys():
        ours, theirs = source.groups.get(key, nothing), sink.groups.get(key, nothing)
        off = int(ours[0] - theirs[0])
        lost += max(off, 0)
        surplus += max(-off, 0)
        amounts_off += ours[1:] != theirs[1:]
    controls = _controls(source.totals.by_name(), sink.totals.by_name())
    return Verdict(table.name, table.mode, source.rows, sink.rows, lost, surplus, amounts_off, controls)


class Totals(Protocol):
    """Adds up the controls of a table over its finest groups."""

    def add(self, attributes: Row, amounts: Row, sign: int) -> None:
        """Add a row as it stands."""

    def by_name(self) -> Sums:
        """What they come to."""


def _totals_of(table: Table) -> Totals:
    return LedgerTotals(table) if SIDE in table.attributes else AmountTotals(table)


class AmountTotals:
    """Each amount by company and, where there is one, period."""

    def __init__(self, table: Table) -> None:
        self._at = [table.attributes.index(name) for name in (COMPANY, PERIOD) if name in table.attributes]
        self._sums: dict[str, dict[Row, Decimal]] = {name: defaultdict(Decimal) for name in table.amounts}

    def add(self, attributes: Row, amounts: Row, sign: int) -> None:
        """Add a row as it stands."""
        group = tuple(attributes[n] for n in self._at)
        for sums, value in zip(self._sums.values(), amounts, strict=True):
            sums[group] += value

    def by_name(self) -> Sums:
        """Each amount's sums."""
        return self._sums


@dataclass
class _LedgerGroup:
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    lines: int = 0
    entries: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def values(self) -> dict[str, Decimal]:
        entries = sum(1 for lines in self.entries.values() if lines > 0)
        return {"debit": self.debit, "credit": self.credit, "lines": Decimal(self.lines), "entries": Decimal(entries)}


class LedgerTotals:
    """Debit, credit, lines and entries by company, period and account: a ledger's plain sum is always zero."""

    def __init__(self, table: Table) -> None:
        at = table.attributes.index
        self._keys = (at(COMPANY), at(PERIOD), at("GL Account Key"))
        self._side, self._entry = at(SIDE), at("Entry Key")
        self._groups: dict[Row, _LedgerGroup] = defaultdict(_LedgerGroup)

    def add(self, attributes: Row, amounts: Row, sign: int) -> None:
        """Add a row as it stands; its first amount is what was booked."""
        group = self._groups[tuple(attributes[n] for n in self._keys)]
        group.debit += amounts[0] if attributes[self._side] == "D" else ZERO
        group.credit -= amounts[0] if attributes[self._side] == "C" else ZERO
        group.lines += sign
        group.entries[attributes[self._entry]] += sign

    def by_name(self) -> Sums:
        """The four controls."""
        of_groups = {key: group.values() for key, group in self._groups.items()}
        return {name: {key: one[name] for key, one in of_groups.items()} for name in _LedgerGroup().values()}


def _controls(ours: Sums, theirs: Sums) -> tuple[Control, ...]:
    return tuple(_control(name, ours[name], theirs[name]) for name in ours)


def _control(name: str, ours: Mapping[Row, Decimal], theirs: Mapping[Row, Decimal]) -> Control:
    difference = sum((abs(ours.get(key, ZERO) - theirs.get(key, ZERO)) for key in ours.keys() | theirs.keys()), ZERO)
    return Control(name, sum(ours.values(), ZERO), sum(theirs.values(), ZERO), difference)
