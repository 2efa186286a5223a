"""What a stack used while it ran: memory by part, calls and limits by vendor."""

from __future__ import annotations

from typing import Any

import psutil

from launcher.stack import Stack

MIB = 2**20


def memory(stack: Stack) -> dict[str, float]:
    """MiB by part, children included; memory that processes share is divided among them where the system tells."""
    return {name: round(memory_of(child.pid) / MIB, 1) for name, child in stack.children.items()}


def memory_of(pid: int) -> int:
    """Bytes of a process and its children; 0 where it is gone."""
    try:
        process = psutil.Process(pid)
        return sum(_own(one) for one in [process, *process.children(recursive=True)])
    except psutil.Error:
        return 0


def vendor(stats: dict[str, Any]) -> dict[str, Any]:
    """Calls, refusals and the highest use of any limit, 1 being all of it."""
    return {
        "calls": sum(stats["calls"].values()),
        "refused": sum(stats["refused"].values()),
        "s429": stats["s429"],
        "peak_use": round(stats["peak_use"], 3),
    }


def _own(process: psutil.Process) -> int:
    try:
        full = process.memory_full_info()
        return int(getattr(full, "pss", full.rss))
    except psutil.Error:
        return 0
