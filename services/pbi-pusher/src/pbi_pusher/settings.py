"""The pusher's constants and windows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from exactbi.power_bi.limits import REQUEST_TIMEOUT

if TYPE_CHECKING:
    from exactbi.clock import Scale
    from exactbi.config.customer import Schedules

GROUP: Final = "pbi-pusher"
"""The consumer group."""

IDLE_S: Final = 2.0
"""A worker looks for due rows at least so often; apply wakes it sooner."""

EVERY_BATCH_S: Final = 86_400.0
"""How often a census looks at each batch, whatever the totals say."""

SCHEMA_S: Final = 10.0
"""How often the configured schema is compared with the one that was sent."""

FIRST_WAIT_S: Final = 0.25
LONGEST_WAIT_S: Final = 30.0
"""Between two tries while the sink gives no answer, doubling; and while the operator has something to mend."""

RESTART_S: Final = 1.0
"""Before a worker that lost its lease or its database begins again."""


@dataclass(frozen=True)
class Windows:
    """A customer's periods in wall seconds, the time scale applied."""

    settle: float
    census: float
    every_batch: float
    replace: float
    scale: float
    paced: bool = True
    """Whether POSTs are spread over the vendor's windows; not where limits are lifted."""

    @classmethod
    def of(cls, schedules: Schedules, scale: Scale, *, paced: bool) -> Windows:
        """From the configuration; settle is never shorter than a request may last."""
        return cls(
            settle=max(scale.seconds(schedules.settle), REQUEST_TIMEOUT),
            census=scale.seconds(schedules.census),
            every_batch=scale.seconds(EVERY_BATCH_S),
            replace=scale.seconds(schedules.replace_window),
            scale=scale.factor,
            paced=paced,
        )
