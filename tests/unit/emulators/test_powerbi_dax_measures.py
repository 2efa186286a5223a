"""Every measure of the finance model, over rows with reversals, is what the live rows give when computed plainly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from emulators.powerbi.dax.parser import parse
from emulators.powerbi.dax.run import run
from emulators.powerbi.dax.views import Model
from fakes import finance_model
from fakes.finance_ledger import COMPANIES, make_ledger
from fakes.finance_measures import NAIVE
from fakes.finance_naive import View

Condition = tuple[str, str, list[Any]]
"""A table, a column and the values that it may have."""
_NAMES = [name for each in finance_model.measures().values() for name in each]
_MONTHS = [2024 * 12 + month for month in range(1, 25)]
_CHOICES: list[Condition] = [
    ("Companies", "Company Key", list(COMPANIES)),
    ("Companies", "Currency", ["eur", "GBP"]),
    ("Fiscal Periods", "Month Index", _MONTHS),
    ("Fiscal Periods", "Fiscal Year", [2024, 2025]),
    ("Fiscal Periods", "Period", [1, 2, 6, 12]),
    ("Calendar", "Month Index", _MONTHS),
    ("GL Accounts", "Code", ["1300", "8000", "4000", "9999"]),
    ("GL Accounts", "Section No", [10, 20, 30, None]),
    ("Cost Centers", "Cost Center Key", ["A", "b", None]),
    ("Relations", "Group Client", ["x", "y", None]),
    ("Projects", "Project", ["P-1", "(no project)", None]),
    ("Transaction Types", "Entry Class No", [1, 2, 4]),
    ("Ageing Buckets", "Bucket", ["Not due", "1-30", "over 90"]),
]


@st.composite
def conditions(draw: st.DrawFn) -> list[Condition]:
    chosen = draw(st.lists(st.sampled_from(_CHOICES), max_size=3, unique_by=lambda one: one[:2]))
    return [(table, column, draw(st.lists(st.sampled_from(values), min_size=1))) for table, column, values in chosen]


def _text(value: Any) -> str:
    return "BLANK()" if value is None else f'"{value}"' if isinstance(value, str) else str(value)


def _query(found: list[Condition]) -> str:
    row = ", ".join(f'"{name}", [{name}]' for name in _NAMES)
    filters = [f"'{table}'[{column}] IN {{{', '.join(map(_text, values))}}}" for table, column, values in found]
    return f"EVALUATE CALCULATETABLE({', '.join([f'ROW({row})', *filters])})"


def _admits(column: str, values: list[Any]) -> Callable[[dict[str, Any]], bool]:
    wanted = {value.casefold() if isinstance(value, str) else value for value in values}

    def admits(row: dict[str, Any]) -> bool:
        value = row.get(column)
        return (value.casefold() if isinstance(value, str) else value) in wanted

    return admits


def _same(found: Any, expected: Any) -> bool:
    if isinstance(found, (int, float, Decimal)) and isinstance(expected, (int, float, Decimal)):
        return abs(float(found) - float(expected)) <= 0.00011
    return bool(found == expected)


@given(st.integers(0, 2**32), st.integers(0, 16), st.booleans(), conditions())
@example(0, 10, False, [("Companies", "Currency", ["GBP"])])
@example(1, 12, False, [("Companies", "Currency", ["EUR"])])
@example(2, 12, False, [("Companies", "Company Key", ["be-2"]), ("Fiscal Periods", "Month Index", [24297])])
@settings(max_examples=40, deadline=None)
def test_each_measure_is_what_the_live_rows_give(seed: int, size: int, rebuilt: bool, found: list[Condition]) -> None:
    ledger = make_ledger(Random(seed), size, rebuilding=rebuilt and seed % 4 == 0)
    view = View(ledger)
    for table, column, values in found:
        view = view.only(table, _admits(column, values))
    row = run(parse(_query(found)), finance_model.model(ledger.pushed))[0].tuples()[0]
    both = {name: (value, NAIVE[name](view)) for name, value in zip(_NAMES, row, strict=True)}

    assert {name: pair for name, pair in both.items() if not _same(*pair) and not _differs(name, view)} == {}


def _differs(name: str, view: View) -> bool:
    """Two that may: a count without live rows is blank or zero; and a filter by a whole table narrows the companies."""
    return (name == "_GL Rows" and not view.own("GL Lines")) or (name == "Entered After Period End" and not view.shown)


def test_every_measure_is_computed_both_ways() -> None:
    assert sorted(NAIVE) == sorted(_NAMES)
    assert len(_NAMES) == 61


_GROUPS = [
    ("Companies", "Company"),
    ("Companies", "Currency"),
    ("Fiscal Periods", "Fiscal Year"),
    ("GL Accounts", "Section No"),
    ("Projects", "Project"),
    ("Cost Centers", "Cost Center"),
    ("Relations", "Group Client"),
    ("Calendar", "Month Index"),
]


@given(
    st.integers(0, 2**32),
    st.lists(st.sampled_from(_GROUPS), min_size=1, max_size=3, unique_by=lambda one: one[0]),
    st.lists(st.sampled_from(_NAMES), min_size=1, max_size=3, unique=True),
)
@settings(max_examples=20, deadline=None)
def test_groups_are_what_every_combination_gives(seed: int, keys: list[tuple[str, str]], names: list[str]) -> None:
    model = finance_model.model(make_ledger(Random(seed), 10).pushed)
    columns = [f"'{table}'[{column}]" for table, column in keys]
    asked = ", ".join(f'"{name}", [{name}]' for name in names)
    each = [f"VALUES({column})" for column in columns]
    crossed = f"CROSSJOIN({', '.join(each)})" if len(each) > 1 else each[0]
    kept = " || ".join(f"NOT ISBLANK([{name}])" for name in names)
    grouped = f"EVALUATE SUMMARIZECOLUMNS({', '.join(columns)}, {asked})"
    added = f"EVALUATE FILTER(ADDCOLUMNS({crossed}, {asked}), {kept})"

    assert _rows(grouped, model) == _rows(added, model)


def _rows(query: str, model: Model) -> dict[tuple[Any, ...], int]:
    return Counter(run(parse(query), model)[0].tuples())
