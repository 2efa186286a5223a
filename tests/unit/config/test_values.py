"""Values: how they are written in a row, and additive numbers in whole units."""

from __future__ import annotations

import json
from decimal import ROUND_HALF_UP, Context, Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exactbi.config.functions import Refused
from exactbi.config.tables import ColumnType
from exactbi.config.values import MOST_UNITS, WRITERS, units

EXACT = Context(prec=200, rounding=ROUND_HALF_UP)
NUMBERS = msgspec.json.Decoder(list, float_hook=Decimal)

amounts = st.decimals(min_value=-(10**9), max_value=10**9, allow_nan=False, allow_infinity=False)


def from_json(text: str) -> int:
    return units(NUMBERS.decode(f"[{text}]".encode())[0])


@given(amounts)
def test_units_are_half_up_of_the_number_s_text(amount: Decimal) -> None:
    expected = int(amount.quantize(Decimal("0.0001"), context=EXACT).scaleb(4, context=EXACT))

    assert from_json(str(amount)) == expected


@given(amounts)
def test_the_units_of_a_negated_number_are_the_negated_units(amount: Decimal) -> None:
    assert units(-amount) == -units(amount)


@given(st.integers(-(10**13), 10**13))
def test_four_decimals_are_exact(number: int) -> None:
    assert from_json(f"{Decimal(number).scaleb(-4):f}") == number


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.00005", 1),
        ("-0.00005", -1),
        ("0.00004999999999999999999999999999999999999999", 0),
        ("33.33335", 333334),
        ("1e-05", 0),
        ("5E-5", 1),
        ("1.5e3", 15_000_000),
        ("0.1000000000000000055511151231257827", 1000),
        ("-0.0", 0),
        ("12", 120_000),
        ("null", 0),
        ('"1.25"', 12_500),
    ],
)
def test_units_of(text: str, expected: int) -> None:
    assert from_json(text) == expected


@pytest.mark.parametrize("text", ["1e20", "-1e999999", f"{MOST_UNITS}", "true", '"x"', '"NaN"', "[]", "{}"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        from_json(text)


@given(st.text())
def test_text_is_a_json_string_of_at_most_4000_utf_16_units(text: str) -> None:
    assert json.loads(WRITERS["String"](text)) == text
    cut = json.loads(WRITERS["String"](text + "x" * 5000))
    assert len(cut.encode("utf-16-le")) == 2 * 4000
    assert cut.endswith("…")


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("String", None, "null"),
        ("String", 'a"\\\n', '"a\\"\\\\\\n"'),
        ("String", 12, '"12"'),
        ("Int64", 12, "12"),
        ("Int64", "12", "12"),
        ("Int64", Decimal("12.0"), "12"),
        ("Int64", None, "null"),
        ("Double", Decimal("1.10"), "1.10"),
        ("Double", Decimal("1E-7"), "1E-7"),
        ("Double", 1, "1"),
        ("Boolean", True, "true"),
        ("Boolean", 0, "false"),
        ("Boolean", None, "null"),
        ("DateTime", "2026-03-02T00:00:00", '"2026-03-02T00:00:00"'),
        ("DateTime", None, "null"),
        ("Decimal", Decimal("1.00005"), "1.0001"),
    ],
)
def test_a_value_is_written(kind: ColumnType, value: object, expected: str) -> None:
    assert WRITERS[kind](value) == expected


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("String", True),
        ("String", []),
        ("Int64", Decimal("1.5")),
        ("Int64", 2**63),
        ("Int64", Decimal("1e999999")),
        ("Double", "x"),
        ("Boolean", 2),
        ("Boolean", "yes"),
        ("DateTime", "/Date(0)/"),
    ],
)
def test_a_value_of_another_kind_is_refused(kind: ColumnType, value: object) -> None:
    with pytest.raises(Refused):
        WRITERS[kind](value)
