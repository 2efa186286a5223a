"""Making the topics and looking at them; the broker's own creation of topics is never relied on."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError
from aiokafka.partitioner import murmur2

from exactbi.errors import (
    CONFIG_INVALID,
    PART_UNREACHABLE,
    TOPICS_DIFFER,
    TOPICS_MISSING,
    ConfigurationError,
    TransientError,
)
from exactbi.messages import topics

MAX_MESSAGE_BYTES: Final = 17 * 2**20
"""Above what our producer sends, so that the client refuses first."""
DAY_MS: Final = 86_400_000
ALREADY_EXISTS: Final = 36
REQUEST_TIMEOUT_MS: Final = 5_000
READY_POLL_S: Final = 0.2


@dataclass(frozen=True)
class TopicPlan:
    """How a topic is made."""

    partitions: int
    retention_days: int


PLANS: Final[Mapping[str, TopicPlan]] = {
    topics.ENTITY_KEYS: TopicPlan(6, 7),
    topics.RAW_RECORDS: TopicPlan(6, 7),
    topics.ROWS: TopicPlan(6, 7),
    topics.FAILURES: TopicPlan(3, 30),
}


def partition_of(key: bytes, partitions: int) -> int:
    """The partition that a message with this key goes to (the Java client's default)."""
    return int((murmur2(key) & 0x7FFFFFFF) % partitions)


async def apply(bootstrap: str, prefix: str) -> list[str]:
    """Make the topics that are missing; returns their names. Replicated three times where there are three brokers.

    TransientError (PART_UNREACHABLE) where no broker answers or one refuses, ConfigurationError (TOPICS_DIFFER) where a
    topic has other partitions.
    """
    async with _client(bootstrap) as client:
        brokers = len((await client.describe_cluster())["brokers"])
        replicas = min(3, max(1, brokers))
        wanted = [_new_topic(prefix, name, plan, replicas) for name, plan in PLANS.items()]
        response = await client.create_topics(wanted)
        errors = {error[0]: (error[1], error[2] if len(error) > 2 else "") for error in response.topic_errors}
        refused = {name: error for name, error in errors.items() if error[0] not in (0, ALREADY_EXISTS)}
        if refused:
            raise TransientError(PART_UNREACHABLE, f"Kafka refused to create topics: {refused}")
        made = [name for name, error in errors.items() if error[0] == 0]
    await wait(bootstrap, prefix, timeout_s=10.0)
    return made


async def wait(bootstrap: str, prefix: str, timeout_s: float = 60.0) -> None:
    """Return once every topic is there with its partitions.

    After `timeout_s` TransientError (PART_UNREACHABLE) where no broker answers, else ConfigurationError.
    """
    problem: object = "no answer"
    deadline = asyncio.get_running_loop().time() + timeout_s
    while asyncio.get_running_loop().time() < deadline:
        try:
            problem = await missing(bootstrap, prefix)
        except TransientError as error:
            problem = error
        if not problem:
            return
        await asyncio.sleep(READY_POLL_S)
    if isinstance(problem, Mapping):
        raise not_as_planned(problem)
    raise TransientError(PART_UNREACHABLE, f"Kafka at {bootstrap} is not ready: {problem}")


def not_as_planned(absent: Mapping[str, int]) -> ConfigurationError:
    """The error of topics that are not as planned, as `missing` gives them."""
    differ = [f"{name} has {there}, not {PLANS[name].partitions}" for name, there in absent.items() if there]
    if differ:
        return ConfigurationError(TOPICS_DIFFER, f"partitions differ: {', '.join(differ)}")
    return ConfigurationError(TOPICS_MISSING, f"topics are missing: {', '.join(absent)}")


async def missing(bootstrap: str, prefix: str) -> dict[str, int]:
    """Topics that are not as planned, with the number of partitions that they have (0: not there)."""
    async with _client(bootstrap) as client:
        there = set(await client.list_topics())
        found = [name for name in PLANS if prefix + name in there]
        # Only of topics that are there: asking for others makes them on the embedded broker.
        described = await client.describe_topics([prefix + name for name in found]) if found else []
    partitions = {topic["topic"]: len(topic["partitions"]) for topic in described}
    counts = {name: partitions.get(prefix + name, 0) for name in PLANS}
    return {name: count for name, count in counts.items() if count != PLANS[name].partitions}


def _new_topic(prefix: str, name: str, plan: TopicPlan, replicas: int) -> NewTopic:
    return NewTopic(
        name=prefix + name,
        num_partitions=plan.partitions,
        replication_factor=replicas,
        topic_configs={
            "max.message.bytes": str(MAX_MESSAGE_BYTES),
            "retention.ms": str(plan.retention_days * DAY_MS),
            "min.insync.replicas": str(max(1, replicas - 1)),
        },
    )


@contextlib.asynccontextmanager
async def _client(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=REQUEST_TIMEOUT_MS)
    try:
        try:
            await client.start()
        except (ValueError, OverflowError) as error:
            raise ConfigurationError(CONFIG_INVALID, f"EXACTBI_KAFKA is no list of host:port: {bootstrap}") from error
        yield client
    except (KafkaError, OSError, TimeoutError) as error:
        raise TransientError(PART_UNREACHABLE, f"Kafka at {bootstrap}: {error!r}") from error
    finally:
        await client.close()
