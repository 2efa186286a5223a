"""The look after a first load over every interleaving within small bounds."""

from __future__ import annotations

from explore.engine import Bounds
from explore.source_load import explore


def test_no_change_around_a_load_is_lost_and_each_mistake_put_back_is_caught() -> None:
    result = explore(Bounds(edits=1, faults=1))

    assert result.ok, (result.finding, result.trace)
    assert result.mistakes["caught"] == result.mistakes["put_back"] == 6
