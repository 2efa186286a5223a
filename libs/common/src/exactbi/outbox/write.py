"""Writing to the outbox: in the transaction whose change it tells of."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

import asyncpg

from exactbi.outbox.outgoing import Outgoing

__all__ = ["CHANNEL", "Connection", "Outgoing", "write"]

CHANNEL: Final = "outbox"
"""The relays listen here. One notification a write: its lock on the server is global."""

INSERT: Final = """
insert into outbox (event_id, topic, key, value, headers)
select * from unnest($1::uuid[], $2::text[], $3::bytea[], $4::bytea[], $5::jsonb[])
on conflict (event_id) do nothing"""

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy


async def write(connection: Connection, events: Sequence[Outgoing]) -> None:
    """Add the events in the caller's transaction; those whose id is there already are left out."""
    if not events:
        return
    await connection.execute(
        INSERT,
        [event.event_id for event in events],
        [event.topic for event in events],
        [event.key for event in events],
        [event.packed for event in events],
        [json.dumps(dict(event.headers)) for event in events],
    )
    await connection.execute(f"notify {CHANNEL}")
