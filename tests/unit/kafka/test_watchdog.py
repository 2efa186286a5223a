"""When a consumer that looks healthy is believed to be stuck."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka import TopicPartition

from exactbi.kafka.broker import Consuming
from exactbi.kafka.watchdog import BEYOND_LOOKS, STUCK_S, UNASSIGNED_S, Look, Suspicion, judge, partition_lags

PARTITION = TopicPartition("rows", 0)


@dataclass
class Consumer:
    """One partition: what the broker answers, what the last fetch told, and where the client stands."""

    end: int | None
    highwater_: int | None
    position_: int

    def assignment(self) -> set[TopicPartition]:
        return {PARTITION}

    def highwater(self, _: TopicPartition) -> int | None:
        return self.highwater_

    async def end_offsets(self, _: Any) -> dict[TopicPartition, int]:
        if self.end is None:
            raise TimeoutError
        return {PARTITION: self.end}

    async def position(self, _: TopicPartition) -> int:
        return self.position_


def _verdict(*looks: Look) -> str | None:
    suspicion, verdict = Suspicion(), None
    for look in looks:
        suspicion, verdict = judge(suspicion, look)
        if verdict:
            break
    return verdict


def _look(at: float, *lags: int, assigned: bool = True, busy: bool = False, last: float = 0.0) -> Look:
    return Look(at, assigned, lags, busy, last)


def test_a_quiet_topic_is_fine_for_ever() -> None:
    assert _verdict(*(_look(at, 0) for at in range(0, 10_000, 100))) is None


def test_a_long_handler_is_fine() -> None:
    assert _verdict(*(_look(at, 5, busy=True) for at in range(0, 10_000, 100))) is None


def test_messages_that_nobody_begins_end_the_process() -> None:
    assert "none was begun" in (_verdict(_look(0.0, 5), _look(STUCK_S - 1, 5), _look(STUCK_S + 1, 5)) or "")


def test_progress_between_looks_is_progress() -> None:
    assert _verdict(*(_look(at, 5, last=at - 1.0) for at in range(1, 10_000, 30))) is None


def test_a_position_beyond_the_log_must_be_seen_several_times() -> None:
    beyond = [_look(float(at), -3) for at in range(BEYOND_LOOKS)]

    assert _verdict(*beyond[:-1], _look(9.0, 0)) is None
    assert "beyond the end" in (_verdict(*beyond) or "")


def test_a_consumer_without_partitions_is_given_two_minutes() -> None:
    assert _verdict(_look(1.0, assigned=False), _look(UNASSIGNED_S, assigned=False)) is None
    assert "no partition" in (_verdict(_look(1.0, assigned=False), _look(UNASSIGNED_S + 2, assigned=False)) or "")
    assert _verdict(_look(1.0, assigned=False), _look(60.0, 0), _look(UNASSIGNED_S + 2, assigned=False)) is None


@pytest.mark.parametrize(
    ("end", "highwater", "position", "lags"),
    [
        (13, 13, 13, [0]),
        (12, 13, 13, [0]),  # the embedded broker answers so for logs that nobody writes to
        (15, 13, 13, [2]),  # a message is in hand: nothing was fetched since
        (None, 13, 12, [1]),
        (13, None, 12, [1]),
        (None, None, 12, []),
        (0, 0, 13, [-13]),  # the log is another: its broker came back empty
    ],
)
async def test_a_log_ends_where_the_broker_or_the_last_fetch_says(
    end: int | None, highwater: int | None, position: int, lags: list[int]
) -> None:
    subscription = SimpleNamespace(topic="rows", group="apply")
    consuming = cast(Consuming, SimpleNamespace(consumer=Consumer(end, highwater, position), subscription=subscription))

    assert [lag.lag for lag in await partition_lags(consuming)] == lags
