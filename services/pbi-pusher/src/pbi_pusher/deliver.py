"""Delivery to one sink: what is due goes out in batches, one POST at a time, and what its answer says is committed."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import structlog

from exactbi.connections.budgets import Reservation, StaleReservationError
from exactbi.connections.power_bi_gateway import PowerBiGateway, large
from exactbi.errors import PBI_UNREACHABLE, ConfigurationError, ExactbiError, SuspendedError, TransientError
from exactbi.http import NotSentError
from exactbi.observability.metrics import PUSHED_BATCHES, PUSHED_ROWS
from exactbi.postgres.lease import Lease, LeaseLostError
from exactbi.power_bi.limits import POSTS
from exactbi.power_bi.protocol import Meaning
from pbi_pusher import batches as core
from pbi_pusher import pace, schema
from pbi_pusher.batches import Answer, Batch, Mode
from pbi_pusher.bodies import body
from pbi_pusher.clearing import Raise
from pbi_pusher.ledger import Ledger
from pbi_pusher.settings import FIRST_WAIT_S, IDLE_S, LONGEST_WAIT_S, SCHEMA_S, Windows
from pbi_pusher.upkeep import Hands, Upkeep

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exactbi.clock import Clock
    from exactbi.config.tables import DatasetSchema
    from pbi_pusher.books import Image, Table

log = structlog.get_logger(__name__)

ANSWERS: Final = {
    Meaning.DONE: Answer.ACCEPTED,
    Meaning.REFUSED: Answer.REFUSED,
    Meaning.UNCLEAR: Answer.UNKNOWN,
}
"""What is not listed here is sent again after the wait."""
OLDEST_EVERY: Final = 4
"""Of so many batches one takes the oldest due rows, so that a backfill gets its share however busy the day."""
MANY_DUE: Final = 1_000
SIZES_S: Final = 10.0
"""While many rows are due, PostgreSQL's planner is told the tables' sizes so often."""
MOST_DOUBTS: Final = 4
"""With so many doubtful batches a table composes no more until a census settled one."""


@dataclass
class _Rhythm:
    """What the worker remembers between two steps; nothing that a successor would need. Times are monotonic."""

    posts: deque[float] = field(default_factory=lambda: deque(maxlen=POSTS))
    composed: int = 0
    failures: int = 0
    suspended_until: float = float("-inf")
    tended: bool = False
    """The last step tended tables: this one sends, so that nothing waits for ever behind a long census."""
    sizes_at: float | None = None


class Delivery:
    """Delivers to one sink while the lease is held."""

    def __init__(
        self, ledger: Ledger, lease: Lease, gateway: PowerBiGateway, windows: Windows, clock: Clock, hands: Hands
    ) -> None:
        self._ledger = ledger
        self._lease = lease
        self._gateway = gateway
        self._windows = windows
        self._clock = clock
        self._hands = hands
        self._upkeep = Upkeep(ledger, lease, gateway, windows, clock, hands)
        self._rhythm = _Rhythm()
        self._dataset = ""
        self._schema: DatasetSchema | None = None
        self._configured = ""
        self._schema_at = 0.0

    async def begin(self) -> None:
        """Take over what the last holder left, and see that the dataset is there."""
        await self._ledger.take_over()
        self._upkeep.taken_over_at = self._clock.now()
        await self._ensure()

    async def step(self) -> float:
        """Do the next thing that is to be done; the seconds after which it is worth looking again."""
        await self._lease.ping()
        if self._clock.monotonic() - self._schema_at > SCHEMA_S:
            await self._ensure()
        tables = await self._tables()
        had_turn, self._rhythm.tended = self._rhythm.tended, False
        if not had_turn and await self._tend(tables):
            self._rhythm.tended = True
            return 0.0
        wait = await self._send_next(tables)
        return 0.0 if had_turn else wait

    async def tell(self, error: ExactbiError) -> None:
        """Keep what ended this delivery."""
        await self._ledger.trouble.note(error)

    # what there is

    async def _ensure(self) -> None:
        configured = await self._ledger.configured()
        self._dataset, self._schema = await self._lease.keep(
            schema.ensure(self._ledger, self._gateway, self._windows.settle)
        )
        self._schema_at = self._clock.monotonic()
        self._configured = configured

    async def _tables(self) -> list[Table]:
        """Dimensions before facts."""
        assert self._schema is not None, "begin comes first"
        tables = []
        for table in await self._ledger.tables():
            known = self._schema.table(table.name)
            columns = tuple(column.name for column in known.columns if not column.additive)
            tables.append(dataclasses.replace(table, additive=known.additive, columns=columns))
        return sorted(tables, key=lambda table: (table.mode is not Mode.REPLACE, table.name))

    # tending and sending

    async def _tend(self, tables: Sequence[Table]) -> bool:
        """Every table has its turn, however long another's takes; whether any needed it."""
        return any([await self._upkeep.tend(table, self._dataset) for table in tables])

    async def _send_next(self, tables: Sequence[Table]) -> float:
        """Send what is planned, else what is due; the seconds after which to look again."""
        if (suspended := self._rhythm.suspended_until - self._clock.monotonic()) > 0:
            return min(suspended, IDLE_S)
        for table in tables:
            if not table.is_clearing and await self._send_planned(table, tables):
                return 0.0
        waits = [await self._compose(table, tables) for table in tables if not table.is_clearing]
        if (wait := min([IDLE_S, *waits])) >= IDLE_S:
            await self._ledger.trouble.note(self._upkeep.problem)
        return wait

    async def _send_planned(self, table: Table, tables: Sequence[Table]) -> bool:
        batch = await self._ledger.next_to_send(table)
        if batch is None:
            return False
        images = await self._ledger.images(batch, batch.positions)
        await self._send(table, tables, batch, images)
        return True

    async def _compose(self, table: Table, tables: Sequence[Table]) -> float:
        """Compose and send the next batch of a table; the seconds after which to look again, IDLE_S for no hurry."""
        stops = table.give_up and await self._upkeep.may_raise(table) in (Raise.SOON, Raise.NOW)
        due = await self._ledger.count_due(table, core.MAX_ITEMS)
        if stops or not due or await self._ledger.count_doubts(table) >= MOST_DOUBTS:
            return IDLE_S
        wait = self._wait(tables, full=due >= core.MAX_ITEMS)
        if wait > 0:
            return wait
        oldest = self._rhythm.composed % OLDEST_EVERY == OLDEST_EVERY - 1
        if due >= MANY_DUE:
            await self._know_sizes()
        planned = await self._lease.keep(self._ledger.compose(table, oldest=oldest))
        if planned.batch is None:
            return 0.0 if planned.settled else IDLE_S
        self._rhythm.composed += 1
        await self._send(table, tables, planned.batch, planned.images)
        return 0.0

    async def _know_sizes(self) -> None:
        now = self._clock.monotonic()
        if self._rhythm.sizes_at is None or now - self._rhythm.sizes_at > SIZES_S:
            await self._lease.keep(self._ledger.know_sizes())
            self._rhythm.sizes_at = now

    def _wait(self, tables: Sequence[Table], *, full: bool) -> float:
        if not self._windows.paced:
            return 0.0
        return pace.wait(
            self._rhythm.posts,
            large=large([known.rows for known in tables]),
            full=full,
            now=self._clock.monotonic(),
            scale=self._windows.scale,
        )

    async def _send(self, table: Table, tables: Sequence[Table], batch: Batch, images: Mapping[int, Image]) -> None:
        """Reserve, commit `sending`, POST, commit what the answer says.

        A batch may have columns that were configured a moment ago: they must be in Power BI first.
        """
        if await self._ledger.configured() != self._configured:
            await self._ensure()
        positions = tuple(batch.positions)
        held = [known.rows for known in tables]
        try:
            reservation = await self._gateway.reserve_post(
                self._dataset, len(positions), large=large(held), lease=self._lease
            )
        except SuspendedError as error:
            self._rhythm.suspended_until = self._clock.monotonic() + error.until - self._clock.now()
            await self._ledger.trouble.note(error)
            return
        text = body(batch, positions, images, table.additive)
        begun = await self._ledger.begin(batch)
        self._hands.posts += 1
        try:
            answer, problem = await self._post(table, text, reservation)
        finally:
            self._hands.posts -= 1
        outcome = core.answered(begun, positions, answer, table.epoch, self._clock.now())
        await self._ledger.settle(table, outcome)
        await self._note(table, outcome.batch, answer, problem)
        if isinstance(problem, ConfigurationError):
            raise problem

    async def _post(self, table: Table, text: bytes, reservation: Reservation) -> tuple[Answer, ExactbiError | None]:
        committed = self._clock.monotonic()

        def check() -> None:
            late = self._clock.monotonic() - committed
            if late > core.STALE_S:
                raise StaleReservationError(PBI_UNREACHABLE, f"a POST {late:.1f} s after its commit is not sent")

        request = self._gateway.api.post_rows(self._dataset, table.name, text)
        try:
            said = await self._lease.keep(self._gateway.call(request, reservation, check))
        except LeaseLostError:
            raise
        except (NotSentError, StaleReservationError, ConfigurationError) as error:
            return Answer.AGAIN, error
        except TransientError as error:
            return Answer.UNKNOWN, error
        if said.meaning is Meaning.DONE:
            return Answer.ACCEPTED, None
        return ANSWERS.get(said.meaning, Answer.AGAIN), self._gateway.error(said)

    async def _note(self, table: Table, batch: Batch, answer: Answer, problem: ExactbiError | None) -> None:
        now = self._clock.monotonic()
        self._rhythm.posts.append(now)
        PUSHED_BATCHES.labels(self._ledger.sink.name, table.name, answer).inc()
        if answer is Answer.ACCEPTED:
            self._rhythm.failures = 0
            PUSHED_ROWS.labels(self._ledger.sink.name, table.name).inc(len(batch.rows))
            await self._ledger.trouble.note(self._upkeep.problem)
            return
        log.warning("POST was not accepted", table=table.name, batch=batch.id, answer=answer, error=str(problem))
        if answer is not Answer.REFUSED:
            await self._ledger.trouble.note(problem)
            self._rhythm.failures += 1
            self._rhythm.suspended_until = now + min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**self._rhythm.failures)
