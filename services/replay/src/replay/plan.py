"""What a replay does next. [no I/O]"""

from __future__ import annotations

from dataclasses import dataclass

from replay.settings import CANARY_SUCCESS, FAILING_PART, JUDGED_FROM, LOOK_EVERY_S


@dataclass(frozen=True)
class Progress:
    """A replay that is to move: its items by state. `canary` items go first, 0 for none."""

    state: str
    canary: int
    per_second: float
    waiting: int
    sent: int
    done: int
    failed: int

    @property
    def ended(self) -> int:
        """Items that are mended or failed again."""
        return self.done + self.failed


@dataclass(frozen=True)
class Step:
    """The state it goes on in, and how many items to send now."""

    state: str
    send: int = 0


def next_step(progress: Progress) -> Step:
    """Send the canary, wait for its verdict, then the rest at the replay's rate; pause where too much fails again."""
    if progress.state == "canary":
        return _canary(progress)
    if progress.state != "running":
        return Step(progress.state)
    if progress.waiting == 0 and progress.sent == 0:
        return Step("done")
    if progress.ended >= JUDGED_FROM and progress.failed > FAILING_PART * progress.ended and progress.waiting:
        return Step("paused")
    return Step("running", _allowed(progress.per_second, progress.waiting))


def _canary(progress: Progress) -> Step:
    begun = progress.sent + progress.ended
    if begun < progress.canary and progress.waiting:
        return Step("canary", _allowed(progress.per_second, min(progress.waiting, progress.canary - begun)))
    if progress.sent:
        return Step("canary")
    return Step("running" if progress.done >= CANARY_SUCCESS * progress.ended else "paused")


def _allowed(per_second: float, most: int) -> int:
    return min(most, max(1, int(per_second * LOOK_EVERY_S)))
