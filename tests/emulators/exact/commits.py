"""Changes as the database commits them: at once, or later than the rowversion they took."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from typing import Final

from emulators.books.ids import guid_of
from emulators.clock import Clock
from emulators.exact import rules as rule
from emulators.exact import values as json_text
from emulators.exact.entities import DELETED, STORED, Entity
from emulators.exact.invoice_rows import ENTITY, ORDERS
from emulators.exact.numbers import renew
from emulators.exact.row import Row
from emulators.exact.rules import Rules
from emulators.exact.seed import Rowversions
from emulators.exact.settings import Settings
from emulators.exact.store import Store
from emulators.exact.values import NULL, guid, int64, moment, wall_ms

_NAMES: Final = ("CostCenter", "Costcenter", "CostCenterCode")


def _code_field(entity: Entity) -> str | None:
    return next((name for name in _NAMES if entity.fields.get(name) == "String"), None)


HOLDERS: Final = {
    one: _code_field(one) for one in STORED.values() if _code_field(one) and one.name != "ReportingBalance"
}
"""The field in which records hold a cost centre's code; ReportingBalance follows the ledger's lines by itself."""
_FIRST_OF_OWN: Final = 1_000
"""Where Deleted's own counter starts, if it has one: far below every rowversion."""
_NOBODY: Final = guid_of(0, "user", "deleter")


@dataclass(frozen=True)
class Put:
    """A record's new version."""

    entity: Entity
    row: Row


@dataclass(frozen=True)
class Remove:
    """A record's end, at a rowversion; entities with a delete log get an entry in it."""

    entity: Entity
    row: Row
    version: int


Write = Put | Remove


@dataclass(frozen=True)
class _Pending:
    due: float
    writes: tuple[Write, ...]


class Commits:
    """Applies writes; those under way hold their records, as a lock would."""

    def __init__(
        self,
        store: Store,
        versions: Rowversions,
        clock: Clock,
        rules: Callable[[], Rules] = Rules,
        settings: Callable[[], Settings] = Settings,
    ) -> None:
        self._store, self._versions, self._clock = store, versions, clock
        self._rules, self._settings = rules, settings
        self._deletes = count(_FIRST_OF_OWN)
        self._pending: list[_Pending] = []
        self._codes: dict[tuple[int, str], str] = {}

    def recode(self, division: int, old: str, new: str) -> None:
        """From now on no write has the old code of a cost centre (JSON texts; codes are alike in any case)."""
        for known, code in self._codes.items():
            if known[0] == division and code.upper() == old.upper():
                self._codes[known] = new
        self._codes[division, old.upper()] = new

    def put(self, entity: Entity, row: Row) -> Put:
        """A write of `row` under a rowversion taken now; streams with a Timestamp carry it."""
        field = HOLDERS.get(entity)
        if field and self._codes:
            at = entity.at(field)
            row.values[at] = self._codes.get((row.division, row.values[at].upper()), row.values[at])
        version = self._versions.next(row.division)
        if "Timestamp" in entity.fields:
            row.values[entity.at("Timestamp")] = int64(version)
        return Put(entity, replace(row, version=version))

    def remove(self, entity: Entity, row: Row) -> Remove:
        return Remove(entity, row, self._versions.next(row.division))

    def commit(self, writes: list[Write], delay: float = 0.0) -> None:
        """Make writes visible together, now or after `delay` wall seconds."""
        self._pending.append(_Pending(self._clock.now() + delay, tuple(writes)))
        self.settle()

    def settle(self) -> None:
        """Apply what is due. Every reader calls this first."""
        if not self._pending:
            return
        now = self._clock.now()
        due = [one for one in self._pending if one.due <= now]
        self._pending = [one for one in self._pending if one.due > now]
        for one in due:
            with self._store.transaction():
                for write in one.writes:
                    self._apply(write, now)

    def finish(self) -> None:
        """Apply all that is under way, whenever it would be due."""
        self._pending = [replace(one, due=0.0) for one in self._pending]
        self.settle()

    def renumber(self, division: int) -> None:
        """New Timestamps for all records of a division, in another order; the entries of the log stay the lowest."""
        own = self._settings().deleted_counter == "own"

        def of_record() -> int:
            return self._versions.next(division)

        with self._store.transaction():
            renew(self._store, DELETED, division, self._deletes.__next__ if own else of_record)
            for entity in STORED.values():
                if entity is not DELETED:
                    renew(self._store, entity, division, of_record)
        self._store.recent.forget(division)

    def held(self) -> set[str]:
        """The ids, and parents, of records whose change is under way."""
        rows = [write.row for one in self._pending for write in one.writes]
        return {row.id for row in rows} | {row.parent for row in rows if row.parent}

    def _apply(self, write: Write, now: float) -> None:
        if isinstance(write, Put):
            self._store.put(write.entity, replace(write.row, at=now))
            return
        self._store.remove(write.entity, write.row, write.version, now)
        if write.entity.deleted_type is not None and self._is_logged(write):
            own = self._settings().deleted_counter == "own"
            version = next(self._deletes) if own else write.version
            key = self._logged_key(write)
            self._store.put(DELETED, _log_entry(write, key, version, write.entity.deleted_type, now))

    def _logged_key(self, write: Remove) -> str:
        """The ID under which a stream showed what is deleted (see Settings.header_rows)."""
        as_document = self._settings().header_rows == "document" and write.entity in (ENTITY, ORDERS)
        if as_document and write.row.parent and write.row.values[write.entity.at("LineNumber")] == "0":
            return write.row.parent
        return write.row.id

    def _is_logged(self, write: Remove) -> bool:
        """Whether Deleted gets an entry: of documents, perhaps only for their header or their lines."""
        which = self._settings().delete_log
        if not self._rules().on(rule.DELETED_LOGGED):
            return False
        if which == "all" or write.entity.parent is None or "LineNumber" not in write.entity.fields:
            return True
        is_header = write.row.values[write.entity.at("LineNumber")] == "0"
        return is_header == (which == "headers")


def _log_entry(write: Remove, gone: str, version: int, kind: int, now: float) -> Row:
    values = [NULL] * len(DELETED.fields)
    key = guid_of(0, "deleted", f"{write.row.id}|{write.version}")
    shown = {
        "Timestamp": int64(version), "ID": guid(key), "EntityKey": guid(gone), "EntityType": str(kind),
        "Division": json_text.number(write.row.division), "DeletedBy": guid(_NOBODY),
        "DeletedDate": moment(wall_ms(now)),
    }  # fmt: skip
    for name, value in shown.items():
        values[DELETED.at(name)] = value
    return Row(version, write.row.division, key, None, now, values)
