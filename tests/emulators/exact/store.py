"""The records, in SQLite: what is live, what each record was before, what was deleted.

A live record is one row of its entity's table; the rowid is its rowversion, so a page of a sync stream is a range of
the table. The body holds the JSON text of every field in the entity's order, joined by the unit separator, which JSON
text cannot contain; null is the empty string. What an edit or a delete replaces moves to `history`.
A table is made when its first record comes; its indexes when the seed is loaded, or with the table after that.
The id is the record's Guid key; for other keys it is derived from them (values.key_id).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from emulators.exact.entities import DELETED, LEDGER_STREAMS, STORED, Entity
from emulators.exact.orders import Orders, teach
from emulators.exact.recent import Found, Recent
from emulators.exact.row import Row, pack, unpack
from emulators.exact.values import guid_bytes, guid_text

_TUNING: Final = (
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY"
)
_TABLE: Final = "(version INTEGER PRIMARY KEY, division INTEGER, id BLOB, parent BLOB, at REAL, body TEXT)"
_HISTORY: Final = (
    "CREATE TABLE history (n INTEGER PRIMARY KEY, entity TEXT, division INTEGER, id BLOB, version INTEGER, at REAL,"
    " deleted INTEGER, body TEXT)"
)


Watcher = Callable[[int, list[str] | None, list[str] | None], None]
"""Sees a record go (its values before) or come (its values after)."""


class Store:
    """One site's records in a file of its own; a file that is there already is replaced."""

    def __init__(self, path: Path) -> None:
        self.path = path
        for left in path.parent.glob(path.name + "*"):
            left.unlink()
        self.db = self._connect()
        self.db.execute(_HISTORY)
        self._made: set[str] = set()
        self._indexed = False
        self._orders = Orders(self.db)
        self._watchers: dict[str, Watcher] = {}
        self._at_end: list[Callable[[], None]] = []
        self.recent = Recent(self.db)

    def _connect(self) -> sqlite3.Connection:
        made = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        made.executescript(_TUNING)
        teach(made)
        return made

    def close(self) -> None:
        """Close and remove the file."""
        self.db.close()
        for left in self.path.parent.glob(self.path.name + "*"):
            left.unlink(missing_ok=True)

    def load(self, entity: Entity, rows: Iterable[tuple[int, int, bytes, bytes | None, float, str]]) -> None:
        """Fill an empty table in bulk: (version, division, id, parent, at, body), versions ascending."""
        self._make(entity)
        self.db.execute("BEGIN")
        self.db.executemany(f"INSERT INTO {entity.name} VALUES (?, ?, ?, ?, ?, ?)", rows)
        self.db.execute("COMMIT")

    def index(self) -> None:
        """Make the indexes, once the seed is loaded."""
        for name in self._made:
            self._index(STORED[name])
        self._indexed = True
        self.db.execute("CREATE INDEX history_id ON history (entity, id)")
        self.db.execute("ANALYZE")

    def _make(self, entity: Entity) -> None:
        if entity.name in self._made:
            return
        self.db.execute(f"CREATE TABLE {entity.name} {_TABLE}")
        self._made.add(entity.name)
        if self._indexed:
            self._index(entity)

    def _index(self, entity: Entity) -> None:
        name = entity.name
        self.db.execute(f"CREATE INDEX {name}_division ON {name} (division)")
        self.db.execute(f"CREATE UNIQUE INDEX {name}_id ON {name} (id, division)")
        if entity.parent:
            self.db.execute(f"CREATE INDEX {name}_parent ON {name} (parent)")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Changes that become visible together."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
            for finish in self._at_end:
                finish()
        except BaseException:
            self.db.execute("ROLLBACK")
            tables = self.db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            self._made = {name for (name,) in tables if name in STORED}
            raise
        self.db.execute("COMMIT")

    def put(self, entity: Entity, row: Row) -> None:
        """Store a record's new version; the one before, if any, becomes history."""
        self._make(entity)
        self._retire(entity, row)
        if entity.name in self._watchers:
            self._watchers[entity.name](row.division, None, row.values)
        parent = guid_bytes(row.parent) if row.parent else None
        stored = row.version, row.division, guid_bytes(row.id), parent, row.at, pack(row.values)
        self.db.execute(f"INSERT INTO {entity.name} VALUES (?, ?, ?, ?, ?, ?)", stored)
        self.recent.note(entity, row.division, stored[2], row.at)

    def remove(self, entity: Entity, row: Row, version: int, at: float) -> None:
        """Delete a record; its end is a version of its own."""
        self._retire(entity, row)
        self.db.execute(
            "INSERT INTO history (entity, division, id, version, at, deleted) VALUES (?, ?, ?, ?, ?, 1)",
            (entity.name, row.division, guid_bytes(row.id), version, at),
        )
        self.recent.note(entity, row.division, guid_bytes(row.id), at)

    def forget(self, entity: Entity, before: float) -> None:
        """Drop what was stored before a moment, without a trace (the delete log's two months)."""
        if entity.name not in self._made:
            return
        self.db.execute(f"DELETE FROM {entity.name} WHERE at < ?", (before,))

    def watch(self, entity: Entity, watcher: Watcher, at_end: Callable[[], None]) -> None:
        """Call `watcher` for each change of the entity, and `at_end` before the transaction that made it commits."""
        self._watchers[entity.name] = watcher
        self._at_end.append(at_end)

    def _retire(self, entity: Entity, row: Row) -> None:
        name, wanted = entity.name, (guid_bytes(row.id), row.division)
        if name in self._watchers:
            before = self.db.execute(f"SELECT body FROM {name} WHERE id = ? AND division = ?", wanted).fetchone()
            if before:
                self._watchers[name](row.division, unpack(before[0]), None)
        self.db.execute(
            "INSERT INTO history (entity, division, id, version, at, deleted, body)"
            f" SELECT '{name}', division, id, version, at, 0, body FROM {name} WHERE id = ? AND division = ?",
            wanted,
        )
        self.db.execute(f"DELETE FROM {name} WHERE id = ? AND division = ?", wanted)

    def page(self, entity: Entity, division: int, after: int, limit: int) -> list[Found]:
        """Up to `limit` (version, id, body) of a division whose version lies above `after`, by version."""
        return self.page_from(entity, division, after, 0, limit)

    def page_from(self, entity: Entity, division: int, after: int, skip: int, limit: int) -> list[Found]:
        """The same without the first `skip`."""
        return self._asked(
            entity,
            f"SELECT version, id, body FROM {entity.name} WHERE division = ? AND version > ?"
            " ORDER BY version LIMIT ? OFFSET ?",
            (division, after, limit, skip),
        )

    def page_by_id(self, entity: Entity, division: int, above: int, after: bytes, limit: int) -> list[Found]:
        """The same in the order of ids: versions above `above`, ids after `after`."""
        return self._asked(
            entity,
            f"SELECT version, id, body FROM {entity.name} INDEXED BY {entity.name}_id"
            " WHERE id > ? AND division = ? AND version > ? ORDER BY id LIMIT ?",
            (after, division, above, limit),
        )

    def page_by_place(self, entity: Entity, division: int, order: str, after: bytes, limit: int) -> list[Found]:
        """The same by place in an order (see places), behind a place; its index is made when it is first asked for."""
        if entity.name not in self._made:
            return []
        return self._asked(
            entity,
            f"SELECT version, id, body FROM {entity.name} INDEXED BY {self._orders.index(entity, order)}"
            f" WHERE division = ? AND place('{order}', body) > ? ORDER BY place('{order}', body) LIMIT ?",
            (division, after, limit),
        )

    def number(self, entity: Entity, division: int, above: int) -> int:
        """How many records of a division have a version above `above`."""
        if entity.name not in self._made:
            return 0
        question = f"SELECT count(*) FROM {entity.name} WHERE division = ? AND version > ?"
        found: int = self.db.execute(question, (division, above)).fetchone()[0]
        return found

    def of_key(self, entity: Entity, division: int, key: bytes) -> Found | None:
        """The (version, id, body) with an id."""
        wanted = f"SELECT version, id, body FROM {entity.name} WHERE id = ? AND division = ?"
        return next(iter(self._asked(entity, wanted, (key, division))), None)

    def of_parent(self, entity: Entity, division: int, parent: bytes) -> list[Found]:
        """The (version, id, body) of a parent's records, by id."""
        wanted = f"SELECT version, id, body FROM {entity.name} WHERE parent = ? AND division = ? ORDER BY id"
        return self._asked(entity, wanted, (parent, division))

    def parents(self, entity: Entity, division: int, after: bytes, limit: int) -> list[bytes]:
        """Up to `limit` parents after `after` that have records, in their order."""
        wanted = f"SELECT DISTINCT parent FROM {entity.name} WHERE parent > ? AND division = ? ORDER BY parent LIMIT ?"
        return [parent for (parent,) in self._asked(entity, wanted, (after, division, limit))]

    def rows(self, entity: Entity, division: int, *, key: str | None = None, parent: str | None = None) -> list[Row]:
        """Records of a division: all, the one with a key, or those of a parent."""
        narrowed, wanted = "", [division]
        for column, value in (("id", key), ("parent", parent)):
            if value is not None:
                narrowed += f" AND {column} = ?"
                wanted.append(guid_bytes(value))  # type: ignore[arg-type]
        found = self._asked(
            entity, f"SELECT * FROM {entity.name} WHERE division = ?{narrowed} ORDER BY version", wanted
        )
        return [_row(stored) for stored in found]

    def any_from(self, entity: Entity, division: int, version: int) -> Row | None:
        """The first record at or above a version, for drawing at random."""
        wanted = f"SELECT * FROM {entity.name} WHERE division = ? AND version >= ? ORDER BY version LIMIT 1"
        return next(map(_row, self._asked(entity, wanted, (division, version))), None)

    def versions(self, entity: Entity, division: int) -> tuple[int, int]:
        """The lowest and the highest version of a division's records; (0, 0) without any."""
        ends = [
            self._asked(entity, f"SELECT {end}(version) FROM {entity.name} WHERE division = ?", (division,))
            for end in ("min", "max")  # each alone is a look at an index; both together read all of it
        ]
        low, high = (found[0][0] if found else 0 for found in ends)
        return low or 0, high or 0

    def _asked(self, entity: Entity, question: str, wanted: Sequence[object]) -> list[Any]:
        """The rows that answer a question about an entity's table; none as long as there is no table."""
        if entity.name not in self._made:
            return []
        return self.db.execute(question, tuple(wanted)).fetchall()

    @property
    def changes(self) -> int:
        """How many rows were ever written: higher after each change."""
        return self.db.total_changes

    def counts(self) -> dict[str, int]:
        """The number of records of each entity that has, or had, any; the ledger's streams always."""
        shown = self._made | {entity.name for entity in (*LEDGER_STREAMS, DELETED)}
        return {name: self.count(entity) for name, entity in STORED.items() if name in shown}

    def count(self, entity: Entity) -> int:
        if entity.name not in self._made:
            return 0
        number: int = self.db.execute(f"SELECT count(*) FROM {entity.name}").fetchone()[0]
        return number

    def snapshot(self, entity: Entity) -> Iterator[tuple[int, bytes, float, str]]:
        """(division, id, at, body) of all live records of one moment, by version."""
        if entity.name not in self._made:
            return iter(())
        return self._read(f"SELECT division, id, at, body FROM {entity.name} ORDER BY version")

    def history(self, entity: Entity) -> Iterator[tuple[bytes, int, float, int, str | None]]:
        """(id, version, at, deleted, body) of every version that the entity's records ever had, of one moment."""
        if entity.name not in self._made:
            return iter(())
        return self._read(
            f"SELECT id, version, at, deleted, body FROM history WHERE entity = '{entity.name}'"
            f" UNION ALL SELECT id, version, at, 0, body FROM {entity.name}"
        )

    def _read(self, question: str) -> Iterator[tuple]:  # type: ignore[type-arg]
        """Begin a snapshot now, and read it later, from any thread."""
        other = self._connect()
        other.execute("BEGIN")
        cursor = other.execute(question)
        first = cursor.fetchmany(1)  # the snapshot is taken with the first row

        def rest() -> Iterator[tuple]:  # type: ignore[type-arg]
            with closing(other):
                yield from first
                yield from cursor

        return rest()


def _row(stored: tuple[int, int, bytes, bytes | None, float, str]) -> Row:
    version, division, key, parent, at, body = stored
    return Row(version, division, guid_text(key), guid_text(parent) if parent else None, at, unpack(body))
