"""Reports of failures: the origin's bytes with the failure in headers, through the outbox like any message."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from exactbi.errors import ExactbiError
from exactbi.kafka.subscription import Message
from exactbi.messages import failures as header
from exactbi.messages import topics
from exactbi.outbox.outgoing import Outgoing

MAX_MESSAGE: Final = 1_000
"""Characters of an error's text that travel and are kept."""


@dataclass(frozen=True)
class FailedRecord:
    """The record that failed. `packed` is its chunk of one, as it would be replayed; `division` is `<site>/<code>`.

    `dataset` is 0 where the failure is not one dataset's.
    """

    dataset: int
    stream: str
    division: str
    record: str
    generation: int
    version: int
    packed: bytes
    field: str = ""


def failure_event(
    origin: Message,
    error: ExactbiError,
    stage: str,
    *,
    at: float,
    record: FailedRecord | None = None,
    attempts: int = 1,
    revisions: tuple[int, int] = (0, 0),
) -> Outgoing:
    """The report of `error` about `origin`, or about one record of it, found by `stage` at Unix time `at`.

    `revisions` are those (mapping, reference) that it was tried with. The same report is the same event; a closed
    failure seen again with other revisions, in another chunk or in another replay is a new one.
    """
    event = origin_event(origin)
    if record is None:
        failure = header.event_failure_id(event, stage)
    else:
        failure = header.record_failure_id(
            record.dataset, record.stream, record.division, record.record, record.generation, record.version, stage
        )
    chunk = origin.headers.get(topics.CHUNK, "")
    replay = origin.headers.get(header.REPLAY_ID, "")
    headers = {name: value for name, value in origin.headers.items() if name not in (topics.CHUNK, topics.EVENT)} | {
        header.FAILURE_ID: str(failure),
        header.CODE: error.code.name,
        header.MESSAGE: str(error)[:MAX_MESSAGE],
        header.STAGE: stage,
        header.ATTEMPTS: str(attempts),
        header.FAILED_AT: datetime.fromtimestamp(at, UTC).isoformat(),
        header.ORIGIN_TOPIC: origin.topic,
        header.ORIGIN_EVENT: event,
        header.ORIGIN_CHUNK: chunk,
        header.MAPPING_REV: str(revisions[0]),
        header.REFERENCE_REV: str(revisions[1]),
    }
    if record is not None:
        headers |= _record_headers(record)
    return Outgoing(
        event_id=uuid.uuid5(failure, f"{chunk}|{revisions[0]}|{revisions[1]}|{replay}"),
        topic=topics.FAILURES,
        key=origin.key,
        packed=origin.packed if record is None else record.packed,
        headers=headers,
    )


def origin_event(origin: Message) -> str:
    """The origin's event id; one derived from its bytes where it carries none."""
    digest = hashlib.sha256(origin.key + b"\0" + origin.packed).hexdigest()
    return origin.headers.get(topics.EVENT) or str(uuid.uuid5(header.NAMESPACE, f"{origin.topic}|{digest}"))


def _record_headers(record: FailedRecord) -> dict[str, str]:
    return {
        topics.DATASET: str(record.dataset),
        topics.STREAM: record.stream,
        topics.DIVISION: record.division,
        header.RECORD: record.record,
        header.GENERATION: str(record.generation),
        header.VERSION: str(record.version),
        header.FIELD: record.field,
    }
