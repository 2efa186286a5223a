"""The table `division`: the only module that writes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import asyncpg

from exactbi.work.moves import Moves

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

ACTIVE: Final = "active"
GONE: Final = "gone"
"""No longer visible to the connection's user, or no longer listed: its reading pauses, its rows stay."""


@dataclass(frozen=True)
class Seen:
    """A division as it was listed; what the configuration lists has no name."""

    code: int
    name: str = ""
    country: str = ""
    currency: str = ""


@dataclass(frozen=True)
class Known:
    """A row of the table `division`."""

    id: int
    customer: str
    connection: str
    site: str
    code: int


@dataclass(frozen=True)
class Asked:
    """A division that is read, and when Exact was last asked for its moves (Unix seconds), if ever."""

    id: int
    code: int
    asked_at: float | None


async def add_static(connection: Connection, customer: str) -> None:
    """The pseudo-division of rows that come from no record, once; in the caller's transaction."""
    await connection.execute(
        "insert into division (customer, connection, site, code, state) values ($1, '', '', 0, 'static') "
        "on conflict (customer, site, code) do nothing",
        customer,
    )


async def keep(pool: asyncpg.Pool, customer: str, connection: str, site: str, seen: Sequence[Seen]) -> list[int]:
    """Write what was listed; divisions of the connection that were not are gone. Returns the codes that now are."""
    async with pool.acquire() as session, session.transaction():
        await session.execute(
            "insert into division (customer, connection, site, code, name, country, currency, seen_at) "
            "select $1, $2, $3, s.code, s.name, s.country, s.currency, now() "
            "from unnest($4::int[], $5::text[], $6::text[], $7::text[]) s (code, name, country, currency) "
            "on conflict (customer, site, code) do update set connection = excluded.connection, seen_at = now(), "
            "state = case when division.state = 'gone' then 'active' else division.state end, "
            "name = coalesce(nullif(excluded.name, ''), division.name), "
            "country = coalesce(nullif(excluded.country, ''), division.country), "
            "currency = coalesce(nullif(excluded.currency, ''), division.currency)",
            customer,
            connection,
            site,
            [division.code for division in seen],
            [division.name for division in seen],
            [division.country for division in seen],
            [division.currency for division in seen],
        )
        rows = await session.fetch(
            "update division set state = $4 where customer = $1 and connection = $2 and site = $3 "
            "and state = $5 and not code = any($6::int[]) returning code",
            customer,
            connection,
            site,
            GONE,
            ACTIVE,
            [division.code for division in seen],
        )
    return [row["code"] for row in rows]


async def active(pool: asyncpg.Pool, customers: Sequence[str]) -> list[Known]:
    """The divisions to read, of customers that are not paused."""
    rows = await pool.fetch(
        "select d.id, d.customer, d.connection, d.site, d.code from division d join customer c on c.id = d.customer "
        "where d.state = $1 and not c.paused and d.customer = any($2::text[])",
        ACTIVE,
        list(customers),
    )
    return [Known(**row) for row in rows]


async def asked(pool: asyncpg.Pool, customer: str, connection: str, site: str) -> list[Asked]:
    """The active divisions of a connection, by code, with when their moves were asked for."""
    rows = await pool.fetch(
        "select id, code, moves_asked_at from division "
        "where (customer, connection, site) = ($1, $2, $3) and state = $4 order by code",
        customer,
        connection,
        site,
        ACTIVE,
    )
    return [Asked(row["id"], row["code"], _seconds(row["moves_asked_at"])) for row in rows]


async def lock_moves(connection: Connection, division: int) -> Moves | None:
    """What Exact last told of a division's moves, None if nothing yet; locked until the caller's transaction ends."""
    row = await connection.fetchrow(
        "select moves_told, moved_on, linked_on from division where id = $1 for no key update", division
    )
    assert row is not None, f"no division {division}"
    return Moves(row["moved_on"], row["linked_on"]) if row["moves_told"] else None


async def store_moves(connection: Connection, division: int, asked_at: float, moves: Moves | None) -> None:
    """Write what Exact told, when it was asked; what it told before stays where it told nothing."""
    told = moves or Moves()
    await connection.execute(
        "update division set moves_asked_at = $2, moves_told = moves_told or $3, "
        "moved_on = case when $3 then $4 else moved_on end, linked_on = case when $3 then $5 else linked_on end "
        "where id = $1",
        division,
        datetime.fromtimestamp(asked_at, UTC),
        moves is not None,
        told.moved,
        told.linked,
    )


def _seconds(at: datetime | None) -> float | None:
    return None if at is None else at.timestamp()
