"""From Exact's signed notice to the accepted POST of the changed row, at the vendors' own pace."""

from __future__ import annotations

import time
from collections.abc import Iterator

from bench.measure import Figure, quantile, yardstick
from launcher import both_sides
from launcher.arrivals import arrivals
from launcher.both_sides import DATASET
from launcher.onboarding import notice_address
from launcher.stack import Plan, Stack
from launcher.vendors import World
from oracle.control_ports import sink_journal

CHANGES = 60
PAUSE_S = 2.0


def freshness(_rows: int, runs: int) -> Iterator[Figure]:
    """p50 and p99 of the seconds that an edited line needs, over `runs` runs, without any time scale."""
    halves, tails, yardsticks, shown = [], [], [], 0
    with Stack(Plan("bench", World("small", 1, 1.0))) as stack:
        both_sides.wait_until_equal(stack, both_sides.source(stack), lambda _: None)
        for _ in range(runs):
            yardsticks.append(yardstick())
            seconds = _round(stack, CHANGES // runs)
            shown += len(seconds)
            halves.append(quantile(seconds, 0.5))
            tails.append(quantile(seconds, 0.99))
    params = {"changes": shown, "scale": 1}
    yield Figure("freshness_p50", "s", halves, params, {}, yardsticks)
    yield Figure("freshness_p99", "s", tails, params, {}, yardsticks)


def _round(stack: Stack, changes: int) -> list[float]:
    callback = notice_address(stack)
    made = []
    for _ in range(changes):
        body = {"entity": "TransactionLines", "n": 1, "kinds": ["edit"]}
        made += stack.exact.control.post("/control/change", body)["changed"]
        stack.exact.control.post("/control/notify", {"n": 1, "callback": callback})
        time.sleep(PAUSE_S)
    time.sleep(5 * PAUSE_S)
    return arrivals(made, sink_journal(stack.powerbi.control.base, DATASET, "GL Lines"))
