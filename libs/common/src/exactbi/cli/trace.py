"""`exactbi trace`: where a row comes from and what became of it, hop by hop."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any, Final

import asyncpg
import typer

from exactbi.cli.frame import database, emit, run
from exactbi.errors import EXIT_FINDING

ROWS: Final = """
select w.*, d.customer, d.name as dataset_name, v.site || '/' || v.code as division_name
from row_wanted w join dataset d on d.id = w.dataset join division v on v.id = w.division
where w.tbl = $1 and (w.record = $2 or w.row_id = $3) order by w.dataset, w.record, w.ordinal"""
TABLES: Final = "select distinct tbl from sink_table order by tbl"
RECORD: Final = "select * from record where dataset = $1 and stream = $2 and division = $3 and record = $4"
IMAGES: Final = "select image, chunk, mapping_rev from row_image where image = any($1::bigint[]) order by image"
CHUNK: Final = """
select o.*, c.id as call, c.path, c.status, c.sent_at as call_sent_at, c.received_at as call_received_at
from outbox o left join call c on c.id = o.headers ->> 'call' where o.id = $1"""
APPLIED: Final = (
    "select applied_at, mapping_rev, reference_rev from applied_chunk where chunk = $1 and application = $2"
)
BATCHES: Final = """
select b.id, b.kind, b.state, b.sent_at, b.confirmed_at, b.created_at, i as position, b.images[i] as image,
  b.signs[i] as sign, b.first_ord + i - 1 as ord
from push_batch b join sink s on s.id = b.sink, generate_subscripts(b.row_ids, 1) i
where s.dataset = $1 and b.tbl = $2 and b.row_ids @> array[$3::bigint] and b.row_ids[i] = $3 order by b.id, i"""
FAILURES: Final = """
select id, code, stage, state, message, last_at from failure where record = $1 and customer = $2 order by last_at"""

Hop = dict[str, Any]


def hop(stage: str, ref: str, at: datetime | None, **detail: object) -> Hop:
    """One step of a row's way."""
    return {"stage": stage, "ref": ref, "at": at.isoformat() if at else None, **detail}


async def trace(pool: asyncpg.Pool, table: str, key: str) -> list[Hop]:
    """From Exact's call to the accepted POST, in the order of time; empty where no row is called so."""
    record, row_id = _key(key)
    hops: list[Hop] = []
    for row in await pool.fetch(ROWS, table, record, row_id):
        hops += await _row(pool, row)
    return sorted(hops, key=lambda found: found["at"] or "")


async def _row(pool: asyncpg.Pool, row: asyncpg.Record) -> list[Hop]:
    batches = await pool.fetch(BATCHES, row["dataset"], row["tbl"], row["row_id"])
    images = await pool.fetch(
        IMAGES, [batch["image"] for batch in batches] + [row["image"]] * (row["image"] is not None)
    )
    gate = await pool.fetchrow(RECORD, row["dataset"], row["stream"], row["division"], row["record"])
    chunks = {image["chunk"] for image in images} | ({gate["chunk"]} if gate else set())
    hops: list[Hop] = []
    for chunk in sorted(chunks):
        hops += await _chunk(pool, chunk, row, [image for image in images if image["chunk"] == chunk])
    hops += [_batch(batch) for batch in batches]
    for failure in await pool.fetch(FAILURES, str(row["record"]), row["customer"]):
        hops.append(
            hop(
                "failure",
                str(failure["id"]),
                failure["last_at"],
                code=failure["code"],
                state=failure["state"],
                found_by=failure["stage"],
            )
        )
    return hops


async def _chunk(pool: asyncpg.Pool, chunk: int, row: asyncpg.Record, images: list[asyncpg.Record]) -> list[Hop]:
    stored = await pool.fetchrow(CHUNK, chunk)
    applied = await pool.fetchrow(APPLIED, chunk, f"dataset:{row['dataset']}")
    hops: list[Hop] = []
    if stored is not None:
        if stored["path"]:
            path = stored["path"].partition("&$select=")[0]
            hops.append(
                hop("exact call", stored["call"], stored["call_received_at"], status=stored["status"], path=path)
            )
        hops.append(hop("chunk", str(chunk), stored["created_at"], stream=row["stream"], division=row["division_name"]))
        place = f"{stored['topic']}/{stored['partition']}/{stored['offset']}"
        hops.append(hop("published", place, stored["published_at"], again=stored["republished"]))
    if applied is not None:
        detail = {"mapping_rev": applied["mapping_rev"], "images": [image["image"] for image in images]}
        hops.append(
            hop("applied", f"{row['dataset_name']}/{row['tbl']}/_row {row['row_id']}", applied["applied_at"], **detail)
        )
    return hops


def _batch(batch: asyncpg.Record) -> Hop:
    return hop(
        "batch",
        str(batch["id"]),
        batch["confirmed_at"] or batch["sent_at"] or batch["created_at"],
        state=batch["state"],
        kind=batch["kind"],
        image=batch["image"],
        sign=batch["sign"],
        ord=batch["ord"],
    )


def _key(text: str) -> tuple[uuid.UUID | None, int | None]:
    if text.isascii() and text.isdigit() and int(text) < 2**63:
        return None, int(text)
    try:
        return uuid.UUID(text), None
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is neither an id of Exact nor a _row") from error


async def _trace(table: str, key: str) -> list[Hop]:
    async with database() as pool:
        hops = await trace(pool, table, key)
        known = [row["tbl"] for row in await pool.fetch(TABLES)]
        if not hops and table not in known:
            raise typer.BadParameter(f"no table is called {table!r}; there are: {', '.join(known) or 'none yet'}")
        return hops


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("trace")
    def trace_command(
        table: Annotated[str, typer.Option("--table", help="As Power BI calls it.")],
        key: Annotated[str, typer.Option("--key", help="Exact's id of the record, or a `_row`.")],
    ) -> None:
        """The passport of a row: Exact's call, its chunk, what was applied, the batches that pushed it."""
        hops = run(_trace(table, key))
        lines = [
            f"{(found['at'] or '-')[:23]:<24}{found['stage']:<12}{found['ref']}  "
            + " ".join(f"{name}={value}" for name, value in found.items() if name not in ("stage", "ref", "at"))
            for found in hops
        ]
        emit({"hops": hops}, "\n".join(lines) or f"no row of {table} is called {key}")
        if not hops:
            raise typer.Exit(EXIT_FINDING)
