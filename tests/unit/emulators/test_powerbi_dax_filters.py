"""Filter context on the shop of `fakes.dax_shop`, computed by hand: expanded tables, transition, dates, blank rows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from emulators.powerbi.dax.syntax import DaxError
from fakes.dax_model import day, evaluated, value
from fakes.dax_shop import shop


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("CALCULATE([Sold], Sales[No] >= 2, Sales[No] <= 3)", 25),
        ("CALCULATE([Sold], FILTER(ALL(Sales[No]), Sales[No] >= 2), FILTER(ALL(Sales[No]), Sales[No] <= 3))", 25),
        ("CALCULATE([Sold], KEEPFILTERS(Sales[No] >= 2), Sales[No] <= 3)", 25),
        ("CALCULATE(CALCULATE([Sold], Sales[No] = 1), Sales[No] = 2)", 10),
        ("CALCULATE(CALCULATE([Sold], KEEPFILTERS(Sales[No] = 1)), Sales[No] = 2)", None),
        ("CALCULATE(CALCULATE([Sold], ALL(Sales[No]), Sales[No] = 1), Sales[No] = 2)", 10),
        ("CALCULATE(CALCULATE([Sold], ALL(Sales[No]), KEEPFILTERS(Sales[No] = 1)), Sales[No] = 2)", 10),
        ('CALCULATE(CALCULATE([Sold], Sales[No] <= 3), Sales[Open] = "yes")', 10),
        ('CALCULATE(CALCULATE([Sold], Sales[No] <= 3 && Sales[Open] = "no"), Sales[Open] = "yes")', 25),
    ],
)
def test_filters_of_one_call_all_hold_and_replace_those_outside(expression: str, result: Any) -> None:
    assert value(expression, shop()) == result


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ('CALCULATE([Sold], Companies[Currency] = "eur")', 35),
        ('CALCULATE([Sold], Companies[Currency] = "eur", Calendar[Month] = 2)', 25),
        ('CALCULATE([Planned], Companies[Currency] = "gbp")', 30),
        ("CALCULATE([Planned], Calendar[Month] = 2)", 180),
        ("CALCULATE(COUNTROWS(Companies), Sales[No] = 1)", 3),
        ("CALCULATE(COUNTROWS(Calendar), Plans[Amount] = 100)", 3),
    ],
)
def test_a_filter_goes_from_the_one_side_to_the_many_only(expression: str, result: Any) -> None:
    assert value(expression, shop()) == result


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("CALCULATE(COUNTROWS(VALUES(Companies[Currency])), FILTER(Sales, Sales[No] = 1))", 1),
        ("CALCULATE(COUNTROWS(VALUES(Companies[Currency])), FILTER(Sales, Sales[No] <> 1))", 2),
        ("CALCULATE(COUNTROWS(Calendar), FILTER(Sales, Sales[No] <= 3))", 2),
        ("CALCULATE([Planned], FILTER(Sales, Sales[No] <= 2))", 100),
        ("CALCULATE([Planned], Sales)", 180),
        ('CALCULATE([Sold], FILTER(Companies, Companies[Key] = "c1"))', 30),
        ('CALCULATE(CALCULATE([Sold], ALL(Sales)), Companies[Key] = "c1")', 42),
        ("CALCULATE(CALCULATE([Sold], REMOVEFILTERS(Sales)), Calendar[Month] = 1)", 42),
        ('CALCULATE(CALCULATE([Sold], REMOVEFILTERS(Companies)), Companies[Key] = "c1", Calendar[Month] = 2)', 25),
        ('CALCULATE(CALCULATE([Planned], REMOVEFILTERS(Sales)), Companies[Key] = "c1")', 180),
        ("CALCULATE(CALCULATE([Sold], REMOVEFILTERS(Companies)), FILTER(Sales, Sales[No] = 2))", 20),
        ('CALCULATE(CALCULATE([Sold], ALLEXCEPT(Sales, Sales[Open])), Sales[No] = 1, Sales[Open] = "no")', 25),
        ("CALCULATE(CALCULATE([Sold], REMOVEFILTERS(Sales[No])), FILTER(Sales, Sales[No] = 2))", 20),
    ],
)
def test_a_whole_table_filters_and_is_freed_with_all_that_it_points_at(expression: str, result: Any) -> None:
    assert value(expression, shop()) == result


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("SUMX(Companies, [Sold])", 42),
        ("SUMX(Companies, SUM(Sales[Amount]))", 126),
        ("SUMX(VALUES(Companies[Currency]), [Sold] * [Planned])", 35 * 150 + 7 * 30),
        ("SUMX(Sales, CALCULATE(COUNTROWS(Companies)))", 4),
        ("SUMX(Sales, [Planned])", 280),
        ("SUMX(VALUES(Sales[On]), IF([Sold] > 10, 1))", 1),
        ("COUNTROWS(FILTER(VALUES(Sales[Company]), [Sold] > 5))", 2),
        ("MAXX(FILTER(Companies, [Sold] = 5), Companies[Key])", "c2"),
        ("SUMX(Companies, VAR k = Companies[Key] RETURN CALCULATE([Sold], ALL(Companies), Companies[Key] = k))", 42),
        ("SUMX(Companies, VAR k = [Sold] RETURN CALCULATE(k, Calendar[Month] = 1))", 42),
        ('SUMX(FILTER(Sales, RELATED(Companies[Currency]) = "EUR"), Sales[Amount])', 35),
        ("SUMX(Sales, IF(RELATED(Calendar[Month]) = 2, Sales[Amount]))", 25),
        ("SUMX(Companies, COUNTROWS(RELATEDTABLE(Sales)))", 4),
        ("SUMX(Sales, SUMX(FILTER(Sales, Sales[No] = 1), Sales[Amount]))", 40),
        ("COUNTROWS(FILTER(ALL(Calendar[Month]), Calendar[Month] + 1 IN VALUES(Calendar[Month])))", 2),
    ],
)
def test_a_row_becomes_a_filter_on_its_expanded_table(expression: str, result: Any) -> None:
    assert value(expression, shop()) == result


FEBRUARY = "DATE(2026, 2, 28)"


@pytest.mark.parametrize(
    ("inner", "outer", "found"),
    [
        (f"Calendar[Date] <= {FEBRUARY}", "Calendar[Month] = 2", [35, 35, 25]),
        (f"KEEPFILTERS(Calendar[Date] <= {FEBRUARY})", "Calendar[Month] = 2", [25, 25, 25]),
        (f"Sales[On] <= {FEBRUARY}", 'Sales[Open] = "yes"', [35, 10, 10]),
        (f"KEEPFILTERS(Sales[On] <= {FEBRUARY})", 'Sales[Open] = "yes"', [10, 10, 10]),
        (f"Calendar[Date] <= {FEBRUARY}, Calendar[Month] = 1", "Calendar[Month] = 2", [10, 10, 10]),
        ("Calendar[Month] = 1", f"Calendar[Date] = {FEBRUARY}", [None, None, None]),
    ],
)
def test_a_filter_on_a_related_date_takes_its_tables_others_away(inner: str, outer: str, found: list[Any]) -> None:
    expression = f"CALCULATE(CALCULATE([Sold], {inner}), {outer})"

    assert [value(expression, shop(setting)) for setting in ("both", "one", "none")] == found


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("COUNTROWS(Companies)", 3),
        ("COUNTROWS(VALUES(Companies))", 4),
        ("COUNTROWS(ALL(Companies))", 4),
        ("COUNTROWS(VALUES(Companies[Currency]))", 3),
        ("COUNTROWS(DISTINCT(Companies[Currency]))", 2),
        ("COUNTROWS(FILTER(ALL(Companies), ISBLANK(Companies[Key])))", 1),
        ("CALCULATE([Sold], ISBLANK(Companies[Currency]))", 7),
        ("CALCULATE([Sold], FILTER(ALL(Companies), ISBLANK(Companies[Key])))", 7),
        ("CALCULATE([Sold], FILTER(Companies, TRUE()))", 35),
        ("CALCULATE([Sold], VALUES(Companies))", 42),
        ('CALCULATE([Sold], Companies[Currency] <> "GBP")', 42),
        ('CALCULATE([Sold], Companies[Currency] IN {"EUR", BLANK()})', 42),
        ("SUMX(VALUES(Companies[Key]), [Sold])", 42),
        ("SUMX(VALUES(Companies), [Sold])", 42),
        ("SUMX(Companies, [Sold])", 35),
        ("CALCULATE(COUNTROWS(VALUES(Companies[Key])), FILTER(Sales, Sales[No] >= 3))", 2),
        ("CALCULATE([Planned], FILTER(Sales, Sales[No] >= 3))", 50),
        ("CALCULATE(HASONEVALUE(Companies[Key]), FILTER(Sales, Sales[No] = 4))", True),
        ("CALCULATE(SELECTEDVALUE(Companies[Key], 1), FILTER(Sales, Sales[No] = 1))", "c1"),
        ("SUMX(Sales, IF(ISBLANK(RELATED(Companies[Key])), Sales[Amount]))", 7),
    ],
)
def test_a_row_that_points_nowhere_belongs_to_the_blank_row(expression: str, result: Any) -> None:
    assert value(expression, shop(stranger=True)) == result


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("CALCULATE(SUM(Sales[Amount]), Sales[No] > 9)", None),
        ("CALCULATE(MAX(Sales[On]), Sales[No] > 9)", None),
        ("CALCULATE(COUNTROWS(Sales), Sales[No] > 9)", None),
        ("CALCULATE(COUNTROWS(Sales) + 0, Sales[No] > 9)", 0),
        ('CALCULATE(DIVIDE([Sold], [Planned]), Companies[Key] = "none")', None),
        ("- CALCULATE([Sold], Sales[No] > 9)", None),
        ("CALCULATE([Sold] <> 0, Sales[No] > 9)", False),
        ("CALCULATE(SUMX(Sales, 1), Sales[No] > 9)", None),
        ("CALCULATE(MAXX(Sales, Sales[On]), Sales[No] > 9)", None),
        ("CALCULATE(Sales[No] > 9, Sales[No] = 1)", DaxError),
        ("CALCULATE([Sold], [Sold] > 1)", DaxError),
        ("CALCULATE([Sold], Sales[No] = CALCULATE(MAX(Sales[No])))", DaxError),
        ("CALCULATE([Sold], Sales[No] = MAX(Sales[No]))", 7),
        ('CALCULATE([Sold], Sales[No] = 1 || Companies[Key] = "c1")', DaxError),
        ("MAX(Sales[On])", day(2026, 3, 31)),
        ("MIN(Sales[Amount])", Decimal(5)),
    ],
)
def test_nothing_is_blank_and_what_is_not_allowed_is_refused(expression: str, result: Any) -> None:
    if result is DaxError:
        with pytest.raises(DaxError):
            value(expression, shop())
    else:
        assert value(expression, shop()) == result


def test_columns_that_a_query_made_are_no_filter() -> None:
    many = 'SUMX(CROSSJOIN(VALUES(Sales[No]), SELECTCOLUMNS(ALL(Calendar), "m", Calendar[Month])), [Sold])'

    assert evaluated(f'EVALUATE ROW("v", {many})', shop()) == [(42 * 3,)]
