"""Keeps reports, and notes that they are kept in the same commit."""

from __future__ import annotations

import asyncpg

from exactbi.failures.keep import keep
from exactbi.kafka.subscription import Message
from exactbi.messages.topics import CHUNK
from exactbi.outbox import applied
from exactbi.outbox.rules import REPLAY


class Keeper:
    """Handles the failures topic."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def handle(self, message: Message) -> None:
        """One commit: the failure, and that replay has it."""
        async with self._pool.acquire() as connection, connection.transaction():
            await keep(connection, message)
            if CHUNK in message.headers:
                await applied.note(connection, [message.chunk], REPLAY)
