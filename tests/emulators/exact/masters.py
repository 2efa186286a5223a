"""Changes of ledger accounts and cost centres. Only what no ledger line uses is ever deleted, as Exact demands."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

from emulators.books.ids import next_guid
from emulators.books.model import Account, CostCenter
from emulators.exact import values as json_text
from emulators.exact.commits import Write
from emulators.exact.entities import COST_CENTERS, GL_ACCOUNTS, Entity
from emulators.exact.render import ACCOUNT_TYPES
from emulators.exact.row import Row
from emulators.exact.values import DAY_MS, NULL, moment, wall_ms

if TYPE_CHECKING:
    from emulators.exact.division import Division
    from emulators.exact.site import Site

_FIRST_NEW: Final = 6000
_USES: Final = ("0", "1", "2")
_COSTS: Final = {"120": "121", "121": "120"}
"""Account types that turn into each other without a change of what balances."""


class Masters:
    """Edits, creates, deletes and re-stamps accounts and cost centres."""

    def __init__(self, site: Site, dice: random.Random) -> None:
        self._site, self._dice = site, dice
        self._created = 0

    def change(self, entity: Entity, division: Division, kind: str) -> tuple[str, list[Write]]:
        """(id, writes) of one change; ValueError when there is nothing left to change."""
        commits = self._site.commits
        if kind == "create":
            row = self._new(entity, division)
            return row.id, [commits.put(entity, row)]
        row = self._some(entity, division, unused=kind == "delete")
        if kind == "delete":
            return row.id, [commits.remove(entity, row)]
        if kind == "edit":
            (self._edit_account if entity is GL_ACCOUNTS else self._edit_center)(row)
        if kind == "edit" or entity is COST_CENTERS:
            row.values[entity.at("Modified")] = moment(wall_ms(self._site.clock.now(), self._site.settings.stamp_zone))
        return row.id, [commits.put(entity, row)]

    def _some(self, entity: Entity, division: Division, *, unused: bool) -> Row:
        held = self._site.commits.held()
        rows = [row for row in self._site.store.rows(entity, division.code) if row.id not in held]
        if unused:
            used = self._used(entity, division)
            rows = [row for row in rows if row.id not in used]
        if not rows:
            raise ValueError(f"no record of {entity.name} is left to change")
        return self._dice.choice(rows)

    def _used(self, entity: Entity, division: Division) -> set[str]:
        """What ledger lines may refer to. Lines refer to cost centres by code, and edits draw from all of them."""
        return division.accounts_in_use if entity is GL_ACCOUNTS else division.centers_in_use

    def _new(self, entity: Entity, division: Division) -> Row:
        self._created += 1
        key, now = next_guid(self._dice), wall_ms(self._site.clock.now(), self._site.settings.stamp_zone)
        if entity is GL_ACCOUNTS:
            code = str(_FIRST_NEW + self._created)
            account = Account(key, code, f"Nieuwe rekening {self._created}", 120, "W", "D", 0)
            return Row(0, division.code, key, None, 0, division.render.account(account, now))
        center = CostCenter(key, f"N{self._created:04d}", f"Nieuwe kostenplaats {self._created}", now)
        return Row(0, division.code, key, None, 0, division.render.cost_center(center))

    def _edit_account(self, row: Row) -> None:
        """A new name, another use of cost centres, another type of costs, blocked or not."""
        choice, kind = self._dice.randrange(4), GL_ACCOUNTS.at("Type")
        if choice == 0 or (choice == 3 and row.values[kind] not in _COSTS):
            row.values[GL_ACCOUNTS.at("Description")] = self._name("Rekening")
        elif choice == 3:
            row.values[kind] = _COSTS[row.values[kind]]
            row.values[GL_ACCOUNTS.at("TypeDescription")] = json_text.text(ACCOUNT_TYPES[int(row.values[kind])])
        elif choice == 1:
            at = GL_ACCOUNTS.at("UseCostcenter")
            row.values[at] = self._dice.choice([use for use in _USES if use != row.values[at]])
        else:
            at = GL_ACCOUNTS.at("IsBlocked")
            row.values[at] = "false" if row.values[at] == "true" else "true"

    def _edit_center(self, row: Row) -> None:
        """A new name, or an end date set or taken away."""
        at = COST_CENTERS.at("EndDate")
        if self._dice.random() < 0.6:
            row.values[COST_CENTERS.at("Description")] = self._name("Kostenplaats")
        elif row.values[at] == NULL:
            today = wall_ms(self._site.clock.now(), self._site.settings.stamp_zone) // DAY_MS * DAY_MS
            row.values[at] = moment(today)
        else:
            row.values[at] = NULL

    def _name(self, what: str) -> str:
        return json_text.text(f"{what} hernoemd {self._dice.randint(1, 99_999)}")
