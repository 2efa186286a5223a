"""What a message on failures says: the origin's bytes are its value, the failure is in its headers."""

from __future__ import annotations

import uuid
from typing import Final

NAMESPACE: Final = uuid.UUID("6f1c7a52-3f0e-5f5e-9d0c-0f2b4f4d7b11")
"""The namespace of failure ids and of every event id that we derive."""

FAILURE_ID: Final = "exactbi-failure-id"
CODE: Final = "exactbi-error-code"
MESSAGE: Final = "exactbi-error-message"
"""At most 1 KiB, without secrets or rows."""
STAGE: Final = "exactbi-stage"
"""ingest, poller, transformer, apply or deliver."""
RECORD: Final = "exactbi-record"
GENERATION: Final = "exactbi-generation"
VERSION: Final = "exactbi-version"
MAPPING_REV: Final = "exactbi-mapping-rev"
REFERENCE_REV: Final = "exactbi-reference-rev"
"""The revisions that it was tried with."""
FIELD: Final = "exactbi-field"
ATTEMPTS: Final = "exactbi-attempts"
FAILED_AT: Final = "exactbi-failed-at"
ORIGIN_TOPIC: Final = "exactbi-origin-topic"
ORIGIN_EVENT: Final = "exactbi-origin-event"
ORIGIN_CHUNK: Final = "exactbi-origin-chunk"
REPLAY_ID: Final = "exactbi-replay-id"


def record_failure_id(
    dataset: int, stream: str, division: str, record: str, generation: int, version: int, stage: str
) -> uuid.UUID:
    """The same defect of the same version seen again is the same failure. `division` is `<site>/<code>`."""
    return uuid.uuid5(NAMESPACE, f"{dataset}|{stream}|{division}|{record}|{generation}|{version}|{stage}")


def event_failure_id(event_id: str, stage: str) -> uuid.UUID:
    """The failure of a message that names no record."""
    return uuid.uuid5(NAMESPACE, f"{event_id}|{stage}")
