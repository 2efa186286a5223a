"""Activation on PostgreSQL: revisions, sinks and the static chunk, and nothing where nothing changed."""

from __future__ import annotations

import json
from pathlib import Path

import asyncpg
import pytest

from exactbi.config import streams, tables
from exactbi.config.activate import activate
from exactbi.config.customer import Customer, load_customer
from exactbi.errors import PBI_SCHEMA, ConfigurationError
from exactbi.messages import records
from exactbi.messages.packing import unpack
from exactbi.power_bi.tables import create_request

COLUMNS = "      tables: [{name: GL Lines, columns: [%s]}]\n"
DEMO = Path(__file__).parents[3] / "deploy/customers/demo.yaml"


def demo(tmp_path: Path, changes: str = "") -> Customer:
    path = tmp_path / "demo.yaml"
    pack = "packs: [finance]\n"
    path.write_text(DEMO.read_text(encoding="utf-8").replace(pack, pack + changes), encoding="utf-8")
    return load_customer(path)


async def activated(pool: asyncpg.Pool, customer: Customer) -> None:
    async with pool.acquire() as connection:
        await activate(connection, customer)


async def revisions(pool: asyncpg.Pool) -> dict[str, int]:
    rows = await pool.fetch("select stream, max(rev) as rev from mapping group by stream")
    return {row["stream"]: row["rev"] for row in rows}


async def static_chunks(pool: asyncpg.Pool) -> list[records.RecordsFetched]:
    rows = await pool.fetch("select value from outbox where headers ->> 'stream' = 'static' order by id")
    return [records.decoder.decode(unpack(row["value"])) for row in rows]


async def test_a_first_activation_writes_all_that_the_services_read(pool: asyncpg.Pool, tmp_path: Path) -> None:
    await activated(pool, demo(tmp_path))

    assert await revisions(pool) == {"TransactionLines": 1, "GLAccounts": 1, "Costcenters": 1, "static": 1}
    modes = {row["tbl"]: row["mode"] for row in await pool.fetch("select tbl, mode from sink_table")}
    assert modes == {"GL Lines": "reversal", "GL Accounts": "replace", "Cost Centers": "replace"}
    schema = tables.decoder.decode(await pool.fetchval("select schema::text from dataset"))
    assert schema.table("GL Lines").additive == ("_Amount", "_Amount FC", "_VAT Base FC", "_VAT Amount FC", "_Quantity")
    assert [measure.name for measure in schema.table("_Finance").measures][:2] == ["_GL Rows", "Ledger Amount"]
    assert await pool.fetchval("select state from division where code = 0") == "static"
    assert [len(chunk.records) for chunk in await static_chunks(pool)] == [2]


async def test_the_same_configuration_changes_nothing(pool: asyncpg.Pool, tmp_path: Path) -> None:
    await activated(pool, demo(tmp_path))
    await activated(pool, demo(tmp_path))

    assert await pool.fetchval("select max(rev) from mapping") == 1
    assert len(await static_chunks(pool)) == 1
    assert await pool.fetchval("select count(*) from audit_event") == 1


async def test_what_changes_no_value_raises_no_revision(pool: asyncpg.Pool, tmp_path: Path) -> None:
    await activated(pool, demo(tmp_path))

    hidden = "      tables: [{name: GL Lines, columns: [{name: Your Reference, hidden: true}]}]\n"
    await activated(pool, demo(tmp_path, hidden))

    assert (await revisions(pool))["TransactionLines"] == 1
    schema = tables.decoder.decode(await pool.fetchval("select schema::text from dataset"))
    assert next(column for column in schema.table("GL Lines").columns if column.name == "Your Reference").hidden


async def test_only_the_stream_whose_mapping_changed_gets_a_new_revision(pool: asyncpg.Pool, tmp_path: Path) -> None:
    await activated(pool, demo(tmp_path))

    await activated(
        pool,
        demo(tmp_path, "      tables: [{name: GL Lines, columns: [{name: Your Reference, source: trim(YourRef)}]}]\n"),
    )

    assert await revisions(pool) == {"TransactionLines": 2, "GLAccounts": 1, "Costcenters": 1, "static": 1}


async def test_a_static_row_that_is_gone_is_deleted(pool: asyncpg.Pool, tmp_path: Path) -> None:
    await activated(pool, demo(tmp_path))

    await activated(pool, demo(tmp_path, "      tables: [{name: Cost Centers, static: []}]\n"))

    last = (await static_chunks(pool))[-1]
    assert sorted(record.deleted for record in last.records) == [False, True]
    assert {record.version for record in last.records} == {last.seen}


async def test_a_stream_that_no_table_reads_any_more_maps_to_nothing(pool: asyncpg.Pool, tmp_path: Path) -> None:
    await activated(pool, demo(tmp_path))

    without = (
        "      tables: [{name: Cost Centers, remove: true}]\n"
        "      relationships: [{name: GL Lines to Cost Centers, remove: true}]\n"
    )
    await activated(pool, demo(tmp_path, without))

    assert (await revisions(pool))["Costcenters"] == 2


async def test_a_table_keeps_its_write_mode(pool: asyncpg.Pool, tmp_path: Path) -> None:
    await activated(pool, demo(tmp_path))

    reversal = (
        "      tables: [{name: Cost Centers, mode: reversal, key: null, unit: Code, static: []}]\n"
        "      relationships: [{name: GL Lines to Cost Centers, remove: true}]\n"
    )
    with pytest.raises(ConfigurationError) as raised:
        await activated(pool, demo(tmp_path, reversal))

    assert raised.value.code is PBI_SCHEMA
    assert await pool.fetchval("select max(rev) from mapping") == 1


async def test_what_power_bi_has_can_get_columns_but_lose_none(pool: asyncpg.Pool, tmp_path: Path) -> None:
    await activated(pool, demo(tmp_path))
    (dataset,) = demo(tmp_path).datasets
    sent = json.dumps(create_request(streams.schema(dataset)))
    await pool.execute("update sink set schema_sent = $1::text::jsonb", sent)

    await activated(pool, demo(tmp_path, COLUMNS % "{name: Order Number, type: Int64, source: OrderNumber}"))
    with pytest.raises(ConfigurationError, match="can't be removed") as raised:
        await activated(pool, demo(tmp_path, COLUMNS % "{name: Your Reference, remove: true}"))

    assert raised.value.code is PBI_SCHEMA


async def test_a_dataset_that_is_taken_out_of_the_file_stands_by_until_it_is_put_back(
    pool: asyncpg.Pool, tmp_path: Path
) -> None:
    customer = demo(tmp_path)
    await activated(pool, customer)

    await activated(pool, customer.model_copy(update={"datasets": ()}))
    assert await pool.fetchval("select array_agg(active) from dataset") == [False]
    assert await said(pool, "exactbi") == "taken out"
    assert (await revisions(pool))["TransactionLines"] == 1, "it is mapped on"

    await activated(pool, customer)
    assert await pool.fetchval("select array_agg(active) from dataset") == [True]
    assert await said(pool, "exactbi") == "put back"


async def test_the_trail_names_who_activated_what(pool: asyncpg.Pool, tmp_path: Path) -> None:
    async with pool.acquire() as connection:
        await activate(connection, demo(tmp_path), "cli:somebody")

    event = await pool.fetchrow("select customer, actor, what, detail from audit_event")
    assert event is not None
    assert (event["customer"], event["actor"], event["what"]) == ("demo", "cli:somebody", "configuration activated")
    assert json.loads(event["detail"])["exactbi/TransactionLines"] == 1


async def said(pool: asyncpg.Pool, name: str) -> object:
    """What the last event of the trail says of a dataset."""
    return json.loads(await pool.fetchval("select detail from audit_event order by seq desc limit 1"))[name]
