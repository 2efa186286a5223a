"""Holds what a table should hold against what it does, row by row and by the controls of a ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from sys import intern
from typing import Any

from oracle.tables import Row, Table

SIGN = "_sign"
COMPANY, PERIOD, SIDE = "Company Key", "Period Key", "Side Code"
ZERO = Decimal(0)


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
    """Rows by their attributes: how many count, and what their amounts sum to."""

    def __init__(self, amounts: int) -> None:
        self.counts: dict[Row, int] = defaultdict(int)
        self.sums: dict[Row, list[Decimal]] = defaultdict(lambda: [ZERO] * amounts)

    def add(self, attributes: Row, amounts: Row, sign: int) -> None:
        """Add a row as it stands: the amounts of a reversal are negated already."""
        # Most texts stand in many rows, and in both sides: one copy of each is what lets a million rows be held.
        attributes = tuple(intern(value) if type(value) is str else value for value in attributes)
        self.counts[attributes] += sign
        if amounts:
            sums = self.sums[attributes]
            for n, value in enumerate(amounts):
                sums[n] += value


def of_source(table: Table, rows: Iterable[Row]) -> Net:
    """What the table should hold."""
    width = len(table.attributes)
    net = Net(len(table.amounts))
    for row in rows:
        net.add(row[:width], row[width:], 1)
    return net


def of_sink(table: Table, rows: Iterable[Mapping[str, Any]]) -> Net:
    """What the table holds, from rows as they were posted."""
    net = Net(len(table.amounts))
    for row in rows:
        net.add(*split(table, row))
    return net


def split(table: Table, row: Mapping[str, Any]) -> tuple[Row, Row, int]:
    """A posted row's attributes, its amounts and its sign."""
    amounts = tuple(Decimal(row[name]) for name in table.amounts)
    return tuple(row[name] for name in table.attributes), amounts, row[SIGN]


def compare(table: Table, source: Net, sink: Net) -> Verdict:
    """Every group of equal attributes must count the same rows and sum to the same amounts on both sides."""
    lost = surplus = amounts_off = 0
    for attributes in source.counts.keys() | sink.counts.keys():
        off = source.counts.get(attributes, 0) - sink.counts.get(attributes, 0)
        lost += max(off, 0)
        surplus += max(-off, 0)
        amounts_off += source.sums.get(attributes, _nothing(table)) != sink.sums.get(attributes, _nothing(table))
    controls = controls_of(table, source, sink)
    rows = (sum(source.counts.values()), sum(sink.counts.values()))
    return Verdict(table.name, table.mode, *rows, lost, surplus, amounts_off if table.amounts else 0, controls)


def _nothing(table: Table) -> list[Decimal]:
    return [ZERO] * len(table.amounts)


@dataclass
class _Group:
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    lines: int = 0
    entries: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def values(self) -> dict[str, Decimal]:
        entries = sum(1 for lines in self.entries.values() if lines > 0)
        return {"debit": self.debit, "credit": self.credit, "lines": Decimal(self.lines), "entries": Decimal(entries)}


def controls_of(table: Table, source: Net, sink: Net) -> tuple[Control, ...]:
    """A ledger's own controls; of other facts each amount by company and, where there is one, period."""
    if not table.amounts:
        return ()
    if SIDE in table.attributes:
        return ledger_controls(table, source, sink)
    at = [table.attributes.index(name) for name in (COMPANY, PERIOD) if name in table.attributes]
    return tuple(_control(name, _sums(source, at, n), _sums(sink, at, n)) for n, name in enumerate(table.amounts))


def _sums(net: Net, at: list[int], amount: int) -> dict[Row, Decimal]:
    found: dict[Row, Decimal] = defaultdict(Decimal)
    for attributes, sums in net.sums.items():
        found[tuple(attributes[n] for n in at)] += sums[amount]
    return found


def _control(name: str, ours: Mapping[Row, Decimal], theirs: Mapping[Row, Decimal]) -> Control:
    difference = sum((abs(ours.get(key, ZERO) - theirs.get(key, ZERO)) for key in ours.keys() | theirs.keys()), ZERO)
    return Control(name, sum(ours.values(), ZERO), sum(theirs.values(), ZERO), difference)


def ledger_controls(table: Table, source: Net, sink: Net) -> tuple[Control, ...]:
    """Debit, credit, lines and entries per company, period and account: a ledger's plain sum is always zero."""
    ours, theirs = _groups(table, source), _groups(table, sink)
    controls = []
    for name in _Group().values():
        both = [{group: one.values()[name] for group, one in groups.items()} for groups in (ours, theirs)]
        controls.append(_control(name, *both))
    return tuple(controls)


def _groups(table: Table, net: Net) -> dict[Row, _Group]:
    at = table.attributes.index
    keys = (at(COMPANY), at(PERIOD), at("GL Account Key"))
    side, entry = at(SIDE), at("Entry Key")
    groups: dict[Row, _Group] = defaultdict(_Group)
    for attributes, count in net.counts.items():
        group = groups[tuple(attributes[n] for n in keys)]
        booked = net.sums[attributes][0]
        group.debit += booked if attributes[side] == "D" else ZERO
        group.credit += -booked if attributes[side] == "C" else ZERO
        group.lines += count
        group.entries[attributes[entry]] += count
    return groups
