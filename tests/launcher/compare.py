"""Both sides of a dataset, compared: what Exact's records make of each table, and what Power BI holds.

Rows count by `_sign`. A plain sum over a ledger is always zero, so the ledger's controls are debit, credit, lines and
entries, and their difference is the sum of absolute differences over company, period and account.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

SIGN = "_sign"
TECHNICAL = frozenset({"_row", "_batch", "_ord", SIGN})
LEDGER = "GL Lines"
CELL = ("Company Key", "Period Key", "GL Account Key")
CENT = Decimal("0.01")
LEDGER_CONTROLS = ("debit", "credit", "lines", "entries")

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Control:
    """A total on both sides. Money has two decimals, counts none."""

    name: str
    source: str
    sink: str
    difference: str

    @property
    def is_equal(self) -> bool:
        return Decimal(self.difference) == 0


@dataclass(frozen=True)
class Table:
    """A compared table."""

    table: str
    mode: str
    source_rows: int
    sink_rows: int
    controls: list[Control]

    @property
    def is_equal(self) -> bool:
        return self.source_rows == self.sink_rows and all(control.is_equal for control in self.controls)


@dataclass
class Cell:
    """The ledger's totals for one company, period and account."""

    debit: Decimal = Decimal(0)
    credit: Decimal = Decimal(0)
    lines: int = 0
    by_entry: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def entries(self) -> int:
        return sum(1 for lines in self.by_entry.values() if lines > 0)


@dataclass
class Side:
    """One side of a table, folded: rows in all, the content of each row, and the ledger's cells."""

    rows: int = 0
    content: dict[bytes, tuple[int, tuple[Decimal, ...]]] = field(default_factory=dict)
    cells: dict[tuple[str, ...], Cell] = field(default_factory=lambda: defaultdict(Cell))


def compare(table: str, mode: str, additive: tuple[str, ...], source: Iterable[Row], sink: Iterable[Row]) -> Table:
    """Fold both sides and set them against each other. `additive`: the columns that a reversal negates."""
    ours, theirs = fold(table, additive, source), fold(table, additive, sink)
    controls = [_content(ours, theirs)]
    if table == LEDGER:
        controls = [*(_ledger(name, ours, theirs) for name in LEDGER_CONTROLS), *controls]
    return Table(table, mode, ours.rows, theirs.rows, controls)


def fold(table: str, additive: tuple[str, ...], rows: Iterable[Row]) -> Side:
    """Sum rows by `_sign` (1 where there is none); what cancels is gone."""
    side = Side()
    for row in rows:
        sign = int(row.get(SIGN, 1))
        side.rows += sign
        amounts = tuple(Decimal(str(row.get(name) or 0)) for name in additive)
        _add_content(side, row, additive, sign, amounts)
        if table == LEDGER:
            _add_cell(side.cells[tuple(str(row.get(name)) for name in CELL)], row, sign)
    return side


def _add_content(side: Side, row: Row, additive: tuple[str, ...], sign: int, amounts: tuple[Decimal, ...]) -> None:
    told = {
        name: value
        for name, value in row.items()
        if name not in TECHNICAL and name not in additive and value is not None
    }
    key = hashlib.blake2b(json.dumps(told, sort_keys=True, default=_text).encode(), digest_size=16).digest()
    count, sums = side.content.get(key, (0, (Decimal(0),) * len(additive)))
    count, sums = count + sign, tuple(a + b for a, b in zip(sums, amounts, strict=True))
    if count or any(sums):
        side.content[key] = (count, sums)
    else:
        side.content.pop(key, None)


def _text(value: object) -> str:
    """Decimals by their value: 1.50 and 1.5 are one."""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def _add_cell(cell: Cell, row: Row, sign: int) -> None:
    amount = Decimal(str(row.get("_Amount") or 0))
    if row.get("Side Code") == "C":
        cell.credit -= amount
    else:
        cell.debit += amount
    cell.lines += sign
    cell.by_entry[str(row.get("Entry Key"))] += sign


def _ledger(name: str, source: Side, sink: Side) -> Control:
    pairs = list(_pairs(name, source, sink))
    totals = (sum(a for a, _ in pairs), sum(b for _, b in pairs), sum(abs(a - b) for a, b in pairs))
    return Control(name, *(_shown(name, total) for total in totals))


def _pairs(name: str, source: Side, sink: Side) -> Iterator[tuple[Decimal, Decimal]]:
    for key in source.cells.keys() | sink.cells.keys():
        yield tuple(Decimal(getattr(side.cells.get(key) or Cell(), name)) for side in (source, sink))  # type: ignore[misc]


def _shown(name: str, total: Decimal | int) -> str:
    exact = Decimal(total)
    if name not in ("debit", "credit"):
        return f"{exact:.0f}"
    return f"{exact:.2f}" if exact == exact.quantize(CENT) else f"{exact.normalize():f}"


def _content(source: Side, sink: Side) -> Control:
    """How many distinct rows, by all their columns, stand on one side only or with another amount."""
    differing = sum(
        source.content.get(key) != sink.content.get(key) for key in source.content.keys() | sink.content.keys()
    )
    return Control("distinct_rows", str(len(source.content)), str(len(sink.content)), str(differing))
