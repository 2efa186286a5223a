"""What keeps a table of a sink true beside sending: the census, and giving up what rows can't repair."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

import structlog

from exactbi.errors import ConfigurationError, SuspendedError, TransientError
from exactbi.postgres.lease import Lease, LeaseLostError
from pbi_pusher import clearing
from pbi_pusher.clearing import Raise
from pbi_pusher.survey import Survey, next_census

if TYPE_CHECKING:
    from exactbi.clock import Clock
    from exactbi.connections.power_bi_gateway import PowerBiGateway
    from pbi_pusher.books import Table
    from pbi_pusher.ledger import Ledger
    from pbi_pusher.settings import Windows

log = structlog.get_logger(__name__)

ASK_AGAIN_S: Final = 2.0
"""After a question that got no answer."""

T = TypeVar("T")


@dataclass
class Hands:
    """What a worker has in its hands, for health."""

    posts: int = 0
    queries: int = 0


class Upkeep:
    """Tends the tables of one sink while the lease is held."""

    def __init__(
        self, ledger: Ledger, lease: Lease, gateway: PowerBiGateway, windows: Windows, clock: Clock, hands: Hands
    ) -> None:
        self._ledger = ledger
        self._lease = lease
        self._gateway = gateway
        self._windows = windows
        self._clock = clock
        self._hands = hands
        self.taken_over_at = 0.0
        self._asks_from = float("-inf")
        """By the monotonic clock, which nobody sets."""
        self.problem: TransientError | None = None
        """Why the last question had no answer."""

    async def tend(self, table: Table, dataset: str) -> bool:
        """Do the next thing that the table needs beside sending; whether there was one.

        A question that the sink does not answer is asked again later, and rows go on being sent meanwhile.
        """
        if self._clock.monotonic() < self._asks_from:
            return False
        try:
            done = await self._give_up(table, dataset) or await self._look(table, dataset)
        except LeaseLostError:
            raise
        except SuspendedError as error:
            self._asks_from = self._clock.monotonic() + error.until - self._clock.now()
            self.problem = error
        except TransientError as error:
            self.problem = error
            self._asks_from = self._clock.monotonic() + ASK_AGAIN_S
            log.warning("the sink does not answer", table=table.name, error=str(error))
        else:
            self.problem = None
            return done
        return False

    async def _give_up(self, table: Table, dataset: str) -> bool:
        """Go on with a table that is being given up; whether something was done."""
        if table.is_clearing:
            return await self._clear(table, dataset)
        if not table.give_up:
            return False
        verdict = await self.may_raise(table)
        if verdict is Raise.ASK:
            await self._ledger.ask_approval(table)
        if verdict is not Raise.NOW:
            return False
        log.warning("table is given up", dataset=self._ledger.sink.name, table=table.name, why=table.give_up)
        await self._ledger.raise_epoch(table)
        return True

    async def may_raise(self, table: Table) -> Raise:
        """Whether a table that should be given up may be."""
        now = self._clock.now()
        open_ = table.raised_at is None or abs(now - table.raised_at) >= self._windows.replace
        return clearing.may_raise(
            table.mode,
            landing=await self._ledger.is_landing(table, self._windows.settle),
            rows=table.rows,
            approved=bool(table.give_up) and await self._ledger.approved(table),
            window_open=open_,
        )

    async def _clear(self, table: Table, dataset: str) -> bool:
        state, now, settle = table.clearing, self._clock.now(), self._windows.settle
        if state.wants_delete:
            await self._delete(table, dataset)
            await self._ledger.clear(table, clearing.deleted(state, self._clock.now()))
            return True
        if not clearing.is_count_due(state, now, settle):
            return False
        rows = await self._ask(self._survey(table, dataset).count())
        after = clearing.counted(state, rows, self._clock.now(), settle)
        await self._ledger.clear(table, after)
        return after.phase is not state.phase

    async def _delete(self, table: Table, dataset: str) -> None:
        """Whatever the answer, only the count says what became of it; but the operator's errors are told."""
        request = self._gateway.api.delete_rows(dataset, table.name)
        try:
            await self._lease.keep(self._gateway.ask(request, self._lease))
        except (ConfigurationError, LeaseLostError):
            raise
        except TransientError as error:
            log.warning("DELETE without a clear answer", table=table.name, error=str(error))

    async def _look(self, table: Table, dataset: str) -> bool:
        """Hold a census if one is due; whether one was held."""
        if table.is_clearing:
            return False
        now, windows = self._clock.now(), self._windows
        due = table.census_at is None or abs(now - table.census_at) >= windows.census
        if not due:
            due = await self._is_doubt_due(table, now)
        if not due:
            return False
        every = table.by_batch_at is None or abs(now - table.by_batch_at) >= windows.every_batch
        await self._ask(self._survey(table, dataset).hold(now, windows.settle, every=every))
        return True

    async def _is_doubt_due(self, table: Table, now: float) -> bool:
        settle = self._windows.settle
        assert table.census_at is not None, "a first census is always due"
        after_take_over = self.taken_over_at + settle
        if table.census_at < after_take_over <= now:
            return True
        at = await next_census(self._ledger, table, settle)
        return at is not None and now >= max(at, table.census_at + settle / 8)

    def _survey(self, table: Table, dataset: str) -> Survey:
        return Survey(self._ledger, self._gateway, table, dataset)

    async def _ask(self, asking: Awaitable[T]) -> T:
        self._hands.queries += 1
        try:
            return await self._lease.keep(asking)
        finally:
            self._hands.queries -= 1
