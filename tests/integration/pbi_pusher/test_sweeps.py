"""Sweeps and re-maps on PostgreSQL."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence

import asyncpg
import pytest

from exactbi.clock import Scale
from fakes.chunks import live, mapped, record_id, unmappable
from fakes.gatehouse import Gatehouse, make_gatehouse
from pbi_pusher.remap import Remapper
from pbi_pusher.sweeper import Sweeper

STREAM = "TransactionLines"


class Passes(Gatehouse):
    """A gatehouse whose streams are passed over and swept."""

    def __init__(self, house: Gatehouse) -> None:
        super().__init__(house.pool, house.division)
        self.sweeper = Sweeper(house.pool, Scale())

    async def complete(
        self,
        generation: int = 0,
        chunks: Sequence[int] = (),
        *,
        stream: str = STREAM,
        numbers: tuple[int, int] = (0, 0),
    ) -> int:
        number: int = await self.pool.fetchval(
            "insert into pass (division, stream, generation, first_number, last_number, reason, complete_at) "
            "values ($1, $2, $3, $4, $5, 'resync', now()) returning id",
            self.division, stream, generation, *numbers,
        )  # fmt: skip
        await self.pool.executemany("insert into pass_chunk values ($1, $2)", [(number, chunk) for chunk in chunks])
        return number

    async def answer(self) -> None:
        """The candidates were asked for, and all that was found was applied."""
        await self.pool.execute("update work set done_seq = requested_seq")

    async def swept(self, number: int) -> bool:
        return bool(await self.pool.fetchval("select swept_at is not null from pass_dataset where pass = $1", number))


@pytest.fixture
async def passes(pool: asyncpg.Pool) -> Passes:
    return Passes(await make_gatehouse(pool))


async def test_what_a_pass_did_not_see_is_asked_for_by_key_and_then_goes(passes: Passes) -> None:
    await passes.apply(mapped([live("a", 5, "one"), live("b", 6, "two")], chunk=1))
    await passes.apply(mapped([live("a", 5, "one")], chunk=2, generation=2))
    number = await passes.complete(2, [2])

    await passes.sweeper.look()
    keys = await passes.pool.fetch("select key, kind from work_key")
    before = await passes.wanted("b")
    await passes.answer()
    await passes.sweeper.look()

    assert [(row["key"], row["kind"]) for row in keys] == [(record_id("b"), "candidates")]
    assert (before, await passes.wanted("b"), await passes.state("b")) == (['"Description":"two"'], [], "deleted")
    assert await passes.wanted("a") == ['"Description":"one"']
    assert await passes.swept(number)


async def test_a_sweep_waits_for_every_chunk_that_joined_the_pass(passes: Passes) -> None:
    await passes.apply(mapped([live("b", 6, "two")], chunk=1))
    number = await passes.complete(2, [3])

    await passes.sweeper.look()

    assert await passes.pool.fetchval("select count(*) from work_key") == 0
    assert not await passes.swept(number)


async def test_a_late_chunk_does_not_bring_back_what_was_swept(passes: Passes) -> None:
    await passes.apply(mapped([live("a", 5, "one"), live("b", 6, "two")], chunk=1))
    await passes.apply(mapped([live("a", 5, "one")], chunk=2, generation=2))
    await passes.complete(2, [2])
    await passes.sweeper.look()
    await passes.answer()
    await passes.sweeper.look()

    await passes.apply(mapped([live("b", 9, "late")], chunk=4, generation=1))

    assert await passes.wanted("b") == []


async def test_a_pass_that_saw_nothing_waits_for_a_person(passes: Passes) -> None:
    await passes.apply(mapped([live("a", 5, "one")], chunk=1))
    number = await passes.complete(2)
    await passes.sweeper.look()
    await passes.answer()

    await passes.sweeper.look()
    asked = await passes.pool.fetchrow("select * from approval")
    await passes.sweeper.look()
    waited = not await passes.swept(number)
    await passes.pool.execute("update approval set approved_at = now(), approved_by = 'me'")
    await passes.sweeper.look()

    assert asked is not None
    assert (asked["what"], asked["rows"], asked["why"]) == ("sweep", 1, "1 of 1 records were not seen")
    assert waited
    assert await passes.swept(number)
    assert await passes.wanted("a") == []
    assert await passes.pool.fetchval("select used_at is not null from approval")


async def test_a_newer_pass_replaces_one_that_is_not_swept(passes: Passes) -> None:
    await passes.apply(mapped([live("a", 5, "one")], chunk=1))
    older = await passes.complete(2)
    newer = await passes.complete(3)

    await passes.sweeper.look()

    replaced = await passes.pool.fetch("select pass from pass_dataset where replaced")
    assert [row["pass"] for row in replaced] == [older]
    assert not await passes.swept(newer)


async def test_a_first_load_is_swept_at_once_and_raises_the_floor(passes: Passes) -> None:
    await passes.apply(mapped([live("a", 5, "one")], chunk=1))
    number = await passes.complete(1, [1])

    await passes.sweeper.look()

    assert await passes.swept(number)
    assert await passes.pool.fetchval("select value from floor where stream = $1", STREAM) == 1


async def test_records_without_timestamp_are_swept_by_the_pass_s_first_number(passes: Passes) -> None:
    first, second = [live("a", 3, "one"), live("b", 3, "two")], [live("a", 10, "one")]
    await passes.apply(mapped(first, chunk=1, seen=3, stream="Costcenters", generation=0))
    await passes.apply(mapped(second, chunk=2, seen=10, stream="Costcenters", generation=0))
    await passes.complete(stream="Costcenters", numbers=(10, 11))
    await passes.sweeper.look()
    await passes.answer()

    await passes.sweeper.look()

    row = await passes.pool.fetchrow("select state, version from record where record = $1", record_id("b"))
    assert row is not None
    assert (row["state"], row["version"]) == ("deleted", 11)
    assert await passes.wanted("a") == ['"Description":"one"']


async def test_what_was_tried_below_the_active_revision_is_mapped_again_from_its_newest_chunk(passes: Passes) -> None:
    pool = passes.pool
    for chunk in (101, 102, 103):
        await pool.execute(
            "insert into outbox (id, event_id, topic, key, headers, value, published_at) "
            "values ($1, $2, 'raw-records', '', $3, '', now() - interval '1 hour')",
            chunk, uuid.uuid4(), json.dumps({"customer": "demo", "stream": STREAM}),
        )  # fmt: skip
    await passes.apply(mapped([live("a", 5, "one"), live("b", 5, "two")], chunk=101))
    await passes.apply(mapped([unmappable("a", 6)], chunk=102))
    await passes.apply(mapped([live("b", 7, "two")], chunk=103, mapping_rev=2))
    remapper = Remapper(pool, Scale())

    first = await remapper.look()
    await pool.execute(
        "insert into mapping (dataset, stream, rev, hash, configuration) values (1, $1, 2, '', '{}')", STREAM
    )
    second = await remapper.look()

    again = await pool.fetch("select id from outbox where topic = 'raw-records' and published_at is null and id > 100")
    assert (first, second) == (0, 1)
    assert [row["id"] for row in again] == [102]


async def test_a_sweep_waits_for_what_a_replay_made_of_a_chunk_that_failed(passes: Passes) -> None:
    await passes.apply(mapped([live("a", 5, "one")], chunk=1))
    number = await passes.complete(2, [3])
    await replayed(passes.pool, 3, "raw-records")
    await passes.sweeper.look()
    waited = not await passes.swept(number)

    await passes.apply(mapped([live("a", 6, "one")], chunk=103, generation=2))
    await passes.sweeper.look()

    assert waited
    assert await passes.swept(number)
    assert await passes.wanted("a") == ['"Description":"one"']


async def test_a_person_is_asked_where_a_failed_chunk_was_fetched_anew_instead(passes: Passes) -> None:
    for n in range(9):
        await passes.apply(mapped([live(f"seen {n}", 5, "one")], chunk=1, generation=2))
    await passes.apply(mapped([live("a", 5, "one")], chunk=1))
    await passes.complete(2, [3])
    await replayed(passes.pool, 3, "entity-keys")
    await passes.sweeper.look()
    await passes.answer()

    await passes.sweeper.look()

    why = await passes.pool.fetchval("select why from approval")
    assert why == "1 of 10 records were not seen; 1 chunks could not be read"


async def test_a_dataset_that_comes_after_a_pass_loses_nothing_by_its_sweep(passes: Passes) -> None:
    await passes.complete(stream="Costcenters", numbers=(10, 12))
    older, of_pass = ([live("a", n, "one")] for n in (5, 10))
    await passes.apply(mapped(older, chunk=1, seen=5, stream="Costcenters", generation=0))
    for _ in range(2):
        await passes.sweeper.look()
        await passes.answer()

    await passes.apply(mapped(of_pass, chunk=2, seen=10, stream="Costcenters", generation=0))

    assert await passes.wanted("a") == ['"Description":"one"']


async def replayed(pool: asyncpg.Pool, chunk: int, topic: str) -> None:
    """The chunk failed as a whole; its failure was replayed as chunk + 100 of this topic, and closed."""
    failure = uuid.uuid4()
    await pool.execute(
        "insert into outbox (id, event_id, topic, key, value) values ($1, $2, $3, '', '')", chunk + 100, failure, topic
    )
    await pool.execute(
        "insert into failure (id, customer, dataset, stream, division, record, generation, version, mapping_rev, "
        "reference_rev, field, stage, code, message, attempts, state, first_at, last_at, origin_topic, origin_event, "
        "origin_chunk, report, key, headers, packed) values ($1, 'demo', 0, $2, 'nl/100001', '', 0, 0, 0, 0, '', "
        "'transformer', 'UNEXPECTED', '', 1, 'closed', now(), now(), 'raw-records', $1, $3, 1, '', '{}', '')",
        failure, STREAM, chunk,
    )  # fmt: skip
    await pool.execute(
        "with made as (insert into replay (customer, mode, filter, reason, planned_by) "
        "values ('demo', 'as-is', '{}', '', '') returning id) insert into replay_item (replay, failure, state, chunk) "
        "select id, $1, 'done', $2 from made", failure, chunk + 100,
    )  # fmt: skip
