"""The whole service against the Power BI emulator, with the demo customer's configuration."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import asyncpg
import msgspec
import pytest
from pydantic import SecretStr

from exactbi.cli.verify import verify
from exactbi.clock import Scale, SystemClock
from exactbi.config.activate import activate
from exactbi.config.customer import load_customers
from exactbi.config.settings import Settings
from exactbi.config.tables import ColumnSchema, encoder
from exactbi.connections.vault import Vault
from exactbi.errors import PBI_SCHEMA, ConfigurationError
from exactbi.kafka.subscription import Message
from exactbi.messages import rows, topics
from exactbi.messages.packing import pack
from exactbi.process.service import Resources
from exactbi.secrets import Keyring, new_key_file
from fakes.emulated_power_bi import EmulatedPowerBi
from fakes.sink import LINES, PATIENCE_S, SCHEMA, Bench, Books, PowerBiSide
from launcher.folders import CHECKOUT
from launcher.vendors import Emulator
from pbi_pusher.app import service


class NoPublisher:
    """The pusher publishes nothing itself."""

    async def publish(self, topic: str, key: bytes, packed: bytes, headers: Mapping[str, str]) -> None:
        raise AssertionError


@pytest.fixture
async def resources(pool: asyncpg.Pool, dsn: str, emulator: Emulator, tmp_path: Path) -> AsyncIterator[Resources]:
    side = EmulatedPowerBi(emulator)
    side.forget()
    key = tmp_path / "key"
    new_key_file(key)
    settings = Settings(
        postgres=SecretStr(dsn),
        powerbi_url=emulator.ready["api"],
        login_url=emulator.ready["login"],
        key_file=key,
        limits="off",
        customers=CHECKOUT / "deploy" / "customers",
    )
    customers = load_customers(settings.customers)
    async with pool.acquire() as connection:
        await activate(connection, customers["demo"])
    await Vault(pool, Keyring.from_file(key)).set("demo", "power_bi/client_secret", side.secret)
    yield Resources(settings, pool, NoPublisher(), customers, SystemClock(), Scale(1.0))
    side.close()


async def test_a_chunk_of_rows_arrives_in_power_bi(resources: Resources, emulator: Emulator) -> None:
    side = EmulatedPowerBi(emulator)
    async with service(resources) as assembly:
        tasks = [asyncio.ensure_future(worker.run()) for worker in assembly.workers]
        await assembly.subscriptions[0].handle(await _chunk(resources.pool))
        async with asyncio.timeout(PATIENCE_S):
            while not side.rows("Cost Centers"):  # noqa: ASYNC110 - the emulator is what is waited for
                await asyncio.sleep(0.1)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert [row["Code"] for row in side.rows("Cost Centers")] == ["HO"]
    side.close()


async def _chunk(pool: asyncpg.Pool) -> Message:
    dataset = await pool.fetchval("select id from dataset")
    attributes = '"Cost Center Key":"k|HO","Company Key":"k","Code":"HO","Cost Center":"HO"'
    row = rows.MappedRow("Cost Centers", 0, attributes, [], "k|HO", "k|HO")
    record = rows.MappedRecord(str(uuid.uuid4()), 1, rows.LIVE, None, [row])
    mapped = rows.RowsMapped(
        customer="demo", dataset=dataset, site="", division=0, stream="Costcenters", generation=0, seen=1, chunk=1,
        mapping_rev=1, reference_rev=0, records=[record],
    )  # fmt: skip
    return Message(topics.ROWS, b"", pack(rows.encoder.encode(mapped)), {topics.CHUNK: "1"}, 0, 0)


async def test_columns_are_added_and_the_destructive_is_refused(
    bench: Bench, books: Books, either: PowerBiSide
) -> None:
    await books.want(LINES, {"a": "one"})
    async with bench.delivery(either) as delivery:
        await bench.settle(either, delivery)
    await _configure(bench, (*SCHEMA.tables[0].columns, ColumnSchema(name="More", type="Int64")))
    async with bench.delivery(either) as delivery:
        await books.want(LINES, {"b": "two"})
        await bench.settle(either, delivery)
    assert [table.ok for table in await verify(bench.pool, await bench.gateway(either), "c")] == [True, True]
    await _configure(bench, SCHEMA.tables[0].columns[1:])
    with pytest.raises(ConfigurationError) as refused:
        async with bench.delivery(either):
            pass
    assert refused.value.code is PBI_SCHEMA


async def test_a_column_is_in_power_bi_before_the_first_row_that_has_it(
    bench: Bench, books: Books, either: PowerBiSide
) -> None:
    await books.want(LINES, {"a": "one"})
    async with bench.delivery(either) as delivery:
        await bench.settle(either, delivery)
        await _configure(bench, (*SCHEMA.tables[0].columns, ColumnSchema(name="More", type="Int64")))
        await books.want(LINES, {"b": "two"})
        await bench.pool.execute(
            """update row_image set attributes = attributes || ',"More":5'
            where image = (select max(image) from row_image)"""
        )
        await bench.run_until(delivery, lambda: bench.pool.fetchval("select count(*) = 0 from due"))
    assert [row.get("More") for row in either.rows(LINES)] == [None, 5]


async def _configure(bench: Bench, columns: tuple[ColumnSchema, ...]) -> None:
    lines = msgspec.structs.replace(SCHEMA.tables[0], columns=columns)
    schema = type(SCHEMA)(name=SCHEMA.name, tables=(lines, *SCHEMA.tables[1:]))
    await bench.pool.execute("update dataset set schema = $1", encoder.encode(schema).decode())
