"""What a custodian knows of one connection: the tables' rows as the rules' view, and received tokens kept safe."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Final

import asyncpg
import structlog

from exactbi.clock import Clock
from exactbi.connections import tokens
from exactbi.connections.custodian_rules import GENERATIONS, Attempt, CustodianRules, Kind, Moment, Token, View
from exactbi.connections.journal import Entry, Journal
from exactbi.connections.tokens import ConnectionRow, Received
from exactbi.connections.vault import Vault, client_secret
from exactbi.errors import ConfigurationError, TransientError
from exactbi.postgres.pool import OUTAGES

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection = asyncpg.Connection | PoolConnectionProxy

STORE_AGAIN: Final = (0.2, 1.0, 5.0)
"""Seconds between tries to store a token; the last goes on for as long as the process lives."""

log = structlog.get_logger(__name__)


class Custody:
    """One connection's tokens, seen and stored by this process."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        vault: Vault,
        row: ConnectionRow,
        rules: CustodianRules,
        clock: Clock,
        journal: Journal | None,
    ) -> None:
        self.row = row
        self._pool = pool
        self._vault = vault
        self._rules = rules
        self._clock = clock
        self._journal = journal
        self._first_seen: dict[object, float] = {}
        self._ours: set[object] = set()

    async def view(self, connection: Connection) -> tuple[View, float]:
        """What is known now, and Postgres' clock."""
        rows = await tokens.rows(connection, self.row.id, self._rules.day)
        self._forget({row["id"] for row in (*rows.tokens, *rows.attempts)} | {rows.server_seen_at})
        known = [
            Token(
                row["id"], row["grant_no"], row["generation"], row["seq"],
                self._moment(row["id"], row["received_at"]), row["dead"],
            )
            for row in rows.tokens
        ]  # fmt: skip
        attempts = [
            Attempt(
                row["id"], Kind(row["kind"]), row["presented"],
                self._moment(row["id"], row["started_at"]), row["outcome"],
            )
            for row in rows.attempts
        ]  # fmt: skip
        restored = self._moment(rows.server_seen_at, rows.server_seen_at)
        secret = await self._vault.seq(connection, self.row.customer, client_secret(self.row.name))
        return View(known, attempts, restored, rows.attempts_today, max(secret, rows.client_seq)), rows.now

    def made(self, attempt: int, at: float) -> None:
        """Remember an attempt of our own, made at `at` by our monotonic clock."""
        self._first_seen[attempt] = at
        self._ours.add(attempt)

    async def keep(self, received: Received) -> None:
        """Journal and store received tokens; returns once the database has them. Needs no lock."""
        self._first_seen[received.id] = received.received_at
        self._ours.add(received.id)
        await self._append(received)
        tries = iter(STORE_AGAIN)
        pause = STORE_AGAIN[-1]
        while True:
            try:
                async with self._pool.acquire() as connection:
                    return await tokens.store(connection, self._vault, self.row, received, self._clock.monotonic())
            except (*OUTAGES, TransientError, asyncpg.PostgresError) as error:
                log.error("token not stored yet", **self._named(), error=type(error).__name__)
                pause = next(tries, pause)
                await asyncio.sleep(pause)

    async def adopt_journal(self) -> None:
        """Store what only the journal holds; to be called at every start and before a consent is numbered."""
        if self._journal is None:
            return
        try:
            entries = await asyncio.to_thread(self._journal.newest, self.row.customer, self.row.name, GENERATIONS)
        except OSError as error:
            log.error("token journal unreadable", **self._named(), error=str(error))
            return
        async with self._pool.acquire() as connection:
            known = await tokens.known_ids(connection, self.row.id)
            for entry in entries:
                if entry.token not in known:
                    await self._adopt(connection, entry)

    async def _adopt(self, connection: Connection, entry: Entry) -> None:
        keyring = self._vault.keyring
        place = tokens.refresh_place(self.row, entry.token)
        try:
            if not keyring.knows(entry.key.id):
                keyring.learn(entry.key, seals=False)
            text = keyring.open(entry.sealed, place).decode()
        except ConfigurationError as error:
            log.error("a token of the journal does not open", **self._named(), error=str(error))
            return
        now = self._clock.monotonic()
        age = max(0.0, self._clock.now() - entry.received_at)
        received = Received(entry.token, entry.grant, entry.generation, text, received_at=now - age)
        await tokens.store(connection, self._vault, self.row, received, now)
        log.warning("a token was found in the journal only", **self._named(), grant=entry.grant)

    async def _append(self, received: Received) -> None:
        """To the journal, where there is one that works; else go on and alert."""
        if self._journal is None:
            return
        sealed = tokens.seal_refresh(self._vault, self.row, received)
        entry = Entry(
            self.row.customer, self.row.name, received.id, received.grant, received.generation, self._clock.now(),
            sealed, self._vault.keyring.wrapped(sealed.data_key),
        )  # fmt: skip
        try:
            await asyncio.to_thread(self._journal.append, entry)
        except OSError as error:
            log.error("token journal not written", **self._named(), error=str(error))

    def _moment(self, key: object, at: float) -> Moment:
        now = self._clock.monotonic()
        return Moment(at, now - self._first_seen.setdefault(key, now), key in self._ours)

    def _forget(self, present: set[uuid.UUID | int | float]) -> None:
        """Drop what is no longer in the tables' newest rows."""
        self._first_seen = {key: seen for key, seen in self._first_seen.items() if key in present}
        self._ours &= present

    def _named(self) -> dict[str, str]:
        return {"customer": self.row.customer, "connection": self.row.name}
