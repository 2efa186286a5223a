"""What was changed lately, and what it was before: for reads that show an older state.

Ids are kept in memory, versions are looked up in `history`.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from emulators.exact.entities import Entity

Found = tuple[int, bytes, str]
"""A record as the store has it: version, id, body."""

_REMEMBERED: Final = 200_000
_LAST: Final = "SELECT version, id, body, deleted FROM history WHERE entity = ? AND id = ? AND division = ?"


@dataclass(frozen=True, slots=True)
class _Change:
    at: float
    entity: str
    division: int
    key: bytes


class Recent:
    """The newest changes of one store."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._changes: deque[_Change] = deque(maxlen=_REMEMBERED)

    def note(self, entity: Entity, division: int, key: bytes, at: float) -> None:
        """A record was stored, replaced or removed."""
        self._changes.append(_Change(at, entity.name, division, key))

    def forget(self, division: int) -> None:
        """What a division was before is of another database now."""
        self._changes = deque((one for one in self._changes if one.division != division), maxlen=_REMEMBERED)

    def changed(self, entity: Entity, division: int, since: float) -> frozenset[bytes]:
        """The ids of an entity's records that were changed after a moment."""
        return frozenset(
            one.key
            for one in self._changes
            if one.at > since and one.entity == entity.name and one.division == division
        )

    def latest(self, entity: Entity) -> Iterator[tuple[int, bytes]]:
        """(division, id) of an entity's records that were changed, each once, the latest first."""
        ours = ((one.division, one.key) for one in reversed(self._changes) if one.entity == entity.name)
        yield from dict.fromkeys(ours)

    def before(self, entity: Entity, division: int, key: bytes, moment: float) -> Found | None:
        """What a record was at a moment, if it has been replaced since; None if it was not there."""
        wanted = entity.name, key, division, moment
        found = self._db.execute(f"{_LAST} AND at <= ? ORDER BY n DESC LIMIT 1", wanted).fetchone()
        return None if found is None or found[3] else found[:3]

    def last_of_deleted(self, entity: Entity, division: int, key: bytes) -> Found | None:
        """What a deleted record was at its end."""
        found = self._db.execute(f"{_LAST} ORDER BY n DESC LIMIT 2", (entity.name, key, division)).fetchall()
        return found[1][:3] if len(found) == 2 and found[0][3] and not found[1][3] else None
