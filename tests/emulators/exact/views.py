"""What a read sees of the records: the database, or what a peculiarity of the vendor makes of it.

A view hides some live records and shows other rows beside them: the state of some seconds ago (a replica that is
behind), a former version beside the newest (the same id twice in a run), a record after its entry in Deleted.
Only what was changed lately is looked at; nothing else can differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import merge
from itertools import islice
from operator import itemgetter
from typing import Protocol, runtime_checkable

from emulators.exact.entities import Entity
from emulators.exact.recent import Found
from emulators.exact.row import unpack
from emulators.exact.settings import Settings
from emulators.exact.store import Store
from emulators.exact.values import guid_bytes, guid_text, parsed


class Pages(Protocol):
    """What reads need of the records."""

    def page(self, entity: Entity, division: int, after: int, limit: int) -> list[Found]: ...
    def page_from(self, entity: Entity, division: int, after: int, skip: int, limit: int) -> list[Found]: ...
    def page_by_id(self, entity: Entity, division: int, above: int, after: bytes, limit: int) -> list[Found]: ...
    def number(self, entity: Entity, division: int, above: int) -> int: ...
    def of_key(self, entity: Entity, division: int, key: bytes) -> Found | None: ...
    def of_parent(self, entity: Entity, division: int, parent: bytes) -> list[Found]: ...


@runtime_checkable
class InOrder(Pages, Protocol):
    """Where records can be asked for in an order of their fields too (see places)."""

    def page_by_place(self, entity: Entity, division: int, order: str, after: bytes, limit: int) -> list[Found]: ...


class LedgerPages(Pages, Protocol):
    """Where it can be asked too which parents there are."""

    def parents(self, entity: Entity, division: int, after: bytes, limit: int) -> list[bytes]: ...


@dataclass(frozen=True)
class Wanted:
    """Which records a read is about, and at which moment."""

    entity: Entity
    division: int
    sync: bool
    now: float
    lag_s: float = 0.0


def view(store: Store, wanted: Wanted, settings: Settings) -> LedgerPages:
    """The store itself, unless something makes it look different."""
    if wanted.lag_s:
        return _as_of(store, wanted, wanted.now - wanted.lag_s)
    extras: list[Found] = []
    if wanted.sync and settings.doubles:
        extras += _former(store, wanted, settings.doubles)
    if wanted.sync and settings.shown_after_delete_s:
        extras += _deleted(store, wanted, wanted.now - settings.shown_after_delete_s)
    return View(store, wanted.entity, frozenset(), extras) if extras else store


def _as_of(store: Store, wanted: Wanted, moment: float) -> LedgerPages:
    """The records as they were at a moment."""
    changed = store.recent.changed(wanted.entity, wanted.division, moment)
    older = (store.recent.before(wanted.entity, wanted.division, key, moment) for key in changed)
    return View(store, wanted.entity, changed, [found for found in older if found])


def _former(store: Store, wanted: Wanted, share: float) -> list[Found]:
    """The last version but one of records that live; which of them, their ids decide."""
    chosen = (
        key
        for key in store.recent.changed(wanted.entity, wanted.division, 0.0)
        if int.from_bytes(key[-4:], "big") < share * 2**32 and store.of_key(wanted.entity, wanted.division, key)
    )
    found = (store.recent.before(wanted.entity, wanted.division, key, wanted.now) for key in chosen)
    return [one for one in found if one]


def _deleted(store: Store, wanted: Wanted, since: float) -> list[Found]:
    """The last version of records that were deleted since a moment."""
    changed = store.recent.changed(wanted.entity, wanted.division, since)
    gone = (key for key in changed if store.of_key(wanted.entity, wanted.division, key) is None)
    found = (store.recent.last_of_deleted(wanted.entity, wanted.division, key) for key in gone)
    return [one for one in found if one]


class View:
    """The store's records of one entity and division without the hidden ones, and with the extras."""

    def __init__(self, store: Store, entity: Entity, hidden: frozenset[bytes], extras: list[Found]) -> None:
        self._store, self._hidden = store, hidden
        self._parent_at = entity.at(entity.parent) if entity.parent else None
        self._extras = sorted(extras)

    def page(self, entity: Entity, division: int, after: int, limit: int) -> list[Found]:
        return self.page_from(entity, division, after, 0, limit)

    def page_from(self, entity: Entity, division: int, after: int, skip: int, limit: int) -> list[Found]:
        shown = self._seen(self._store.page(entity, division, after, skip + limit + len(self._hidden)))
        extras = [found for found in self._extras if found[0] > after]
        return list(islice(merge(shown, extras, key=itemgetter(0)), skip, skip + limit))

    def page_by_id(self, entity: Entity, division: int, above: int, after: bytes, limit: int) -> list[Found]:
        live = self._store.page_by_id(entity, division, above, after, limit + len(self._hidden))
        extras = sorted((found for found in self._extras if found[0] > above and found[1] > after), key=itemgetter(1))
        return list(islice(merge(self._seen(live), extras, key=itemgetter(1)), limit))

    def number(self, entity: Entity, division: int, above: int) -> int:
        hidden = (self._store.of_key(entity, division, key) for key in self._hidden)
        unseen = sum(1 for found in hidden if found and found[0] > above)
        extras = sum(1 for found in self._extras if found[0] > above)
        return self._store.number(entity, division, above) - unseen + extras

    def of_key(self, entity: Entity, division: int, key: bytes) -> Found | None:
        extra = [found for found in self._extras if found[1] == key]
        live = None if key in self._hidden else self._store.of_key(entity, division, key)
        return live or (extra[-1] if extra else None)

    def of_parent(self, entity: Entity, division: int, parent: bytes) -> list[Found]:
        at, wanted = self._parent_at, f'"{guid_text(parent)}"'
        extras = [found for found in self._extras if at is not None and unpack(found[2])[at] == wanted]
        live = list(self._seen(self._store.of_parent(entity, division, parent)))
        return sorted(live + extras, key=itemgetter(1))

    def parents(self, entity: Entity, division: int, after: bytes, limit: int) -> list[bytes]:
        """Some may have no record any more in this state."""
        at = self._parent_at
        shown = {guid_bytes(parsed(unpack(found[2])[at])) for found in self._extras} if at is not None else set()
        live = self._store.parents(entity, division, after, limit)
        return sorted({*live, *(one for one in shown if one > after)})[:limit]

    def _seen(self, live: list[Found]) -> list[Found]:
        return [found for found in live if found[1] not in self._hidden]
