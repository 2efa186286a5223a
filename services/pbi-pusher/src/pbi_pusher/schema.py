"""The dataset in Power BI: created once with all its tables, changed only where no row is lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Protocol

from exactbi.config.tables import DatasetSchema, decoder
from exactbi.errors import PBI_SCHEMA, PBI_UNREACHABLE, ConfigurationError, TransientError
from exactbi.postgres import audit
from exactbi.power_bi.protocol import Api, Request, parse_created, parse_datasets
from exactbi.power_bi.tables import change, create_request

if TYPE_CHECKING:
    from exactbi.connections.budgets import Fence
    from pbi_pusher.ledger import Ledger

_READ: Final = """
select s.powerbi_dataset, s.schema_sent::text as sent, d.schema::text as wanted,
  extract(epoch from now() - s.create_tried_at)::float8 as tried_ago
from sink s join dataset d on d.id = s.dataset where s.id = $1"""
_SENT: Final = "update sink set schema_sent = $2::text::jsonb where id = $1"
_TRIED: Final = "update sink set schema_sent = $2::text::jsonb, create_tried_at = now() where id = $1"
_CREATED: Final = "update sink set powerbi_dataset = $2 where id = $1"


class Asked(Protocol):
    """The sink, for calls that carry no rows."""

    @property
    def api(self) -> Api:
        """The addresses."""
        ...

    async def ask(self, request: Request, lease: Fence | None = None, /) -> bytes:
        """The body of the answer; errors by what the answer means. Under `lease`, where the call changes the sink."""
        ...


async def ensure(ledger: Ledger, asked: Asked, patience: float) -> tuple[str, DatasetSchema]:
    """The dataset's id in Power BI and its schema, after creating it or bringing its tables up to date.

    A creation that got no answer is tried again after `patience` seconds, when it would have shown.
    ConfigurationError (PBI_SCHEMA) where a change would destroy rows, or a dataset of that name is not ours.
    """
    async with ledger.read() as connection:
        row = await connection.fetchrow(_READ, ledger.sink.id)
    assert row is not None, "a sink is never removed"
    schema = decoder.decode(row["wanted"])
    wanted = create_request(schema)
    sent = None if row["sent"] is None else json.loads(row["sent"])
    known: str | None = row["powerbi_dataset"]
    if known is None:
        tried_ago = row["tried_ago"]
        found = await _find(asked, wanted["name"], tried=tried_ago is not None)
        if found is None and tried_ago is not None and tried_ago < patience:
            raise TransientError(PBI_UNREACHABLE, "the dataset may still be coming into being")
        return await _create(ledger, asked, wanted, found), schema
    if sent != wanted:
        await _follow(ledger, asked, known, sent or wanted, wanted)
    return known, schema


async def _find(asked: Asked, name: str, *, tried: bool) -> str | None:
    """The dataset that an earlier attempt made. Names are not unique: one that nobody tried to make is not ours."""
    there = [known for known, listed in parse_datasets(await asked.ask(asked.api.list_datasets())) if listed == name]
    if there and (not tried or len(there) > 1):
        raise ConfigurationError(
            PBI_SCHEMA, f"the workspace has {len(there)} dataset(s) named {name!r} already: rename or delete them"
        )
    return there[0] if there else None


async def _create(ledger: Ledger, asked: Asked, wanted: dict[str, Any], found: str | None) -> str:
    """Create the dataset, unless it was found; the attempt is written down first."""
    created = found
    if created is None:
        async with ledger.commit() as connection:
            await connection.execute(_TRIED, ledger.sink.id, json.dumps(wanted))
        created = parse_created(await asked.ask(asked.api.create_dataset(wanted), ledger.lease))
    async with ledger.commit() as connection:
        await connection.execute(_CREATED, ledger.sink.id, created)
        detail = {"dataset": ledger.sink.name, "id": created}
        await audit.record(connection, ledger.sink.customer, "pbi-pusher", "dataset created", detail)
    return created


async def _follow(ledger: Ledger, asked: Asked, known: str, sent: dict[str, Any], wanted: dict[str, Any]) -> None:
    changed = change(sent, wanted)
    if changed.refused:
        raise ConfigurationError(PBI_SCHEMA, "; ".join(changed.refused))
    for table in changed.puts:
        await asked.ask(asked.api.put_table(known, table), ledger.lease)
    async with ledger.commit() as connection:
        await connection.execute(_SENT, ledger.sink.id, json.dumps(wanted))
        detail = {"dataset": ledger.sink.name, "tables": [table["name"] for table in changed.puts]}
        await audit.record(connection, ledger.sink.customer, "pbi-pusher", "schema changed", detail)
