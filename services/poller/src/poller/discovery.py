"""The list of divisions, kept by the configuration or by what Exact shows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

import asyncpg
import structlog

from exactbi.clock import Clock, Scale
from exactbi.config.customer import Connection, Customer
from exactbi.errors import ExactbiError
from exactbi.postgres.lease import try_hold
from exactbi.work import divisions
from exactbi.work.divisions import Seen
from poller.divisions import Account, visible
from poller.relocation import Relocation
from poller.settings import DISCOVERY_EVERY_S
from poller.worker import UNSENT

LOOK_AGAIN_S: Final = 10.0
"""How soon a list that could not be had is asked for again."""

log = structlog.get_logger(__name__)


class Discovery:
    """Keeps the table of divisions: by the configuration's lists, or by what Exact shows."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        dsn: str,
        customers: Mapping[str, Customer],
        account: Callable[[Customer, Connection], tuple[Account, str]],
        clock: Clock,
        scale: Scale,
    ) -> None:
        self._pool = pool
        self._dsn = dsn
        self._customers = customers
        self._account = account
        self._clock = clock
        self._scale = scale
        self._relocation = Relocation(pool, clock, scale)

    async def run(self) -> None:
        """Look at start, then hourly; sooner again where something failed."""
        while True:
            done = [
                await self._look(customer, connection)
                for customer in self._customers.values()
                for connection in customer.connections
            ]
            await asyncio.sleep(self._scale.seconds(DISCOVERY_EVERY_S) if all(done) else LOOK_AGAIN_S)

    async def _look(self, customer: Customer, connection: Connection) -> bool:
        """Whether the connection's divisions are known; where another process looks, they soon are."""
        async with try_hold(self._dsn, f"divisions {customer.id}/{connection.name}", self._clock) as lease:
            if lease is None:
                return True
            if not await self._pool.fetchval("select exists (select from customer where id = $1)", customer.id):
                return False
            try:
                seen = await lease.keep(self._seen(customer, connection))
            except ExactbiError as error:
                log.warning("divisions can't be listed", customer=customer.id, code=error.code.name, error=str(error))
                return False
            gone = await divisions.keep(self._pool, customer.id, connection.name, connection.site, seen)
            if gone:
                log.warning("divisions pause, they are not visible any more", customer=customer.id, codes=gone)
            return await lease.keep(self._moves(customer, connection))

    async def _moves(self, customer: Customer, connection: Connection) -> bool:
        """Whether the divisions' moves were looked at; if not, for lack of a token, that costs no call."""
        try:
            await self._relocation.look(customer, connection, *self._account(customer, connection))
        except ExactbiError as error:
            log.warning("moves of divisions can't be had", customer=customer.id, code=error.code.name, error=str(error))
            return error.code not in UNSENT
        return True

    async def _seen(self, customer: Customer, connection: Connection) -> list[Seen]:
        if connection.divisions != "all":
            return [Seen(code) for code in connection.divisions]
        return await visible(*self._account(customer, connection))
