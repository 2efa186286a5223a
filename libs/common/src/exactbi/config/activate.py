"""Activation: what a customer's file says becomes what the services read, in one transaction.

Mapping revisions rise only where the canonical hash changes. The mapping rows are taken for update, so that stored
chunks are not retired while a dataset begins to use them.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Final

import msgspec

from exactbi.config import sinks, streams, tables
from exactbi.config.customer import Customer
from exactbi.config.dataset import Dataset
from exactbi.config.streams import STATIC, StreamMapping
from exactbi.messages import records, topics
from exactbi.messages.failures import NAMESPACE
from exactbi.messages.packing import pack, unpack
from exactbi.outbox.republish import await_again
from exactbi.outbox.write import Connection, Outgoing, write
from exactbi.postgres import audit
from exactbi.work import divisions

MAPPINGS: Final = "select stream, rev, hash from mapping where dataset = $1 order by stream, rev for update"
INSERT_MAPPING: Final = """
insert into mapping (dataset, stream, rev, hash, configuration) values ($1, $2, $3, $4, $5::text::jsonb)"""
DATASET: Final = """
insert into dataset (customer, name, workspace, schema) values ($1, $2, $3, $4::text::jsonb)
on conflict (customer, name) do update set workspace = excluded.workspace, schema = excluded.schema
returning id"""
IN_FILE: Final = """
update dataset set active = not active where customer = $1 and active <> (name = any($2::text[]))
returning name, active"""
LAST_STATIC: Final = """
select value from outbox where topic = 'raw-records' and headers ->> 'customer' = $1 and headers ->> 'stream' = $2
order by id desc limit 1"""


async def activate(connection: Connection, customer: Customer, actor: str = "migrate") -> None:
    """Make a customer's configuration the active one; nothing changes where it already is.

    ConfigurationError (PBI_SCHEMA) for a change that the sink can't follow.
    """
    async with connection.transaction():
        await connection.execute("insert into customer (id) values ($1) on conflict do nothing", customer.id)
        await connection.execute("select id from customer where id = $1 for update", customer.id)
        changed: dict[str, int | str] = {}
        for dataset in customer.datasets:
            revisions = await _dataset(connection, customer, dataset)
            changed |= {f"{dataset.name}/{stream}": rev for stream, rev in revisions.items()}
        for row in await connection.fetch(IN_FILE, customer.id, [dataset.name for dataset in customer.datasets]):
            changed[row["name"]] = "put back" if row["active"] else "taken out"
        await divisions.add_static(connection, customer.id)
        changed |= await _static(connection, customer)
        if changed:
            await audit.record(connection, customer.id, actor, "configuration activated", changed)


async def _dataset(connection: Connection, customer: Customer, dataset: Dataset) -> dict[str, int]:
    """Write a dataset, its sink and its mappings; the streams whose revision rose."""
    schema = streams.schema(dataset)
    text = tables.encoder.encode(schema).decode()
    identity: int = await connection.fetchval(DATASET, customer.id, dataset.name, customer.power_bi.workspace, text)
    await sinks.add(connection, identity, schema)
    return await _mappings(connection, customer.id, identity, dataset)


async def _mappings(connection: Connection, customer: str, identity: int, dataset: Dataset) -> dict[str, int]:
    known = {row["stream"]: row for row in await connection.fetch(MAPPINGS, identity)}
    wanted = streams.stream_mappings(dataset)
    for stream in known.keys() - wanted.keys():
        wanted[stream] = StreamMapping(dataset=dataset.name, stream=stream, tables=())
    raised: dict[str, int] = {}
    for stream, mapping in wanted.items():
        digest = streams.canonical_hash(mapping)
        last = known.get(stream)
        if last is not None and last["hash"] == digest:
            continue
        raised[stream] = 1 if last is None else last["rev"] + 1
        text = streams.encoder.encode(mapping).decode()
        await connection.execute(INSERT_MAPPING, identity, stream, raised[stream], digest, text)
    await await_again(connection, customer, [stream for stream in raised if stream not in known])
    return raised


async def _static(connection: Connection, customer: Customer) -> dict[str, int]:
    """Write the chunk of the static rows where they are not those of the last one."""
    wanted = {
        record.id: msgspec.json.encode(record.fields)
        for dataset in customer.datasets
        for record in streams.static_records(customer.id, dataset)
    }
    last = await connection.fetchval(LAST_STATIC, customer.id, STATIC)
    before = records.decoder.decode(unpack(last)).records if last is not None else []
    if wanted == {record.id: bytes(record.body) for record in before if not record.deleted}:
        return {}
    number: int = await connection.fetchval("select nextval('observation')")
    gone = [record.id for record in before if record.id not in wanted]
    await write(connection, [_static_chunk(customer.id, number, wanted, gone)])
    return {STATIC: len(wanted)}


def _static_chunk(customer: str, number: int, wanted: dict[str, bytes], gone: list[str]) -> Outgoing:
    def record(identity: str, body: bytes | None) -> records.FetchedRecord:
        raw = msgspec.Raw(b"null" if body is None else body)
        return records.FetchedRecord(identity, number, body is None, None, raw)

    fetched = records.RecordsFetched(
        customer=customer,
        site="",
        division=0,
        stream=STATIC,
        generation=0,
        seen=number,
        fetched_at=datetime.now(UTC).isoformat(),
        call=STATIC,
        records=[record(identity, body) for identity, body in wanted.items()] + [record(name, None) for name in gone],
    )
    return Outgoing(
        event_id=uuid.uuid5(NAMESPACE, f"{STATIC}|{customer}|{number}"),
        topic=topics.RAW_RECORDS,
        key=topics.stream_key(customer, "", 0, STATIC),
        packed=pack(records.encoder.encode(fetched)),
        headers={topics.CUSTOMER: customer, topics.STREAM: STATIC, topics.DIVISION: "/0", "call": STATIC},
    )
