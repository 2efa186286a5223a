"""Loads a division's records as they come, of many entities at once; memory stays small."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from emulators.exact.entities import ENTITIES
from emulators.exact.row import pack
from emulators.exact.seed import Rowversions
from emulators.exact.shapes import Rendered
from emulators.exact.store import Store
from emulators.exact.values import guid_bytes, int64

_KEPT: Final = 5_000
_STAMP: Final = {name: entity.at("Timestamp") for name, entity in ENTITIES.items() if "Timestamp" in entity.fields}
Stored = tuple[int, int, bytes, bytes | None, float, str]


class Loader:
    """Takes records of one division; each gets the next rowversion. Call `flush` at the end."""

    def __init__(self, store: Store, versions: Rowversions, division: int, at: float) -> None:
        self._store, self._versions, self._division, self._at = store, versions, division, at
        self._kept: dict[str, list[Stored]] = defaultdict(list)
        self._count = self.loaded = 0

    def add(self, record: Rendered, version: int | None = None) -> int:
        """Take a record; gives its rowversion."""
        entity, key, parent, values = record
        version = self._versions.next() if version is None else version
        at = _STAMP.get(entity)
        if at is not None:
            values[at] = int64(version)
        above = guid_bytes(parent) if parent else None
        self._kept[entity].append((version, self._division, guid_bytes(key), above, self._at, pack(values)))
        self._count += 1
        if self._count >= _KEPT:
            self.flush()
        return version

    def flush(self) -> None:
        """Hand over what was taken."""
        for entity, rows in self._kept.items():
            self._store.load(ENTITIES[entity], rows)
        self.loaded += self._count
        self._kept.clear()
        self._count = 0
