"""New rowversions for records as they are: what a move to another database makes of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from emulators.exact.entities import Entity
from emulators.exact.row import pack, unpack
from emulators.exact.store import Store
from emulators.exact.values import int64

_KNOWN: Final = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?"


def renew(store: Store, entity: Entity, division: int, number: Callable[[], int]) -> None:
    """Give a division's records new rowversions in the order of their ids; nothing else of them changes.

    In a transaction of the store; `number` gives what no record of the entity has.
    """
    name, db = entity.name, store.db
    if not db.execute(_KNOWN, (name,)).fetchone()[0]:
        return
    stamp = entity.at("Timestamp") if "Timestamp" in entity.fields else None
    found = db.execute(f"SELECT version FROM {name} WHERE division = ? ORDER BY id", (division,))
    for (version,) in found.fetchall():
        new = number()
        (body,) = db.execute(f"SELECT body FROM {name} WHERE version = ?", (version,)).fetchone()
        if stamp is not None:
            values = unpack(body)
            values[stamp] = int64(new)
            body = pack(values)
        db.execute(f"UPDATE {name} SET version = ?, body = ? WHERE version = ?", (new, body, version))
