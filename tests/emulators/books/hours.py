"""Time and cost entries: drawn month by month, most approved, some rejected, corrected or moved to another project."""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import accumulate
from typing import Final

from emulators.books.catalogue import DAY, Catalogue
from emulators.books.documents import MICROS, WHOLE, CostEntry, TimeEntry, amount_of
from emulators.books.firm import Firm, pick
from emulators.books.ids import next_guid
from emulators.books.projects import ACTIVITY, EXPENSE, TIME_AND_MATERIAL, Project, Wbs
from emulators.books.staff import Employee
from emulators.books.volume import LAST_DAY, LAST_MONTH, Month, days_of

DRAFT, REJECTED, SUBMITTED, FAILED, FINAL = 1, 2, 10, 11, 20
_WAITING: Final = (DRAFT, SUBMITTED, SUBMITTED, SUBMITTED, FAILED, 14, 16, 19)
_FULL_DAY: Final = 8 * WHOLE
_TRIES: Final = 8
_WITHOUT_PROJECT: Final = 0.01
_KEPT: Final = 40
_EARLIEST: Final = 8 * 60
LONG_NOTE: Final = "Een heel lang verhaal 🚀 " + "x" * 174 + "🚀🚀" + "y" * 4_900
"""More than 4,000 characters, with an emoji on each side of the 200th."""
_DAY_MS: Final = 86_400_000
_EPOCH: Final = 719_163
_NOTES: Final = (None, None, None, "Overleg met klant", "Zie ticket #42", "Café ☕ & 'nazorg'\r\ntweede regel")


def created_on(day: date, dice: random.Random) -> int:
    """Dutch wall time in milliseconds: some time on the day after."""
    return (day.toordinal() - _EPOCH + 1) * _DAY_MS + int(dice.random() * _DAY_MS)


def price_of(item_price: int, project: Project) -> int:
    """What an hour costs the client: one project in four has a discount of seven per cent."""
    return item_price * 93 // 100 if project.number % 4 == 1 else item_price


class Timesheets:
    """Writes what people did. Numbers and dice go on from month to month; call it in calendar order."""

    def __init__(self, firm: Firm, staff: Sequence[Employee], projects: Sequence[Project], items: Catalogue) -> None:
        self.dice = random.Random(f"timesheets {firm.seed} {firm.key}")
        self._staff, self._projects = list(staff), list(projects)
        self._idle = items.items["U-OPL"]
        self._orphan = items.gone[0] if firm.module else None
        self._number = 1_000
        self._correctable: list[TimeEntry] = []
        self._used: dict[tuple[int, date], int] = {}

    def month(self, year: int, month: int, rows: Month) -> Iterator[TimeEntry | CostEntry]:
        """The entries of a month: corrections of earlier ones, hours, costs; the first costs on a project whose hours
        are billed."""
        days, chosen = days_of(year, month), self._running(year, month)
        self._used = {}
        if not days or not self._staff or not chosen:
            return
        late = (year, month) >= LAST_MONTH
        corrections = min(len(self._correctable), rows.time // 150 + (rows.time > 10))
        for _ in range(corrections):
            corrected = self._correction(pick(self.dice, days))
            if corrected is not None:
                yield corrected
        weights = list(accumulate(project.client.weight for project in chosen))
        for _ in range(rows.time - corrections):
            project = chosen[bisect(weights, self.dice.random() * weights[-1])]
            entry = self._hours(days, project, late=late)
            if entry is not None:
                yield self._odd(entry)
        hourly = max(chosen, key=lambda project: (project.type == TIME_AND_MATERIAL, project.client.weight))
        for at in range(rows.costs):
            yield self._costs(pick(self.dice, days), pick(self.dice, chosen) if at else hourly, late=late)

    def number(self) -> int:
        """The next entry's number."""
        self._number += 1
        return self._number

    def written(self, day: date, project: Project, activity: Wbs, employee: Employee) -> TimeEntry:
        """An entry without a quantity and without times."""
        entry = self._entry(day, project, activity, employee, late=False)
        entry.start, entry.error = None, None
        return entry

    def _odd(self, entry: TimeEntry) -> TimeEntry:
        """The first approved entry that no invoice bills is of an hour type that is no more, and has a long note."""
        billed = entry.wbs is None or entry.wbs.effective == TIME_AND_MATERIAL
        if self._orphan is not None and entry.status == FINAL and not billed:
            entry.item, entry.notes, self._orphan = self._orphan, LONG_NOTE, None
        return entry

    def lent(self, day: date, project: Project, employee: Employee, quantity: int, price: int) -> TimeEntry:
        """Approved hours for another company of the group; `quantity` is of one day."""
        activity = project.parts(ACTIVITY)[0]
        entry = self._entry(day, project, activity, employee, late=False)
        entry.quantity, entry.price, entry.amount = quantity, price, amount_of(quantity, price)
        entry.status, entry.error = FINAL, None
        return entry

    def _running(self, year: int, month: int) -> list[Project]:
        """The projects on which people work: not those lent out for, nor blocked ones."""
        first, last = date(year, month, 1), date(year, month, 28)
        return [
            one for one in self._projects
            if not one.internal and not one.blocked and one.client.weight > 0 and one.runs(first, last)
        ]  # fmt: skip

    def _hours(self, days: list[date], project: Project, *, late: bool) -> TimeEntry | None:
        """None when nobody has time left on the days tried."""
        dice, activity = self.dice, pick(self.dice, project.parts(ACTIVITY))
        item = activity.item or self._idle
        for _ in range(_TRIES):
            day, employee = pick(dice, days), pick(dice, self._staff)
            quantity = WHOLE // 2 if item.unit == DAY else 25 + 25 * int(dice.random() ** 2 * 32)
            if employee.works(day) and self._takes(employee, day, quantity * item.hours):
                entry = self._entry(day, project, activity, employee, late=late)
                entry.quantity, entry.price = quantity, price_of(item.price, project)
                entry.amount = amount_of(entry.quantity, entry.price)
                return _of_client(entry) if dice.random() < _WITHOUT_PROJECT else self._told(entry)
        return None

    def _takes(self, employee: Employee, day: date, hundredths: int) -> bool:
        """Whether the day has room for so many hours more."""
        taken = self._used.get((employee.hid, day), 0) + hundredths
        if taken > _FULL_DAY:
            return False
        self._used[employee.hid, day] = taken
        return True

    def _entry(self, day: date, project: Project, activity: Wbs, employee: Employee, *, late: bool) -> TimeEntry:
        created, start = created_on(day, self.dice), _EARLIEST + 15 * int(self.dice.random() * 12)
        status, item = self._status(late=late), activity.item or self._idle
        return TimeEntry(
            next_guid(self.dice), self.number(), day, employee, item, 0, 0, 0, status, created, created, project,
            activity, notes=pick(self.dice, _NOTES), error="Periode is gesloten" if status == FAILED else None,
            start=start,
        )  # fmt: skip

    def _told(self, entry: TimeEntry) -> TimeEntry:
        """End times, hours that were moved after approval, and what may be corrected later."""
        dice = self.dice
        if entry.start is not None:
            entry.end = min(entry.start + entry.quantity * entry.item.hours * 60 // WHOLE, 24 * 60 - 1)
        if entry.status == FINAL and dice.random() < 0.01:
            entry.modified = min(entry.created + (2 + int(dice.random() * 9)) * _DAY_MS, _last_ms())
            entry.notes = "Verplaatst naar dit project na goedkeuring"
        billed = entry.status == FINAL and entry.wbs and entry.wbs.effective == TIME_AND_MATERIAL
        if billed and len(self._correctable) < _KEPT and dice.random() < 0.2:
            self._correctable.append(entry)
        return entry

    def _status(self, *, late: bool) -> int:
        throw = self.dice.random()
        if late and throw < 0.5:
            return pick(self.dice, _WAITING)
        if throw > 0.985:
            return REJECTED
        return FINAL

    def _correction(self, day: date) -> TimeEntry | None:
        """An invoiced entry taken back, in whole or in part: a negative quantity under the same project and price.
        None for somebody who has left."""
        dice = self.dice
        old = self._correctable.pop(int(dice.random() * len(self._correctable)))
        if not old.employee.works(day):
            return None
        quantity = -old.quantity if dice.random() < 0.5 else -max(25, old.quantity // 2 // 25 * 25)
        created = created_on(day, dice)
        return replace(
            old, id=next_guid(dice), number=self.number(), quantity=quantity, amount=amount_of(quantity, old.price),
            created=created, modified=created, notes=f"Correctie van {old.number}", corrects=old.id, start=None,
            end=None, date=day,
        )  # fmt: skip

    def _costs(self, day: date, project: Project, *, late: bool) -> CostEntry:
        """Kilometres, hotels, subcontracting: whole cents at a price with few decimals."""
        dice, expense = self.dice, pick(self.dice, project.parts(EXPENSE))
        employee = next(
            (one for one in (pick(dice, self._staff) for _ in range(_TRIES)) if one.works(day)), self._staff[0]
        )
        created, status = created_on(day, dice), self._status(late=late)
        item = expense.item or self._idle
        piece = item.price == MICROS
        price = item.price if not piece else MICROS // 100 * (2_000 + int(dice.random() * 40_000))
        quantity = WHOLE if piece else WHOLE * (10 + int(dice.random() * 300))
        return CostEntry(
            next_guid(dice), self.number(), day, employee, item, quantity, price, amount_of(quantity, price), status,
            created, created, project, expense, notes=pick(dice, _NOTES),
        )  # fmt: skip


def _of_client(entry: TimeEntry) -> TimeEntry:
    """Hours that hang on a client, without a project."""
    assert entry.project is not None
    entry.party, entry.project, entry.wbs = entry.project.client, None, None
    return entry


def _last_ms() -> int:
    return (LAST_DAY.toordinal() - _EPOCH + 1) * _DAY_MS
