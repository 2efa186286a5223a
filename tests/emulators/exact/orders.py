"""Indexes of orders: made when an order is first asked for, kept up by SQLite, dropped when others are wanted more."""

from __future__ import annotations

import sqlite3
from itertools import count
from typing import Final

from emulators.exact.entities import Entity
from emulators.exact.places import place

_KEPT: Final = 4
"""Orders of an entity; each costs a little with every change of a record."""


class Orders:
    """The orders of one store's tables."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db, self._numbers = db, count()
        self._known: dict[str, dict[str, str]] = {}

    def index(self, entity: Entity, order: str) -> str:
        """The name of an order's index (see places); making it reads the whole table."""
        known = self._known.setdefault(entity.name, {})
        name = known.pop(order, None)
        if name is None:
            if len(known) == _KEPT:
                self._db.execute(f"DROP INDEX {known.pop(next(iter(known)))}")
            name = f"{entity.name}_order_{next(self._numbers)}"
            self._db.execute(f"CREATE INDEX {name} ON {entity.name} (division, place('{order}', body))")
        known[order] = name
        return name


def teach(db: sqlite3.Connection) -> None:
    """Let a connection work out places: without that, it can't read a table that has such an index."""
    db.create_function("place", 2, place, deterministic=True)
