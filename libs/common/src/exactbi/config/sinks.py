"""The first rows of `sink` and `sink_table`: activation makes them, all else of them is the pusher's.

The one exception to a table's single writer: rows applied before the pusher's first start are then due somewhere.
"""

from __future__ import annotations

import json
from typing import Final

from exactbi.config.tables import DatasetSchema
from exactbi.errors import PBI_SCHEMA, ConfigurationError
from exactbi.outbox.write import Connection
from exactbi.power_bi.tables import change, create_request

SINK: Final = """
insert into sink (dataset) values ($1) on conflict (dataset, role) do update set role = excluded.role
returning id, schema_sent::text as sent"""
SINK_TABLE: Final = """
insert into sink_table (sink, tbl, mode) values ($1, $2, $3)
on conflict (sink, tbl) do update set tbl = excluded.tbl returning mode"""


async def add(connection: Connection, dataset: int, schema: DatasetSchema) -> None:
    """The dataset's sink and its tables, where they are not there yet; in the caller's transaction.

    ConfigurationError (PBI_SCHEMA) where a table would change its mode, or where what Power BI was sent can't
    become this one.
    """
    found = await connection.fetchrow(SINK, dataset)
    assert found is not None, "the statement returns its row"
    sink = found["id"]
    if found["sent"] is not None and (refused := change(json.loads(found["sent"]), create_request(schema)).refused):
        raise ConfigurationError(PBI_SCHEMA, f"{schema.name}: {'; '.join(refused)}")
    for table in schema.tables:
        if table.mode == "measures":
            continue
        mode = await connection.fetchval(SINK_TABLE, sink, table.name, table.mode)
        if mode != table.mode:
            raise ConfigurationError(PBI_SCHEMA, f"table {table.name!r} of {schema.name!r} stays a {mode} table")
