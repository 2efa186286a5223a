"""What a comparison of a table's two sides found: its controls, the keys that differ, and the text. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

Sums = tuple[int, ...]
"""Rows, and each additive column in units of 0.0001."""
BySums = Mapping[str, Sums]
"""By a column's values."""

KEYS_NAMED: Final = 5
"""Of a column's keys that differ, so many are named."""


@dataclass(frozen=True)
class Control:
    """A sum on both sides, in units of 0.0001."""

    name: str
    wanted: int
    held: int

    @property
    def proves(self) -> bool:
        """Whether the sum says anything: one that is zero on both sides would be so for an empty table too."""
        return self.wanted != 0 or self.held != 0

    def fields(self) -> dict[str, str]:
        """As `--json` has it."""
        return {
            "name": self.name,
            "wanted": amount(self.wanted),
            "sink": amount(self.held),
            "difference": amount(self.held - self.wanted),
        }


@dataclass(frozen=True)
class KeysDiffer:
    """The values of a column whose rows or sums differ, in order."""

    column: str
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Verified:
    """A table's two sides. `split`: the first additive column by the values of the table's control column.

    `replaced_since`: when its rows began to be replaced, while they are; until then a difference is no finding.
    """

    table: str
    additive: tuple[str, ...]
    wanted: Sums
    held: Sums
    split: tuple[Control, ...] = ()
    differing: tuple[KeysDiffer, ...] = ()
    replaced_since: datetime | None = None

    @property
    def ok(self) -> bool:
        """Whether there is no finding."""
        return self.state != "differs"

    @property
    def state(self) -> str:
        """`equal`, `replacing` or `differs`."""
        if self.wanted == self.held and not self.differing:
            return "equal"
        return "replacing" if self.replaced_since else "differs"

    @property
    def sums(self) -> tuple[Control, ...]:
        """Of each additive column."""
        return tuple(map(Control, self.additive, self.wanted[1:], self.held[1:]))

    @property
    def control(self) -> Control | None:
        """The sum to show for the table: a part of the split if there is one, else the first that is not zero."""
        return next((control for control in (*self.split, *self.sums) if control.proves), None)

    def fields(self) -> dict[str, Any]:
        """The table's object in `--json`; `wanted_sum` and `sink_sum` are those of `control`, all are in `sums`."""
        control = self.control or Control("", 0, 0)
        return {
            "table": self.table,
            "wanted_rows": self.wanted[0],
            "sink_rows": self.held[0],
            "control": control.name or None,
            "wanted_sum": amount(control.wanted),
            "sink_sum": amount(control.held),
            "ok": self.ok,
            "state": self.state,
            "replaced_since": self.replaced_since.isoformat() if self.replaced_since else None,
            "keys_differ": sum(len(found.keys) for found in self.differing),
            "keys": [{"column": found.column, "first": list(found.keys[:KEYS_NAMED])} for found in self.differing],
            "sums": {sum_.name: {"wanted": amount(sum_.wanted), "sink": amount(sum_.held)} for sum_ in self.sums},
            "controls": [control.fields() for control in (*self.split, *self.sums)],
        }


def split(column: str, additive: str, wanted: BySums, held: BySums) -> tuple[Control, ...]:
    """The first additive column by `column`, the largest first: of a ledger debit, then credit."""
    none = (0, 0)
    controls = [
        Control(f"{additive}, {column} {key or '(blank)'}", wanted.get(key, none)[1], held.get(key, none)[1])
        for key in wanted.keys() | held.keys()
    ]
    return tuple(sorted(controls, key=lambda control: (-control.wanted, control.name)))


def differing(column: str, wanted: BySums, held: BySums, width: int) -> tuple[KeysDiffer, ...]:
    """The keys of a column that differ, if any; `width`: of `Sums`."""
    none = (0,) * width
    keys = [key for key in sorted(wanted.keys() | held.keys()) if wanted.get(key, none) != held.get(key, none)]
    return (KeysDiffer(column, tuple(key or "(blank)" for key in keys)),) if keys else ()


def amount(units: int) -> str:
    """Units of 0.0001 as text."""
    return str(Decimal(units).scaleb(-4).quantize(Decimal("0.0001")))


def text(table: Verified) -> str:
    """For a person: a line, and where it differs one for each thing that does."""
    told = {"equal": "ok", "replacing": f"being replaced since {table.replaced_since}", "differs": "DIFFERS"}
    line = f"{table.table:<24} rows {table.wanted[0]:>10} {table.held[0]:>10}   {told[table.state]}"
    if (control := table.control) is not None:
        line += f"   ({control.name}: {amount(control.wanted)} wanted, {amount(control.held)} in Power BI)"
    return "\n".join([line, *_differences(table)])


def _differences(table: Verified) -> Iterator[str]:
    if table.wanted[0] != table.held[0]:
        rows = table.held[0] - table.wanted[0]
        yield f"    rows: {table.wanted[0]} wanted, {table.held[0]} in Power BI, difference {rows:+}"
    for control in (*table.split, *table.sums):
        if control.wanted != control.held:
            yield (
                f"    {control.name}: {amount(control.wanted)} wanted, {amount(control.held)} in Power BI, "
                f"difference {amount(control.held - control.wanted)}"
            )
    for found in table.differing:
        more = len(found.keys) - KEYS_NAMED
        tail = f" and {more} more" if more > 0 else ""
        yield f"    {found.column} differs for {', '.join(found.keys[:KEYS_NAMED])}{tail}"
