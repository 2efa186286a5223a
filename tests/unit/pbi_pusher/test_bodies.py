"""The text of a POST of rows."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbi_pusher.batches import Batch, Kind, State
from pbi_pusher.bodies import body, decimal_text, sums
from pbi_pusher.books import Image


@pytest.mark.parametrize(
    ("units", "text"), [(0, "0.0000"), (1, "0.0001"), (-1, "-0.0001"), (123_400, "12.3400"), (-9_999, "-0.9999")]
)
def test_units_are_written_with_four_decimals(units: int, text: str) -> None:
    assert decimal_text(units) == text


@given(st.integers(-(10**18), 10**18))
def test_a_negation_is_the_same_text_with_the_other_sign_and_never_minus_zero(units: int) -> None:
    assert Decimal(decimal_text(units)) == -Decimal(decimal_text(-units))
    assert decimal_text(0) == decimal_text(-0) == "0.0000"
    assert Decimal(decimal_text(units)) * 10_000 == units


def test_a_body_holds_attributes_amounts_and_technical_columns() -> None:
    batch = Batch(4, 1, Kind.CONTENT, State.SENDING, (1, 1), (8, 9), (-1, 1), 30)
    images = {8: Image('"Key":"a"', [10_000, 0]), 9: Image('"Key":"b"', [-5, 1])}
    rows = json.loads(body(batch, (0, 1), images, ("_A", "_B")))["rows"]
    assert rows == [
        {"Key": "a", "_A": -1.0, "_B": 0.0, "_row": 1, "_batch": 4, "_ord": 30, "_sign": -1},
        {"Key": "b", "_A": -0.0005, "_B": 0.0001, "_row": 1, "_batch": 4, "_ord": 31, "_sign": 1},
    ]


def test_a_row_of_blanks_has_its_technical_columns_only() -> None:
    batch = Batch(4, 1, Kind.CONTENT, State.SENDING, (1,), (8,), (1,), 30)

    assert json.loads(body(batch, (0,), {8: Image("", [])}, ()))["rows"] == [
        {"_row": 1, "_batch": 4, "_ord": 30, "_sign": 1}
    ]


def test_sums_are_signed() -> None:
    images = {8: Image("", [10]), 9: Image("", [3])}
    assert sums((1, 1, 2), (8, 9, 9), (-1, 1, 1), images, 1) == [1, 4, -4]
