"""Beginning a run, or going on with one: the commit before its first request."""

from __future__ import annotations

from dataclasses import replace

from exactbi.clock import Clock
from exactbi.exact_online.streams import STREAMS
from exactbi.work import rules
from exactbi.work import table as work_table
from exactbi.work.rules import Work
from poller import cursor, passes, tables
from poller.plan import DELETED, Raise
from poller.run import Run
from poller.stream import StreamState
from poller.tables import Connection


async def begin(connection: Connection, division: int, wanted: Work, clock: Clock) -> Run:
    """Begin a run of the work, in the caller's fenced transaction: its attempt is written ahead.

    A pass raises its stream's generation here, between two requests, and lets the Deleted log be read once more.
    """
    work = await work_table.lock(connection, division, wanted.stream, wanted.kind)
    await work_table.store(connection, division, rules.taken(rules.begun(work, clock.now())))
    state = await tables.lock_stream(connection, division, work.stream)
    run = Run(0, work.stream, work.kind, work.reason, work.requested_seq, cursor.begin(state.cursor))
    if work.kind == rules.SECOND_LOOK:
        run = replace(run, reading=cursor.begin(state.mark))
        await tables.store_stream(connection, division, replace(state, looked_at=clock.now()))
    elif work.kind == rules.PASS:
        run = await _begin_pass(connection, division, run, state)
    elif work.kind == rules.INCREMENTAL:
        run = replace(run, since=state.modified_cursor)
    return replace(run, id=await tables.add_run(connection, division, run))


async def go_on(connection: Connection, division: int, run: Run, clock: Clock) -> None:
    """Write the attempt of an open run that was taken over, or that failed, in the caller's fenced transaction."""
    work = await work_table.lock(connection, division, run.stream, run.kind)
    await work_table.store(connection, division, rules.begun(work, clock.now()))


async def raise_due(connection: Connection, division: int, due: list[Raise]) -> None:
    """Make wanted what the schedules made due."""
    for raise_ in due:
        await work_table.raise_work(connection, division, raise_.stream, raise_.kind, raise_.reason)


async def _begin_pass(connection: Connection, division: int, run: Run, state: StreamState) -> Run:
    is_sync = STREAMS[run.stream].is_sync
    begun = passes.begin(state, run.reason, is_sync)
    await tables.store_stream(connection, division, begun.stream)
    if run.stream == DELETED:
        return replace(run, reading=cursor.begin(0))
    number = 0 if is_sync else await tables.next_number(connection)
    pass_id = await tables.add_pass(connection, division, run.stream, begun.generation, number, run.reason)
    if is_sync:
        await work_table.raise_work(connection, division, DELETED, rules.SECOND_LOOK, rules.SCHEDULE)
    return replace(run, pass_id=pass_id, reading=cursor.begin(0))
