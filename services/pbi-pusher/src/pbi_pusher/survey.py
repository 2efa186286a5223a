"""Holds a census of one table: carries the core's questions to the sink and to the books, and commits its decisions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import structlog

from exactbi.power_bi import queries
from exactbi.power_bi.protocol import AnswerError
from pbi_pusher import census
from pbi_pusher.adoption import adopt
from pbi_pusher.batches import Batch, Kind, Outcome, Seen, State
from pbi_pusher.books import BATCH_COLUMNS, Image, Table, moment, read_batch, read_images, seconds
from pbi_pusher.census import Head, Held, Situation, Totals
from pbi_pusher.ledger import Ledger, read_one

if TYPE_CHECKING:
    import asyncpg

log = structlog.get_logger(__name__)

SUSPECT: Final = "(state = 'doubtful' or missing <> '{}' or seen is not null)"
_LEFT_OUT: Final = """
select id from push_batch where sink = $1 and tbl = $2 and sent_at is not null
  and (sent_at > $3 and sent_at < $4 or state in ('planned', 'sending') or resend)"""
_HEADS: Final = """
select id, size, epoch, kind, state, confirmed_at is not null as confirmed, extra <> '{{}}' as has_extra,
  missing <> '{{}}' as missing, seen, seen_at
from push_batch where sink = $1 and tbl = $2 and not (id = any($3::bigint[])) {narrowed} order by id"""
_PLAIN: Final = """
select coalesce(sum(size), 0), coalesce(sum(sums[1]), 0), coalesce(sum(size * id), 0),
  coalesce(sum(size * first_ord + size::bigint * (size - 1) / 2), 0), coalesce(sum(sums[2]), 0) {additive}
from push_batch where sink = $1 and tbl = $2 and epoch = $3 and state in ('confirmed', 'doubtful') and extra = '{{}}'
  and not (id = any($4::bigint[]))"""
_WITH_EXTRA: Final = f"""
select {BATCH_COLUMNS} from push_batch
where sink = $1 and tbl = $2 and extra <> '{{}}' and not (id = any($3::bigint[]))"""  # noqa: S608 - a constant
_NEXT: Final = f"""
select min(greatest(sent_at, seen_at)) from push_batch
where sink = $1 and tbl = $2 and not resend and {SUSPECT}"""  # noqa: S608 - a constant


class Asked(Protocol):
    """The sink's side of a census."""

    async def query(self, dataset: str, dax: str, /) -> list[dict[str, Any]]:
        """The rows that a query returns; AnswerError where they were cut off."""
        ...


class Frame(NamedTuple):
    """What one census is about: batches that it leaves out, and the highest number given out before it."""

    left_out: Collection[int]
    highest: int
    situation: Situation


async def next_census(ledger: Ledger, table: Table, settle: float) -> float | None:
    """When the oldest doubt or difference of a table may be looked at (Unix seconds); None without any."""
    async with ledger.read() as connection:
        last = seconds(await connection.fetchval(_NEXT, ledger.sink.id, table.name))
    return None if last is None else last + settle


class Survey:
    """One census."""

    def __init__(self, ledger: Ledger, asked: Asked, table: Table, dataset: str) -> None:
        self._ledger = ledger
        self._asked = asked
        self._table = table
        self._dataset = dataset

    async def hold(self, now: float, settle: float, *, every: bool) -> bool:
        """Hold it; whether nothing differed. `every`: look at each batch whatever the totals say."""
        frame = await self._frame(Situation(self._table.mode, self._table.epoch, now, settle, every))
        suspects = await self._heads(frame, narrowed=f"and {SUSPECT}")
        conduct = census.conduct(suspects, frame.situation)
        answer: Any = None
        try:
            while True:
                answer = await self._answer(conduct.send(answer), frame)
        except StopIteration as end:
            clean = bool(end.value)
        await self._ledger.census_held(self._table, every=every, clean=clean)
        return clean

    async def count(self) -> int:
        """How many rows the table holds."""
        rows = await self._asked.query(self._dataset, queries.count(self._table.name))
        return queries.whole_number(rows[0], "[rows]") if rows else 0

    async def _answer(self, step: census.Step, frame: Frame) -> Any:
        match step:
            case census.AskTotals():
                return await self._held_totals(frame), await self._wanted_totals(frame)
            case census.AskHeads():
                return await self._heads(frame)
            case census.AskBatches(only):
                return await self._held_batches(only, frame)
            case census.AskBatch(number, in_sink):
                return await self._batch(number), await self._held_items(number) if in_sink else {}
            case census.Decide(outcome):
                self._tell(outcome)
                await self._ledger.settle(self._table, outcome)
            case census.GiveUp(why):
                await self._ledger.give_up(self._table, why)
            case census.Adopt(number):
                await self._adopt(number, frame)
        return None

    def _tell(self, outcome: Outcome) -> None:
        surplus = len(outcome.counter.rows) if outcome.counter else 0
        if surplus or outcome.batch.resend or outcome.give_up:
            log.warning(
                "the sink differs from the books",
                table=self._table.name,
                batch=outcome.batch.id,
                missing=len(outcome.batch.missing),
                surplus=surplus,
                give_up=outcome.give_up,
            )

    async def _frame(self, situation: Situation) -> Frame:
        young = (moment(situation.now - situation.settle), moment(situation.now + situation.settle))
        async with self._ledger.read() as connection:
            rows = await connection.fetch(_LEFT_OUT, self._ledger.sink.id, self._table.name, *young)
            highest = await connection.fetchval("select last_value from batch_number")
        return Frame({row["id"] for row in rows}, highest, situation)

    async def _heads(self, frame: Frame, narrowed: str = "") -> list[Head]:
        query = _HEADS.format(narrowed=narrowed)
        async with self._ledger.read() as connection:
            rows = await connection.fetch(query, self._ledger.sink.id, self._table.name, list(frame.left_out))
        return [_head(row) for row in rows]

    async def _wanted_totals(self, frame: Frame) -> Totals:
        columns = len(self._table.additive)
        query = _PLAIN.format(additive="".join(f", coalesce(sum(sums[{n + 3}]), 0)" for n in range(columns)))
        where, left_out = (self._ledger.sink.id, self._table.name), list(frame.left_out)
        async with self._ledger.read() as connection:
            plain = await connection.fetchrow(query, *where, self._table.epoch, left_out)
            extras = [read_batch(row) for row in await connection.fetch(_WITH_EXTRA, *where, left_out)]
            images = await read_images(connection, [image for batch in extras for image in batch.images])
        assert plain is not None, "an aggregate returns a row"
        size, signs, batches, ords, row_ids, *additive = (int(value) for value in plain)
        known = Totals(size, size, signs, batches, ords, row_ids, tuple(additive))
        valued = [(batch, _values(batch, images, columns)) for batch in extras]
        return known.plus(census.totals(valued, self._table.epoch, columns))

    async def _held_totals(self, frame: Frame) -> Totals:
        table, additive = self._table.name, self._table.additive
        conditions = queries.leaving_out(table, frame.left_out)
        rows = await self._asked.query(self._dataset, queries.totals(table, additive, conditions))
        row: Mapping[str, Any] = rows[0] if rows else {}
        return Totals(
            rows=queries.whole_number(row, "[rows]"),
            items=queries.whole_number(row, "[items]"),
            signs=queries.whole_number(row, "[_sign]"),
            batches=queries.whole_number(row, "[_batch]"),
            ords=queries.whole_number(row, "[_ord]"),
            row_ids=queries.whole_number(row, "[_row]"),
            additive=tuple(queries.units(row, f"[{name}]") for name in additive),
        )

    async def _held_batches(self, only: Sequence[int] | None, frame: Frame) -> dict[int, Held]:
        table = self._table.name
        if only is not None:
            return await self._grouped(queries.of_batches(table, only))
        left_out = queries.leaving_out(table, frame.left_out)
        try:
            return await self._grouped(left_out)
        except AnswerError as error:
            if not error.truncated:
                raise
        held = await self._ranged(left_out, 0, frame.highest)
        return {number: counts for number, counts in held.items() if number <= frame.highest}

    async def _ranged(self, left_out: list[str], first: int, last: int) -> dict[int, Held]:
        """By halves, where one answer can't hold all batches."""
        middle = (first + last) // 2
        held: dict[int, Held] = {}
        for low, high in ((first, middle), (middle + 1, last)):
            try:
                held |= await self._grouped([*left_out, *queries.batch_range(self._table.name, low, high)])
            except AnswerError as error:
                if not error.truncated or low >= high:
                    raise
                held |= await self._ranged(left_out, low, high)
        return held

    async def _grouped(self, conditions: Sequence[str]) -> dict[int, Held]:
        rows = await self._asked.query(self._dataset, queries.by_batch(self._table.name, conditions))
        key = f"{self._table.name}[_batch]"
        return {
            int(row[key]): Held(queries.whole_number(row, "[rows]"), queries.whole_number(row, "[items]"))
            for row in rows
            if row[key] is not None
        }

    async def _held_items(self, number: int) -> dict[int, int]:
        rows = await self._asked.query(self._dataset, queries.by_item(self._table.name, number))
        key = f"{self._table.name}[_ord]"
        return {int(row[key]): queries.whole_number(row, "[rows]") for row in rows if row[key] is not None}

    async def _batch(self, number: int) -> Batch:
        async with self._ledger.read() as connection:
            batch = await read_one(connection, number)
        assert batch is not None, f"batch {number} was listed"
        return batch

    async def _adopt(self, number: int, frame: Frame) -> None:
        if number > frame.highest:
            return
        rows = await self._asked.query(self._dataset, queries.whole_batch(self._table.name, number))
        log.warning("the sink holds a batch that nobody knows", table=self._table.name, batch=number, rows=len(rows))
        async with self._ledger.commit() as connection:
            await adopt(connection, self._table, number, rows)


def _head(row: asyncpg.Record) -> Head:
    seen_at = seconds(row["seen_at"])
    return Head(
        row["id"],
        row["size"],
        row["epoch"],
        Kind(row["kind"]),
        State(row["state"]),
        row["confirmed"],
        row["has_extra"],
        row["missing"],
        None if seen_at is None else Seen(row["seen"], seen_at),
    )


def _values(batch: Batch, images: Mapping[int, Image], columns: int) -> list[tuple[int, ...]]:
    """The signed additive values of a batch's items; a filler has none."""
    none = Image("", (0,) * columns)
    return [
        tuple(sign * value for value in images.get(image, none).additive)
        for image, sign in zip(batch.images, batch.signs, strict=True)
    ]
