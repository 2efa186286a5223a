"""`ChangesNotified` on entity-keys: something in a division is due."""

from __future__ import annotations

import msgspec


class ChangedKey(msgspec.Struct, frozen=True, array_like=True):
    """A record named by a notice: its GUID in lower case, and `upsert` or `delete`."""

    key: str
    action: str


class ChangesNotified(msgspec.Struct, frozen=True, kw_only=True):
    """A stream of a division is due; with keys where the notice named records, else as a whole."""

    version: int = 1
    customer: str
    site: str
    division: int
    stream: str
    keys: list[ChangedKey] = []
    origin: str
    """webhook, replay, backfill or cli."""
    noticed_at: float
    """Unix seconds at which we accepted it."""


encoder = msgspec.json.Encoder()
decoder = msgspec.json.Decoder(ChangesNotified)
