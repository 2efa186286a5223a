"""A first load: tables that were empty a moment ago are planned for by the size that they have now."""

from __future__ import annotations

from decimal import Decimal

from exactbi.config.values import MOST_UNITS
from fakes.power_bi import FakePowerBi
from fakes.sink import LINES, Bench, Books
from pbi_pusher.deliver import MANY_DUE


async def test_the_planner_knows_the_tables_sizes_while_many_rows_are_due(
    bench: Bench, books: Books, sink: FakePowerBi
) -> None:
    async def known(table: str) -> float:
        size: float = await bench.pool.fetchval("select reltuples from pg_class where relname = $1", table)
        return size

    async with bench.delivery(sink) as delivery:
        await books.want(LINES, {"few": "rows"})
        await bench.settle(sink, delivery)
        assert await known("row_wanted") < 1

        await books.want(LINES, {f"{n}": "many rows" for n in range(MANY_DUE)})
        await bench.settle(sink, delivery)
        assert await known("row_wanted") >= MANY_DUE


async def test_a_batch_of_the_largest_amounts_is_sent_and_counted(
    bench: Bench, books: Books, sink: FakePowerBi
) -> None:
    many = 2**63 // MOST_UNITS + 1
    await books.want(LINES, {f"{n}": "large" for n in range(many)})
    await bench.pool.execute("update row_image set additive = array[$1::bigint, -$1::bigint]", MOST_UNITS)
    async with bench.delivery(sink) as delivery:
        await bench.settle(sink, delivery)
    assert sink.total(LINES, "_Amount") == Decimal(many * MOST_UNITS) / 10_000
