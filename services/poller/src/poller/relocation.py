"""Finds divisions that moved to another database of Exact, and makes passes of their streams due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Final

import asyncpg
import structlog

from exactbi.clock import Clock, Scale
from exactbi.config.customer import Connection, Customer
from exactbi.errors import EXACT_FORBIDDEN, EXACT_NOT_FOUND, ExactbiError
from exactbi.postgres import audit
from exactbi.work import divisions, rules
from exactbi.work import table as work_table
from exactbi.work.divisions import Asked
from exactbi.work.moves import ASK_EVERY_S, Moves, has_moved, is_due
from poller import tables
from poller.divisions import Account, last_moves

ACTOR: Final = "poller"
REFUSED: Final = frozenset({EXACT_FORBIDDEN, EXACT_NOT_FOUND})

log = structlog.get_logger(__name__)


class Relocation:
    """Asks when a connection's divisions moved, once a day."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock, scale: Scale) -> None:
        self._pool = pool
        self._clock = clock
        self._scale = scale
        self._warned: set[tuple[str, str]] = set()

    async def look(self, customer: Customer, connection: Connection, account: Account, base: str) -> None:
        """Ask if it is time to, and note what Exact tells; errors of the gateway fly, but a refusal waits a day."""
        asked = await divisions.asked(self._pool, customer.id, connection.name, connection.site)
        now = self._clock.now()
        if not is_due((one.asked_at for one in asked), now, self._scale.seconds(ASK_EVERY_S)):
            return
        told = await self._ask(customer.id, connection.name, asked, account, base)
        for division in asked:
            await self._note(customer.id, connection.site, division, told.get(division.code))

    async def _ask(
        self, customer: str, connection: str, asked: Sequence[Asked], account: Account, base: str
    ) -> Mapping[int, Moves]:
        """The dates of all divisions, by one call at the first; nothing where Exact refuses them."""
        try:
            told = await last_moves(account, base, asked[0].code)
        except ExactbiError as error:
            if error.code not in REFUSED:
                raise
            if (customer, connection) not in self._warned:
                log.warning(
                    "moves of divisions can't be seen", customer=customer, connection=connection, why=str(error)
                )
            self._warned.add((customer, connection))
            return {}
        self._warned.discard((customer, connection))
        return told

    async def _note(self, customer: str, site: str, division: Asked, told: Moves | None) -> None:
        """Write the dates and, where they are others, make a pass of every stream and of the log due, in one commit."""
        async with self._pool.acquire() as connection, connection.transaction():
            before = await divisions.lock_moves(connection, division.id)
            await divisions.store_moves(connection, division.id, self._clock.now(), told)
            if told is None or not has_moved(before, told):
                return
            for name in await tables.stream_names(connection, division.id):
                await work_table.raise_work(connection, division.id, name, rules.PASS, rules.MOVED)
            shown = {name: str(at) for name, at in asdict(told).items() if at is not None}
            detail = {"division": f"{site}/{division.code}"} | shown
            await audit.record(connection, customer, ACTOR, "division moved", detail)
        log.warning("division moved, everything is read anew", customer=customer, **detail)
