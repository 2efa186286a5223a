"""The outbox's rules over every interleaving within small bounds."""

from __future__ import annotations

from explore.engine import Bounds
from explore.outbox import MISTAKES, explore


def test_the_outbox_loses_nothing_and_gets_stuck_nowhere() -> None:
    result = explore(Bounds(edits=1, faults=1))

    assert result.complete
    assert (result.violations, result.stuck) == (0, 0), result.trace


def test_each_mistake_put_back_is_caught() -> None:
    result = explore(Bounds(edits=1, faults=1))

    assert result.mistakes == {"put_back": len(MISTAKES), "caught": len(MISTAKES)}, result.finding
