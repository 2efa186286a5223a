"""The audit trail: who did what, for which customer; insert only."""

from __future__ import annotations

import json
from collections.abc import Mapping

import asyncpg


async def record(
    connection: asyncpg.Connection | asyncpg.pool.PoolConnectionProxy,
    customer: str,
    actor: str,
    what: str,
    detail: Mapping[str, object],
) -> None:
    """Add an event in the caller's transaction. `detail` is JSON without secrets or rows."""
    await connection.execute(
        "insert into audit_event (customer, actor, what, detail) values ($1, $2, $3, $4)",
        customer,
        actor,
        what,
        json.dumps(detail),
    )
