"""Applying a chunk of mapped rows: one transaction, decided by the gate, by value, and never twice."""

from __future__ import annotations

from typing import Final

from exactbi.errors import NOT_ACTIVE, PermanentError
from exactbi.exact_online.streams import STREAMS
from exactbi.messages.rows import DELETED, RowsMapped
from exactbi.outbox import applied
from pbi_pusher import due, tables
from pbi_pusher.gate import Gate, Outcome, admit
from pbi_pusher.images import compare
from pbi_pusher.tables import Connection, Scope

DIVISION: Final = """
select v.id from division v join dataset d on d.customer = v.customer
where v.customer = $1 and v.site = $2 and v.code = $3 and d.id = $4"""
HELD: Final = """
select row_id from row_wanted
where (dataset, stream, division) = ($1, $2, $3) and record = any($4::uuid[]) and image is not null"""


async def apply(conn: Connection, chunk: RowsMapped, *, is_replay: bool = False) -> None:
    """Apply a chunk and note it as applied, in one transaction; what becomes due wakes its deliverer.

    A replay also lets rows that the sink refused be tried again, though their values are the same.
    PermanentError (NOT_ACTIVE) for a division or dataset that is not known.
    """
    async with conn.transaction():
        scope = await _scope(conn, chunk)
        await tables.lock(conn, scope)
        outcome = await _admitted(conn, scope, chunk)
        await store(conn, scope, outcome, chunk.chunk, chunk.mapping_rev)
        if is_replay:
            records = [record.id for record in chunk.records]
            held = [row["row_id"] for row in await conn.fetch(HELD, *scope.key, records)]
            await due.retry(conn, scope.dataset, held)
        await applied.note(conn, [chunk.chunk], f"dataset:{scope.dataset}", chunk.mapping_rev, chunk.reference_rev)


async def store(conn: Connection, scope: Scope, outcome: Outcome, chunk: int, rev: int) -> None:
    """Write what the gate let through: gate rows, images, wanted rows, due rows."""
    await tables.store_gate(conn, scope, outcome.gate, outcome.fresh)
    changes = compare(outcome.wanted, await tables.wanted_rows(conn, scope, outcome.wanted))
    touched = await tables.store_changes(conn, scope, changes, chunk, rev)
    await due.touch(conn, scope.dataset, touched)


async def _scope(conn: Connection, chunk: RowsMapped) -> Scope:
    division = await conn.fetchval(DIVISION, chunk.customer, chunk.site, chunk.division, chunk.dataset)
    if division is None:
        named = f"division {chunk.site}/{chunk.division} and dataset {chunk.dataset} of {chunk.customer!r}"
        raise PermanentError(NOT_ACTIVE, f"{named} are not both known")
    return Scope(chunk.dataset, chunk.stream, division)


async def _admitted(conn: Connection, scope: Scope, chunk: RowsMapped) -> Outcome:
    records = {record.id for record in chunk.records}
    parents = {record.parent for record in chunk.records if record.parent is not None}
    deleted = [record.id for record in chunk.records if record.state == DELETED]
    known = await tables.gate_rows(conn, scope, records | parents)
    known |= await tables.lines_of(conn, scope, deleted)
    return admit(Gate(await tables.floor(conn, scope), is_sync(chunk.stream)), known, chunk)


def is_sync(stream: str) -> bool:
    """Whether Exact's Timestamp orders the stream's records; `static` is versioned by observation."""
    return stream in STREAMS and STREAMS[stream].is_sync
