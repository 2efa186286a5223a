"""How long changes took: from the moment somebody made them in Exact to the accepted POST that tells of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

KEYS: Mapping[str, tuple[str, str]] = {
    "TransactionLines": ("GL Lines", "Entry Key"),
    "GLAccounts": ("GL Accounts", "GL Account Key"),
}
"""Where a changed record shows in Power BI: its table, and the column that has its key."""


def arrivals(changes: Iterable[Mapping[str, Any]], journal: Iterable[Mapping[str, Any]]) -> list[float]:
    """Seconds of each change that an accepted POST shows; one with equal values shows in none."""
    posts = [entry for entry in journal if entry["verb"] == "POST"]
    found = []
    for change in changes:
        table, column = KEYS.get(change["entity"], ("", ""))
        key, made = str(change["key"]).lower(), moment(change["at"])
        times = (
            moment(post["at"])
            for post in posts
            if post["table"] == table and any(str(row.get(column)).lower() == key for row in post["rows"])
        )
        landed = min((at for at in times if at >= made), default=None)
        if landed is not None:
            found.append(landed - made)
    return found


def quantiles(seconds: list[float]) -> dict[str, float | None]:
    """p50, p99 and the largest; null where nothing arrived."""
    if not seconds:
        return {"p50": None, "p99": None, "max": None}
    ordered = sorted(seconds)
    at = {"p50": len(ordered) // 2, "p99": min(len(ordered) - 1, len(ordered) * 99 // 100), "max": len(ordered) - 1}
    return {name: round(ordered[index], 3) for name, index in at.items()}


def moment(at: float | int | str) -> float:
    """Unix seconds, from seconds or ISO 8601."""
    return float(at) if not isinstance(at, str) else datetime.fromisoformat(at.replace("Z", "+00:00")).timestamp()
