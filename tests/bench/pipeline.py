"""From Exact's first page to the last accepted POST, with the vendors' limits lifted."""

from __future__ import annotations

from collections.abc import Iterator

from bench.measure import Figure, cpu_seconds, spent, yardstick
from launcher import both_sides
from launcher.arrivals import moment
from launcher.both_sides import DATASET
from launcher.stack import Plan, Stack
from launcher.vendors import World
from oracle.control_ports import sink_journal
from oracle.tables import TABLES

SCALE = 60.0


def pipeline(rows: int, runs: int) -> Iterator[Figure]:
    """Rows a second: the first load of a ledger of `rows` lines, and the processor seconds that it took."""
    values: list[float] = []
    yardsticks: list[float] = []
    cpu: dict[str, float] = {}
    for _ in range(runs):
        yardsticks.append(yardstick())
        value, cpu = _run(rows)
        values.append(value)
    params = {"rows": rows, "limits": "off", "scale": SCALE}
    yield Figure("pipeline", "rows/s", values, params, cpu, yardsticks)


def _run(rows: int) -> tuple[float, dict[str, float]]:
    with Stack(Plan("bench", World(str(rows), 1, SCALE, "off"))) as stack:
        before = cpu_seconds(stack)
        both_sides.wait_until_equal(stack, both_sides.source(stack), lambda _: None)
        used = spent(before, cpu_seconds(stack))
        calls = [call["at"] for call in stack.exact.control.lines("/control/journal") if "sync" in str(call)]
        landed, last = 0, 0.0
        for table in TABLES:
            for landing in sink_journal(stack.powerbi.control.base, DATASET, table.name):
                landed += len(landing["rows"])
                last = max(last, moment(landing["at"]))
    return landed / (last - min(map(moment, calls))), used
