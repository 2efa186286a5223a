"""Freshness while POSTs are plenty, full batches when they are scarce."""

from __future__ import annotations

from pbi_pusher.pace import wait


def test_the_first_posts_of_a_window_go_at_once() -> None:
    assert wait([99.0] * 59, large=False, full=False, now=100.0, scale=1.0) == 0.0


def test_later_ones_are_spread_over_the_window() -> None:
    assert wait([100.0] * 60, large=False, full=False, now=100.0, scale=1.0) == 0.5
    assert wait([100.0] * 60, large=True, full=False, now=100.0, scale=1.0) == 30.0
    assert wait([100.0] * 60, large=True, full=False, now=100.0, scale=60.0) == 0.5


def test_a_full_batch_never_waits() -> None:
    assert wait([100.0] * 120, large=True, full=True, now=100.0, scale=1.0) == 0.0
