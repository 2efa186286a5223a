"""The worker that sweeps: reads what passes left, takes the next step of each, one transaction a step."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Final

import asyncpg
import structlog

from exactbi.clock import Scale
from exactbi.exact_online.streams import STREAMS
from exactbi.postgres import approvals, audit
from exactbi.work import rules
from exactbi.work.table import raise_work
from pbi_pusher import tables
from pbi_pusher.apply import is_sync, store
from pbi_pusher.gate import Gate, Outcome, cascade
from pbi_pusher.sweep import ANSWER_WITHIN_S, Pass, Sight, Step, Sweep, why
from pbi_pusher.tables import Connection, Scope

LOOK_EVERY_S: Final = 2.0
PORTION: Final = 5_000
"""Records that one round of a sweep's transaction handles."""
WHAT: Final = "sweep"
"""What a person approves."""

# Passes that were read to their end, per dataset that reads the stream, and not swept or replaced yet.
OPEN: Final = """
select p.id, p.division, p.stream, p.generation, p.first_number, p.last_number, p.complete_at, v.customer,
  v.site || '/' || v.code as division_name, m.dataset
from pass p join division v on v.id = p.division
join (select distinct m.dataset, m.stream, d.customer from mapping m join dataset d on d.id = m.dataset and d.active) m
  on m.stream = p.stream and m.customer = v.customer
left join pass_dataset s on s.pass = p.id and s.dataset = m.dataset
where p.complete_at is not null and s.swept_at is null and not coalesce(s.replaced, false)
order by p.id, m.dataset"""
STATE: Final = """
insert into pass_dataset (pass, dataset) values ($1, $2) on conflict do nothing"""
PROGRESS: Final = """
select asked_seq, asked_after, swept_at is not null or replaced as done,
  extract(epoch from clock_timestamp() - asked_at)::float8 as asked_for_s
from pass_dataset where (pass, dataset) = ($1, $2)"""
REPLACED: Final = "select exists (select from pass where division = $1 and stream = $2 and id > $3)"
# A chunk that failed as a whole is waited for as the chunk that its replay became; a replay that asked Exact anew, or
# none, leaves nobody who knows what it held.
JOINED: Final = """
with recursive joined (chunk) as (
  select chunk from pass_chunk where pass = $1
  union
  select i.chunk from joined j
  join failure f on f.origin_chunk = j.chunk and f.record = '' and f.dataset in (0, $2) and f.state = 'closed'
  join replay_item i on i.failure = f.id
  join outbox o on o.id = i.chunk and o.topic = 'raw-records'
), told as (
  select exists (
      select from failure f where f.origin_chunk = j.chunk and f.record = '' and f.dataset in (0, $2)
    ) as failed,
    exists (
      select from failure f where f.origin_chunk = j.chunk and f.record = '' and f.dataset in (0, $2)
        and (f.state <> 'closed' or not exists (
          select from replay_item i join outbox o on o.id = i.chunk and o.topic = 'raw-records' where i.failure = f.id))
    ) as lost
  from joined j
  where not exists (
    select from applied_chunk a where a.chunk = j.chunk and a.application = 'dataset:' || $2::int)
)
select count(*) filter (where not failed) as waiting, count(*) filter (where lost) as unreadable from told"""
COUNTS: Final = """
select count(*) as records, count(*) filter (where
  (case when $4 then generation else version end) < $5 and seen < $5) as unseen
from record where (dataset, stream, division) = ($1, $2, $3) and state <> 'deleted'"""
UNSEEN: Final = """
select record::text from record
where (dataset, stream, division) = ($1, $2, $3) and state <> 'deleted'
  and (case when $4 then generation else version end) < $5 and seen < $5
order by record limit $6"""
ASKED: Final = """
update pass_dataset set candidates = $3, asked_at = now(), asked_seq = $4, asked_after = $5
where (pass, dataset) = ($1, $2)"""
LAST_CHUNK: Final = "select coalesce(max(id), 0) from outbox where topic = 'raw-records'"
ANSWERED: Final = """
select done_seq >= $4 and not exists (
  select from outbox o where o.topic = 'raw-records' and o.id > $5 and o.headers ->> 'customer' = $6
    and o.headers ->> 'stream' = $2 and o.headers ->> 'division' = $7
    and not exists (select from applied_chunk a where a.chunk = o.id and a.application = 'dataset:' || $8::int))
from work where (division, stream, kind) = ($1, $2, $3)"""
APPROVAL: Final = """
select approved_at from approval where (customer, what, subject) = ($1, $2, $3) and used_at is null"""
SWEPT: Final = "update pass_dataset set swept_at = now(), swept = $3 where (pass, dataset) = ($1, $2)"
DROP: Final = "update pass_dataset set replaced = true where (pass, dataset) = ($1, $2)"

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Task:
    """A pass in a dataset."""

    customer: str
    division_name: str
    scope: Scope
    reading: Pass

    @property
    def subject(self) -> str:
        """What an approval names."""
        return f"{self.division_name}/{self.scope.stream}, dataset {self.scope.dataset}, pass {self.reading.number}"


class Sweeper:
    """Moves every open pass on; any number of pushers may, since each step holds the gate's lock."""

    def __init__(self, pool: asyncpg.Pool, scale: Scale) -> None:
        self._pool = pool
        self._rules = Sweep(scale.seconds(ANSWER_WITHIN_S))
        self.in_hand = 0
        """Sweeps under way right now."""

    async def run(self) -> None:
        """Until cancelled; errors of PostgreSQL fly."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """One step of every open pass; what only waits is seen without holding up apply."""
        for row in await self._pool.fetch(OPEN):
            task = _task(row)
            async with self._pool.acquire() as connection:
                if self._rules.next_step(await _sight(connection, task)) in (Step.WAIT, Step.REST):
                    continue
                async with connection.transaction():
                    await self._step(connection, task)

    async def _step(self, conn: Connection, task: Task) -> None:
        await tables.lock(conn, task.scope)
        number, dataset = task.reading.number, task.scope.dataset
        await conn.execute(STATE, number, dataset)
        sight = await _sight(conn, task)
        step = self._rules.next_step(sight)
        if step is Step.DROP:
            await conn.execute(DROP, number, dataset)
            await approvals.use(conn, task.customer, WHAT, task.subject)
        elif step is Step.ASK:
            await self._ask(conn, task)
        elif step is Step.APPROVAL:
            await approvals.ask(conn, task.customer, WHAT, task.subject, sight.unseen, why(sight))
        elif step is Step.SWEEP:
            self.in_hand += 1
            try:
                await self._sweep(conn, task)
            finally:
                self.in_hand -= 1

    async def _ask(self, conn: Connection, task: Task) -> None:
        """Ask for each candidate by key: what is found comes to life by its chunk, the rest comes as deleted."""
        keys = await _unseen(conn, task, limit=None)
        seq = await raise_work(
            conn, task.scope.division, task.scope.stream, rules.CANDIDATES, rules.SWEEP, dict.fromkeys(keys, "upsert")
        )
        after = await conn.fetchval(LAST_CHUNK)
        await conn.execute(ASKED, task.reading.number, task.scope.dataset, len(keys), seq, after)

    async def _sweep(self, conn: Connection, task: Task) -> None:
        gate = Gate(task.reading.began, task.reading.is_sync)
        swept = 0
        while records := await _unseen(conn, task, limit=PORTION):
            rows = await tables.gate_rows(conn, task.scope, records)
            outcome = self._rules.sweep(rows, task.reading)
            swept += len(outcome.gate)
            await _cascade(conn, task, gate, outcome)
            await store(conn, task.scope, outcome, 0, 0)
        await conn.execute(tables.RAISE_FLOOR, *task.scope.key, task.reading.began)
        await conn.execute(SWEPT, task.reading.number, task.scope.dataset, swept)
        await approvals.use(conn, task.customer, WHAT, task.subject)
        if swept:
            await audit.record(conn, task.customer, "pbi-pusher", "swept", {"what": task.subject, "records": swept})
            log.info("swept", subject=task.subject, records=swept)


async def _cascade(conn: Connection, task: Task, gate: Gate, outcome: Outcome) -> None:
    """The lines of what was swept go with it, where they are older."""
    rows = await tables.lines_of(conn, task.scope, outcome.gate) | outcome.gate
    for parent in list(outcome.gate):
        lines = [record for record, row in rows.items() if row.parent == parent]
        cascade(gate, parent, rows, lines, outcome)


async def _unseen(conn: Connection, task: Task, limit: int | None) -> list[str]:
    reading = task.reading
    rows = await conn.fetch(UNSEEN, *task.scope.key, reading.is_sync, reading.began, limit)
    return [row["record"] for row in rows]


async def _sight(conn: Connection, task: Task) -> Sight:
    scope, reading = task.scope, task.reading
    state = await conn.fetchrow(PROGRESS, reading.number, scope.dataset)
    joined = await conn.fetchrow(JOINED, reading.number, scope.dataset)
    assert joined is not None
    sight = Sight(
        is_done=state is not None and state["done"],
        is_replaced=await conn.fetchval(REPLACED, scope.division, scope.stream, reading.number),
        waiting=joined["waiting"],
        unreadable=joined["unreadable"],
        can_ask=STREAMS[scope.stream].normal_path is not None,
    )
    if sight.waiting or sight.is_done or sight.is_replaced:
        return sight
    counts = await conn.fetchrow(COUNTS, *scope.key, reading.is_sync, reading.began)
    approval = await conn.fetchrow(APPROVAL, task.customer, WHAT, task.subject)
    assert counts is not None
    return replace(
        sight,
        unseen=counts["unseen"],
        records=counts["records"],
        asked_for_s=None if state is None else state["asked_for_s"],
        answered=await _is_answered(conn, task, state),
        person_asked=approval is not None,
        is_approved=approval is not None and approval["approved_at"] is not None,
    )


async def _is_answered(conn: Connection, task: Task, state: asyncpg.Record | None) -> bool:
    """Whether all candidates came, and are applied."""
    if state is None or state["asked_seq"] is None:
        return False
    scope = task.scope
    return bool(
        await conn.fetchval(
            ANSWERED,
            scope.division,
            scope.stream,
            rules.CANDIDATES,
            state["asked_seq"],
            state["asked_after"],
            task.customer,
            task.division_name,
            scope.dataset,
        )
    )


def _task(row: asyncpg.Record) -> Task:
    sync = is_sync(row["stream"])
    return Task(
        customer=row["customer"],
        division_name=row["division_name"],
        scope=Scope(row["dataset"], row["stream"], row["division"]),
        reading=Pass(
            number=row["id"],
            is_sync=sync,
            began=row["generation"] if sync else row["first_number"],
            last=row["last_number"],
        ),
    )
