"""Watches that consumers move: a stuck client looks healthy to every ping, so the process ends and starts anew."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from exactbi.errors import PART_UNREACHABLE, TransientError
from exactbi.kafka.broker import Consuming

LOOK_EVERY_S: Final = 2.0
UNASSIGNED_S: Final = 120.0
"""A consumer without partitions this long may have read the topics before they were made."""
STUCK_S: Final = 60.0
"""Nothing in hand, something to read, and nothing begun this long: the commit or the fetch hangs."""
BEYOND_LOOKS: Final = 3
"""How often in a row a position must lie beyond the log's end before we believe it."""
ANSWER_TIMEOUT_S: Final = 1.0


@dataclass(frozen=True)
class PartitionLag:
    """Messages of a partition that a group has not handled; negative where its position lies beyond the log."""

    topic: str
    group: str
    partition: int
    lag: int


@dataclass(frozen=True)
class Look:
    """What one look at a subscription saw. Times are monotonic seconds."""

    at: float
    assigned: bool
    lags: tuple[int, ...]
    busy: bool
    last_progress: float


@dataclass(frozen=True)
class Suspicion:
    """What the looks so far add up to."""

    unassigned_since: float | None = None
    idle_since: float | None = None
    beyond: int = 0


def judge(before: Suspicion, look: Look) -> tuple[Suspicion, str | None]:
    """The new suspicion, and why the process must end, if it must."""
    waiting = any(lag > 0 for lag in look.lags) and not look.busy
    idle_from = before.idle_since if before.idle_since is not None else look.at
    after = Suspicion(
        unassigned_since=None if look.assigned else before.unassigned_since or look.at,
        idle_since=max(idle_from, look.last_progress) if waiting else None,
        beyond=before.beyond + 1 if any(lag < 0 for lag in look.lags) else 0,
    )
    if after.beyond >= BEYOND_LOOKS:
        return after, "its position lies beyond the end of the log"
    if after.unassigned_since is not None and look.at - after.unassigned_since > UNASSIGNED_S:
        return after, f"no partition was assigned for {UNASSIGNED_S:.0f} s"
    if after.idle_since is not None and look.at - after.idle_since > STUCK_S:
        return after, f"messages wait and none was begun for {STUCK_S:.0f} s"
    return after, None


class Watchdog:
    """Looks at every subscription; `lags` are those of the last look."""

    def __init__(self, consuming: Sequence[Consuming], monotonic: Callable[[], float]) -> None:
        self._consuming = consuming
        self._monotonic = monotonic
        self._suspicions = [Suspicion() for _ in consuming]
        self.lags: tuple[PartitionLag, ...] = ()
        self.looked_at = monotonic()

    @property
    def assigned(self) -> bool:
        """Whether every subscription has a partition."""
        return all(consuming.consumer is not None and consuming.consumer.assignment() for consuming in self._consuming)

    async def run(self) -> None:
        """Until something is stuck: then TransientError (PART_UNREACHABLE), which is to end the process."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            await self.look()

    async def look(self) -> None:
        """One look at all of them."""
        self.looked_at = self._monotonic()
        seen: list[PartitionLag] = []
        for index, consuming in enumerate(self._consuming):
            lags = await partition_lags(consuming)
            seen += lags
            look = Look(
                at=self._monotonic(),
                assigned=bool(consuming.consumer and consuming.consumer.assignment()),
                lags=tuple(lag.lag for lag in lags),
                busy=consuming.busy,
                last_progress=consuming.last_progress,
            )
            self._suspicions[index], verdict = judge(self._suspicions[index], look)
            if verdict:
                name = f"{consuming.subscription.group} on {consuming.subscription.topic}"
                raise TransientError(PART_UNREACHABLE, f"the consumer {name} must start anew: {verdict}")
        self.lags = tuple(replace(lag, lag=max(0, lag.lag)) for lag in seen)


async def partition_lags(consuming: Consuming) -> list[PartitionLag]:
    """Of the partitions that this process has and whose end and position are known."""
    consumer = consuming.consumer
    assigned = sorted(consumer.assignment()) if consumer else []
    if not assigned:
        return []
    subscription = consuming.subscription
    ends = await _ends(consumer, assigned)
    lags: list[PartitionLag] = []
    for partition, end in ends.items():
        with contextlib.suppress(KafkaError, TimeoutError):
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                position = await consumer.position(partition)
            lags.append(PartitionLag(subscription.topic, subscription.group, partition.partition, end - position))
    return lags


async def _ends(consumer: Any, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
    """Where each log ends: the further of what the broker answers and what the last fetch told.

    The client fetches nothing of a partition while its message is in hand, so what it knows may be old; and the
    embedded broker's answer may lie a message before what it gave already.
    """
    known = {partition: consumer.highwater(partition) for partition in partitions}
    ends = {partition: end for partition, end in known.items() if end is not None}
    with contextlib.suppress(KafkaError, TimeoutError):
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            for partition, end in (await consumer.end_offsets(partitions)).items():
                ends[partition] = max(end, ends.get(partition, end))
    return ends
