"""Replays: planned over a frozen set of failures, then run by the replay service."""

from __future__ import annotations

import uuid
from typing import Any, Final

import asyncpg

from exactbi.errors import CONFIG_INVALID, REPLAY_STATE, ConfigurationError
from exactbi.failures.query import WHERE, Filter
from exactbi.postgres import audit

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

ACTIVE: Final = ("canary", "running")
MODES: Final = ("as-is", "refetch")

PLAN: Final = """
insert into replay (customer, mode, filter, reason, planned_by) values ($1, $2, $3, $4, $5) returning id"""
SNAPSHOT: Final = f"""
insert into replay_item (replay, failure) select $9, id from failure {WHERE}"""  # noqa: S608 (constants)
SHOW: Final = """
select r.id, r.customer, r.mode, r.filter, r.state, r.reason, count(i.*) as total,
  count(*) filter (where i.state = 'done') as done, count(*) filter (where i.state = 'failed') as failed,
  count(*) filter (where i.state = 'sent') as sent
from replay r left join replay_item i on i.replay = r.id where $1::bigint is null or r.id = $1
group by r.id order by r.id desc limit 20"""
STATE: Final = "select customer, state from replay where id = $1 for update"
OTHER: Final = "select id from replay where customer = $1 and state = any($2) and id <> $3"
MOVE: Final = """
update replay set state = $2, canary = coalesce($3, canary), per_second = coalesce($4, per_second),
  ended_at = case when $2 in ('done', 'cancelled') then now() end
where id = $1"""
CANCEL_ITEMS: Final = (
    "update replay_item set state = 'failed', ended_at = now() where replay = $1 and state = 'waiting'"
)

MOVING: Final = """
select r.id, r.mode, r.state, r.canary, r.per_second,
  count(*) filter (where i.state = 'waiting') as waiting, count(*) filter (where i.state = 'sent') as sent,
  count(*) filter (where i.state = 'done') as done, count(*) filter (where i.state = 'failed') as failed
from replay r left join replay_item i on i.replay = r.id
where r.state in ('canary', 'running') group by r.id order by r.id"""
TAKE: Final = """
select f.id, f.origin_topic, f.origin_event, f.origin_chunk, f.key, f.packed, f.headers, f.customer, f.stream,
  f.division, f.record, f.state
from replay_item i join failure f on f.id = i.failure
where i.replay = $1 and i.state = 'waiting' order by f.first_at, f.id limit $2"""
SENT: Final = """
update replay_item set state = 'sent', sent_at = now(), chunk = (select id from outbox where event_id = $3)
where replay = $1 and failure = $2"""
ENDED: Final = "update replay_item set state = $3, ended_at = now() where replay = $1 and failure = $2"
STEP: Final = """
update replay set state = $2, ended_at = case when $2 = 'done' then now() end where id = $1 and state = $3"""

MOVES: Final = {
    "run": ({"planned", "paused"}, "running"),
    "pause": ({"canary", "running"}, "paused"),
    "cancel": ({"planned", "canary", "running", "paused"}, "cancelled"),
}


async def plan(connection: Connection, wanted: Filter, mode: str, reason: str, actor: str) -> int:
    """Freeze the open failures that `wanted` lets through; the replay's id.

    ConfigurationError (CONFIG_INVALID) without a customer and one filter more: nobody replays everything by mistake.
    """
    if wanted.customer is None or wanted.is_empty:
        raise ConfigurationError(CONFIG_INVALID, "a replay needs a customer and at least one more filter")
    if mode not in MODES:
        raise ConfigurationError(CONFIG_INVALID, f"a replay is {' or '.join(MODES)}, not {mode}")
    async with connection.transaction():
        replay: int = await connection.fetchval(PLAN, wanted.customer, mode, wanted.as_json(), reason, actor)
        await connection.execute(SNAPSHOT, *wanted.arguments(), "open", replay)
        await audit.record(connection, wanted.customer, actor, "replay planned", {"replay": replay, "reason": reason})
    return replay


async def move(
    connection: Connection,
    replay: int,
    verb: str,
    actor: str,
    canary: int | None = None,
    per_second: float | None = None,
) -> None:
    """Run, pause or cancel; ConfigurationError (REPLAY_STATE) where its state, or another replay, forbids it."""
    allowed, state = MOVES[verb]
    async with connection.transaction():
        row = await connection.fetchrow(STATE, replay)
        if row is None:
            raise ConfigurationError(REPLAY_STATE, f"there is no replay {replay}")
        if row["state"] not in allowed:
            raise ConfigurationError(REPLAY_STATE, f"replay {replay} is {row['state']}: it can't be told to {verb}")
        other = await connection.fetchval(OTHER, row["customer"], list(ACTIVE), replay)
        if verb == "run" and other is not None:
            raise ConfigurationError(REPLAY_STATE, f"replay {other} of the same customer runs: wait, or pause it")
        await connection.execute(MOVE, replay, "canary" if verb == "run" and canary else state, canary, per_second)
        if verb == "cancel":
            await connection.execute(CANCEL_ITEMS, replay)
        await audit.record(connection, row["customer"], actor, f"replay {verb}", {"replay": replay})


async def show(connection: Connection | asyncpg.Pool, replay: int | None = None) -> list[dict[str, Any]]:
    """One, or the latest twenty, as `exactbi replay status --json` gives them."""
    return [dict(row) for row in await connection.fetch(SHOW, replay)]


async def moving(pool: asyncpg.Pool) -> list[asyncpg.Record]:
    """The replays that are to move, with their items counted by state."""
    return await pool.fetch(MOVING)


async def waiting(connection: Connection, replay: int, most: int) -> list[asyncpg.Record]:
    """The failures that a replay sends next, oldest first."""
    return await connection.fetch(TAKE, replay, most)


async def note_sent(connection: Connection, replay: int, failure: uuid.UUID, event: uuid.UUID) -> None:
    """The failure was published again as this event of the outbox."""
    await connection.execute(SENT, replay, failure, event)


async def note_ended(connection: Connection, replay: int, failure: uuid.UUID, is_mended: bool) -> None:
    """The failure needs no sending any more, or can't be sent."""
    await connection.execute(ENDED, replay, failure, "done" if is_mended else "failed")


async def step(connection: Connection, replay: int, state: str, from_state: str) -> None:
    """Move a replay on, unless somebody moved it meanwhile."""
    await connection.execute(STEP, replay, state, from_state)
