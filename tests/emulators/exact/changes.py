"""People at work in Exact: they edit, create, delete, re-stamp and post late; every entry stays balanced."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from emulators.books.chart import CENTERS_IN_USE
from emulators.books.ledger import OPEN_PERIOD, OPEN_YEAR
from emulators.books.model import Entry
from emulators.exact import values as json_text
from emulators.exact.commits import Write
from emulators.exact.division import Division
from emulators.exact.entities import COST_CENTERS, GL_ACCOUNTS, TRANSACTION_LINES, Entity
from emulators.exact.masters import Masters
from emulators.exact.row import Row
from emulators.exact.site import Site
from emulators.exact.values import NULL, iso, moment, wall_ms
from emulators.faults import Faults

EDIT, DELETE, CREATE, RESTAMP, BACKDATE = "edit", "delete", "create", "restamp", "backdate"
_LINE_KINDS: Final = (EDIT, DELETE, CREATE, RESTAMP, BACKDATE)
_MASTER_KINDS: Final = (EDIT, DELETE, CREATE, RESTAMP)
KINDS: Final = {TRANSACTION_LINES: _LINE_KINDS, GL_ACCOUNTS: _MASTER_KINDS, COST_CENTERS: _MASTER_KINDS}
_BY_NAME: Final = {entity.name: entity for entity in KINDS}
_OFTEN: Final = (TRANSACTION_LINES,) * 8 + (GL_ACCOUNTS, COST_CENTERS)
_CHANGEABLE: Final = frozenset({"20", "30", "40", "90"})
_TRIES: Final = 400
_CENT: Final = Decimal("0.01")


@dataclass(frozen=True)
class Change:
    """What one person did: `key` is the entry or the record, `ids` the records it touched, `type` an entry's type."""

    entity: Entity
    kind: str
    division: int
    key: str
    ids: tuple[str, ...]
    at: float
    type: str = ""
    site: str = ""

    def shown(self) -> dict[str, Any]:
        what = {"entity": self.entity.name, "kind": self.kind, "division": self.division, "key": self.key}
        where = {"site": self.site} if self.site else {}
        return what | where | {"ids": list(self.ids), "at": iso(self.at)}


class Changes:
    """Makes changes on request, drawn from the seed."""

    def __init__(self, site: Site, faults: Faults, seed: int) -> None:
        self._site, self._faults = site, faults
        self._dice = random.Random(f"changes {seed}")
        self._masters = Masters(site, self._dice)
        self.made: list[Change] = []

    def change(self, entity: str | None, n: int, kinds: list[str] | None) -> list[Change]:
        """Make `n` changes; ValueError for an entity or a kind that there is not, or when nothing is left to change."""
        wanted = self._wanted(entity, kinds)
        done = [self._one(*self._dice.choice(wanted)) for _ in range(n)]
        self.made.extend(done)
        return done

    def _wanted(self, entity: str | None, kinds: list[str] | None) -> list[tuple[Entity, str]]:
        if entity is not None and entity not in _BY_NAME:
            raise ValueError(f"entity is one of {sorted(_BY_NAME)}, or null")
        entities = _OFTEN if entity is None else (_BY_NAME[entity],)
        wanted = [(one, kind) for one in entities for kind in KINDS[one] if kinds is None or kind in kinds]
        if not wanted or (kinds and not set(kinds) <= set(_LINE_KINDS)):
            raise ValueError(f"kinds are among {list(_LINE_KINDS)}")
        return wanted

    def _one(self, entity: Entity, kind: str) -> Change:
        division = self._dice.choice(list(self._site.divisions.values()))
        now = self._site.clock.now()
        if entity is TRANSACTION_LINES:
            key, writes, posted = self._lines(division, kind)
        else:
            key, writes, posted = *self._masters.change(entity, division, kind), ""
        self._site.commits.commit(writes, self._delay(entity))
        return Change(entity, kind, division.code, key, tuple(write.row.id for write in writes), now, posted)

    def _delay(self, entity: Entity) -> float:
        """How late the commit becomes visible: a fault of `change.<entity>`, else the setting."""
        fault = self._faults.take(f"change.{entity.name}")
        return fault.seconds if fault and fault.kind == "late_commit" else self._site.settings.late_commit_s

    def _lines(self, division: Division, kind: str) -> tuple[str, list[Write], str]:
        if kind in (CREATE, BACKDATE):
            entry = self._posted(division, late=kind == BACKDATE)
            rows = [Row(0, division.code, key, entry.id, 0, values) for key, values in division.render.lines(entry)]
            return entry.id, [self._site.commits.put(TRANSACTION_LINES, row) for row in rows], str(entry.type)
        changing: Callable[[list[Row]], list[Write]] = {
            DELETE: self._remove, RESTAMP: self._restamp, EDIT: lambda rows: self._edit(division, rows),
        }[kind]  # fmt: skip
        rows = self._entry(division)
        return str(rows[0].parent), changing(rows), rows[0].values[_TYPE]

    def _posted(self, division: Division, *, late: bool) -> Entry:
        """A new entry of today, in the open period or, late, in one of the three before."""
        makers, dice = division.makers, self._dice
        period = OPEN_PERIOD - (1 + int(dice.random() * 3) if late else 0)
        day = date(OPEN_YEAR, period, 1 + int(dice.random() * 28))
        make = dice.choice([makers.sale, makers.purchase, makers.bank])
        entry = make(OPEN_YEAR, period, day) if dice.random() < 0.8 else makers.memorial(OPEN_YEAR, period, 4, day)
        entry.created = wall_ms(self._site.clock.now(), self._site.settings.stamp_zone)
        entry.status = 20
        return entry

    def _entry(self, division: Division) -> list[Row]:
        """The lines of some entry of the open year."""
        store, held = self._site.store, self._site.commits.held()
        low, high = store.versions(TRANSACTION_LINES, division.code)
        for _ in range(_TRIES):
            found = store.any_from(TRANSACTION_LINES, division.code, self._dice.randint(low, max(low, high)))
            if found is None or found.parent in held:
                continue
            if found.values[_YEAR] == str(OPEN_YEAR) and found.values[_TYPE] in _CHANGEABLE:
                return store.rows(TRANSACTION_LINES, division.code, parent=found.parent)
        raise ValueError("no entry of the open year is left to change")

    def _remove(self, rows: list[Row]) -> list[Write]:
        return [self._site.commits.remove(TRANSACTION_LINES, row) for row in rows]

    def _restamp(self, rows: list[Row]) -> list[Write]:
        return [self._site.commits.put(TRANSACTION_LINES, row) for row in rows]

    def _edit(self, division: Division, rows: list[Row]) -> list[Write]:
        """A cost centre, a description, or an amount moved from one line to another."""
        edited = self._dice.choice([self._recode, self._describe, self._move])(division, rows)
        for row in edited:
            row.values[_MODIFIED] = moment(wall_ms(self._site.clock.now(), self._site.settings.stamp_zone))
        return self._restamp(edited)

    def _recode(self, division: Division, rows: list[Row]) -> list[Row]:
        """Another cost centre, or none: those that are never deleted."""
        row = self._dice.choice(rows)
        codes = [json_text.text(code) for code, _ in CENTERS_IN_USE]
        row.values[_CENTER] = self._dice.choice([code for code in [*codes, NULL] if code != row.values[_CENTER]])
        row.values[_CENTER_NAME] = division.render.center_texts.get(json_text.parsed(row.values[_CENTER]), NULL)
        return [row]

    def _describe(self, division: Division, rows: list[Row]) -> list[Row]:
        row = self._dice.choice(rows)
        row.values[_DESCRIPTION] = json_text.text(f'Gewijzigd "{self._dice.randint(1, 99_999)}" ✏️')
        return [row]

    def _move(self, division: Division, rows: list[Row]) -> list[Row]:
        """Whole cents from one line to another, in euros only; amounts with more decimals are left alone."""
        plain = [row for row in rows if _in_cents(row.values[_AMOUNT]) and row.values[_AMOUNT] == row.values[_FOREIGN]]
        if len(plain) < 2:
            return self._describe(division, rows)
        one, other = self._dice.sample(plain, 2)
        moved = _CENT * self._dice.randint(1, 50_000)
        for row, amount in ((one, moved), (other, -moved)):
            row.values[_AMOUNT] = row.values[_FOREIGN] = _plain(Decimal(row.values[_AMOUNT]) + amount)
        return [one, other]


def _in_cents(text: str) -> bool:
    return text != NULL and Decimal(text) % _CENT == 0


def _plain(value: Decimal) -> str:
    """The shortest decimal text, without an exponent, zero without a sign."""
    return f"{value.normalize():f}" if value else "0"


_TYPE, _YEAR, _CENTER, _CENTER_NAME, _DESCRIPTION, _AMOUNT, _FOREIGN, _MODIFIED = map(
    TRANSACTION_LINES.at,
    ("Type", "FinancialYear", "CostCenter", "CostCenterDescription", "Description", "AmountDC", "AmountFC", "Modified"),
)
