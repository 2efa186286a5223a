"""A small model for DAX, written out so that every result can be computed by hand.

Accounts            Lines
Key  Type  Level    Key   No  Amount  Sign  On          Note
a    W     1        a     1   10.00    1    2026-01-31  x
b    B     2        A     2    5.50    1    2026-02-28  X
c    W     blank    b     3   -3.25   -1    2026-02-28  blank
                    z     4    2.00    1    2026-03-31  y
                    blank 5    1.00    1    blank       y

`z` and blank point at no account: they belong to its blank row. Keys and notes are equal without regard to case.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from emulators.powerbi.dax.parser import parse
from emulators.powerbi.dax.run import run
from emulators.powerbi.dax.views import ColumnView, Link, Model, TableView, Texts
from emulators.powerbi.store import TextColumn
from emulators.powerbi.values import BLANK, encode

_KEYS = ["a", "b", "c"]
_ON = ["2026-01-31", "2026-02-28", "2026-02-28", "2026-03-31", None]


def view(table: str, name: str, kind: str, values: Sequence[Any]) -> Callable[[], ColumnView]:
    """A column of values as they are posted."""
    if kind == "String":
        text = TextColumn()
        text.extend(list(values))
        return lambda: ColumnView(table, name, kind, [], -1, lambda: Texts(text.codes, text.texts, text.code))
    codes = encode(kind, [Decimal(str(one)) if isinstance(one, float) else one for one in values])
    assert isinstance(codes, list)
    blank = float("nan") if kind == "Double" else BLANK
    return lambda: ColumnView(table, name, kind, codes, blank if None in values else None)


def table_view(name: str, **columns: tuple[str, Sequence[Any]]) -> TableView:
    """A table of columns: kind and values."""
    size = max(len(values) for _, values in columns.values())
    return TableView(name, size, {one.casefold(): view(name, one, *rest) for one, rest in columns.items()})


def books() -> Model:
    """The model above."""
    accounts = table_view(
        "Accounts", Key=("String", _KEYS), Type=("String", ["W", "B", "W"]), Level=("Int64", [1, 2, None])
    )
    lines = table_view(
        "Lines",
        Key=("String", ["a", "A", "b", "z", None]),
        No=("Int64", [1, 2, 3, 4, 5]),
        Amount=("Decimal", [10, 5.5, -3.25, 2, 1]),
        Sign=("Int64", [1, 1, -1, 1, 1]),
        On=("DateTime", _ON),
        Note=("String", ["x", "X", None, "y", "y"]),
    )
    measures = {"total": "SUM('Lines'[Amount])", "signs": "SUM(Lines[Sign])", "double": "[Total] * 2"}
    return Model({"accounts": accounts, "lines": lines}, measures, [Link("lines", "key", "accounts", "key")])


def evaluated(query: str, model: Model | None = None) -> list[tuple[Any, ...]]:
    """The rows of the first EVALUATE."""
    return run(parse(query), model or books())[0].tuples()


def value(expression: str, model: Model | None = None) -> Any:
    """One expression's value."""
    return evaluated(f'EVALUATE ROW("v", {expression})', model)[0][0]


def day(year: int, month: int, of_month: int) -> datetime:
    return datetime(year, month, of_month)  # noqa: DTZ001 (a model's dates have no zone)
