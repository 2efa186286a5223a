"""The source side: cursors and runs, the look after a load, moves, then the gate and its sweeps, told as one core."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import replace

from explore import source_cursor, source_load, source_moves
from explore.engine import Bounds, Result

PARTS: tuple[Callable[[Bounds], Result], ...] = (
    source_cursor.explore,
    source_load.explore,
    source_moves.explore,
)
if importlib.util.find_spec("explore.source_gate"):
    PARTS += (importlib.import_module("explore.source_gate").explore,)


def explore(bounds: Bounds) -> Result:
    """Walk each part; the first finding is told."""
    results = [part(bounds) for part in PARTS]
    worst = next((result for result in results if not result.ok), results[0])
    return replace(
        worst,
        core="source",
        states=sum(result.states for result in results),
        complete=all(result.complete for result in results),
        violations=sum(result.violations for result in results),
        stuck=sum(result.stuck for result in results),
        mistakes={name: sum(result.mistakes[name] for result in results) for name in worst.mistakes},
        wall_s=round(sum(result.wall_s for result in results), 1),
        ok=all(result.ok for result in results),
    )
