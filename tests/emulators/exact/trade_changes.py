"""People at work on the operational side: which entities they change and how, and who makes each change."""

from __future__ import annotations

import random
from typing import Final

from emulators.exact.change_hours import NAME as TIME
from emulators.exact.change_hours import Hours
from emulators.exact.change_invoices import NAME as SALES
from emulators.exact.change_invoices import Invoices, Post
from emulators.exact.change_parties import Masters
from emulators.exact.change_purchases import INVOICES, ORDERS, Purchases
from emulators.exact.change_rows import Base, NothingLeftError, Rows, Workplace
from emulators.exact.commits import Write
from emulators.exact.entities import ENTITIES, Entity

EDIT, DELETE, CREATE, RESTAMP, BACKDATE = "edit", "delete", "create", "restamp", "backdate"
_ALL: Final = (EDIT, DELETE, CREATE, RESTAMP, BACKDATE)
_MASTER: Final = (EDIT, DELETE, CREATE, RESTAMP)
_KINDS: Final = {
    SALES: _ALL, TIME: _ALL, ORDERS: _MASTER, INVOICES: (EDIT, CREATE, RESTAMP, BACKDATE), "Accounts": _MASTER,
    "Items": _MASTER, "Projects": (EDIT, CREATE, RESTAMP), "ProjectWBS": _MASTER, "Employees": (EDIT, RESTAMP),
    "EmploymentInternalRates": (EDIT, CREATE, RESTAMP),
}  # fmt: skip
KINDS: Final[dict[Entity, tuple[str, ...]]] = {ENTITIES[name]: kinds for name, kinds in _KINDS.items()}
"""The kinds of change that each entity knows."""
OFTEN: Final = tuple(ENTITIES[name] for name in (*(TIME,) * 6, *(SALES,) * 4, ORDERS, INVOICES, "Accounts", "Projects"))
"""Entities as often as people change them."""
_MODULE: Final = frozenset({ORDERS, INVOICES})
_TRIES: Final = 10
_TRADING: Final = frozenset({SALES, TIME, "Projects", "ProjectWBS"})


class TradeChanges:
    """Makes changes of the operational side of one site. `post` gives the ledger's part of a processed document."""

    def __init__(self, site: Base, dice: random.Random, post: Post) -> None:
        self._rows, self._commits = Rows(site, dice), site.commits
        rows = self._rows
        self._masters, self._hours = Masters(rows), Hours(rows)
        self._invoices, self._purchases = Invoices(rows, self._hours, post), Purchases(rows, post)

    @staticmethod
    def suits(entity: Entity, place: Workplace) -> bool:
        """Whether a division has records of an entity that people change."""
        firm = place.operations.firm
        if entity.name in _MODULE:
            return firm.module
        return entity.name not in _TRADING or not firm.holding

    def change(self, entity: Entity, place: Workplace, kind: str) -> tuple[str, list[Write], str]:
        """(key as the normal endpoint has it, writes, type). The caller commits the writes together. Where nothing is
        left to change, something is created first, in a commit of its own; NothingLeftError, a ValueError, when that
        doesn't help."""
        for _ in range(_TRIES):
            try:
                return self._change(entity, place, kind)
            except NothingLeftError:
                if CREATE not in KINDS[entity] or kind == CREATE:
                    raise
            self._commits.commit(self._change(entity, place, CREATE)[1])
        return self._change(entity, place, kind)

    def _change(self, entity: Entity, place: Workplace, kind: str) -> tuple[str, list[Write], str]:
        self._rows.begin()
        if entity.name == TIME:
            return self._hours.change(place, kind)
        if entity.name == SALES:
            return *self._invoices.change(place, kind), ""
        if entity.name in _MODULE:
            return *self._purchases.change(entity.name, place, kind), ""
        return *self._masters.change(entity.name, place, kind), ""
