"""One request of a run, and the commit of its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol
from urllib.parse import urlsplit

import asyncpg

from exactbi.clock import Clock
from exactbi.errors import EXACT_REFUSED, PermanentError, TransientError
from exactbi.exact_online import protocol
from exactbi.exact_online.client import Answer
from exactbi.exact_online.streams import STREAMS, Stream
from exactbi.messages import topics
from exactbi.outbox.write import Outgoing, write
from exactbi.postgres.lease import Lease
from exactbi.work import rules
from exactbi.work import table as work_table
from exactbi.work.rules import Key
from poller import answers, page, passes, tables
from poller.answers import Parsed, Stamp
from poller.chunks import Place, chunks
from poller.page import Settled, Times
from poller.plan import DELETED
from poller.run import Run
from poller.settings import Windows
from poller.stream import StreamState
from poller.tables import Connection


class Exact(Protocol):
    """One division of Exact; the gateway behind it holds tokens and budgets."""

    async def get(self, endpoint: str, url: str, lease: Lease) -> Answer: ...


class StaleGenerationError(TransientError):
    """The stream's generation was raised while a page was on its way: the page is dropped, and asked for again."""


@dataclass(frozen=True)
class Source:
    """A division that we read. `id` is its surrogate, `base` its site's address."""

    id: int
    place: Place
    base: str
    windows: Windows


@dataclass(frozen=True)
class Answered:
    """An answer, read, with what orders it and the keys that it answers."""

    answer: Answer
    url: str
    stamp: Stamp
    parsed: Parsed
    keys: Sequence[Key] = ()

    @property
    def times(self) -> Times:
        """By Exact's clock."""
        answer = self.answer
        return page.times(answer.took, answer.received_at, answer.exact_time.timestamp() if answer.exact_time else None)


class Fetch:
    """Fetches pages of one division, one request at a time."""

    def __init__(self, source: Source, pool: asyncpg.Pool, exact: Exact, clock: Clock) -> None:
        self._source = source
        self._pool = pool
        self._exact = exact
        self._clock = clock

    async def step(self, lease: Lease, run: Run) -> Run | None:
        """Ask for the run's next page and commit it; the run as it stands, or None where that was its end.

        Errors of the gateway fly; StaleGenerationError and LeaseLostError where the commit was refused.
        """
        stream = STREAMS[run.stream]
        keys = await self._next_keys(run) if run.by_key else []
        if run.by_key and not keys:
            await self._end_without_keys(lease, run)
            return None
        answered = await self._ask(lease, run, stream, keys)
        async with self._pool.acquire() as connection, connection.transaction():
            await lease.fence(connection)
            return await self._commit(connection, run, answered)

    async def _next_keys(self, run: Run) -> list[Key]:
        async with self._pool.acquire() as connection:
            asked = await work_table.keys(connection, self._source.id, rules.Work(run.stream, run.kind))
        return rules.next_keys(asked, run.requested_seq, run.position or "", answers.KEYS_PER_REQUEST)

    async def _ask(self, lease: Lease, run: Run, stream: Stream, keys: Sequence[Key]) -> Answered:
        source = self._source
        async with self._pool.acquire() as connection:
            number = 0 if stream.is_sync else await tables.next_number(connection)
            stamp = Stamp(await tables.generations(connection, source.id), number)
        if run.by_key:
            asked = [key.key for key in keys]
            url = protocol.by_keys_url(stream, source.base, source.place.division, asked)
            answer = await lease.keep(self._exact.get(stream.normal_path or stream.path, url, lease))
            return Answered(answer, url, stamp, answers.read_by_key(stream, answer.body, stamp, asked), keys)
        url = answers.url(run, stream, source.base, source.place.division, source.windows.late)
        answer = await lease.keep(self._exact.get(stream.path, url, lease))
        return Answered(answer, url, stamp, answers.read_page(stream, answer.body, stamp))

    async def _commit(self, connection: Connection, run: Run, answered: Answered) -> Run | None:
        source, parsed = self._source, answered.parsed
        current = await tables.generations(connection, source.id)
        if any(current.get(name) != answered.stamp.generations.get(name) for name in self._touched(run, parsed)):
            raise StaleGenerationError(EXACT_REFUSED, f"the generation of {run.stream} was raised meanwhile")
        state = await tables.lock_stream(connection, source.id, run.stream)
        settled = self._settle(run, state, answered)
        outgoing = self._events(run, answered)
        await tables.add_call(connection, source.id, run, _call(answered))
        await write(connection, outgoing)
        await tables.store_run(connection, settled.run)
        await tables.count_chunks(connection, run.id, [event.event_id for event in outgoing], parsed.records)
        if self._has_gap(run, state, answered.times):
            settled = replace(settled, stream=await self._read_all_anew(connection, settled.stream, current))
        await tables.store_stream(connection, source.id, settled.stream)
        work = await work_table.lock(connection, source.id, run.stream, run.kind)
        if not settled.ended:
            await work_table.store(connection, source.id, rules.progressed(work))
            return settled.run
        await self._end(connection, run, work, answered)
        return None

    @staticmethod
    def _touched(run: Run, parsed: Parsed) -> set[str]:
        return {run.stream, *(fetched.stream for fetched in parsed.fetched)}

    def _settle(self, run: Run, state: StreamState, answered: Answered) -> Settled:
        """Pages move the cursor's rules on; keys are done one after the other, and touch no cursor."""
        at, now = answered.times, self._clock.now()
        if not run.by_key:
            return page.settle(run, state, answered.parsed.page, at, self._source.windows.late, now)
        ended = len(answered.keys) < answers.KEYS_PER_REQUEST
        started = at.begun if run.started_exact is None else run.started_exact
        return Settled(replace(run, position=answered.keys[-1].key, started_exact=started), state, ended)

    def _events(self, run: Run, answered: Answered) -> list[Outgoing]:
        where = f"{run.id}|{run.restarts}|{run.position if run.by_key else run.reading.pages}"
        call, received = answered.answer.call, answered.answer.received_at
        return [
            Outgoing(chunk.event_id, topics.RAW_RECORDS, chunk.key, chunk.packed, chunk.headers)
            for fetched in answered.parsed.fetched
            for chunk in chunks(self._source.place, fetched, call, received, where)
        ]

    def _has_gap(self, run: Run, log: StreamState, at: Times) -> bool:
        """Whether this is the first page of a poll of the Deleted log, after too long a time without one."""
        first = run.stream == DELETED and run.kind == rules.INCREMENTAL and run.reading.pages == 0
        return first and passes.log_expired(log.completed_exact, at.begun, self._source.windows.log_kept)

    async def _read_all_anew(self, connection: Connection, log: StreamState, current: Mapping[str, int]) -> StreamState:
        """The Deleted log was not read for too long: passes find what entries that are gone would have told."""
        for name in sorted(current):
            if STREAMS[name].deleted_entity_type is not None:
                await work_table.raise_work(connection, self._source.id, name, rules.PASS, rules.EXPIRED)
        return replace(log, mark=0, landmarks=())

    async def _end(self, connection: Connection, run: Run, work: rules.Work, answered: Answered) -> None:
        source = self._source
        await tables.end_run(connection, run.id, answered.times.completed)
        if run.pass_id is not None:
            place = source.place
            await tables.complete_pass(
                connection, run.pass_id, place.customer, run.stream, place.text, answered.stamp.number
            )
        await self._done(connection, run, work, rules.ended(work, run.requested_seq))

    async def _done(self, connection: Connection, run: Run, work: rules.Work, done: rules.Work) -> None:
        asked = await work_table.keys(connection, self._source.id, work)
        if asked:
            await work_table.keep_keys(connection, self._source.id, work, rules.keys_left(asked, run.requested_seq))
        await work_table.store(connection, self._source.id, done)

    async def _end_without_keys(self, lease: Lease, run: Run) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            await lease.fence(connection)
            work = await work_table.lock(connection, self._source.id, run.stream, run.kind)
            await tables.end_run(connection, run.id, self._clock.now())
            await self._done(connection, run, work, rules.ended_unasked(work, run.requested_seq))


def refused_link(run: Run, error: PermanentError) -> bool:
    """Whether it is the run's stored link that Exact refused, so that the run starts again from its start."""
    return error.code is EXACT_REFUSED and run.position is not None and not run.by_key


def _call(answered: Answered) -> tables.Call:
    answer, split = answered.answer, urlsplit(answered.url)
    return tables.Call(
        answer.call,
        f"{split.path}?{split.query}",
        answer.status,
        answer.sent_at,
        answer.received_at,
        answered.parsed.records,
    )
