"""Memory of a small installation: all services in one process, PostgreSQL and the broker."""

from __future__ import annotations

from collections.abc import Iterator

from bench.measure import INTERPRETER_SIZE, Figure, interpreter
from launcher import both_sides, figures
from launcher.stack import TOGETHER, Plan, Stack
from launcher.vendors import World

COUNTED = (TOGETHER, "postgres", "kafka")


def memory(_rows: int, runs: int) -> Iterator[Figure]:
    """MiB together after the first load, shared memory counted once."""
    values, yardsticks, parts = [], [], {}
    for _ in range(runs):
        yardsticks.append(interpreter())
        with Stack(Plan("bench", World("small", 1, 60.0), is_together=True)) as stack:
            both_sides.wait_until_equal(stack, both_sides.source(stack), lambda _: None)
            parts = {name: used for name, used in figures.memory(stack).items() if name in COUNTED}
            values.append(sum(parts.values()))
    yield Figure("memory", "MiB", values, {"parts": parts}, {}, yardsticks, INTERPRETER_SIZE)
