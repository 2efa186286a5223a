"""How a change finds the records it is about, and writes them anew."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, Protocol

from emulators.books.operations import Operations
from emulators.clock import Clock
from emulators.exact.commits import Commits, Write
from emulators.exact.entities import ENTITIES, Entity
from emulators.exact.ops_render import OpsRender
from emulators.exact.row import Row
from emulators.exact.settings import Settings
from emulators.exact.shapes import Rendered
from emulators.exact.store import Store
from emulators.exact.values import moment, wall_ms

_STARTS, _WALK = 24, 60
_RECENT_PART: Final = 0.05


class Workplace(Protocol):
    """A division in which people work."""

    @property
    def code(self) -> int: ...
    @property
    def operations(self) -> Operations: ...
    @property
    def ops_render(self) -> OpsRender: ...


class Base(Protocol):
    """What changes need of a site."""

    @property
    def store(self) -> Store: ...
    @property
    def commits(self) -> Commits: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def settings(self) -> Settings: ...


class NothingLeftError(ValueError):
    """There is no record of an entity left that such a change could be about."""


class Rows:
    """Records of one site, for changes. The dice are the caller's."""

    def __init__(self, site: Base, dice: random.Random) -> None:
        self._site, self.dice = site, dice
        self.begin()

    def begin(self) -> None:
        """A change begins: all that it writes was changed at this moment."""
        self._now = wall_ms(self._site.clock.now(), self._site.settings.stamp_zone)

    def now(self) -> int:
        """When the change was made: Dutch wall time in milliseconds."""
        return self._now

    def one(self, name: str, division: int, fits: Callable[[Row], bool] | None = None) -> Row:
        """Some record that fits and is not under way: half of the looks are among the latest versions."""
        held = self._site.commits.held()
        for row in self._walk(ENTITIES[name], division):
            free = row.id not in held and (row.parent is None or row.parent not in held)
            if free and (fits is None or fits(row)):
                return row
        raise NothingLeftError(f"no record of {name} is left for such a change")

    def _walk(self, entity: Entity, division: int) -> Iterator[Row]:
        low, high = self._site.store.versions(entity, division)
        for start in range(_STARTS):
            span = (high - low) * (_RECENT_PART if start % 2 else 1.0)
            at = high - int(self.dice.random() * span)
            for _ in range(_WALK):
                row = self._site.store.any_from(entity, division, at)
                if row is None:
                    break
                yield row
                at = row.version + 1

    def of(self, name: str, division: int, *, key: str | None = None, parent: str | None = None) -> list[Row]:
        """The record with a key, or those of a parent."""
        return self._site.store.rows(ENTITIES[name], division, key=key, parent=parent)

    def exists(self, name: str, division: int, field: str, value: str) -> bool:
        """Whether a record has a value in a field; for small entities."""
        at = ENTITIES[name].at(field)
        return any(row.values[at] == value for row in self._site.store.rows(ENTITIES[name], division))

    def written(self, division: int, records: Iterable[Rendered]) -> list[Write]:
        """Writes of rendered records, each under a rowversion of its own, in their order."""
        commits = self._site.commits
        return [
            commits.put(ENTITIES[name], Row(0, division, key, parent, 0.0, values))
            for name, key, parent, values in records
        ]

    def edited(self, name: str, rows: Iterable[Row], found: Mapping[str, str]) -> list[Write]:
        """Records with new values in some fields, changed now. Fields that the entity has not are left out."""
        entity = ENTITIES[name]
        texts = {field: text for field, text in found.items() if field in entity.fields}
        if "Modified" in entity.fields:
            texts["Modified"] = moment(self.now())
        made: list[Write] = []
        for row in rows:
            values = row.values.copy()
            for field, text in texts.items():
                values[entity.at(field)] = text
            made.append(self._site.commits.put(entity, Row(0, row.division, row.id, row.parent, 0.0, values)))
        return made

    def restamped(self, name: str, rows: Iterable[Row]) -> list[Write]:
        """The same records under new rowversions, with nothing changed."""
        return [self._site.commits.put(ENTITIES[name], row) for row in rows]

    def removed(self, name: str, rows: Iterable[Row]) -> list[Write]:
        return [self._site.commits.remove(ENTITIES[name], row) for row in rows]

    def value(self, name: str, row: Row, field: str) -> str:
        return row.values[ENTITIES[name].at(field)]

    def held(self) -> set[str]:
        return self._site.commits.held()
