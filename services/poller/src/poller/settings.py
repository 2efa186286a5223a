"""The poller's constants and windows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from poller.passes import LOG_KEPT_S

if TYPE_CHECKING:
    from exactbi.clock import Scale
    from exactbi.config.customer import Schedules

MAX_UNPUBLISHED_BYTES: Final = 2_000_000_000
MAX_UNPUBLISHED_AGE_S: Final = 3600.0
"""No run begins while the outbox holds more, or older, that is not published."""

RARE_PASS_S: Final = 90 * 86_400.0
"""Beyond `late` only a pass repairs, so each sync stream gets one a quarter."""

DISCOVERY_EVERY_S: Final = 3600.0
"""How often the list of visible divisions is read."""

IDLE_S: Final = 2.0
"""A worker looks for due work at least so often; notices wake it sooner."""

RESTART_S: Final = 1.0
"""Before a worker that lost its lease or its database begins again."""


@dataclass(frozen=True)
class Windows:
    """A customer's periods in wall seconds, the time scale applied."""

    schedules: Schedules
    scale: Scale

    def interval(self, stream: str) -> float:
        """Between two incremental runs."""
        return self.scale.seconds(self.schedules.interval(stream))

    def snapshot(self, stream: str) -> float:
        """Between two passes of a stream whose deletes are not logged."""
        return self.scale.seconds(self.schedules.passes.get(stream, self.schedules.snapshot))

    @property
    def second_look(self) -> float:
        """Between two second looks of a stream."""
        return self.scale.seconds(self.schedules.second_look)

    @property
    def late(self) -> float:
        """How long a commit of Exact may stay invisible."""
        return self.scale.seconds(self.schedules.late)

    def rare(self, stream: str) -> float:
        """Between two passes of a sync stream; rare, unless the customer's file names it."""
        return self.scale.seconds(self.schedules.passes.get(stream, RARE_PASS_S))

    @property
    def log_kept(self) -> float:
        """The longest gap between two Deleted runs."""
        return self.scale.seconds(LOG_KEPT_S)
