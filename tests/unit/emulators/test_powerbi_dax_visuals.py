"""Queries as visuals and people write them, on the books of `fakes.dax_model`, computed by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from emulators.powerbi.dax.syntax import DaxError
from fakes.dax_model import evaluated
from fakes.dax_shop import shop

MATRIX = """
DEFINE
    VAR __DS0FilterTable = TREATAS({"W"}, 'Accounts'[Type])
    VAR __DS0Core =
        SUMMARIZECOLUMNS(
            ROLLUPADDISSUBTOTAL('Lines'[Note], "IsGrandTotalRowTotal"),
            __DS0FilterTable,
            "Total", 'Lines'[Total],
            "Rows", CALCULATE(COUNTROWS('Lines'))
        )
    VAR __DS0PrimaryWindowed =
        TOPN(502, __DS0Core, [IsGrandTotalRowTotal], 0, [Total], 0, 'Lines'[Note], 1)
EVALUATE
    __DS0PrimaryWindowed
ORDER BY
    [IsGrandTotalRowTotal] DESC, [Total] DESC, 'Lines'[Note]
"""
RANGE = """
DEFINE
    VAR __DS0FilterTable =
        FILTER(KEEPFILTERS(VALUES('Lines'[On])), AND('Lines'[On] >= DATE(2026, 2, 1), 'Lines'[On] < DATE(2026, 4, 1)))
EVALUATE SUMMARIZECOLUMNS('Lines'[On], __DS0FilterTable, "Rows", COUNTROWS('Lines')) ORDER BY 'Lines'[On]
"""
CARD = "EVALUATE ROW(\"Total\", 'Lines'[Total])"
TWO_LEVELS = """
EVALUATE SUMMARIZECOLUMNS(
    ROLLUPADDISSUBTOTAL(Companies[Currency], "All", Companies[Key], "Each"), "Sold", [Sold])
ORDER BY [All] DESC, Companies[Currency], [Each] DESC, Companies[Key]
"""


def of(text: str) -> Decimal:
    return Decimal(text)


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        (MATRIX, [(None, True, of("15.5"), 2), ("x", False, of("15.5"), 2)]),
        (RANGE, [(2, 2), (3, 1)]),
        (CARD, [(of("15.25"),)]),
        (
            'DEFINE MEASURE Lines[Twice] = 2 * [Total] VAR least = 3 MEASURE Lines[Some] = [Twice] + 1\n'
            'EVALUATE FILTER(SUMMARIZECOLUMNS(Lines[Note], "t", [Some]), [t] > least) ORDER BY [t]',
            [("y", of("7")), ("x", of("32"))],
        ),
        ('DEFINE MEASURE Lines[Total] = 1 EVALUATE ROW("t", [Total], "d", [Double])', [(1, 2)]),
        ('EVALUATE SUMMARIZECOLUMNS(Accounts[Key], "t", [Total], "one", IGNORE(1)) ORDER BY Accounts[Key]',
         [(None, of("3"), 1), ("a", of("15.5"), 1), ("b", of("-3.25"), 1)]),
        ('EVALUATE ADDCOLUMNS(VALUES(Accounts[Type]), "t", [Total], "n", CALCULATE(COUNTROWS(Lines)))'
         " ORDER BY Accounts[Type]",
         [(None, of("3"), 2), ("B", of("-3.25"), 1), ("W", of("15.5"), 2)]),
        ('EVALUATE ADDCOLUMNS(SUMMARIZE(Lines, Accounts[Type]), "t", [Total]) ORDER BY [t]',
         [("B", of("-3.25")), (None, of("3")), ("W", of("15.5"))]),
        ('EVALUATE TOPN(1, ADDCOLUMNS(VALUES(Lines[Note]), "t", [Total]), [t])', [("x", of("15.5"))]),
        ('EVALUATE CALCULATETABLE(VALUES(Lines[Note]), Accounts[Type] = "W")', [("x",)]),
        ('EVALUATE CALCULATETABLE(ADDCOLUMNS(VALUES(Lines[No]), "t", [Total]), TREATAS({"b"}, Accounts[Key]))',
         [(3, of("-3.25"))]),
        ('EVALUATE SELECTCOLUMNS(FILTER(Lines, RELATED(Accounts[Type]) = "w"), "n", Lines[No]) ORDER BY [n]',
         [(1,), (2,)]),
        ('EVALUATE SUMMARIZECOLUMNS(Lines[Sign], TREATAS({("x", 1), ("y", 4)}, Lines[Note], Lines[No]), "t", [Total])',
         [(1, of("12"))]),
        ('EVALUATE UNION(ROW("a", 1), ROW("b", 2))', [(1,), (2,)]),
        ("EVALUATE CROSSJOIN({1, 2}, {3})", [(1, 3), (2, 3)]),
        ("EVALUATE {(1, \"a\"), (2, \"b\")} ORDER BY [Value2] DESC", [(2, "b"), (1, "a")]),
        ('EVALUATE SUMMARIZE(Lines, Lines[Sign], "n", COUNTROWS(Lines), "t", [Total]) ORDER BY [n]',
         [(-1, 1, of("-3.25")), (1, 4, of("18.5"))]),
    ],
)  # fmt: skip
def test_rows(query: str, rows: list[tuple[Any, ...]]) -> None:
    found = evaluated(query)
    if query == RANGE:
        found = [(date.month, count) for date, count in found]

    assert found == rows


def test_subtotals_go_level_by_level() -> None:
    assert evaluated(TWO_LEVELS, shop()) == [
        (None, True, None, True, 42),
        ("EUR", False, None, True, 35),
        ("EUR", False, "c1", False, 30),
        ("EUR", False, "c2", False, 5),
        ("GBP", False, None, True, 7),
        ("GBP", False, "c3", False, 7),
    ]


def test_groups_of_several_tables_are_every_combination_that_has_a_value() -> None:
    query = 'EVALUATE SUMMARIZECOLUMNS(Companies[Key], Calendar[Month], "s", [Sold]) ORDER BY Companies[Key], [Month]'

    assert evaluated(query, shop()) == [("c1", 1, 10), ("c1", 2, 20), ("c2", 2, 5), ("c3", 3, 7)]
    assert len(evaluated(query.replace('"s", [Sold]', '"s", [Sold] + 0'), shop())) == 9


@pytest.mark.parametrize(
    "query",
    [
        'EVALUATE ROW("a", IF(TRUE(), 1, FOO(1)))',
        'EVALUATE ROW("a", IF(TRUE(), 1, Lines[Nothing]))',
        'EVALUATE ROW("a", IF(TRUE(), 1, [Nothing to find]))',
        "EVALUATE FILTER(Nowhere, TRUE())",
        'EVALUATE ROW("a", RANKX(Lines, 1))',
        'EVALUATE ROW("a", DIVIDE(1))',
        'DEFINE MEASURE Lines[a] = [b] MEASURE Lines[b] = [a] EVALUATE ROW("a", [a])',
        'DEFINE TABLE t = {1} EVALUATE t',
        'EVALUATE ROLLUPGROUP(Lines[No])',
        'EVALUATE TOPN(1, {1}, Nowhere)',
        'EVALUATE ALL(Lines[No], Accounts[Key])',
        'EVALUATE VALUES({1})',
        'EVALUATE SUMMARIZECOLUMNS(ROLLUPADDISSUBTOTAL(Lines[No]), "n", 1)',
    ],
)  # fmt: skip
def test_what_the_engine_does_not_know_is_refused_even_where_it_is_not_reached(query: str) -> None:
    with pytest.raises(DaxError):
        evaluated(query)
