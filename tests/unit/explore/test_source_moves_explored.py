"""Moves to another database over every interleaving within small bounds."""

from __future__ import annotations

from explore.engine import Bounds
from explore.source_moves import explore


def test_nothing_is_wrong_for_ever_after_a_move_and_each_mistake_put_back_is_caught() -> None:
    result = explore(Bounds(edits=1, faults=1))

    assert result.ok, (result.finding, result.trace)
    assert result.mistakes["caught"] == result.mistakes["put_back"] == 4
