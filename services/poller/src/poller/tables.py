"""The tables `stream`, `run`, `pass`, `pass_chunk` and `call`: read and written here only."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg

from exactbi.work import table as work_table
from poller.cursor import Landmark, Reading
from poller.plan import DELETED, Division
from poller.run import Run
from poller.stream import StreamState

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

JOIN: Final = """
insert into pass_chunk (pass, chunk)
select $1, o.id from outbox o
where o.topic = 'raw-records' and o.headers ->> 'customer' = $2 and o.headers ->> 'stream' = $3
  and o.headers ->> 'division' = $4
  and exists (
    select from dataset d where d.customer = $2
      and exists (select from mapping m where m.dataset = d.id and m.stream = $3)
      and not exists (select from applied_chunk a where a.chunk = o.id and a.application = 'dataset:' || d.id))
on conflict do nothing"""
"""Every chunk of the stream that some dataset has not applied yet; the pass's own are among them."""

_STREAM: Final = (
    "select stream, generation, cursor, mark, landmarks, modified_cursor, created_at, ran_at, looked_at, passed_at, "
    "completed_exact from stream where division = $1"
)
_RUN: Final = (
    'select id, stream, kind, reason, requested_seq, pass, since, "position", reading, next_mark, restarts, '
    "started_exact from run where division = $1 and ended_at is null"
)


async def load(connection: Connection, division: int, sync: frozenset[str], used: Collection[str]) -> Division:
    """A division as the planner sees it; only streams in `used`, and Deleted, are looked at."""
    streams = {row["stream"]: _stream(row) for row in await connection.fetch(_STREAM, division)}
    names = {*used, DELETED}
    return Division(
        streams={name: state for name, state in streams.items() if name in names},
        sync=sync,
        work=[work for work in await work_table.wanted(connection, division) if work.stream in names],
        runs=[_run(row) for row in await connection.fetch(_RUN, division) if row["stream"] in names],
    )


async def add_streams(connection: Connection, division: int, names: Collection[str]) -> None:
    """Begin to keep streams that a mapping began to use."""
    await connection.execute(
        "insert into stream (division, stream) select $1, unnest($2::text[]) on conflict do nothing",
        division,
        list(names),
    )


async def stream_names(connection: Connection, division: int) -> list[str]:
    """The division's streams and its log, in one order for all who lock something of each."""
    rows = await connection.fetch("select stream from stream where division = $1 order by stream", division)
    return [row["stream"] for row in rows]


async def lock_stream(connection: Connection, division: int, name: str) -> StreamState:
    """The stream as it is, locked until the caller's transaction ends."""
    row = await connection.fetchrow(_STREAM + " and stream = $2 for update", division, name)
    assert row is not None, f"no stream {name} of division {division}"
    return _stream(row)


async def store_stream(connection: Connection, division: int, state: StreamState) -> None:
    """Write a locked stream."""
    await connection.execute(
        "update stream set generation = $3, cursor = $4, mark = $5, landmarks = $6, modified_cursor = $7, ran_at = $8, "
        "looked_at = $9, passed_at = $10, completed_exact = $11 where (division, stream) = ($1, $2)",
        division,
        state.name,
        state.generation,
        state.cursor,
        state.mark,
        json.dumps([[landmark.completed, landmark.start] for landmark in state.landmarks]),
        moment(state.modified_cursor),
        moment(state.ran_at),
        moment(state.looked_at),
        moment(state.passed_at),
        moment(state.completed_exact),
    )


async def add_run(connection: Connection, division: int, run: Run) -> int:
    """A new run; its id."""
    run_id: int = await connection.fetchval(
        'insert into run (division, stream, kind, reason, requested_seq, pass, "start", since, reading) '
        "values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning id",
        division,
        run.stream,
        run.kind,
        run.reason,
        run.requested_seq,
        run.pass_id,
        run.reading.start,
        moment(run.since),
        json.dumps(asdict(run.reading)),
    )
    return run_id


async def store_run(connection: Connection, run: Run) -> None:
    """Where an open run stands."""
    await connection.execute(
        'update run set "position" = $2, reading = $3, next_mark = $4, restarts = $5, started_exact = $6 where id = $1',
        run.id,
        run.position,
        json.dumps(asdict(run.reading)),
        run.next_mark,
        run.restarts,
        moment(run.started_exact),
    )


async def count_chunks(connection: Connection, run: int, event_ids: Sequence[object], records: int) -> None:
    """Note the chunks that a page of the run has become."""
    await connection.execute(
        "update run set records = records + $3, first_chunk = coalesce(first_chunk, chunks.low), "
        "last_chunk = coalesce(chunks.high, last_chunk) "
        "from (select min(id) as low, max(id) as high from outbox where event_id = any($2::uuid[])) chunks "
        "where run.id = $1",
        run,
        list(event_ids),
        records,
    )


async def end_run(connection: Connection, run: int, ended_exact: float) -> None:
    """The run's last answer is committed."""
    await connection.execute(
        "update run set ended_at = now(), ended_exact = $2 where id = $1", run, moment(ended_exact)
    )


async def add_pass(
    connection: Connection, division: int, stream: str, generation: int, first_number: int, reason: str
) -> int:
    """A pass that begins; its id."""
    pass_id: int = await connection.fetchval(
        "insert into pass (division, stream, generation, first_number, last_number, reason) "
        "values ($1, $2, $3, $4, $4, $5) returning id",
        division,
        stream,
        generation,
        first_number,
        reason,
    )
    return pass_id


async def complete_pass(
    connection: Connection, pass_id: int, customer: str, stream: str, division: str, last_number: int
) -> None:
    """The pass is read: every chunk of its stream that is not applied everywhere joins it."""
    await connection.execute(JOIN, pass_id, customer, stream, division)
    await connection.execute(
        "update pass set complete_at = now(), last_number = greatest(last_number, $2) where id = $1",
        pass_id,
        last_number,
    )


@dataclass(frozen=True)
class Call:
    """A call that fetched something: what a chunk's header `call` leads to. `path` is without the host."""

    id: str
    path: str
    status: int
    sent_at: float
    received_at: float
    records: int


async def add_call(connection: Connection, division: int, run: Run, call: Call) -> None:
    """Keep a call of the run."""
    await connection.execute(
        "insert into call (id, division, stream, run, path, status, sent_at, received_at, records) "
        "values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing",
        call.id,
        division,
        run.stream,
        run.id,
        call.path,
        call.status,
        moment(call.sent_at),
        moment(call.received_at),
        call.records,
    )


async def next_number(connection: Connection) -> int:
    """An observation number; taken before the request whose answer it orders."""
    number: int = await connection.fetchval("select nextval('observation')")
    return number


async def generations(connection: Connection, division: int) -> dict[str, int]:
    """The generation of each stream, locked against a raise until the caller's transaction ends."""
    rows = await connection.fetch("select stream, generation from stream where division = $1 for share", division)
    return {row["stream"]: row["generation"] for row in rows}


async def used_streams(connection: Connection, customer: str) -> set[str]:
    """The streams that a dataset of the customer's file reads; the pseudo-stream `static` is not Exact's."""
    rows = await connection.fetch(
        "select distinct m.stream from mapping m join dataset d on d.id = m.dataset where d.customer = $1 and d.active",
        customer,
    )
    return {row["stream"] for row in rows} - {"static"}


def moment(seconds: float | None) -> datetime | None:
    """Unix seconds as PostgreSQL takes them."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _seconds(at: datetime | None) -> float | None:
    return None if at is None else at.timestamp()


def _stream(row: asyncpg.Record) -> StreamState:
    return StreamState(
        name=row["stream"],
        generation=row["generation"],
        cursor=row["cursor"],
        mark=row["mark"],
        landmarks=tuple(Landmark(completed, start) for completed, start in json.loads(row["landmarks"])),
        modified_cursor=_seconds(row["modified_cursor"]),
        created_at=row["created_at"].timestamp(),
        ran_at=_seconds(row["ran_at"]),
        looked_at=_seconds(row["looked_at"]),
        passed_at=_seconds(row["passed_at"]),
        completed_exact=_seconds(row["completed_exact"]),
    )


def _run(row: asyncpg.Record) -> Run:
    return Run(
        id=row["id"],
        stream=row["stream"],
        kind=row["kind"],
        reason=row["reason"],
        requested_seq=row["requested_seq"],
        reading=_reading(json.loads(row["reading"])),
        position=row["position"],
        restarts=row["restarts"],
        since=_seconds(row["since"]),
        pass_id=row["pass"],
        next_mark=row["next_mark"],
        started_exact=_seconds(row["started_exact"]),
    )


def _reading(stored: dict[str, Any]) -> Reading:
    return Reading(**stored | {"days": tuple((day, timestamp) for day, timestamp in stored.get("days", ()))})
