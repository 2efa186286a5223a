"""The pusher's handler: a chunk of mapped rows in, applied in one transaction."""

from __future__ import annotations

import asyncpg
import msgspec

from exactbi.errors import UNDECODABLE, PermanentError
from exactbi.kafka.subscription import Message
from exactbi.messages import failures, rows
from pbi_pusher.apply import apply


class Handlers:
    """Applies what arrives on rows. The offset is committed when `rows` returns."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self.in_hand = 0
        """Chunks being applied right now."""

    async def rows(self, message: Message) -> None:
        """Apply a chunk. PermanentError (UNDECODABLE) where it can't be read: it is mapped again by a replay."""
        try:
            chunk = rows.decoder.decode(message.value)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise PermanentError(UNDECODABLE, f"the mapped rows can't be read: {error}") from error
        self.in_hand += 1
        try:
            async with self._pool.acquire() as connection:
                await apply(connection, chunk, is_replay=failures.REPLAY_ID in message.headers)
        finally:
            self.in_hand -= 1
