"""The delivery core over PostgreSQL: loads what it decides on, commits what it decided, fenced by the lease."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from exactbi.outbox.write import write
from exactbi.postgres import approvals, audit
from pbi_pusher import batches as core
from pbi_pusher import statements as sql
from pbi_pusher.batches import Batch, Composed, DueRow, Items, Mode, Outcome
from pbi_pusher.bodies import sums
from pbi_pusher.books import (
    BATCH,
    TO_SEND,
    Connection,
    Image,
    Sink,
    Table,
    moment,
    read_batch,
    read_images,
    read_tables,
)
from pbi_pusher.clearing import Clearing
from pbi_pusher.refusals import duplicate_events, refusal_event
from pbi_pusher.trouble import Trouble

if TYPE_CHECKING:
    import asyncpg

    from exactbi.clock import Clock

CLEAR: Final = "clear"
"""What a person is asked to approve."""

NOTHING: Final = 0
"""What `due.refused_image` holds where the sink refused that a row is gone."""


class Fence(Protocol):
    """A lease: aborts the transaction of a holder that lost it."""

    async def fence(self, connection: Connection, /) -> None:
        """LeaseLostError where the epoch is no longer this holder's."""
        ...


class Planned(NamedTuple):
    """What a composing commit did: the batch, if there was one, with its images, and whether any row was settled."""

    batch: Batch | None
    images: Mapping[int, Image]
    settled: int


class Ledger:
    """The books of one sink. Each method is one commit; LeaseLostError where the lease was taken over."""

    def __init__(self, pool: asyncpg.Pool, sink: Sink, lease: Fence, clock: Clock) -> None:
        self._pool = pool
        self.sink = sink
        self.lease = lease
        self._clock = clock
        self.trouble = Trouble(pool, sink)

    @contextlib.asynccontextmanager
    async def commit(self) -> AsyncIterator[Connection]:
        """A transaction of this lease's holder."""
        async with self._pool.acquire() as connection, connection.transaction():
            await self.lease.fence(connection)
            yield connection

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[Connection]:
        """A connection to read from."""
        async with self._pool.acquire() as connection:
            yield connection

    async def tables(self) -> list[Table]:
        """The sink's tables as they stand."""
        async with self.read() as connection:
            return await read_tables(connection, self.sink)

    async def configured(self) -> str:
        """The schema that the dataset should have, as text to compare."""
        async with self.read() as connection:
            return str(await connection.fetchval(sql.CONFIGURED, self.sink.dataset))

    async def take_over(self) -> None:
        """What the last holder was sending is in doubt; what it planned stays."""
        async with self.commit() as connection:
            await connection.execute(sql.TAKE_OVER, self.sink.id)

    async def know_sizes(self) -> None:
        """Tell the planner how large the tables are: in a first load they grow faster than autovacuum looks."""
        async with self._pool.acquire() as connection:
            await connection.execute(sql.ANALYZE)

    async def compose(self, table: Table, *, oldest: bool, max_items: int = core.MAX_ITEMS) -> Planned:
        """Write the next batch of due rows down as planned; the newest changes first, or the oldest.

        Also marks that a replace table waits to be replaced, and reports duplicate dimension keys.
        """
        async with self.commit() as connection:
            for part in (True, False):
                rows, images = await self._due(connection, table, part=part, oldest=oldest, limit=max_items)
                composed = core.compose(rows, table.mode, max_items)
                await self._note(connection, table, composed)
                if composed.items.rows:
                    batch = await self._plan(connection, table, composed.items, None, images)
                    return Planned(batch, images, len(composed.settled))
            return Planned(None, {}, len(composed.settled))

    async def next_to_send(self, table: Table) -> Batch | None:
        """The oldest batch that is planned or has missing items to be sent again."""
        async with self._pool.acquire() as connection:
            row = await connection.fetchrow(TO_SEND, self.sink.id, table.name)
        return None if row is None else read_batch(row)

    async def count_due(self, table: Table, most: int) -> int:
        """How many rows are due, counted up to `most`."""
        async with self.read() as connection:
            return int(await connection.fetchval(sql.COUNT_DUE, self.sink.id, table.name, most))

    async def count_doubts(self, table: Table) -> int:
        """How many batches are in doubt."""
        async with self.read() as connection:
            return int(await connection.fetchval(sql.COUNT_DOUBTS, self.sink.id, table.name))

    async def is_landing(self, table: Table, settle: float) -> bool:
        """Whether an unresolved batch is younger than `settle`, as the core tells what is young."""
        now = self._clock.now()
        young = (moment(now - settle), moment(now + settle))
        async with self.read() as connection:
            return bool(await connection.fetchval(sql.IS_LANDING, self.sink.id, table.name, *young))

    async def images(self, batch: Batch, positions: Sequence[int]) -> dict[int, Image]:
        """The images of some of a batch's items."""
        async with self._pool.acquire() as connection:
            return await read_images(connection, [batch.images[position] for position in positions])

    async def begin(self, batch: Batch) -> Batch:
        """The commit before a POST."""
        begun = core.begun(batch, self._clock.now())
        async with self.commit() as connection:
            await _update(connection, begun)
        return begun

    async def settle(self, table: Table, outcome: Outcome) -> None:
        """Commit what the core decided on one batch."""
        async with self.commit() as connection:
            await self.apply(connection, table, outcome)

    async def apply(self, connection: Connection, table: Table, outcome: Outcome) -> None:
        """Write a decision in the caller's transaction."""
        batch, where = outcome.batch, (self.sink.id, table.name)
        await _update(connection, batch)
        if outcome.moves:
            await self._move(connection, table, batch)
        for n, part in enumerate(outcome.parts):
            await connection.execute(sql.PARTED, *where, part, 2 * batch.id + n)
        if outcome.refused is not None:
            row, image = outcome.refused
            if await connection.fetchval(sql.REFUSED, *where, row, image, NOTHING):
                await write(connection, await refusal_event(connection, self.sink, row, image, self._clock.now()))
        if outcome.counter is not None:
            images = await read_images(connection, outcome.counter.images)
            counter = await self._plan(connection, table, outcome.counter, batch.id, images)
            await self._audit(
                connection, "counter", table, batch=counter.id, counters=batch.id, items=len(counter.rows)
            )
        if outcome.give_up:
            await connection.execute(sql.GIVE_UP, *where, outcome.give_up)

    async def give_up(self, table: Table, why: str) -> None:
        """Mark that a table's content should be given up."""
        async with self.commit() as connection:
            await connection.execute(sql.GIVE_UP, self.sink.id, table.name, why)

    async def approved(self, table: Table) -> bool:
        """Whether a person approved that the table is cleared."""
        async with self._pool.acquire() as connection:
            return await approvals.is_approved(connection, self.sink.customer, CLEAR, self._subject(table))

    async def ask_approval(self, table: Table) -> None:
        """Ask a person, once."""
        async with self.commit() as connection:
            customer, subject = self.sink.customer, self._subject(table)
            await approvals.ask(connection, customer, CLEAR, subject, table.rows, table.give_up)

    async def raise_epoch(self, table: Table) -> None:
        """Give the table up: its batches end, nothing counts as pushed, all that is wanted is due."""
        where, now = (self.sink.id, table.name), moment(self._clock.now())
        async with self.commit() as connection:
            await connection.execute(sql.RAISE_TABLE, *where, now)
            await connection.execute(sql.RAISE_BATCHES, *where)
            await connection.execute(sql.RAISE_PUSHED, *where)
            await connection.execute(sql.RAISE_DUE, *where, self.sink.dataset)
            await connection.execute(sql.RAISE_REFUSED, *where)
            await approvals.use(connection, self.sink.customer, CLEAR, self._subject(table))
            await self._audit(connection, "clear", table, why=table.give_up, rows=table.rows)

    async def clear(self, table: Table, clearing: Clearing) -> None:
        """Keep how far the emptying of a table has come."""
        state = (clearing.phase, moment(clearing.phase_at), moment(clearing.deleted_at))
        async with self.commit() as connection:
            await connection.execute(sql.CLEARING, self.sink.id, table.name, *state)

    async def census_held(self, table: Table, *, every: bool, clean: bool) -> None:
        """Keep when a census was held; a table that was being filled is whole once nothing is due and one is clean."""
        now = moment(self._clock.now())
        async with self.commit() as connection:
            await connection.execute(sql.CENSUS, self.sink.id, table.name, now, every, clean)

    async def _due(
        self, connection: Connection, table: Table, *, part: bool, oldest: bool, limit: int
    ) -> tuple[list[DueRow], dict[int, Image]]:
        query = sql.due_query(table.mode, part=part, oldest=oldest)
        rows: list[DueRow] = []
        images: dict[int, Image] = {}
        for row in await connection.fetch(query, self.sink.id, table.name, limit):
            size = 0
            for image, attributes, additive in ((row[3], row[5], row[6]), (row[4], row[7], row[8])):
                if image is not None:
                    images[image] = Image(attributes, additive)
                    size += len(attributes.encode()) + 24 * len(additive)
            rows.append(DueRow(row[0], row[1], row[2], row[3], row[4], size, row[9], row[10]))
        return rows, images

    async def _note(self, connection: Connection, table: Table, composed: Composed) -> None:
        where = (self.sink.id, table.name)
        if composed.settled:
            touched = [row.touched for row in composed.settled]
            await connection.execute(sql.SETTLE, *where, [row.row for row in composed.settled], touched)
        if composed.waiting:
            await connection.execute(sql.GIVE_UP, *where, "rows of the table changed")
        if composed.duplicates:
            rows = [row.row for row in composed.duplicates]
            await write(connection, await duplicate_events(connection, self.sink, rows, self._clock.now()))

    async def _plan(
        self, connection: Connection, table: Table, items: Items, counters: int | None, images: Mapping[int, Image]
    ) -> Batch:
        size = len(items.rows)
        number: int = await connection.fetchval("select nextval('batch_number')")
        first: int = await connection.fetchval(sql.TAKE_ORDS, self.sink.id, table.name, size)
        batch = core.planned(number, table.epoch, items, first, counters)
        await connection.execute(
            sql.INSERT,
            *(number, self.sink.id, table.name, batch.epoch, batch.kind, counters, batch.state, size),
            *(batch.rows, batch.images, batch.signs, first),
            sums(batch.rows, batch.images, batch.signs, images, len(table.additive)),
        )
        return batch

    async def _move(self, connection: Connection, table: Table, batch: Batch) -> None:
        where, pushed = (self.sink.id, table.name), core.pushed_by(batch)
        rows, images = list(pushed), list(pushed.values())
        if gone := [row for row, image in pushed.items() if image is None]:
            await connection.execute(sql.GONE, self.sink.id, gone)
        if len(gone) < len(rows):
            there = [(row, image) for row, image in pushed.items() if image is not None]
            replace = table.mode is Mode.REPLACE
            query = sql.PUSHED.format(
                key="i.dim_key" if replace else "null", join="join row_image i using (image)" if replace else ""
            )
            await connection.execute(query, *where, *map(list, zip(*there, strict=True)), batch.epoch, batch.id)
        await connection.execute(sql.ARRIVED, *where, rows, images)
        await connection.execute(sql.JOIN_AGAIN, *where, rows)

    async def _audit(self, connection: Connection, what: str, table: Table, **detail: object) -> None:
        detail = {"dataset": self.sink.name, "table": table.name} | detail
        await audit.record(connection, self.sink.customer, "pbi-pusher", what, detail)

    def _subject(self, table: Table) -> str:
        return f"{self.sink.name}/{table.name}"


async def _update(connection: Connection, batch: Batch) -> None:
    seen = batch.seen
    await connection.execute(
        sql.UPDATE,
        *(batch.id, batch.state, batch.extra, batch.missing, batch.resend, batch.attempts),
        *(moment(batch.sent_at), moment(batch.confirmed_at)),
        *((None, None) if seen is None else (seen.fingerprint, moment(seen.at))),
    )


async def read_one(connection: Connection, number: int) -> Batch | None:
    """A batch by its number."""
    row = await connection.fetchrow(BATCH, number)
    return None if row is None else read_batch(row)
