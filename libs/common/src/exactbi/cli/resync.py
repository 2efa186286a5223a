"""`exactbi resync`: read one stream of one division anew from its start, and sweep what Exact no longer has."""

from __future__ import annotations

import math
from typing import Annotated, Final

import asyncpg
import typer

from exactbi.cli.frame import MOST, actor, customer_of, database, emit, refuse, run
from exactbi.exact_online.limits import NORMAL_PAGE, SYNC_PAGE
from exactbi.exact_online.streams import STREAMS
from exactbi.postgres import audit
from exactbi.work.rules import PASS, RESYNC
from exactbi.work.table import raise_work

STREAM: Final = """
select d.id, (select max(n) from (
    select count(*) as n from record r
    where r.division = d.id and r.stream = $4 and r.state <> 'deleted' group by r.dataset) counted) as records
from division d join stream s on s.division = d.id and s.stream = $4
where d.customer = $1 and d.site = $2 and d.code = $3"""
READ: Final = """
select s.stream, d.site || '/' || d.code as division from stream s join division d on d.id = s.division
where d.customer = $1 order by 2, 1"""


async def _found(pool: asyncpg.Pool, customer: str, division: str, stream: str) -> tuple[int, int]:
    """The division's number, and the calls that a pass of the stream costs."""
    site, _, code = division.rpartition("/")
    is_code = code.isascii() and code.isdigit() and int(code) <= MOST
    row = await pool.fetchrow(STREAM, customer, site, int(code), stream) if is_code else None
    if row is None or stream not in STREAMS:
        read = [f"{known['stream']} of {known['division']}" for known in await pool.fetch(READ, customer)]
        there = ", ".join(read) or "nothing yet"
        raise typer.BadParameter(f"{customer} reads no {stream} of {division or 'no division'}, but {there}")
    page = SYNC_PAGE if STREAMS[stream].is_sync else NORMAL_PAGE
    return row["id"], max(1, math.ceil((row["records"] or 0) / page))


async def _resync(customer: str, division: str, stream: str, yes: bool) -> dict[str, object]:
    async with database() as pool:
        number, calls = await _found(pool, customer, division, stream)
        told: dict[str, object] = {"customer": customer, "division": division, "stream": stream, "calls": calls}
        if not yes:
            return told | {"asked": False}
        async with pool.acquire() as connection, connection.transaction():
            await raise_work(connection, number, stream, PASS, RESYNC)
            await audit.record(connection, customer, actor(), "resync asked", told)
        return told | {"asked": True}


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("resync")
    def resync(
        division: Annotated[str, typer.Option(help="As `exactbi status` names it: <site>/<code>.")],
        stream: Annotated[str, typer.Option(help="As `exactbi status` names it.")],
        customer: Annotated[str | None, typer.Option(help="Where there are several.")] = None,
        yes: Annotated[bool, typer.Option("--yes", help="Spend the calls.")] = False,
    ) -> None:
        """Ask for one complete reading of a stream; it costs calls of the division's day."""
        told = run(_resync(customer_of(customer).id, division, stream, yes))
        cost = f"{stream} of {division}: about {told['calls']} calls of the division's day"
        if not yes:
            refuse(f"{cost}; say --yes to spend them", told)
        emit(told, f"asked for; {cost}")
