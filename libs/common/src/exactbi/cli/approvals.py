"""`exactbi approvals`: what waits for a person's word, and giving it."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from exactbi.cli.frame import MOST, actor, database, emit, refuse, run
from exactbi.postgres import approvals


def _line(row: dict[str, Any]) -> str:
    return f"{row['id']:>6}  {row['customer']}: {row['what']} {row['subject']} ({row['rows']} rows), {row['why']}"


async def _list() -> list[dict[str, Any]]:
    async with database() as pool:
        return await approvals.waiting(pool)


async def _approve(identity: int) -> dict[str, Any] | None:
    async with database() as pool, pool.acquire() as connection:
        return await approvals.approve(connection, identity, actor())


def register(app: typer.Typer) -> None:
    """Add the commands."""
    commands = typer.Typer(help="What waits for a person's word.", no_args_is_help=True)
    app.add_typer(commands, name="approvals")

    @commands.command("list")
    def list_() -> None:
        """What waits: sweeps of many records, clearings of large tables."""
        found = run(_list())
        emit({"approvals": found}, "\n".join(map(_line, found)) or "nothing waits")

    @commands.command("approve")
    def approve_(
        identity: Annotated[int, typer.Argument(help="The number that `approvals list` shows.", min=1, max=MOST)],
        yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    ) -> None:
        """Approve one; it is carried out by the service that asked."""
        if not yes and not (sys.stdin.isatty() and typer.confirm(f"Approve {identity}?")):
            refuse("not confirmed: pass --yes")
        found = run(_approve(identity))
        if found is None:
            refuse(f"nothing with the number {identity} waits for approval")
        emit({"approvals": [found]}, _line(found))
