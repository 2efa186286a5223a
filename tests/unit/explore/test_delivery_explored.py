"""Small bounds of `make explore CORE=delivery`."""

from __future__ import annotations

from explore.delivery import explore
from explore.engine import Bounds


def test_delivery_converges_under_every_single_fault_and_each_mistake_is_caught() -> None:
    result = explore(Bounds(edits=2, faults=1))
    assert result.ok, (result.finding, result.trace)
    assert result.mistakes == {"put_back": 11, "caught": 11}
