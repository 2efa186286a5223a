"""Delivery over PostgreSQL to a fake Power BI: whatever the sink does, it comes to hold what is wanted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from exactbi.cli.verify import verify
from exactbi.postgres.lease import LeaseLostError
from fakes.power_bi import FakePowerBi
from fakes.sink import ACCOUNTS, LINES, WINDOWS, Bench, Books, PowerBiSide


async def test_a_change_is_pushed_as_its_negation_and_the_new_row_in_one_post(
    bench: Bench, books: Books, sink: FakePowerBi
) -> None:
    await books.want(LINES, {"a": "one", "b": "two"})
    async with bench.delivery(sink) as delivery:
        await bench.settle(sink, delivery)
        await books.want(LINES, {"a": "eleven"})
        await bench.settle(sink, delivery)
    table, rows = sink.posted[-1]
    assert [(row["Text"], row["_sign"], str(row["_Amount"])) for row in rows] == [
        ("one", -1, "-3.0001"),
        ("eleven", 1, "6.0001"),
    ]
    assert table == LINES


async def test_a_delete_is_pushed_as_a_lone_negation(bench: Bench, books: Books, sink: FakePowerBi) -> None:
    await books.want(LINES, {"a": "one"})
    async with bench.delivery(sink) as delivery:
        await bench.settle(sink, delivery)
        await books.want(LINES, {"a": None})
        await bench.settle(sink, delivery)
    assert [row["_sign"] for row in sink.posted[-1][1]] == [-1]
    assert sink.total(LINES, "_Amount") == 0


FAULTS = [
    "not_landed", "lost", "partial", "late", "twice", "late_visible", "dropped",
    "refused_landed", "again", "again_landed", "broken",
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
async def test_the_sink_comes_to_equal_wanted_after_a_fault(
    bench: Bench, books: Books, either: PowerBiSide, fault: str
) -> None:
    either.faults = [None, fault]
    await books.want(LINES, {"a": "one", "b": "two", "c": "three"}, unit="u")
    async with bench.delivery(either) as delivery:
        await bench.settle(either, delivery)
        await books.want(LINES, {"a": "eleven", "b": None, "d": "four"}, unit="u")
        await bench.until_posted(delivery, 2)
        await bench.run(delivery, 0.25)
        either.land_late()
        await bench.settle(either, delivery)
        await bench.run(delivery, 0.4)
        await bench.settle(either, delivery)


async def test_new_dimension_rows_are_appended_and_changed_ones_replace_the_table(
    bench: Bench, books: Books, sink: FakePowerBi
) -> None:
    await books.want(ACCOUNTS, {"1": "cash"})
    async with bench.delivery(sink) as delivery:
        await bench.settle(sink, delivery)
        await books.want(ACCOUNTS, {"2": "bank"})
        await bench.settle(sink, delivery)
        assert len(sink.rows(ACCOUNTS)) == 2
        assert "DELETE" not in [method for method, _ in sink.requests]
        await books.want(ACCOUNTS, {"1": "petty cash", "2": None})
        await bench.settle(sink, delivery)
    assert [row["Text"] for row in sink.rows(ACCOUNTS)] == ["petty cash"]


async def test_a_table_that_is_being_replaced_is_no_finding_of_verify(
    bench: Bench, books: Books, either: PowerBiSide
) -> None:
    await books.want(ACCOUNTS, {"1": "cash", "2": "bank"})
    async with bench.delivery(either) as delivery:
        await bench.settle(either, delivery)
        await books.want(ACCOUNTS, {"2": None})
        while await bench.pool.fetchval("select phase from sink_table where tbl = $1", ACCOUNTS) == "whole":
            await bench.run(delivery, 0.05)
        found = await verify(bench.pool, await bench.gateway(either), "c")
    assert [(table.state, table.ok) for table in found if table.table == ACCOUNTS] == [("replacing", True)]


async def test_a_changed_dimension_replaces_the_table_and_verify_finds_no_difference(
    bench: Bench, books: Books, either: PowerBiSide
) -> None:
    await books.want(ACCOUNTS, {"1": "cash", "2": "bank"})
    await books.want(LINES, {"a": "one", "b": "two"})
    async with bench.delivery(either) as delivery:
        await bench.settle(either, delivery)
        await books.want(ACCOUNTS, {"1": "petty cash", "2": None})
        await books.want(LINES, {"b": None, "c": 'ü "quoted"'})
        await bench.settle(either, delivery)
    found = await verify(bench.pool, await bench.gateway(either), "c")
    assert [(table.table, table.wanted[0], table.ok) for table in found] == [(LINES, 2, True), (ACCOUNTS, 1, True)]
    assert [table.state for table in found] == ["equal", "equal"]
    await books.want(LINES, {"d": "four"})
    found = await verify(bench.pool, await bench.gateway(either), "c")
    assert [table.ok for table in found] == [False, True]


async def test_an_error_in_place_of_a_census_holds_no_rows_up(bench: Bench, books: Books, sink: FakePowerBi) -> None:
    async with bench.delivery(sink) as delivery:
        sink.query_error = True
        await books.want(LINES, {"a": "one"})
        await bench.step_until_sent(delivery, sink, LINES)
        sink.query_error = False
        await bench.settle(sink, delivery)


async def test_nothing_is_deleted_once_the_lease_is_lost(bench: Bench, books: Books, sink: FakePowerBi) -> None:
    bench.limits_off, bench.windows = False, replace(WINDOWS, census=3600.0)
    async with bench.delivery(sink) as delivery:
        await books.want(LINES, {"a": "one"})
        await bench.settle(sink, delivery)
        await bench.run(delivery, 1.0)
        await bench.pool.execute("update sink_table set phase = 'clearing', deleted_at = null where tbl = $1", LINES)
        await bench.pool.execute("update lease set epoch = epoch + 1")
        with pytest.raises(LeaseLostError):
            await bench.run(delivery, 15.0)
    assert [method for method, _ in sink.requests if method == "DELETE"] == []


async def test_a_clock_that_was_set_back_holds_no_doubt_up(bench: Bench, books: Books, sink: FakePowerBi) -> None:
    sink.faults = ["not_landed"]
    await books.want(LINES, {"a": "one"})
    async with bench.delivery(sink) as delivery:
        doubted = "select exists (select from push_batch where state = 'doubtful')"
        await bench.run_until(delivery, lambda: bench.pool.fetchval(doubted))
        await bench.pool.execute(
            "with batch as (update push_batch set sent_at = now() + interval '1 year') "
            "update sink_table set census_at = now() + interval '1 year', by_batch_at = now() + interval '1 year'"
        )
        await bench.settle(sink, delivery)


async def test_rows_go_out_and_every_doubt_is_settled_though_each_census_outlasts_its_interval(
    bench: Bench, books: Books, sink: FakePowerBi
) -> None:
    bench.windows = replace(bench.windows, census=0.0)
    sink.faults = ["lost", "lost"]
    await books.want(LINES, {"a": "one"})
    await books.want(ACCOUNTS, {"1": "cash"})
    async with bench.delivery(sink) as delivery:
        await bench.settle(sink, delivery)
