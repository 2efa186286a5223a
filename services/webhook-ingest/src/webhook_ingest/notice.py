"""What a signed notice says, and what we make of it. [no I/O]"""

from __future__ import annotations

import uuid
from collections.abc import Set
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec

from exactbi.exact_online.streams import BY_TOPIC
from exactbi.messages import changes, topics
from exactbi.messages.failures import NAMESPACE
from exactbi.messages.packing import pack
from exactbi.outbox.outgoing import Outgoing

DELETE: Final = "delete"
UPSERT: Final = "upsert"


class Refusal(StrEnum):
    """Why a notice is not taken."""

    OVERSIZE = "oversize"
    SLOW = "slow"
    MALFORMED = "malformed"
    FORGED = "forged"
    UNKNOWN_TOPIC = "unknown_topic"
    FOREIGN_CLIENT = "foreign_client"
    FOREIGN_DIVISION = "foreign_division"
    THROTTLED = "throttled"
    BUSY = "busy"


class RefusedError(Exception):
    """The notice is refused; nothing of it is kept."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason.value)
        self.reason = reason


class Notice(msgspec.Struct, frozen=True, rename="pascal"):
    """The Content of a notice; what else it holds is ignored."""

    topic: str
    client_id: str
    division: int
    action: str
    key: str
    event_created_on: str | None = None


@dataclass(frozen=True)
class Origin:
    """The connection whose address was notified."""

    customer: str
    connection: str
    site: str
    client_id: str


_decoder: Final = msgspec.json.Decoder(Notice)


def parse(content: bytes) -> Notice:
    """RefusedError (MALFORMED) where it is not what Exact sends."""
    try:
        notice = _decoder.decode(content)
        uuid.UUID(notice.key)
    except (msgspec.MsgspecError, ValueError):
        raise RefusedError(Refusal.MALFORMED) from None
    return notice


def check(notice: Notice, origin: Origin, divisions: Set[int]) -> None:
    """RefusedError where it is not for this connection, or of a topic that no stream has."""
    if notice.client_id.strip("{}").lower() != origin.client_id.lower():
        raise RefusedError(Refusal.FOREIGN_CLIENT)
    if notice.topic not in BY_TOPIC:
        raise RefusedError(Refusal.UNKNOWN_TOPIC)
    if notice.division not in divisions:
        raise RefusedError(Refusal.FOREIGN_DIVISION)


def outgoing(notice: Notice, content: bytes, origin: Origin, now: float) -> list[Outgoing]:
    """One message for each stream that the topic makes due.

    A notice that Exact sends again is the same event, if it says when it was created; one that does not say could
    as well be the next change of the same record.
    """
    unique = content if notice.event_created_on else uuid.uuid4().bytes
    key = str(uuid.UUID(notice.key))
    action = DELETE if notice.action.lower() == DELETE else UPSERT
    events = []
    for stream in BY_TOPIC[notice.topic]:
        # A key of another entity (an entry, for its lines) names no record of the stream.
        named = stream.is_sync or notice.topic == stream.name
        change = changes.ChangesNotified(
            customer=origin.customer,
            site=origin.site,
            division=notice.division,
            stream=stream.name,
            keys=[changes.ChangedKey(key, action)] if named else [],
            origin="webhook",
            noticed_at=now,
        )
        events.append(
            Outgoing(
                event_id=uuid.uuid5(
                    NAMESPACE, f"notice|{origin.customer}|{origin.connection}|{stream.name}|{unique.hex()}"
                ),
                topic=topics.ENTITY_KEYS,
                key=topics.division_key(origin.customer, origin.site, notice.division),
                packed=pack(changes.encoder.encode(change)),
                headers={
                    topics.CUSTOMER: origin.customer,
                    topics.STREAM: stream.name,
                    topics.DIVISION: f"{origin.site}/{notice.division}",
                },
            )
        )
    return events
