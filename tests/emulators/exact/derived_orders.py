"""An order of records that are made from others: their places and ids, in a table that is made anew after a change.

One order of a site at a time: a client that reads its pages one after the other finds them at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from emulators.exact.places import place
from emulators.exact.recent import Found
from emulators.exact.store import Store

Wanted = tuple[str, int, str]
"""An entity's name, a division, an order (see places)."""


class DerivedOrders:
    """The order that a site's derived records were last asked for in."""

    def __init__(self) -> None:
        self._known: tuple[Wanted, int] | None = None

    def ids(
        self, store: Store, wanted: Wanted, records: Callable[[], Iterable[Found]], after: bytes, limit: int
    ) -> list[bytes]:
        """Up to `limit` ids behind a place; `records` reads all of them, if the order isn't known."""
        if self._known != (wanted, store.changes):
            self._make(store, wanted[2], records())
            self._known = wanted, store.changes
        found = store.db.execute("SELECT id FROM derived WHERE place > ? ORDER BY place LIMIT ?", (after, limit))
        return [key for (key,) in found]

    def _make(self, store: Store, order: str, records: Iterable[Found]) -> None:
        store.db.execute("BEGIN IMMEDIATE")
        store.db.execute("DROP TABLE IF EXISTS derived")
        store.db.execute("CREATE TABLE derived (place BLOB PRIMARY KEY, id BLOB) WITHOUT ROWID")
        store.db.executemany(
            "INSERT INTO derived VALUES (?, ?)", ((place(order, body), key) for _, key, body in records)
        )
        store.db.execute("COMMIT")
