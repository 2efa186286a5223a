"""Failures from their report to their end, on a real database."""

from __future__ import annotations

import asyncpg
import pytest

from exactbi.errors import DUPLICATE_KEY, PermanentError
from exactbi.failures import query
from exactbi.failures.query import Filter
from exactbi.kafka.subscription import Message
from exactbi.messages import failures as header
from exactbi.messages import topics
from fakes.failure_registry import PARENT, RECORD, Registry
from replay.handlers import Keeper


@pytest.fixture
async def registry(pool: asyncpg.Pool, dsn: str) -> Registry:
    built = Registry(pool, dsn)
    await built.furnish()
    return built


async def test_a_report_is_kept_and_noted_as_applied(registry: Registry) -> None:
    message = await registry.report(registry.origin(), registry.failed())

    (found,) = await query.list_failures(registry.pool, Filter(customer="acme"), "open", 10)
    assert (found["code"], found["stage"], found["key"], found["field"]) == ("MAP_FIELD", "transformer", RECORD, "Code")
    assert found["remedy"]
    assert await registry.pool.fetchval("select chunk from applied_chunk where application = 'replay'") == message.chunk


async def test_the_same_report_again_counts_once_and_another_one_counts_more(registry: Registry) -> None:
    message = await registry.report(registry.origin(), registry.failed())
    await Keeper(registry.pool).handle(message)
    assert await registry.pool.fetchval("select attempts from failure") == 1

    await registry.report(registry.origin(chunk=6), registry.failed())
    assert await registry.pool.fetchval("select attempts from failure") == 2
    assert await registry.pool.fetchval("select count(*) from failure") == 1


async def test_junk_on_the_topic_is_kept_too(registry: Registry) -> None:
    await Keeper(registry.pool).handle(
        Message(topics.FAILURES, b"", b"\xff", {header.VERSION: "x", "dataset": "-1"}, 0, 0)
    )

    assert await registry.pool.fetchval("select code from failure") == "UNEXPECTED"


@pytest.mark.parametrize(
    ("version", "rev", "state", "mended"),
    [
        (19, 9, "live", False),
        (20, 1, "live", False),
        (20, 2, "live", True),
        (21, 1, "live", True),
        (20, 1, "deleted", True),
        (19, 9, "deleted", False),
        (25, 9, "none", False),
    ],
)
async def test_a_records_failure_closes_by_what_the_gate_holds(
    registry: Registry, version: int, rev: int, state: str, mended: bool
) -> None:
    await registry.report(registry.origin(), registry.failed(), revision=2)
    await registry.gate(version, rev, state)

    assert await registry.states() == ["closed" if mended else "open"]


async def test_a_line_whose_parent_was_deleted_later_is_mended(registry: Registry) -> None:
    await registry.report(registry.origin(), registry.failed())
    await registry.gate(3, 1, "deleted", parent=PARENT)
    assert await registry.states() == ["open"]

    await registry.gate(30, 1, "deleted", record=PARENT)
    assert await registry.states() == ["closed"]


async def test_a_failure_stays_open_while_its_row_is_due(registry: Registry) -> None:
    await registry.report(registry.origin(), registry.failed())
    await registry.gate(20, 1)
    await registry.row(image=1, refused=None)
    assert await registry.states() == ["open"]

    await registry.pool.execute("delete from due")
    assert await registry.states() == ["closed"]


async def test_a_refused_image_keeps_its_failure_open_until_it_is_another_one(registry: Registry) -> None:
    await registry.report(registry.origin(), registry.failed(), stage="deliver")
    await registry.gate(20, 1)
    await registry.row(image=1, refused=1)
    assert await registry.states() == ["open"]

    await registry.pool.execute("update row_wanted set image = 2")
    assert await registry.states() == ["closed"]


async def test_a_refused_removal_keeps_its_failure_open_until_the_row_is_wanted_again(registry: Registry) -> None:
    await registry.report(registry.origin(), registry.failed(), stage="deliver")
    await registry.gate(20, 1)
    await registry.row(image=None, refused=0)
    assert await registry.states() == ["open"]

    await registry.pool.execute("update row_wanted set image = 2")
    assert await registry.states() == ["closed"]


async def test_a_duplicate_key_stays_a_failure_until_the_row_is_alone(registry: Registry) -> None:
    await registry.report(
        registry.origin(), registry.failed(), stage="deliver", error=PermanentError(DUPLICATE_KEY, "key 'x'")
    )
    await registry.gate(20, 1)
    await registry.row(image=2, refused=None)
    await registry.pool.execute("update row_wanted set dim_key = 'x'")
    await registry.pool.execute(
        "insert into row_wanted (dataset, stream, division, record, tbl, ordinal, row_id, image, hash, unit, dim_key) "
        "select dataset, stream, division, $1, tbl, ordinal, 76, 1, hash, unit, dim_key from row_wanted",
        PARENT,
    )
    assert await registry.states() == ["open"]

    await registry.pool.execute("update row_wanted set image = null where row_id = 76")
    assert await registry.states() == ["closed"]


async def test_a_closed_failure_that_is_seen_again_is_open_again(registry: Registry) -> None:
    await registry.report(registry.origin(), registry.failed())
    await registry.gate(20, 1)
    assert await registry.states() == ["closed"]

    await registry.report(registry.origin(chunk=9), registry.failed(), revision=2)
    assert await registry.states() == ["open"]
