"""The tables `work` and `work_key`: the only module that writes them; the rules decide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

import asyncpg

from exactbi.work import rules
from exactbi.work.rules import Key, Work

CHANNEL: Final = "work"
"""Pollers listen here; the payload is the division's id."""

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

_SELECT: Final = "select stream, kind, requested_seq, done_seq, attempts, not_before, reason from work "


async def raise_work(
    connection: Connection,
    division: int,
    stream: str,
    kind: str,
    reason: str,
    keys: Mapping[str, str] | None = None,
) -> int:
    """Make work wanted, in the caller's transaction; returns its new `requested_seq`.

    `keys` are GUIDs in lower case with their action (`upsert` or `delete`), for the kinds `keys` and `candidates`.
    """
    await connection.execute(
        "insert into work (division, stream, kind) values ($1, $2, $3) on conflict do nothing", division, stream, kind
    )
    work = rules.raised(await lock(connection, division, stream, kind), reason)
    await connection.execute(
        "update work set requested_seq = $4, reason = $5, raised_at = now() "
        "where (division, stream, kind) = ($1, $2, $3)",
        division,
        stream,
        kind,
        work.requested_seq,
        work.reason,
    )
    if keys:
        await _ask(connection, (division, stream, kind), work.requested_seq, keys)
    await connection.execute("select pg_notify($1, $2)", CHANNEL, str(division))
    return work.requested_seq


async def lock(connection: Connection, division: int, stream: str, kind: str) -> Work:
    """The work as it is, locked until the caller's transaction ends; it must exist."""
    row = await connection.fetchrow(
        _SELECT + "where (division, stream, kind) = ($1, $2, $3) for update", division, stream, kind
    )
    assert row is not None, f"no work {division} {stream} {kind}"
    return _work(row)


async def wanted(connection: Connection, division: int) -> list[Work]:
    """What is wanted of a division, whether or not it must wait."""
    rows = await connection.fetch(_SELECT + "where division = $1 and requested_seq > done_seq", division)
    return [_work(row) for row in rows]


async def store(connection: Connection, division: int, work: Work, error: str | None = None) -> None:
    """Write what the rules made of a locked row; `error` is the code of a failure, or None."""
    await connection.execute(
        "update work set done_seq = $4, attempts = $5, not_before = $6, reason = $7, error = $8 "
        "where (division, stream, kind) = ($1, $2, $3)",
        division,
        work.stream,
        work.kind,
        work.done_seq,
        work.attempts,
        datetime.fromtimestamp(work.not_before, UTC) if work.not_before else None,
        work.reason,
        error,
    )


async def keys(connection: Connection, division: int, work: Work) -> list[Key]:
    """All keys that are asked for."""
    rows = await connection.fetch(
        "select key, seq, action from work_key where (division, stream, kind) = ($1, $2, $3)",
        division,
        work.stream,
        work.kind,
    )
    return [Key(row["key"], row["seq"], row["action"]) for row in rows]


async def keep_keys(connection: Connection, division: int, work: Work, left: Iterable[Key]) -> None:
    """Remove all keys but those left, under the lock of the work's row."""
    await connection.execute(
        "delete from work_key where (division, stream, kind) = ($1, $2, $3) and not key = any($4::text[])",
        division,
        work.stream,
        work.kind,
        [key.key for key in left],
    )


async def _ask(connection: Connection, work: tuple[int, str, str], seq: int, keys: Mapping[str, str]) -> None:
    await connection.execute(
        "insert into work_key (division, stream, kind, key, action, seq) "
        "select $1, $2, $3, asked.key, asked.action, $6 from unnest($4::text[], $5::text[]) asked (key, action) "
        "on conflict (division, stream, kind, key) do update set seq = excluded.seq, action = excluded.action",
        *work,
        list(keys),
        list(keys.values()),
        seq,
    )


def _work(row: asyncpg.Record) -> Work:
    not_before = row["not_before"]
    return Work(
        stream=row["stream"],
        kind=row["kind"],
        requested_seq=row["requested_seq"],
        done_seq=row["done_seq"],
        attempts=row["attempts"],
        not_before=not_before.timestamp() if not_before else 0.0,
        reason=row["reason"],
    )
