"""The custodian's rules over every interleaving within small bounds."""

from __future__ import annotations

from explore.custodian import MISTAKES, explore
from explore.engine import Bounds


def test_no_token_is_lost_in_vain_and_each_mistake_put_back_is_caught() -> None:
    result = explore(Bounds(edits=0, faults=1))

    assert result.complete
    assert (result.violations, result.stuck) == (0, 0), result.trace
    assert result.mistakes == {"put_back": len(MISTAKES), "caught": len(MISTAKES)}, result.finding
