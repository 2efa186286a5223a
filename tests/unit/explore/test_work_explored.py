"""The rules of work over every interleaving within small bounds."""

from __future__ import annotations

from explore.engine import Bounds
from explore.work import MISTAKES, explore


def test_no_notice_is_lost_no_failure_spins_and_each_mistake_put_back_is_caught() -> None:
    result = explore(Bounds(edits=2, faults=2))

    assert result.ok, (result.finding, result.trace)
    assert result.mistakes == {"put_back": len(MISTAKES), "caught": len(MISTAKES)}
