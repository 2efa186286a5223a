"""DAX's values and operators, against hand-computed results."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pytest

from emulators.powerbi.dax.lexer import tokens
from emulators.powerbi.dax.parser import parse, parse_expression
from emulators.powerbi.dax.syntax import Binary, Column, DaxError, In, Name, Number, Unary
from fakes.dax_model import day, value


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("2 ^ 3 ^ 1", 8.0),
        ("-2 ^ 2", -4.0),
        ("7 - 2 - 1", 4),
        ("7 / 2", 3.5),
        ("1.10 + 2.20", 1.10 + 2.20),
        ("CURRENCY(1.10) + CURRENCY(2.20)", Decimal("3.30")),
        ("CURRENCY(1.5) + 2", Decimal("3.5")),
        ("CURRENCY(1.5) + 0.25", 1.75),
        ("CURRENCY(1.5) * CURRENCY(1.5)", 2.25),
        ("CURRENCY(1.5) * 3", Decimal("4.5")),
        ("CURRENCY(1.0001) * 0.5", Decimal("0.5001")),
        ("CURRENCY(1) / 3", Decimal("0.3333")),
        ("CURRENCY(2) / 3", Decimal("0.6667")),
        ("CURRENCY(9) / CURRENCY(2)", 4.5),
        ("1 / CURRENCY(4)", 0.25),
        ("1.5 / 0.5", 3.0),
        ("9.0 / 2", 4.5),
        ("1e2 + 1", 101.0),
        ("1 / 0", math.inf),
        ('"a" & 1 & BLANK() & TRUE()', "a1TRUE"),
        ('"say ""yes"""', 'say "yes"'),
        ("BLANK() + 1", 1),
        ("1 - BLANK()", 1),
        ("BLANK() - 1", -1),
        ("BLANK() * 5", None),
        ("BLANK() / 5", None),
        ("BLANK() / BLANK()", None),
        ("5 / BLANK()", math.inf),
        ("-5 / BLANK()", -math.inf),
        ("- BLANK()", None),
        ("BLANK() = 0", True),
        ('BLANK() = ""', True),
        ("BLANK() == 0", False),
        ("BLANK() == BLANK()", True),
        ("BLANK() < 1", True),
        ("BLANK() = FALSE()", True),
        ('"abc" = "ABC"', True),
        ('"abc " = "abc"', True),
        ('" abc" = "abc"', False),
        ('"abc" < "abd"', True),
        ("1 = 1.0", True),
        ("1 <> 2 && 3 >= 3 || FALSE()", True),
        ("TRUE() || FALSE() && FALSE()", True),
        ("NOT 1 = 2", True),
        ("NOT TRUE() || TRUE()", True),
        ("3 IN {1, 2, 3}", True),
        ("NOT 3 IN {1, 2}", True),
        ('"A" IN {"a"}', True),
        ("BLANK() IN {0}", False),
        ("(1, 2) IN {(1, 2), (3, 4)}", True),
        ("DATE(2024, 3, 31) - DATE(2024, 1, 1)", day(1900, 3, 30)),
        ("DATE(2026, 3, 1) - 28", day(2026, 2, 1)),
        ("50000 - DATE(2026, 3, 1)", 50000.0 - 46082),
        ("DATE(2026, 3, 1) + 0.5 > DATE(2026, 3, 1)", True),
        ("BLANK() < DATE(2026, 3, 1)", True),
        ("DATE(2026, 3, 1) - BLANK()", day(2026, 3, 1)),
        ("DATE(2026, 3, 1) + 31", day(2026, 4, 1)),
        ("DATE(2026, 3, 1) < DATE(2026, 3, 2)", True),
        ("DATE(1899, 12, 31) = 1", True),
    ],
)
def test_operators(expression: str, result: Any) -> None:
    found = value(expression)

    assert found == result
    assert type(found) is type(result)


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("IF(1 > 2, 3)", None),
        ("IF(1 < 2, 3, 4)", 3),
        ("IF(BLANK(), 3, 4)", 4),
        ('SWITCH(2, 1, "a", 2, "b")', "b"),
        ('SWITCH(TRUE(), 1 > 2, "a", 3 > 2, "b", "c")', "b"),
        ('SWITCH(9, 1, "a", "c")', "c"),
        ("DIVIDE(1, 0)", None),
        ("DIVIDE(1, 0, 7)", 7),
        ("DIVIDE(BLANK(), 2)", None),
        ("DIVIDE(6, 3)", 2.0),
        ("ABS(-1.5)", 1.5),
        ("ABS(CURRENCY(-1.5))", Decimal("1.5")),
        ("DIVIDE(CURRENCY(1), 3)", Decimal("0.3333")),
        ("DIVIDE(CURRENCY(1), CURRENCY(3))", 1 / 3),
        ("DIVIDE(CURRENCY(1), 0)", None),
        ("DIVIDE(1, BLANK())", None),
        ("DIVIDE(0, 0)", None),
        ("YEAR(DATE(2026, 3, 1)) * 100 + MONTH(DATE(2026, 3, 1))", 202603),
        ("EOMONTH(DATE(2026, 1, 31), 1)", day(2026, 2, 28)),
        ("EDATE(DATE(2026, 1, 31), -2)", day(2025, 11, 30)),
        ('UPPER("ab") & LEFT("xyz", 2) & LEN("four")', "ABxy4"),
        ('CONCATENATE("a", 1)', "a1"),
        ('LOWER("Ab") & DAY(DATE(2026, 3, 31))', "ab31"),
        ("TODAY() = UTCTODAY() && NOW() = UTCNOW()", True),
        ("NOW() - TODAY()", day(1899, 12, 30)),
        ("INT(-1.5)", -2),
        ("ROUND(2.5, 0)", 3.0),
        ("ROUND(-1.25, 1)", -1.3),
        ("MOD(-1, 3)", 2),
        ("ISBLANK(BLANK())", True),
        ("ISBLANK(0)", False),
        ("COALESCE(BLANK(), 2, 3)", 2),
        ("MAX(2, 3) + MIN(2, 3)", 5),
        ("AND(TRUE(), 1 = 1)", True),
        ("OR(FALSE(), 1 = 2)", False),
        ("NOT(FALSE())", True),
        ("VAR x = 2 VAR y = x * 3 RETURN x + y", 8),
        ("VAR t = {1, 2, 3} RETURN COUNTROWS(t)", 3),
        ("SUMX({1, 2, 3}, [Value] * 2)", 12),
        ("COUNTROWS(FILTER({1, 2}, [Value] > 5))", None),
    ],
)
def test_functions(expression: str, result: Any) -> None:
    assert value(expression) == result


@pytest.mark.parametrize(
    "expression",
    [
        '1 = "1"', '"a" + 1', "TRUE() = 1", "1 +", "(1", "{(1, 2), 3}", "SUM(1)", "NOTHING(1)", "IF(1)", "ABS(1, 2)",
        "CURRENCY(1) / 0", "CURRENCY(1) / BLANK()", "YEAR(\"x\")", "DATE(9999, 1, 1) + 1000000",
        "{}", "1 IN {}", "[No such measure]", "Lines[No]", "'Nothing'[a]", "VAR x = 1", "MOD(1, 0)", "{1, 2}", "§",
        "1 1", "SUMX(1, 2)", "SUM(Lines[Note])", "VAR x = 1 RETURN COUNTROWS(x)", "RELATED(Accounts[Type])",
    ],
)  # fmt: skip
def test_what_means_nothing_is_an_error(expression: str) -> None:
    with pytest.raises(DaxError):
        value(expression)


def test_names_and_comments_are_read() -> None:
    text = """
        -- a comment
        EVALUATE /* another
        one */ FILTER ( 'It''s', [a]]b] > .5 ) // the last
        ORDER BY 'It''s'[c] DESC, 1 ASC, [d]
    """
    query = parse(text)

    assert [token.value for token in tokens("'It''s'[a]]b]")] == ["It's", "a]b", ""]
    assert [descending for _, descending in query.evaluates[0].order] == [True, False, False]
    assert query.evaluates[0].order[0][0] == Column("It's", "c")


def test_not_takes_the_whole_comparison() -> None:
    assert parse_expression("NOT T[a] IN {1} && b") == Binary(
        "&&", Unary("NOT", In((Column("T", "a"),), parse_expression("{1}"))), Name("b")
    )
    assert parse_expression("1 + 2 = 3") == Binary("=", Binary("+", Number(1), Number(2)), Number(3))


def test_an_error_says_where() -> None:
    with pytest.raises(DaxError, match=r"Query \(2, 5\) The syntax for '\)' is incorrect"):
        parse("EVALUATE\n    )")


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("BLANK() ^ 2", None),
        ("2 ^ BLANK()", 1.0),
        ("(-8) ^ (1 / 3)", -2.0),
        ("(-8) ^ 3", -512.0),
        ('BLANK() + "3"', 3),
        ("TRUE() - BLANK()", 1),
        ('"x" * BLANK()', None),
        ("MIN(1, BLANK())", None),
        ("MIN(BLANK(), -1)", -1),
        ("MAX(BLANK(), -1)", None),
        ("MAX(BLANK(), 0)", 0),
        ("MAX(BLANK(), BLANK())", None),
        ('"d:" & DATE(2024, 3, 31)', "d:3/31/2024"),
        ('"d:" & DATE(2024, 3, 31) + 0.75', "d:3/31/2024 6:00:00 PM"),
        ('"n:" & CURRENCY(1.5)', "n:1.5"),
        ('"n:" & CURRENCY(1200)', "n:1200"),
        ('"n:" & 2.0', "n:2"),
        ("BLANK() & BLANK()", None),
        ("CONCATENATE(BLANK(), BLANK())", None),
        ("UPPER(BLANK())", None),
        ("LEN(BLANK())", None),
        ("LEFT(BLANK(), 1)", None),
        ('LEFT("abcd", 2.5)', "abc"),
        ('LEN("a😀")', 3),
        ('UPPER("straße")', "STRAßE"),
        ("DATE(2008, 18, 1)", day(2009, 6, 1)),
        ("DATE(2008, 0, 1)", day(2007, 12, 1)),
        ("DATE(2008, 3, 32)", day(2008, 4, 1)),
        ("DATE(2008, 3, 0)", day(2008, 2, 29)),
        ("DATE(7, 1, 1)", day(1907, 1, 1)),
        ("YEAR(46082) * 100 + MONTH(46082.75)", 202603),
        ("EOMONTH(46082, 0)", day(2026, 3, 31)),
        ("MOD(CURRENCY(5.5), 2)", Decimal("1.5")),
        ("MOD(5.5, CURRENCY(2))", 1.5),
        ("ROUND(1.005, 2)", 1.01),
        ("ROUND(-1250, -2)", -1300),
        ("ROUND(CURRENCY(2.675), 2)", Decimal("2.68")),
        ("ROUND(1 / BLANK(), 0)", math.inf),
        ("ROUND(1e308, 2)", 1e308),
        ("ROUND(1.5, 99999)", 1.5),
        ("IF(AND(FALSE(), MOD(1, 0) = 1), 1, 0)", 0),
        ("IF(OR(TRUE(), MOD(1, 0) = 1), 1, 0)", 1),
        ("SUMX(FILTER({0, 2}, [Value] <> 0 && MOD(4, [Value]) = 0), [Value])", 2),
        ("9007199254740993 = 9007199254740992.0", True),
        ("DIVIDE(1, 0, -2.5)", -2.5),
        ("DIVIDE(1, 0, CURRENCY(2.5))", Decimal("2.5")),
        ("VAR k = -1 RETURN DIVIDE(1, 0, k)", -1),
    ],
)
def test_edges_come_out_as_on_power_bi_desktop(expression: str, result: Any) -> None:
    """Measured there by https://github.com/d0nk3yhm/pbix-mcp (tests), but for the dates, which Microsoft's page has."""
    assert value(expression) == result


@pytest.mark.parametrize(
    "expression",
    [
        'BLANK() + "x"', '"x" - BLANK()', "0 ^ 0", "0 ^ -1", "10 ^ 400", "(-8) ^ 0.5", "CURRENCY(1E15)",
        "CURRENCY(5E14) * 2.5", "CURRENCY(5E14) / 0.1", 'LEFT("abc", -1)', "DATE(10000, 1, 1)", "DATE(-1, 1, 1)",
        "DATE(2026, 1, 99999999)", "DATE(99999999999999999999, 1, 1)", "EOMONTH(DATE(9999, 1, 1), 12)", "INT(1 / 0)",
        "INT(0 / 0 * 1)", "ROUND(1, 1 / 0)", "YEAR(1e308)", "0 / 0 + DATE(2026, 1, 1)", "DIVIDE(1, 0, 1 + 1)",
        "DIVIDE(1, 0, -CURRENCY(2))", "DIVIDE(1, 0, INT(2.5))", "DIVIDE(1, 0, [Total])",
    ],
)  # fmt: skip
def test_what_has_no_value_is_an_error_of_the_query(expression: str) -> None:
    with pytest.raises(DaxError):
        value(expression)
