"""Changes of hours and costs: written, approved, rejected, corrected, moved to another project, deleted.

What is approved and not yet billed stays in step with the company's pool; hours that an invoice has billed are never
moved, only corrected by a negative quantity (docs page ProjectTimeCorrections).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Final

from emulators.books.documents import WHOLE, CostEntry, TimeEntry, amount_of
from emulators.books.hours import DRAFT, FINAL, REJECTED, SUBMITTED, price_of
from emulators.books.ids import next_guid
from emulators.books.projects import ACTIVITY, TIME_AND_MATERIAL
from emulators.books.staff import Employee
from emulators.books.volume import LAST_MONTH, days_of
from emulators.exact.change_rows import NothingLeftError, Rows, Workplace
from emulators.exact.commits import Write
from emulators.exact.row import Row
from emulators.exact.values import day_ms, parsed, text

NAME: Final = "TimeCostTransactions"
_WAITING: Final = (str(DRAFT), str(SUBMITTED), "11")
_ROOM: Final = 8 * WHOLE
_LONG: Final = 1_000
"""Notes that are longer stay as they are."""
_HOURS: Final = (25, 50, 100, 150, 200)
_FIRST_OF_MONTH: Final = day_ms(date(*LAST_MONTH, 1))

Made = tuple[str, list[Write], str]


class Hours:
    """Makes changes of time and cost entries; `billed` are the projects whose hours of the month are on an invoice."""

    def __init__(self, rows: Rows) -> None:
        self._rows, self._dice = rows, rows.dice
        self.billed: set[str] = set()
        self._taken: dict[tuple[str, date], int] = {}
        self._corrected: set[str] = set()

    def change(self, place: Workplace, kind: str) -> Made:
        """(id, writes, type); NothingLeftError when there is nothing to change."""
        if kind in ("create", "backdate"):
            return self._create(place, late=kind == "backdate")
        if kind == "delete":
            row = self._rows.one(
                NAME, place.code, lambda row: self._of(row, "HourStatus") in (*_WAITING, str(REJECTED))
            )
            return row.id, self._rows.removed(NAME, [row]), self._of(row, "Type")
        if kind == "restamp":
            row = self._rows.one(NAME, place.code)
            return row.id, self._rows.restamped(NAME, [row]), self._of(row, "Type")
        ways: list[Callable[[Workplace], Made]] = [
            self._approve, self._reject, self._shorten, self._move, self._note, self._correct
        ]  # fmt: skip
        self._dice.shuffle(ways)
        for way in ways:
            try:
                return way(place)
            except NothingLeftError:
                continue
        raise NothingLeftError(f"no record of {NAME} is left to edit")

    def _of(self, row: Row, field: str) -> str:
        return self._rows.value(NAME, row, field)

    def _edited(self, row: Row, found: dict[str, str]) -> Made:
        return row.id, self._rows.edited(NAME, [row], found), self._of(row, "Type")

    def _create(self, place: Workplace, *, late: bool) -> Made:
        """Hours of this month that wait for approval, or late ones of a month before, approved."""
        month = (LAST_MONTH[0], LAST_MONTH[1] - 1 - self._dice.randrange(3)) if late else LAST_MONTH
        projects = [one for one in place.operations.projects if not one.internal and not one.blocked]
        if not projects:
            raise NothingLeftError("there is no project")
        project, quantity = self._dice.choice(projects), self._dice.choice(_HOURS)
        day, employee = self._who(place, days_of(*month), quantity)
        entry = place.operations.timesheets.written(day, project, self._dice.choice(project.parts(ACTIVITY)), employee)
        entry.quantity = quantity // 8 if entry.item.hours == 8 else quantity
        entry.price, entry.created = price_of(entry.item.price, project), self._rows.now()
        entry.amount, entry.modified = amount_of(entry.quantity, entry.price), entry.created
        entry.status = FINAL if late else self._dice.choice([DRAFT, SUBMITTED, SUBMITTED])
        entry.error = None
        place.operations.billing.pool.add(entry)
        return entry.id, self._rows.written(place.code, place.ops_render.projects.entry(entry)), "1"

    def _who(self, place: Workplace, days: list[date], quantity: int) -> tuple[date, Employee]:
        """Somebody with room for more hours on some day."""
        for _ in range(200):
            day, employee = self._dice.choice(days), self._dice.choice(place.operations.employees)
            taken = self._taken.get((employee.id, day), 0) + quantity
            if employee.works(day) and taken <= _ROOM:
                self._taken[employee.id, day] = taken
                return day, employee
        raise NothingLeftError("nobody has time left")

    def _approve(self, place: Workplace) -> Made:
        row = self._rows.one(NAME, place.code, lambda row: self._of(row, "HourStatus") in (str(SUBMITTED), "11"))
        place.operations.billing.pool.add(replace(self._entry(place, row), status=FINAL))
        return self._edited(row, {"HourStatus": str(FINAL), "ErrorText": "null"})

    def _reject(self, place: Workplace) -> Made:
        row = self._rows.one(NAME, place.code, lambda row: self._of(row, "HourStatus") == str(SUBMITTED))
        return self._edited(row, {"HourStatus": str(REJECTED), "Notes": text("Afgekeurd: verkeerd project")})

    def _shorten(self, place: Workplace) -> Made:
        """Half of what was written, while it is not approved."""
        row = self._rows.one(
            NAME, place.code,
            lambda row: self._of(row, "HourStatus") in _WAITING and self._entry(place, row).quantity >= 2,
        )  # fmt: skip
        old = self._entry(place, row)
        return self._edited(row, place.ops_render.projects.amounts(replace(old, quantity=old.quantity // 2)))

    def _move(self, place: Workplace) -> Made:
        """Approved hours of this month to another project, before anybody billed them."""
        row = self._rows.one(NAME, place.code, self._movable)
        old = self._entry(place, row)
        others = [
            one for one in place.operations.projects
            if not one.internal and one is not old.project and one.id not in self.billed
        ]  # fmt: skip
        if not isinstance(old, TimeEntry) or old.project is None or not others:
            raise NothingLeftError("there is no project to move to")
        project = self._dice.choice(others)
        part = self._dice.choice(project.parts(ACTIVITY))
        new = replace(old, project=project, wbs=part, price=price_of(old.item.price, project))
        pool = place.operations.billing.pool
        pool.add(old, -1)
        pool.add(replace(new, amount=amount_of(new.quantity, new.price)))
        render = place.ops_render.projects
        note = {"Notes": text(f"Verplaatst van {old.project.code} na goedkeuring")}
        return self._edited(row, render.amounts(new) | render.places(new) | note)

    def _movable(self, row: Row) -> bool:
        in_month = int(self._of(row, "Date")[7:-3]) >= _FIRST_OF_MONTH
        unbilled = parsed_guid(self._of(row, "Project")) not in self.billed | {""}
        positive = not self._of(row, "Quantity").startswith("-")
        lent = parsed(self._of(row, "ProjectCode")).startswith("IC-")
        final = self._of(row, "HourStatus") == str(FINAL) and self._of(row, "Type") == "1"
        return final and in_month and unbilled and positive and not lent

    def _note(self, place: Workplace) -> Made:
        row = self._rows.one(NAME, place.code, lambda row: len(self._of(row, "Notes")) < _LONG)
        return self._edited(row, {"Notes": text(f'Toelichting "{self._dice.randint(1, 99_999)}" ✏️')})

    def _correct(self, place: Workplace) -> Made:
        """Approved hours of an earlier month taken back in this one."""
        row = self._rows.one(NAME, place.code, lambda row: self._correctable(place, row))
        old, days = self._entry(place, row), days_of(*LAST_MONTH)
        day = self._dice.choice(days)
        if not isinstance(old, TimeEntry) or not old.employee.works(day):
            raise NothingLeftError("the employee has left")
        self._corrected.add(row.id)
        now = self._rows.now()
        number = place.operations.timesheets.number()
        entry = replace(
            old, id=next_guid(self._dice), number=number, quantity=-old.quantity, amount=-old.amount, date=day,
            created=now, modified=now, notes=f"Correctie van {old.number}", corrects=old.id, start=None, end=None,
        )  # fmt: skip
        place.operations.billing.pool.add(entry)
        return entry.id, self._rows.written(place.code, place.ops_render.projects.entry(entry)), "1"

    def _correctable(self, place: Workplace, row: Row) -> bool:
        early = int(self._of(row, "Date")[7:-3]) < _FIRST_OF_MONTH
        positive = not self._of(row, "Quantity").startswith("-") and row.id not in self._corrected
        if not early or not positive or self._of(row, "Type") != "1" or self._of(row, "HourStatus") != str(FINAL):
            return False
        part = self._entry(place, row).wbs
        return part is not None and part.effective == TIME_AND_MATERIAL and not part.project.internal

    def _entry(self, place: Workplace, row: Row) -> TimeEntry | CostEntry:
        """An entry as the company knows it, from its record."""
        found = place.operations.known
        project = found.project(parsed_guid(self._of(row, "Project")))
        part = found.part(parsed_guid(self._of(row, "WBS")))
        employee, item = (
            found.employee(parsed_guid(self._of(row, "Employee"))),
            found.item(parsed_guid(self._of(row, "Item"))),
        )
        kind = TimeEntry if self._of(row, "Type") == "1" else CostEntry
        day = date.fromordinal(719_163 + int(self._of(row, "Date")[7:-3]) // 86_400_000)
        return kind(
            row.id, int(self._of(row, "EntryNumber")), day, employee, item, _scaled(self._of(row, "Quantity"), 2),
            _scaled(self._of(row, "PriceFC"), 6), _scaled(self._of(row, "AmountFC"), 4),
            int(self._of(row, "HourStatus")), 0, 0, project, part,
        )  # fmt: skip


def parsed_guid(json_text: str) -> str:
    """A Guid again; null is the empty text."""
    return "" if json_text == "null" else json_text[1:-1]


def _scaled(number: str, decimals: int) -> int:
    """A number's text as an integer that counts 10**-decimals."""
    sign, digits = (-1, number[1:]) if number.startswith("-") else (1, number)
    whole, _, part = digits.partition(".")
    return sign * int(whole + part.ljust(decimals, "0"))
