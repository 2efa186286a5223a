"""A message before it is written to the outbox. [no I/O]"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Outgoing:
    """A message to be published. The same `event_id` is written once; `packed` is a zstd frame."""

    event_id: UUID
    topic: str
    key: bytes
    packed: bytes
    headers: Mapping[str, str]
