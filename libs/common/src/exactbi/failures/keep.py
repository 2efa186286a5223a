"""Keeping what arrives on the failures topic."""

from __future__ import annotations

import contextlib
import json
import uuid
from datetime import UTC, datetime
from typing import Final

import asyncpg

from exactbi.kafka.subscription import Message
from exactbi.messages import failures as header
from exactbi.messages import topics
from exactbi.outbox.failures import origin_event

KEEP: Final = """
insert into failure (id, customer, dataset, stream, division, record, generation, version, mapping_rev, reference_rev,
  field, stage, code, message, attempts, first_at, last_at, origin_topic, origin_event, origin_chunk, report, key,
  headers, packed)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16, $17, $18, $19, $20, $21, $22, $23)
on conflict (id) do update set state = 'open', closed_at = null, attempts = failure.attempts + excluded.attempts,
  mapping_rev = excluded.mapping_rev, reference_rev = excluded.reference_rev, field = excluded.field,
  code = excluded.code, message = excluded.message, last_at = excluded.last_at, origin_topic = excluded.origin_topic,
  origin_event = excluded.origin_event, origin_chunk = excluded.origin_chunk, report = excluded.report,
  key = excluded.key, headers = excluded.headers, packed = excluded.packed
where failure.report < excluded.report"""

OF_THE_REPORT: Final = frozenset({
    topics.CHUNK, topics.EVENT, header.FAILURE_ID, header.CODE, header.MESSAGE, header.STAGE, header.RECORD,
    header.GENERATION, header.VERSION, header.MAPPING_REV, header.REFERENCE_REV, header.FIELD, header.ATTEMPTS,
    header.FAILED_AT, header.ORIGIN_TOPIC, header.ORIGIN_EVENT, header.ORIGIN_CHUNK, header.REPLAY_ID, "content-type",
    "correlation_id",
})  # fmt: skip
"""Headers that say of a failure; a replay publishes what the origin had beside them."""


async def keep(connection: asyncpg.Connection | asyncpg.pool.PoolConnectionProxy, message: Message) -> None:
    """Store a report in the caller's transaction: a new failure, or one seen again, which opens it again.

    Takes whatever comes: a header that can't be read is as if it were missing.
    """
    headers = message.headers
    now = datetime.now(UTC)
    await connection.execute(
        KEEP,
        _uuid(headers.get(header.FAILURE_ID)) or header.event_failure_id(origin_event(message), "unknown"),
        headers.get(topics.CUSTOMER, ""),
        _integer(headers.get(topics.DATASET)),
        headers.get(topics.STREAM, ""),
        headers.get(topics.DIVISION, ""),
        str(_uuid(headers.get(header.RECORD)) or ""),
        _integer(headers.get(header.GENERATION)),
        _integer(headers.get(header.VERSION)),
        _integer(headers.get(header.MAPPING_REV)),
        _integer(headers.get(header.REFERENCE_REV)),
        headers.get(header.FIELD, ""),
        headers.get(header.STAGE, "unknown"),
        headers.get(header.CODE, "UNEXPECTED"),
        headers.get(header.MESSAGE, ""),
        max(1, _integer(headers.get(header.ATTEMPTS))),
        _time(headers.get(header.FAILED_AT)) or now,
        headers.get(header.ORIGIN_TOPIC, ""),
        _uuid(headers.get(header.ORIGIN_EVENT)) or uuid.UUID(origin_event(message)),
        _integer(headers.get(header.ORIGIN_CHUNK)) or None,
        _integer(headers.get(topics.CHUNK)),
        message.key,
        json.dumps({name: value for name, value in headers.items() if name not in OF_THE_REPORT}),
        message.packed,
    )


def _integer(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else 0


def _uuid(text: str | None) -> uuid.UUID | None:
    with contextlib.suppress(ValueError):
        return uuid.UUID(text or "")
    return None


def _time(text: str | None) -> datetime | None:
    with contextlib.suppress(ValueError):
        at = datetime.fromisoformat(text or "")
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    return None
