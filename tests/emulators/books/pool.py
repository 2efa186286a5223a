"""What is approved and not yet billed, per project: hours by part, person, type and price, and costs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from emulators.books.catalogue import Item
from emulators.books.documents import CostEntry, TimeEntry, TradeLine
from emulators.books.projects import REBILL, TIME_AND_MATERIAL, Project, Wbs
from emulators.books.staff import Employee

Key = tuple[str, str, str, int]


@dataclass(slots=True)
class Unbilled:
    """A line of the next invoice. `employee` None: costs; `amount` in units, `quantity` in hundredths."""

    wbs: Wbs
    employee: Employee | None
    item: Item
    price: int
    quantity: int
    amount: int
    first: date
    last: date


class Pool:
    """Grows with each approved entry that is billed by the hour, or rebilled; shrinks with each invoice."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[Project, dict[Key, Unbilled]]] = {}

    def add(self, entry: TimeEntry | CostEntry, sign: int = 1) -> bool:
        """Whether an entry is billed by what it says: approved hours of time and material, approved rebilled costs.
        With a sign of -1 the pool gives it up."""
        time = isinstance(entry, TimeEntry)
        wanted = TIME_AND_MATERIAL if time else REBILL
        if entry.status != 20 or entry.project is None or entry.wbs is None or entry.wbs.effective != wanted:
            return False
        if entry.amount:
            who, day = entry.employee if time else None, entry.date
            quantity, amount = sign * entry.quantity, sign * entry.amount
            self._put(entry.project, Unbilled(entry.wbs, who, entry.item, entry.price, quantity, amount, day, day))
        return True

    def give_back(self, line: TradeLine) -> None:
        """A billed line whose invoice was credited in full, or deleted; others are left alone."""
        if line.project is None or line.wbs is None:
            return
        days = line.start or line.end, line.end or line.start
        if days[0] is None or days[1] is None:
            return
        one = Unbilled(line.wbs, line.employee, line.item, line.price, line.quantity, line.net, days[0], days[1])
        self._put(line.project, one)

    def _put(self, project: Project, one: Unbilled) -> None:
        lines = self._found.setdefault(project.id, (project, {}))[1]
        key = one.wbs.id, one.employee.id if one.employee else "", one.item.id, one.price
        old = lines.get(key)
        if old is None:
            lines[key] = one
            return
        old.quantity, old.amount = old.quantity + one.quantity, old.amount + one.amount
        old.first, old.last = min(old.first, one.first), max(old.last, one.last)

    def projects(self) -> list[Project]:
        """The projects that have something to bill, those with the most lines first. Where corrections outweigh the
        hours, they wait for more."""
        found = sorted(self._found.values(), key=lambda one: -len(one[1]))
        return [project for project, lines in found if sum(one.amount for one in lines.values()) > 0]

    def take(self, project: Project) -> list[Unbilled]:
        """What the project's next invoice bills; the pool forgets it."""
        lines = self._found.pop(project.id)[1]
        return [one for one in lines.values() if one.quantity or one.amount]

    def hours_of(self, project: Project) -> int:
        """The value of the project's unbilled hours, in units; costs don't count."""
        _, lines = self._found.get(project.id, (project, {}))
        return sum(one.amount for one in lines.values() if one.employee)
