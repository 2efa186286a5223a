"""`exactbi approvals`: what waits for a person's word, and giving it."""

from __future__ import annotations

import getpass
import sys
from typing import Annotated, Any, Final

import asyncpg
import typer

from exactbi.cli.frame import database, emit, refuse, run
from exactbi.postgres import audit

OPEN: Final = """
select id, customer, what, subject, rows, why, asked_at from approval
where used_at is null and approved_at is null order by id"""
APPROVE: Final = """
update approval set approved_at = now(), approved_by = $2
where id = $1 and used_at is null and approved_at is null returning id, customer, what, subject, rows, why"""


async def waiting(pool: asyncpg.Pool) -> list[dict[str, Any]]:
    """What `--json` gives of `list`."""
    return [dict(row) for row in await pool.fetch(OPEN)]


async def approve(pool: asyncpg.Pool, identity: int, who: str) -> dict[str, Any] | None:
    """Approve; None where nothing of that number waits."""
    async with pool.acquire() as connection, connection.transaction():
        row = await connection.fetchrow(APPROVE, identity, who)
        if row is None:
            return None
        detail = {"what": row["what"], "subject": row["subject"], "rows": row["rows"]}
        await audit.record(connection, row["customer"], who, "approved", detail)
        return dict(row)


def _line(row: dict[str, Any]) -> str:
    return f"{row['id']:>6}  {row['customer']}: {row['what']} {row['subject']} ({row['rows']} rows), {row['why']}"


async def _list() -> list[dict[str, Any]]:
    async with database() as pool:
        return await waiting(pool)


async def _approve(identity: int) -> dict[str, Any] | None:
    async with database() as pool:
        return await approve(pool, identity, getpass.getuser())


def register(app: typer.Typer) -> None:
    """Add the commands."""
    approvals = typer.Typer(help="What waits for a person's word.", no_args_is_help=True)
    app.add_typer(approvals, name="approvals")

    @approvals.command("list")
    def list_() -> None:
        """What waits: sweeps of many records, clearings of large tables."""
        found = run(_list())
        emit({"approvals": found}, "\n".join(map(_line, found)) or "nothing waits")

    @approvals.command("approve")
    def approve_(
        identity: Annotated[int, typer.Argument(help="The number that `approvals list` shows.")],
        yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    ) -> None:
        """Approve one; it is carried out by the service that asked."""
        if not yes and not (sys.stdin.isatty() and typer.confirm(f"Approve {identity}?")):
            refuse("not confirmed: pass --yes")
        found = run(_approve(identity))
        if found is None:
            refuse(f"nothing with the number {identity} waits for approval")
        emit({"approvals": [found]}, _line(found))
