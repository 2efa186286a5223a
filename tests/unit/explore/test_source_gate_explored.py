"""The gate, sweeps, re-maps and lines over every interleaving within small bounds."""

from __future__ import annotations

from explore.engine import Bounds
from explore.source_gate import explore


def test_no_record_is_lost_or_comes_back_and_each_mistake_put_back_is_caught() -> None:
    result = explore(Bounds(edits=1, faults=1))

    assert result.ok, (result.finding, result.trace)
    assert result.mistakes["caught"] == result.mistakes["put_back"] == 16
