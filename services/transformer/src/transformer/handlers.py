"""The transformer's handler: a chunk of records in, its rows for every dataset out, failures through the outbox."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg
import msgspec

from exactbi.clock import Clock
from exactbi.errors import MAP_FIELD, UNDECODABLE, PermanentError
from exactbi.kafka.subscription import Message, Publisher
from exactbi.messages import failures, records, rows, topics
from exactbi.messages.packing import pack
from exactbi.messages.records import RecordsFetched
from exactbi.messages.rows import RowsMapped
from exactbi.outbox.failures import FailedRecord, failure_event
from exactbi.outbox.write import Outgoing, write
from transformer.map import DatasetMapping, Refusal, alone, salvaged
from transformer.mappings import Mappings
from transformer.settings import STAGE

CARRIED = (topics.CHUNK, topics.EVENT, failures.REPLAY_ID)
"""Headers that go on with the rows: where they come from, and the replay that they are of."""


class Handlers:
    """Maps what arrives on raw-records. The offset is committed when `records` returns."""

    def __init__(self, pool: asyncpg.Pool, mappings: Mappings, publisher: Publisher, clock: Clock) -> None:
        self._pool = pool
        self._mappings = mappings
        self._publisher = publisher
        self._clock = clock
        self.in_hand = 0
        """Chunks being mapped right now."""

    async def records(self, message: Message) -> None:
        """Publish the rows of a chunk for each dataset that reads its stream.

        PermanentError (UNDECODABLE) where not even the records' ids can be read.
        """
        self.in_hand += 1
        try:
            await self._handle(message)
        finally:
            self.in_hand -= 1

    async def _handle(self, message: Message) -> None:
        try:
            fetched = records.decoder.decode(message.value)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            await self._damaged(message, PermanentError(UNDECODABLE, f"the chunk can't be read: {error}"))
            return
        for mapping in await self._mappings.active(fetched.customer, fetched.stream):
            mapped, refusals = mapping.map(fetched, message.chunk)
            # The report first: once the rows are applied, nothing would bring a report that a kill kept back.
            await self._report([self._failure(message, fetched, mapping, refusal) for refusal in refusals])
            await self._publish(message, mapping, mapped)

    async def _damaged(self, message: Message, error: PermanentError) -> None:
        """Answer with what is readable, so that nothing waits for this chunk for ever."""
        fetched = salvaged(message.value)
        if fetched is None:
            raise error
        await self._report([failure_event(message, error, STAGE, at=self._clock.now())])
        for mapping in await self._mappings.active(fetched.customer, fetched.stream):
            await self._publish(message, mapping, mapping.unread(fetched, message.chunk))

    async def _publish(self, message: Message, mapping: DatasetMapping, mapped: RowsMapped) -> None:
        headers = {name: message.headers[name] for name in CARRIED if name in message.headers} | {
            topics.CUSTOMER: mapped.customer,
            topics.DATASET: str(mapped.dataset),
            topics.STREAM: mapped.stream,
            topics.DIVISION: f"{mapped.site}/{mapped.division}",
        }
        key = topics.dataset_key(mapped.customer, mapping.name)
        await self._publisher.publish(topics.ROWS, key, pack(rows.encoder.encode(mapped)), headers)

    async def _report(self, events: Sequence[Outgoing]) -> None:
        if events:
            async with self._pool.acquire() as connection, connection.transaction():
                await write(connection, events)

    def _failure(
        self, message: Message, fetched: RecordsFetched, mapping: DatasetMapping, refusal: Refusal
    ) -> Outgoing:
        record = FailedRecord(
            dataset=mapping.dataset,
            stream=fetched.stream,
            division=f"{fetched.site}/{fetched.division}",
            record=refusal.record.id,
            generation=fetched.generation,
            version=refusal.record.version,
            packed=pack(records.encoder.encode(alone(fetched, refusal.record))),
            field=refusal.fields,
        )
        return failure_event(
            message,
            PermanentError(MAP_FIELD, f"{fetched.stream}: {refusal.why}"),
            STAGE,
            at=self._clock.now(),
            record=record,
            revisions=(mapping.rev, 0),
        )
