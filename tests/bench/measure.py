"""A figure and how it is printed, the yardstick beside it, and processor time by part."""

from __future__ import annotations

import json
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psutil

from launcher.figures import MIB, memory_of
from launcher.folders import CHECKOUT
from launcher.stack import SERVICES, TOGETHER, Stack

LOOP = 2_000_000
LOOP_RATE = ("python_loop", "million steps/s")
INTERPRETER_SIZE = ("python_interpreter", "MiB")
"""Yardsticks: name and unit."""
GROUPS = {"postgres": "postgres", "kafka": "broker", "exact-emulator": "emulators", "powerbi-emulator": "emulators"}


@dataclass(frozen=True)
class Figure:
    """A measured figure: one value a run, processor seconds by group where they were taken; `yardsticks` likewise."""

    name: str
    unit: str
    values: Sequence[float]
    params: Mapping[str, Any]
    cpu_s: Mapping[str, float] = field(default_factory=dict)
    yardsticks: Sequence[float] = ()
    beside: tuple[str, str] = LOOP_RATE

    def line(self) -> dict[str, Any]:
        """`exactbi.bench/1`."""
        return {
            "schema": "exactbi.bench/1",
            "figure": self.name,
            "value": round(statistics.median(self.values), 3),
            "unit": self.unit,
            "runs": len(self.values),
            "min": round(min(self.values), 3),
            "max": round(max(self.values), 3),
            "cpu_s": {name: round(seconds, 1) for name, seconds in self.cpu_s.items()},
            "yardstick": {"name": self.beside[0], "unit": self.beside[1], "value": _median(self.yardsticks)},
            "peer": None,
            "params": dict(self.params),
            "machine": f"{platform.machine()}, {psutil.cpu_count()} cores, Python {platform.python_version()}",
            "commit": _commit(),
        }


def yardstick() -> float:
    """Millions of steps a second of a fixed Python loop on this machine right now."""
    began, total = time.perf_counter(), 0
    for n in range(LOOP):
        total += n & 7
    return LOOP / (time.perf_counter() - began) / 1e6


def interpreter() -> float:
    """MiB of a Python interpreter that has imported nothing, measured as the parts are."""
    command = [sys.executable, "-S", "-c", "print(flush=True); input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as idle:
        assert idle.stdout is not None
        idle.stdout.readline()
        size = memory_of(idle.pid) / MIB
        idle.communicate("\n")
    return size


def cpu_seconds(stack: Stack) -> dict[str, float]:
    """Processor seconds so far by group: services, postgres, broker, emulators; and by service."""
    found: dict[str, float] = {}
    for name, child in stack.children.items():
        seconds = _cpu(child.pid)
        group = "services" if name in SERVICES or name == TOGETHER else GROUPS[name]
        found[group] = found.get(group, 0.0) + seconds
        if name in SERVICES:
            found[name] = seconds
    return found


def spent(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """What was used between two readings."""
    return {name: seconds - before.get(name, 0.0) for name, seconds in after.items()}


def quantile(values: Sequence[float], share: float) -> float:
    """The value that `share` of all values lie at or below."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def printed(figure: Figure) -> str:
    """The figure's line."""
    return json.dumps(figure.line())


def _cpu(pid: int) -> float:
    try:
        process = psutil.Process(pid)
        times = [one.cpu_times() for one in [process, *process.children(recursive=True)]]
    except psutil.Error:
        return 0.0
    return sum(one.user + one.system for one in times)


def _median(values: Sequence[float]) -> float | None:
    return round(statistics.median(values), 2) if values else None


def _commit() -> str:
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=CHECKOUT, capture_output=True, text=True)
    return done.stdout.strip()
