"""A cost centre gets another code. What becomes of the records that hold the old one is a setting, since nobody has
said what Exact does: they are written anew (stamped), they hold the new code under the rowversion and Modified that
they had (silent), or they keep the old one until somebody writes them for another reason (kept).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from emulators.exact.change_rows import Base, NothingLeftError, Rows
from emulators.exact.commits import HOLDERS, Put, Write
from emulators.exact.division import Division
from emulators.exact.entities import COST_CENTERS, Entity
from emulators.exact.settings import Settings
from emulators.exact.values import text

_DOCUMENTS: Final = frozenset({"SalesInvoices", "PurchaseOrders"})
"""Streams in which header and lines rise together."""


@dataclass
class Recoding:
    """Gives cost centres of one site new codes."""

    site: Base
    rows: Rows
    settings: Callable[[], Settings]
    made: int = 0

    def change(self, division: Division) -> tuple[str, list[Write]]:
        """(id, writes) of one change: a cost centre that lines refer to."""
        self.rows.begin()
        held, used = self.rows.held(), division.centers_in_use
        every = self.site.store.rows(COST_CENTERS, division.code)
        free = [row for row in every if row.id in used and row.id not in held]
        if not free:
            raise NothingLeftError("no cost centre is left for a new code")
        center = self.rows.dice.choice(free)
        self.made += 1
        old, new = center.values[COST_CENTERS.at("Code")], text(f"RC{self.made:04d}")
        self.site.commits.recode(division.code, old, new)
        writes = self.rows.edited(COST_CENTERS.name, [center], {"Code": new})
        if self.settings().recoding != "kept":
            writes += [write for entity in HOLDERS for write in self._held(entity, division.code, old, new)]
        return center.id, writes

    def _held(self, entity: Entity, division: int, old: str, new: str) -> Iterator[Write]:
        """Records with the old code, in any case; a document's rows go together."""
        field = str(HOLDERS[entity])
        at = entity.at(field)
        every = self.site.store.rows(entity, division)
        held = [row for row in every if row.values[at].upper() == old.upper()]
        if self.settings().recoding == "silent":
            for row in held:
                row.values[at] = new
                yield Put(entity, row)
            return
        parents = {row.parent for row in held} if entity.name in _DOCUMENTS else set()
        ids = {row.id for row in held}
        touched = [row for row in every if row.id in ids or row.parent in parents]
        for row in sorted(touched, key=lambda one: (str(one.parent), one.version)):
            yield from self.rows.edited(entity.name, [row], {field: new} if row.id in ids else {})
