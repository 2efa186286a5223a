"""When a table is given up, and how it is emptied."""

from __future__ import annotations

import pytest

from pbi_pusher import clearing
from pbi_pusher.batches import Mode
from pbi_pusher.clearing import IN_PLACE_ROWS, Clearing, Phase, Raise

SETTLE = 10.0


@pytest.mark.parametrize(
    ("rows", "approved", "window_open", "landing", "verdict"),
    [
        (10, False, True, False, Raise.NOW),
        (10, False, True, True, Raise.SOON),
        (10, False, False, False, Raise.LATER),
        (IN_PLACE_ROWS + 1, False, True, False, Raise.ASK),
        (IN_PLACE_ROWS + 1, True, True, False, Raise.NOW),
    ],
)
def test_a_fact_table_is_raised_when_it_may(
    rows: int, approved: bool, window_open: bool, landing: bool, verdict: Raise
) -> None:
    may = clearing.may_raise(Mode.REVERSAL, landing=landing, rows=rows, approved=approved, window_open=window_open)
    assert may is verdict


def test_a_dimension_needs_no_approval() -> None:
    may = clearing.may_raise(Mode.REPLACE, landing=False, rows=10**6, approved=False, window_open=True)
    assert may is Raise.NOW


def test_a_table_is_filled_when_it_was_seen_empty_twice_a_settle_apart() -> None:
    state = clearing.deleted(Clearing(Phase.CLEARING, 0.0), 1.0)
    once = clearing.counted(state, 0, 2.0, SETTLE)
    assert once.phase is Phase.EMPTY_ONCE
    assert clearing.counted(once, 0, 2.0 + SETTLE - 1, SETTLE) == once
    assert clearing.counted(once, 0, 2.0 + SETTLE, SETTLE).phase is Phase.FILLING


def test_rows_that_outlive_a_settle_are_deleted_again() -> None:
    state = clearing.deleted(Clearing(Phase.CLEARING, 0.0), 1.0)
    assert not clearing.counted(state, 5, 2.0, SETTLE).wants_delete
    assert clearing.counted(state, 5, 1.0 + SETTLE, SETTLE).wants_delete


def test_rows_that_reappear_begin_the_clearing_anew() -> None:
    once = Clearing(Phase.EMPTY_ONCE, 5.0)
    again = clearing.counted(once, 3, 20.0, SETTLE)
    assert again.phase is Phase.CLEARING
    assert not again.wants_delete


def test_moments_ahead_are_of_a_clock_that_was_set_back_and_hold_nothing_up() -> None:
    ahead = 9e9
    assert clearing.counted(Clearing(Phase.CLEARING, 0.0, ahead), 1, 2.0, SETTLE).wants_delete
    assert clearing.is_count_due(Clearing(Phase.EMPTY_ONCE, ahead), 2.0, SETTLE)
    assert clearing.counted(Clearing(Phase.EMPTY_ONCE, ahead), 0, 2.0, SETTLE).phase is Phase.FILLING
