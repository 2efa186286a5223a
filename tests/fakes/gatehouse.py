"""The demo's dataset on PostgreSQL with one division: chunks are applied, and what is wanted can be asked."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import asyncpg

from exactbi.config.activate import activate
from exactbi.config.customer import load_customers
from exactbi.messages.rows import RowsMapped
from fakes.chunks import record_id
from pbi_pusher.apply import apply

CUSTOMERS: Final = Path(__file__).parents[2] / "deploy/customers"
ROWS: Final = """
select w.row_id, i.attributes from row_wanted w left join row_image i using (image)
where w.record = $1 order by w.ordinal"""


class Gatehouse:
    """Applies chunks and tells what the tables hold, records by their names."""

    def __init__(self, pool: asyncpg.Pool, division: int) -> None:
        self.pool = pool
        self.division = division

    async def apply(self, chunk: RowsMapped, *, is_replay: bool = False) -> None:
        async with self.pool.acquire() as connection:
            await apply(connection, chunk, is_replay=is_replay)

    async def wanted(self, name: str) -> list[str]:
        """The attributes of a record's wanted rows."""
        rows = await self.pool.fetch(ROWS, record_id(name))
        return [row["attributes"] for row in rows if row["attributes"] is not None]

    async def row_ids(self, name: str) -> list[int]:
        return [row["row_id"] for row in await self.pool.fetch(ROWS, record_id(name))]

    async def due(self) -> dict[int, int]:
        """How often each due row was touched."""
        return {row["row_id"]: row["touched"] for row in await self.pool.fetch("select row_id, touched from due")}

    async def state(self, name: str) -> str:
        return str(await self.pool.fetchval("select state from record where record = $1", record_id(name)))


async def make_gatehouse(pool: asyncpg.Pool) -> Gatehouse:
    """With the customer of deploy/customers/demo.yaml active."""
    async with pool.acquire() as connection:
        await activate(connection, load_customers(CUSTOMERS)["demo"])
    division = await pool.fetchval(
        "insert into division (customer, connection, site, code) values ('demo', 'nl', 'nl', 100001) returning id"
    )
    return Gatehouse(pool, division)
