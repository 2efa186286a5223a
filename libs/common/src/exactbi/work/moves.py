"""Whether a division moved to another database, and when Exact is asked about it [no I/O]."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

ASK_EVERY_S: Final = 86_400.0
"""One call a day and connection. A move that is found late costs freshness, and nothing else: until then the old
cursors find nothing of the new database, or read too much; the passes that follow put everything right."""


@dataclass(frozen=True)
class Moves:
    """When Exact last moved a division to another database, or linked it to an HR division or unlinked it.

    Dutch wall time; None where it never did. With another date all Timestamps of the division are others.
    """

    moved: datetime | None = None
    linked: datetime | None = None


def is_due(asked: Iterable[float | None], now: float, every: float) -> bool:
    """Whether some division's moves were never asked for, or not for `every` seconds; times are Unix seconds."""
    return any(at is None or abs(now - at) >= every for at in asked)


def has_moved(before: Moves | None, told: Moves) -> bool:
    """Whether the Timestamps of a division are others than when its dates were `before` (None: not known yet).

    Any other date counts, an earlier one or none too: a pass too many is cheap, a move that is missed is not.
    """
    return before is not None and told != before
