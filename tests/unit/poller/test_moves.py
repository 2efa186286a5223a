"""Whether a division moved, and when Exact is asked."""

from __future__ import annotations

from datetime import timedelta

from exactbi.exact_online.dates import EPOCH
from exactbi.work.moves import Moves, has_moved, is_due

ONCE = EPOCH + timedelta(days=20_000)
AGAIN = ONCE + timedelta(days=30)


def test_dates_that_are_told_for_the_first_time_are_no_move() -> None:
    assert not has_moved(None, Moves(ONCE, ONCE))


def test_the_same_dates_are_no_move() -> None:
    assert not has_moved(Moves(ONCE), Moves(ONCE))
    assert not has_moved(Moves(), Moves())


def test_another_date_of_either_kind_is_a_move() -> None:
    assert has_moved(Moves(), Moves(moved=ONCE))
    assert has_moved(Moves(ONCE, ONCE), Moves(AGAIN, ONCE))
    assert has_moved(Moves(ONCE), Moves(ONCE, ONCE))


def test_a_date_that_is_earlier_or_gone_is_a_move() -> None:
    assert has_moved(Moves(AGAIN), Moves(ONCE))
    assert has_moved(Moves(ONCE), Moves())


def test_exact_is_asked_when_some_division_was_not_asked_about_for_a_period() -> None:
    assert is_due([95.0, None], 100.0, 10.0)
    assert is_due([95.0, 90.0], 100.0, 10.0)
    assert not is_due([95.0, 91.0], 100.0, 10.0)
    assert not is_due([], 100.0, 10.0)


def test_a_moment_that_lies_ahead_is_of_a_clock_that_was_set_back() -> None:
    assert is_due([9e9], now=1e9, every=86_400.0)
