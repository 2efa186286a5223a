"""What rows can't repair: emptied tables, refused rows and repairs, duplicate keys, batches that nobody knows."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal

import pytest

from exactbi.postgres.approvals import approve, waiting
from fakes.power_bi import FakePowerBi
from fakes.sink import ACCOUNTS, LINES, Bench, Books

CLEARED = "select count(*) > 0 from audit_event where what = 'clear'"


async def test_a_table_that_was_emptied_behind_our_back_is_cleared_and_filled(
    bench: Bench, books: Books, sink: FakePowerBi
) -> None:
    async with bench.delivery(sink) as delivery:
        for n in range(5):
            await books.want(LINES, {f"k{n}": f"v{n}"})
            await bench.settle(sink, delivery)
        await bench.run(delivery, 0.4)
        sink.datasets["d1"][LINES].clear()
        await bench.settle(sink, delivery)
    why = await bench.pool.fetchval("select detail ->> 'why' from audit_event where what = 'clear'")
    assert why == "the sink was emptied"
    assert await bench.pool.fetchval("select epoch from sink_table where tbl = $1", LINES) == 2


async def test_few_missing_batches_are_sent_again_with_the_same_numbers(
    bench: Bench, books: Books, sink: FakePowerBi
) -> None:
    await books.want(LINES, {"a": "one"})
    async with bench.delivery(sink) as delivery:
        await bench.settle(sink, delivery)
        before = [dict(row) for row in sink.rows(LINES)]
        sink.datasets["d1"][LINES].clear()
        await bench.settle(sink, delivery)
    assert sink.rows(LINES) == before


async def test_a_refused_row_is_found_by_halving_and_its_neighbours_arrive(
    bench: Bench, books: Books, sink: FakePowerBi
) -> None:
    sink.poison = "poison"
    await _origins(bench)
    await books.want(LINES, {f"k{n}": f"v{n}" for n in range(9)} | {"bad": "poison"}, unit="u")
    async with bench.delivery(sink) as delivery:
        books.wanted[LINES].pop("bad")
        await bench.settle(sink, delivery)
        assert await bench.pool.fetchval("select count(*) from due where refused_image is not null") == 1
        sent = await bench.pool.fetchrow("select headers from outbox where topic = 'failures'")
        assert sent is not None
        assert json.loads(sent["headers"])["exactbi-error-code"] == "PBI_REFUSED"
        await books.want(LINES, {"bad": "mended"})
        await bench.settle(sink, delivery)
    assert await bench.pool.fetchval("select count(*) from due") == 0


async def test_a_removal_that_was_refused_is_moot_once_its_table_is_emptied(
    bench: Bench, books: Books, sink: FakePowerBi
) -> None:
    await books.want(LINES, {"a": "one", "bad": "poison"})
    async with bench.delivery(sink) as delivery:
        await bench.settle(sink, delivery)
        sink.poison = "poison"
        await books.want(LINES, {"bad": None})
        refused = "select exists (select from due where refused_image = 0)"
        await bench.run_until(delivery, lambda: bench.pool.fetchval(refused))
        await bench.pool.execute("update sink_table set give_up = 'a test' where tbl = $1", LINES)
        await bench.settle(sink, delivery)
    assert await bench.pool.fetchval("select count(*) from due") == 0


async def test_a_refused_counter_gives_the_table_up(bench: Bench, books: Books, sink: FakePowerBi) -> None:
    sink.faults = [None, "twice", "refused"]
    await books.want(LINES, {"a": "one"})
    async with bench.delivery(sink) as delivery:
        await bench.settle(sink, delivery)
        await books.want(LINES, {"b": "two"})
        await bench.until_posted(delivery, 2)
        sink.land_late()
        await bench.run_until(delivery, lambda: bench.pool.fetchval(CLEARED))
        await bench.settle(sink, delivery)
    assert await bench.pool.fetchval("select count(*) from audit_event where what = 'clear'") == 1


async def test_two_rows_with_one_key_are_reported_and_only_the_first_is_sent(
    bench: Bench, books: Books, sink: FakePowerBi
) -> None:
    await _origins(bench)
    await books.want(ACCOUNTS, {"1": "cash", "x": "bank"})
    await bench.pool.execute("update row_wanted set dim_key = '1' where tbl = $1", ACCOUNTS)
    await bench.pool.execute("update row_image set dim_key = '1' where dim_key is not null")
    async with bench.delivery(sink) as delivery:
        reported = "select exists (select from outbox where topic = 'failures')"
        await bench.run_until(delivery, lambda: bench.pool.fetchval(reported))
        await bench.step_until_sent(delivery, sink, ACCOUNTS)
        assert [row["Text"] for row in sink.rows(ACCOUNTS)] == ["cash"]
        codes = await bench.pool.fetch(
            "select headers ->> 'exactbi-error-code' as code from outbox where topic = 'failures'"
        )
        assert [row["code"] for row in codes] == ["DUPLICATE_KEY"]
        await books.want(ACCOUNTS, {"x": "bank"})
        await bench.pool.execute("update row_image set dim_key = 'x' where dim_key = 'x'")
        await bench.settle(sink, delivery)


async def test_a_batch_that_nobody_knows_is_countered(bench: Bench, books: Books, sink: FakePowerBi) -> None:
    await books.want(LINES, {"a": "one"})
    async with bench.delivery(sink) as delivery:
        await bench.settle(sink, delivery)
        number = await bench.pool.fetchval("select nextval('batch_number')")
        for ordinal in (900, 902):
            row = {"Key": "z", "Text": "alien", "_Amount": Decimal("5.5000"), "_Other": Decimal("-1.0000")}
            sink.datasets["d1"][LINES].append(row | {"_row": 7, "_batch": number, "_ord": ordinal, "_sign": 1})
        await bench.settle(sink, delivery)
    assert sink.total(LINES, "_Amount") == Decimal("3.0001")


async def test_a_large_table_is_cleared_only_after_approval(bench: Bench, books: Books, sink: FakePowerBi) -> None:
    await books.want(LINES, {"a": "one"})
    async with bench.delivery(sink) as delivery:
        await bench.settle(sink, delivery)
        await bench.pool.execute("update sink_table set next_ord = 200_000, give_up = 'a test' where tbl = $1", LINES)
        await bench.run_until(delivery, lambda: bench.pool.fetchval("select exists (select from approval)"))
        await books.want(LINES, {"b": "two"})
        asked_last = "select exists (select from approval where rows = 200_000)"
        await bench.run_until(delivery, lambda: bench.pool.fetchval(asked_last))
        assert sink.net(LINES) == books.expected(LINES)
        asked = await waiting(bench.pool)
        assert [(row["what"], row["subject"]) for row in asked] == [("clear", "exactbi/GL Lines")]
        async with bench.pool.acquire() as connection:
            await approve(connection, asked[0]["id"], "somebody")
        await bench.settle(sink, delivery)
    assert [path.rsplit("/", 2)[1] for method, path in sink.requests if method == "DELETE"] == [LINES]
    assert await waiting(bench.pool) == []


async def test_a_429_suspends_until_retry_after(bench: Bench, books: Books, sink: FakePowerBi) -> None:
    bench.limits_off = False
    sink.faults, sink.retry_after = ["again"], "2"
    await books.want(LINES, {"a": "one"})
    begun = bench.clock.monotonic()
    async with bench.delivery(sink) as delivery:
        await bench.settle(sink, delivery)
    assert bench.clock.monotonic() - begun >= 2.0


async def test_rows_touched_while_their_batch_is_confirmed_stay_due(
    bench: Bench, books: Books, sink: FakePowerBi
) -> None:
    await books.want(LINES, {"a": "one"})
    async with bench.delivery(sink) as delivery:
        async with bench.pool.acquire() as connection, connection.transaction():
            found = await connection.fetchrow("select row_id, image from row_wanted")
            assert found is not None
            row, image = found
            await connection.execute("update due set touched = touched + 1 where row_id = $1", row)
            await connection.execute("update row_wanted set image = null where row_id = $1", row)
            stepping = asyncio.create_task(bench.step_until_sent(delivery, sink, LINES))
            await bench.somebody_waits_for_a_lock()
        await stepping
        books.wanted[LINES].clear()
        await bench.settle(sink, delivery)
    assert image is not None
    assert [known["_sign"] for known in sink.rows(LINES)] == [1, -1]


@pytest.mark.parametrize("again", [False, True])
async def test_a_dataset_is_created_once_though_the_answer_was_lost(
    bench: Bench, books: Books, sink: FakePowerBi, again: bool
) -> None:
    async with bench.delivery(sink):
        pass
    if again:
        await bench.pool.execute("update sink set powerbi_dataset = null")
    async with bench.delivery(sink):
        pass
    assert len(sink.created) == 1
    assert await bench.pool.fetchval("select powerbi_dataset from sink") == "d1"


async def _origins(bench: Bench) -> None:
    """Chunks that images can name."""
    from exactbi.messages import records
    from exactbi.messages.packing import pack

    chunk = records.RecordsFetched(
        customer="c", site="nl", division=1, stream="s", generation=0, seen=0, fetched_at="", call="", records=[]
    )
    await bench.pool.executemany(
        "insert into outbox (event_id, topic, key, value) values (gen_random_uuid(), 'raw-records', '', $1)",
        [(pack(records.encoder.encode(chunk)),) for _ in range(5)],
    )
