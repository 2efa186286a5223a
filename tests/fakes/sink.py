"""A sink's books in PostgreSQL with two tables, wanted rows set by hand, and a delivery over a fake Power BI."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from exactbi.clock import Clock, Scale, SystemClock
from exactbi.config.tables import ColumnSchema, DatasetSchema, MeasureSchema, TableSchema, encoder
from exactbi.connections.budgets import Budgets
from exactbi.connections.power_bi_gateway import PowerBiGateway
from exactbi.connections.vault import Vault
from exactbi.errors import TransientError
from exactbi.postgres.lease import Lease, hold
from exactbi.power_bi.client import PowerBiClient
from exactbi.secrets import Keyring
from fakes.emulated_power_bi import EmulatedPowerBi
from fakes.power_bi import FakePowerBi
from pbi_pusher.books import Connection, Sink
from pbi_pusher.deliver import Delivery
from pbi_pusher.due import Touched, touch
from pbi_pusher.ledger import Ledger
from pbi_pusher.settings import Windows
from pbi_pusher.upkeep import Hands

PowerBiSide = FakePowerBi | EmulatedPowerBi

LINES, ACCOUNTS = "GL Lines", "GL Accounts"
SCHEMA = DatasetSchema(
    name="exactbi",
    tables=(
        TableSchema(
            name=LINES,
            mode="reversal",
            columns=(
                ColumnSchema(name="Key", type="String"),
                ColumnSchema(name="Text", type="String"),
                ColumnSchema(name="_Amount", type="Decimal", additive=True, hidden=True),
                ColumnSchema(name="_Other", type="Decimal", additive=True, hidden=True),
            ),
            measures=(MeasureSchema(name="Amount", expression="SUM('GL Lines'[_Amount])"),),
        ),
        TableSchema(
            name=ACCOUNTS,
            mode="replace",
            key="Key",
            columns=(ColumnSchema(name="Key", type="String"), ColumnSchema(name="Text", type="String")),
        ),
    ),
)


PATIENCE_S = 90.0
"""For what takes seconds: a busy machine may be twenty times slower."""

WINDOWS = Windows(settle=0.15, census=0.1, every_batch=86_400.0, replace=0.0, scale=1.0)


@dataclass
class Books:
    """Writes what apply would write."""

    pool: asyncpg.Pool
    sink: Sink
    division: int
    wanted: dict[str, dict[str, str]] = field(default_factory=lambda: {LINES: {}, ACCOUNTS: {}})
    chunk: int = 0
    rows: dict[tuple[str, str], int] = field(default_factory=dict)

    async def want(self, table: str, rows: Mapping[str, str | None], unit: str | None = None) -> None:
        """Each key's text from now on, None for none; the amount is the text's length."""
        self.chunk += 1
        async with self.pool.acquire() as connection, connection.transaction():
            touched = [await self._want(connection, table, key, text, unit or key) for key, text in rows.items()]
            await touch(connection, self.sink.dataset, touched)

    def expected(self, table: str) -> Counter[str]:
        return Counter(json.dumps({"Key": key, "Text": text}) for key, text in self.wanted[table].items())

    async def _want(self, connection: Connection, table: str, key: str, text: str | None, unit: str) -> Touched:
        image = None
        dim_key = key if table == ACCOUNTS else None
        if text is None:
            self.wanted[table].pop(key, None)
        else:
            self.wanted[table][key] = text
            attributes = f'"Key":{json.dumps(key)},"Text":{json.dumps(text)}'
            additive = [10_000 * len(text) + 1, -7] if table == LINES else []
            image = await connection.fetchval(
                "insert into row_image (attributes, additive, dim_key, chunk, ordinal, mapping_rev) "
                "values ($1, $2, $3, $4, 0, 1) returning image",
                *(attributes, additive, dim_key, self.chunk),
            )
        record = uuid.uuid5(uuid.NAMESPACE_URL, f"{table}/{key}")
        row_id = await connection.fetchval(
            "insert into row_wanted (dataset, stream, division, record, tbl, ordinal, row_id, image, hash, unit, "
            "dim_key) values ($1, $2, $3, $4, $5, 0, nextval('row_number'), $6, '', $7, $8) "
            "on conflict (dataset, stream, division, record, tbl, ordinal) do update "
            "set image = excluded.image, unit = excluded.unit, dim_key = excluded.dim_key returning row_id",
            *(self.sink.dataset, table, self.division, record, table, image, unit, dim_key),
        )
        self.rows[table, key] = row_id
        return Touched(row_id, table, unit, self.chunk)


async def make_books(pool: asyncpg.Pool) -> Books:
    """A customer, a dataset with two tables, a sink and a division."""
    await pool.execute("insert into customer (id) values ('c')")
    dataset = await pool.fetchval(
        "insert into dataset (customer, name, workspace, schema) values ('c', 'exactbi', 'w', $1) returning id",
        encoder.encode(SCHEMA).decode(),
    )
    sink = await pool.fetchval("insert into sink (dataset) values ($1) returning id", dataset)
    for table in SCHEMA.tables:
        await pool.execute("insert into sink_table (sink, tbl, mode) values ($1, $2, $3)", sink, table.name, table.mode)
    division = await pool.fetchval(
        "insert into division (customer, connection, site, code) values ('c', 'nl', 'nl', 1) returning id"
    )
    return Books(pool, Sink(sink, dataset, "c", "exactbi", None), division)


WAITING = """
select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')"""


@dataclass
class Bench:
    """Builds deliveries to a Power BI behind a transport."""

    pool: asyncpg.Pool
    dsn: str
    books: Books
    folder: Path
    windows: Windows = WINDOWS
    clock: Clock = field(default_factory=SystemClock)
    limits_off: bool = True
    clients: list[PowerBiClient] = field(default_factory=list)

    async def gateway(self, sink: PowerBiSide) -> PowerBiGateway:
        key = self.folder / "key"
        if not key.exists():
            key.write_text(base64.b64encode(b"k" * 32).decode())
            key.chmod(0o600)
        vault = Vault(self.pool, Keyring.from_file(key))
        await vault.set("c", "power_bi/client_secret", sink.secret)
        budgets = Budgets(self.pool, self.clock, Scale(1.0), off=self.limits_off)
        client = PowerBiClient(self.clock, sink.transport())
        self.clients.append(client)
        return PowerBiGateway(sink.place(), vault, budgets, client, self.clock, Scale(1.0))

    async def aclose(self) -> None:
        """Close the connections to the sinks."""
        for client in self.clients:
            await client.aclose()

    @contextlib.asynccontextmanager
    async def delivery(self, sink: PowerBiSide) -> AsyncIterator[Delivery]:
        """A delivery that holds the lease and has begun."""
        async with hold(self.dsn, f"sink/{self.books.sink.id}", self.clock) as lease:
            yield await self.begun(sink, lease)

    async def begun(self, sink: PowerBiSide, lease: Lease, ledger: type[Ledger] = Ledger) -> Delivery:
        books = ledger(self.pool, self.books.sink, lease, self.clock)
        gateway = await self.gateway(sink)
        delivery = Delivery(books, lease, gateway, self.windows, self.clock, Hands())
        try:
            await delivery.begin()
        except TransientError:
            await asyncio.sleep(self.windows.settle)
            await delivery.begin()
        return delivery

    async def settle(self, sink: PowerBiSide, delivery: Delivery) -> None:
        """Step until the sink equals wanted and the books are quiet."""

        async def is_settled() -> bool:
            return await self.is_settled(sink)

        await self.run_until(delivery, is_settled)

    async def run_until(self, delivery: Delivery, is_so: Callable[[], Awaitable[bool]]) -> None:
        """Step until something is so; AssertionError with the batches after a while."""
        end = self.clock.monotonic() + PATIENCE_S
        while not await is_so():
            assert self.clock.monotonic() < end, await self.pool.fetch(
                "select id, tbl, kind, state, row_ids, signs, extra, missing, resend, seen from push_batch order by id"
            )
            await asyncio.sleep(min(await delivery.step(), 0.02))

    async def until_posted(self, delivery: Delivery, posts: int) -> None:
        """Step until so many POSTs were answered, or had no answer, since the beginning."""
        query = "select coalesce(sum(attempts), 0) >= $1 from push_batch"
        await self.run_until(delivery, lambda: self.pool.fetchval(query, posts))

    async def run(self, delivery: Delivery, seconds: float) -> None:
        """Step for a while, whatever comes of it."""
        end = self.clock.monotonic() + seconds
        while self.clock.monotonic() < end:  # noqa: ASYNC110 - steps are what passes the time
            await asyncio.sleep(min(await delivery.step(), 0.02))

    async def step_until_sent(self, delivery: Delivery, sink: FakePowerBi, table: str) -> None:
        """Step until the sink took a POST of the table, and what follows it is done."""

        async def is_sent() -> bool:
            return bool(sink.rows(table))

        await self.run_until(delivery, is_sent)

    async def somebody_waits_for_a_lock(self) -> None:
        """Returns once a session of this database is held up by another's transaction."""
        async with asyncio.timeout(PATIENCE_S):
            while not await self.pool.fetchval(WAITING):  # noqa: ASYNC110 - PostgreSQL tells nobody of a wait
                await asyncio.sleep(0.02)

    async def is_settled(self, sink: PowerBiSide) -> bool:
        open_ = await self.pool.fetchval(
            "select (select count(*) from due where refused_image is null) + (select count(*) from push_batch "
            "where state in ('planned', 'sending', 'doubtful') or resend or missing <> '{}') + (select count(*) "
            "from sink_table where give_up is not null or phase in ('clearing', 'empty once'))"
        )
        return open_ == 0 and all(sink.net(table) == self.books.expected(table) for table in (LINES, ACCOUNTS))
