"""The route of entity-keys: a notice makes work wanted."""

from __future__ import annotations

import asyncpg
import msgspec

from exactbi.errors import UNDECODABLE, PermanentError
from exactbi.exact_online.streams import STREAMS
from exactbi.kafka.subscription import Message
from exactbi.messages import changes
from exactbi.messages.changes import ChangesNotified
from exactbi.outbox import applied
from exactbi.work import rules
from exactbi.work.table import raise_work
from poller.plan import DELETED
from poller.tables import Connection, used_streams

APPLICATION = "poller"
BACKFILL = "backfill"
"""The origin of a message that asks for a whole reading."""


class Notices:
    """Takes messages of entity-keys."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def handle(self, message: Message) -> None:
        """Raise what the message makes due, and note it as applied, in one commit.

        PermanentError (UNDECODABLE) for what is no ChangesNotified. Unknown divisions and unused streams are done with.
        """
        try:
            notified = changes.decoder.decode(message.value)
        except msgspec.DecodeError as error:
            raise PermanentError(UNDECODABLE, f"no ChangesNotified: {error}") from error
        async with self._pool.acquire() as connection, connection.transaction():
            division = await connection.fetchval(
                "select id from division where (customer, site, code) = ($1, $2, $3) and state <> 'static'",
                notified.customer,
                notified.site,
                notified.division,
            )
            if division is not None and notified.stream in await used_streams(connection, notified.customer):
                await _raise(connection, division, notified)
            await applied.note(connection, [message.chunk], APPLICATION)


async def _raise(connection: Connection, division: int, notified: ChangesNotified) -> None:
    stream = STREAMS.get(notified.stream)
    if stream is None:
        return
    if notified.origin == BACKFILL and not notified.keys:
        await raise_work(connection, division, stream.name, rules.PASS, rules.RESYNC)
    elif stream.is_sync or not notified.keys:
        await raise_work(connection, division, stream.name, rules.INCREMENTAL, rules.NOTICE)
        if any(key.action == rules.DELETE for key in notified.keys):
            await raise_work(connection, division, DELETED, rules.INCREMENTAL, rules.NOTICE)
    else:
        keys = {key.key.lower(): key.action for key in notified.keys}
        await raise_work(connection, division, stream.name, rules.KEYS, rules.NOTICE, keys)
