"""When to send: at once while POSTs are plenty, in full batches when they are scarce. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from exactbi.power_bi.limits import HOUR, MINUTE, POSTS

LINGER_S: Final = 0.15
"""Wall seconds in which rows that come together are gathered; with more at hand than a batch holds there is no wait."""
FREE_SHARE: Final = 0.5
"""Of a window's POSTs, this share goes to whatever is freshest; the rest is spread over the window."""


def wait(posts: Sequence[float], *, large: bool, full: bool, now: float, scale: float) -> float:
    """Seconds to wait before the next batch is composed.

    `posts` are the times of our last POSTs, in order; `large`: the model has the budget of a large one; `full`: a full
    batch is at hand. A full batch uses its POST as well as any, so it never waits: the budget itself stops it.
    """
    if full:
        return 0.0
    window = (HOUR if large else MINUTE) / scale
    recent = [at for at in posts if now - at < window]
    if len(recent) < POSTS * FREE_SHARE:
        return 0.0
    return max(0.0, recent[-1] + window / POSTS - now)
