"""DAX on the small books of `fakes.dax_model`, whose results were computed by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from emulators.powerbi.dax.syntax import DaxError
from emulators.powerbi.dax.views import Model
from fakes.dax_model import books, day, evaluated, table_view, value


def of(text: str) -> Decimal:
    return Decimal(text)


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("COUNTROWS('Lines')", 5),
        ("COUNTROWS(Lines)", 5),
        ("DISTINCTCOUNT(Lines[Key])", 4),
        ("DISTINCTCOUNT(Lines[Note])", 3),
        ("COUNT(Lines[Key])", 4),
        ("COUNTA(Lines[Note])", 4),
        ("COUNTBLANK(Lines[Key])", 1),
        ("SUM(Lines[Amount])", of("15.25")),
        ("SUM(Lines[Sign])", 3),
        ("MIN(Lines[Amount])", of("-3.25")),
        ("MAX(Lines[On])", day(2026, 3, 31)),
        ("MIN(Lines[Note])", "x"),
        ("AVERAGE(Lines[No])", 3.0),
        ("[Total]", of("15.25")),
        ("[double]", of("30.50")),
        ("SUMX(Lines, Lines[Amount] * Lines[Sign])", of("21.75")),
        ("MAXX(Lines, Lines[No] * Lines[Sign])", 5),
        ("MINX(FILTER(Lines, Lines[Sign] > 0), Lines[Amount])", of("1")),
        ("AVERAGEX(Lines, Lines[No])", 3.0),
        ("COUNTX(Lines, Lines[Key])", 4),
        ("SELECTEDVALUE(Lines[Sign])", None),
        ("SELECTEDVALUE(Lines[Sign], 9)", 9),
        ("HASONEVALUE(Lines[Sign])", False),
        ("ISEMPTY(FILTER(Lines, Lines[No] > 9))", True),
    ],
)
def test_aggregations_over_everything(expression: str, result: Any) -> None:
    assert value(expression) == result


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("CALCULATE([Total], Lines[No] >= 2 && Lines[No] < 4)", of("2.25")),
        ("CALCULATE([Total], NOT Lines[No] IN {1, 2})", of("-0.25")),
        ("CALCULATE(COUNTROWS(Lines), Lines[No] = 9)", None),
        ('CALCULATE([Total], Lines[Note] = "X")', of("15.5")),
        ("CALCULATE([Total], ISBLANK(Lines[Note]))", of("-3.25")),
        ("CALCULATE([Total], Lines[Sign] = 1, Lines[No] <= 3)", of("15.5")),
        ("CALCULATE([Total], Lines[Sign] = 1 || Lines[No] = 3)", of("15.25")),
        ("CALCULATE([Total], Lines[On] < DATE(2026, 3, 1))", of("13.25")),
        ("CALCULATE([Total], FILTER(Lines, Lines[Amount] > 3))", of("15.5")),
        ("CALCULATE([Total], Lines[Amount] = 5.5)", of("5.5")),
    ],
)
def test_filters_on_the_table_itself(expression: str, result: Any) -> None:
    assert value(expression) == result


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ('CALCULATE([Total], Accounts[Type] = "W")', of("15.5")),
        ('CALCULATE([Total], Accounts[Type] = "B")', of("-3.25")),
        ('CALCULATE([Total], Accounts[Type] <> "W")', of("-0.25")),
        ("CALCULATE([Total], ISBLANK(Accounts[Type]))", of("3")),
        ("COUNTROWS(VALUES(Accounts[Type]))", 3),
        ("COUNTROWS(DISTINCT(Accounts[Type]))", 2),
        ("COUNTROWS(Accounts)", 3),
        ("CALCULATE([Total], Accounts[Level] = 1)", of("15.5")),
        ('CALCULATE(COUNTROWS(Lines), TREATAS({"b", "c"}, Accounts[Key]))', 1),
        ("SUMX(Lines, RELATED(Accounts[Level]))", 4),
        ('CALCULATE([Total], FILTER(Accounts, Accounts[Type] = "W"))', of("15.5")),
        ("CALCULATE(COUNTROWS(Accounts), Lines[No] = 1)", 3),
    ],
)
def test_filters_reach_the_many_side_through_the_relationship(expression: str, result: Any) -> None:
    assert value(expression) == result


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("CALCULATE(CALCULATE([Total], Lines[No] = 1), Lines[No] = 2)", of("10")),
        ("CALCULATE(CALCULATE([Total], KEEPFILTERS(Lines[No] = 1)), Lines[No] = 2)", None),
        ("CALCULATE(CALCULATE([Total], REMOVEFILTERS(Lines[No])), Lines[No] = 2)", of("15.25")),
        ("CALCULATE(CALCULATE([Total], REMOVEFILTERS(Lines)), Lines[No] = 2)", of("15.25")),
        ("CALCULATE(CALCULATE([Total], REMOVEFILTERS()), Lines[No] = 2)", of("15.25")),
        ("CALCULATE(CALCULATE([Total], ALL(Lines)), Lines[No] = 2)", of("15.25")),
        ("CALCULATE(CALCULATE([Total], Lines[Sign] = 1), Lines[No] <= 3)", of("15.5")),
        ("CALCULATE(CALCULATE([Total], REMOVEFILTERS(Lines[Sign])), Lines[No] <= 3 && Lines[Sign] = 1)", of("15.5")),
        ("CALCULATE(COUNTROWS(ALL(Lines)), Lines[No] = 1)", 5),
        ("CALCULATE(COUNTROWS(ALL(Lines[Note])), Lines[No] = 1)", 3),
        ("CALCULATE(COUNTROWS(VALUES(Lines[Note])), Lines[No] <= 2)", 1),
        ("CALCULATE([Total], ALL(Lines[No]), Lines[Sign] = -1)", of("-3.25")),
    ],
)
def test_filters_replace_keep_and_remove(expression: str, result: Any) -> None:
    assert value(expression) == result


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("SUMX(VALUES(Lines[Note]), IF([Signs] > 0, 1))", 2),
        ("SUMX(VALUES(Lines[Note]), CALCULATE(SUM(Lines[Sign])))", 3),
        ("SUMX(VALUES(Lines[Note]), SUM(Lines[Sign]))", 9),
        ("MAXX(FILTER(VALUES(Lines[On]), [Signs] > 0), Lines[On])", day(2026, 3, 31)),
        ("SUMX(Accounts, [Total])", of("12.25")),
        ("SUMX(Accounts, Accounts[Level] * [Signs])", 0),
        ("SUMX(Lines, VAR n = Lines[No] RETURN SUMX(FILTER(Lines, Lines[No] <= n), Lines[Sign]))", 9),
    ],
)
def test_a_row_becomes_a_filter_in_measures_and_calculate_only(expression: str, result: Any) -> None:
    assert value(expression) == result


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("EVALUATE FILTER(Lines, Lines[No] = 3)", [("b", 3, of("-3.25"), -1, day(2026, 2, 28), None)]),
        ('EVALUATE SELECTCOLUMNS(Lines, "k", Lines[Key]) ORDER BY [k] DESC', [("z",), ("b",), ("a",), ("a",), (None,)]),
        ('EVALUATE CALCULATETABLE(ROW("n", COUNTROWS(Lines), "s", [Signs]), Lines[No] > 2)', [(3, 1)]),
        ('EVALUATE TOPN(2, SELECTCOLUMNS(Lines, "n", Lines[No]), [n])', [(5,), (4,)]),
        ('EVALUATE TOPN(SUMX(Lines, 1e308), ROW("n", 1))', [(1,)]),
        ('EVALUATE TOPN(2, SELECTCOLUMNS(Lines, "n", Lines[No]), [n], ASC)', [(1,), (2,)]),
        ('EVALUATE TOPN(1, SELECTCOLUMNS(Lines, "s", Lines[Sign]), [s], DESC)', [(1,)] * 4),
        ("EVALUATE DISTINCT(Lines[Note]) ORDER BY Lines[Note]", [(None,), ("x",), ("y",)]),
        ('EVALUATE DISTINCT(SELECTCOLUMNS(Lines, "s", Lines[Sign]))', [(1,), (-1,)]),
        ("EVALUATE UNION({1, 2}, {2})", [(1,), (2,), (2,)]),
        ("EVALUATE EXCEPT({1, 2}, {2})", [(1,)]),
        ("EVALUATE INTERSECT({1, 2}, {2})", [(2,)]),
        ('EVALUATE ADDCOLUMNS({1}, "b", [Value] + 1, "c", "x")', [(1, 2, "x")]),
        ('EVALUATE TREATAS({"A", "none"}, Lines[Key])', [("A",)]),
        ('DEFINE MEASURE Lines[m] = [Total] + 1 EVALUATE ROW("m", [m])', [(of("16.25"),)]),
    ],
)
def test_tables(query: str, rows: list[tuple[Any, ...]]) -> None:
    assert evaluated(query) == rows


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        (
            'EVALUATE SUMMARIZECOLUMNS(Lines[Note], "n", COUNTROWS(Lines), "t", [Total]) ORDER BY Lines[Note]',
            [(None, 1, of("-3.25")), ("x", 2, of("15.5")), ("y", 2, of("3"))],
        ),
        (
            'EVALUATE SUMMARIZECOLUMNS(Lines[No], FILTER(ALL(Lines[No]), Lines[No] > 3), "n", COUNTROWS(Lines))',
            [(4, 1), (5, 1)],
        ),
        (
            'EVALUATE SUMMARIZECOLUMNS(Lines[No], FILTER(ALL(Lines[Sign]), Lines[Sign] = -1), "n", COUNTROWS(Lines))',
            [(3, 1)],
        ),
        ('EVALUATE SUMMARIZECOLUMNS(Lines[No], "n", IF([Signs] < 0, 1))', [(3, 1)]),
        ("EVALUATE SUMMARIZECOLUMNS(Lines[Sign], Lines[Note]) ORDER BY Lines[Sign], Lines[Note]",
         [(-1, None), (1, "x"), (1, "y")]),
        ('EVALUATE SUMMARIZECOLUMNS("t", [Total])', [(of("15.25"),)]),
        (
            'EVALUATE SUMMARIZECOLUMNS(Accounts[Type], Lines[Sign], "n", COUNTROWS(Lines)) ORDER BY Accounts[Type]',
            [(None, 1, 2), ("B", -1, 1), ("W", 1, 2)],
        ),
        (
            'EVALUATE CALCULATETABLE(SUMMARIZECOLUMNS(Lines[No], "n", COUNTROWS(Lines)), Lines[Note] = "y")',
            [(4, 1), (5, 1)],
        ),
        (
            'EVALUATE SUMMARIZE(Lines, Lines[Note], "t", SUM(Lines[Amount])) ORDER BY [t]',
            [(None, of("-3.25")), ("y", of("3")), ("x", of("15.5"))],
        ),
        (
            'EVALUATE SUMMARIZE(FILTER(Lines, Lines[No] < 4), Accounts[Type], "n", COUNTROWS(Lines))',
            [("W", 2), ("B", 1)],
        ),
    ],
)  # fmt: skip
def test_groups(query: str, rows: list[tuple[Any, ...]]) -> None:
    assert evaluated(query) == rows


@pytest.mark.parametrize(
    "query",
    [
        'EVALUATE SUMMARIZECOLUMNS(Lines[No], Lines[No] > 3, "n", COUNTROWS(Lines))',
        "EVALUATE 1",
        "EVALUATE [Total]",
        'EVALUATE ROW("a")',
        "EVALUATE UNION({1}, {(1, 2)})",
        "EVALUATE CALCULATETABLE(Lines, Lines[No] = 1 && Accounts[Level] = 1)",
    ],
)
def test_what_is_no_table_is_an_error(query: str) -> None:
    with pytest.raises(DaxError):
        evaluated(query)


def test_an_own_blank_and_the_blank_row_are_one() -> None:
    model: Model = books()
    accounts = table_view("Accounts", Key=("String", ["a", "b"]), Type=("String", ["W", None]), Level=("Int64", [1, 2]))
    model.tables = {**model.tables, "accounts": accounts}

    assert value('CALCULATE([Total], Accounts[Type] <> "W")', model) == Decimal("-0.25")


def test_an_empty_table_counts_blank() -> None:
    empty = Model({"t": table_view("T", a=("Int64", []))})

    assert evaluated(
        'EVALUATE ROW("n", COUNTROWS(T), "s", SUM(T[a]), "d", DISTINCTCOUNT(T[a]), "m", MAX(T[a]))', empty
    ) == [(None, None, None, None)]


def test_sums_of_doubles_decimals_and_whole_numbers_stay_what_they_are() -> None:
    model = Model(
        {"t": table_view("T", x=("Double", [0.5, None]), d=("Decimal", [0.1, 0.2]), i=("Int64", [2**62, 2**62]))}
    )

    assert evaluated('EVALUATE ROW("x", SUM(T[x]), "d", SUM(T[d]), "i", SUM(T[i]))', model) == [
        (0.5, Decimal("0.3"), 2**63)
    ]


def test_rows_that_are_alike_are_one_context() -> None:
    model = Model({"t": table_view("T", a=("Int64", [5, 5, 2]))})

    assert evaluated('EVALUATE ROW("s", SUMX(T, CALCULATE(SUM(T[a]))), "p", SUMX(T, T[a]))', model) == [(22, 12)]
