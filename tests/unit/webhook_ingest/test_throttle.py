"""The token bucket."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from webhook_ingest.throttle import Throttle


def test_customers_have_buckets_of_their_own() -> None:
    throttle = Throttle(per_second=1.0, burst=1.0)

    assert throttle.allows("a", 0.0)
    assert not throttle.allows("a", 0.0)
    assert throttle.allows("b", 0.0)
    assert throttle.allows("a", 1.0)


@given(st.lists(st.floats(0.0, 2.0), min_size=1, max_size=200))
def test_never_more_than_the_burst_and_the_rate(gaps: list[float]) -> None:
    throttle = Throttle(per_second=3.0, burst=5.0)
    now, allowed = 0.0, 0
    for gap in gaps:
        now += gap
        allowed += throttle.allows("a", now)

    assert allowed <= 5.0 + 3.0 * now + 1e-6
