"""Approvals: what a service asks of a person before it goes on, and the person's word."""

from __future__ import annotations

from typing import Any, Final

import asyncpg

from exactbi.postgres import audit

_ASK: Final = """
insert into approval (customer, what, subject, rows, why) values ($1, $2, $3, $4, $5)
on conflict (customer, what, subject) where used_at is null do update set rows = excluded.rows, why = excluded.why
where approval.approved_at is null and (approval.rows, approval.why) is distinct from (excluded.rows, excluded.why)"""
_WAITING: Final = """
select id, customer, what, subject, rows, why, asked_at from approval
where used_at is null and approved_at is null order by id"""
_APPROVED: Final = """
select exists (
  select from approval
  where (customer, what, subject) = ($1, $2, $3) and used_at is null and approved_at is not null)"""
_APPROVE: Final = """
update approval set approved_at = now(), approved_by = $2
where id = $1 and used_at is null and approved_at is null returning id, customer, what, subject, rows, why"""
_USE: Final = """
update approval set used_at = now() where (customer, what, subject) = ($1, $2, $3) and used_at is null"""

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy


async def ask(connection: Connection, customer: str, what: str, subject: str, rows: int, why: str) -> None:
    """Ask, in the caller's transaction; asked again it is one question, with the newest rows and reason."""
    await connection.execute(_ASK, customer, what, subject, rows, why)


async def is_approved(connection: Connection, customer: str, what: str, subject: str) -> bool:
    """Whether a person approved, and nobody acted on it yet."""
    return bool(await connection.fetchval(_APPROVED, customer, what, subject))


async def use(connection: Connection, customer: str, what: str, subject: str) -> None:
    """End the question, approved or not: what was asked is done, or no longer needed."""
    await connection.execute(_USE, customer, what, subject)


async def waiting(connection: Connection | asyncpg.Pool) -> list[dict[str, Any]]:
    """What waits for a person."""
    return [dict(row) for row in await connection.fetch(_WAITING)]


async def approve(connection: Connection, identity: int, who: str) -> dict[str, Any] | None:
    """Give a person's word, in a transaction of its own; None where nothing of that number waits."""
    async with connection.transaction():
        row = await connection.fetchrow(_APPROVE, identity, who)
        if row is None:
            return None
        detail = {"what": row["what"], "subject": row["subject"], "rows": row["rows"]}
        await audit.record(connection, row["customer"], who, "approved", detail)
        return dict(row)
