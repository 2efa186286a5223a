"""The demo's words: its options and the form of its figures."""

from __future__ import annotations

from decimal import Decimal

import pytest

from launcher.both_sides import shown, tables
from launcher.demo import Outcome, _options
from oracle.compare import Control, Verdict


def verdict(lost: int = 0, off: str = "0") -> Verdict:
    control = Control("debit", Decimal("10.5"), Decimal("10.5") - Decimal(off), Decimal(off))
    return Verdict("GL Lines", "reversal", 2, 2 - lost, lost, 0, 0, (control,))


def test_money_has_two_decimals_and_more_only_where_they_say_something() -> None:
    assert shown("debit", Decimal("0")) == "0.00"
    assert shown("debit", Decimal("12.3000")) == "12.30"
    assert shown("credit", Decimal("0.0001")) == "0.0001"


def test_counts_have_no_decimals() -> None:
    assert shown("lines", Decimal(1200)) == "1200"


def test_a_lost_row_is_a_difference_of_its_table() -> None:
    controls = tables([verdict(lost=1)])[0]["controls"]
    assert controls[-1] == {"name": "rows", "source": "2", "sink": "1", "difference": "1"}


def test_once_unequal_stays_a_finding() -> None:
    outcome = Outcome()
    outcome.judge([verdict(off="0.01")])
    outcome.judge([verdict()])
    assert not outcome.is_equal


@pytest.mark.parametrize(
    "words",
    [["--size", "huge"], ["--size", "1"], ["--size", "²"], ["--scale", "61"], ["--scale", "0.5"], ["--scale", "fast"]],
)
def test_what_is_no_size_and_no_scale_is_wrong_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        _options(words)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "make demo" in said
    assert f"{words[1]} is n" in said
