"""The four topics and the headers that every message carries."""

from __future__ import annotations

from typing import Final

ENTITY_KEYS: Final = "entity-keys"
RAW_RECORDS: Final = "raw-records"
ROWS: Final = "rows"
FAILURES: Final = "failures"
TOPICS: Final = (ENTITY_KEYS, RAW_RECORDS, ROWS, FAILURES)

CHUNK: Final = "exactbi-chunk"
"""Header: the outbox id of the chunk (decimal), set by the relay."""

EVENT: Final = "exactbi-event"
"""Header: the event id of the outbox row (UUID), set by the relay."""

CUSTOMER: Final = "customer"
STREAM: Final = "stream"
DIVISION: Final = "division"
"""`<site>/<code>`."""
DATASET: Final = "dataset"
"""Headers that the outbox is queried by; values are text."""

MAX_CHUNK_RECORDS: Final = 500
MAX_CHUNK_BYTES: Final = 900_000
"""A chunk's size before compression; a single record may be larger, up to 16 MB."""


def division_key(customer: str, site: str, division: int) -> bytes:
    """The key of entity-keys."""
    return f"{customer}/{site}/{division}".encode()


def stream_key(customer: str, site: str, division: int, stream: str) -> bytes:
    """The key of raw-records."""
    return f"{customer}/{site}/{division}/{stream}".encode()


def dataset_key(customer: str, dataset: str) -> bytes:
    """The key of rows."""
    return f"{customer}/{dataset}".encode()
