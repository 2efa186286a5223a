"""Projects of all five types, with a breakdown of three levels in which billing methods are often left empty."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from emulators.books.catalogue import HOUR, Catalogue, Item
from emulators.books.firm import Firm, pick
from emulators.books.ids import guid_of
from emulators.books.parties import Party
from emulators.books.staff import Employee

CAMPAIGN, FIXED, TIME_AND_MATERIAL, NON_BILLABLE, PREPAID = 1, 2, 3, 4, 5
DELIVERABLE, ACTIVITY, EXPENSE = 1, 2, 3
REBILL, NON_REBILLABLE = 7, 8
_KINDS: Final = (3, 3, 2, 3, 5, 3, 2, 4, 3, 1)
"""Project types as they come; half are time and material."""
_NAMES: Final = (
    "ERP-uitrol", "Datawarehouse", "Website", "Migratie", "Audit", "Beheer", "Opleiding", "Portaal", "Procesanalyse",
)  # fmt: skip
_SPENT: Final = ("K-HOT", "K-KM", "K-OND")
_STEPS: Final = ("Ontwerp", "Bouw", "Invoering", "Nazorg")


@dataclass(slots=True)
class Wbs:
    """A line of a project's breakdown. `kind`: 1 deliverable, 2 activity, 3 expense; `method` None when left empty."""

    id: str
    project: Project
    kind: int
    description: str
    sequence: int
    parent: Wbs | None = None
    method: int | None = None
    item: Item | None = None
    hours: int = 0
    cost: int = 0
    revenue: int = 0

    @property
    def effective(self) -> int:
        """Its own method, that of the nearest part above with one, or what the project's type says."""
        at: Wbs | None = self
        while at is not None:
            if at.method is not None:
                return at.method
            at = at.parent
        return self.project.type

    @property
    def level(self) -> int:
        return 1 if self.parent is None else self.parent.level + 1


@dataclass(slots=True, eq=False)
class Project:
    """A project of a client; budgets in whole hours and units of the company's currency. `moved_from`: the client that
    it had before."""

    id: str
    code: str
    description: str
    client: Party
    type: int
    manager: Employee | None
    start: date
    end: date | None
    weight: float
    hours: int
    revenue: int
    costs: int
    item: Item
    number: int = 0
    blocked: bool = False
    internal: bool = False
    moved_from: Party | None = None
    wbs: list[Wbs] = field(default_factory=list)

    def parts(self, kind: int) -> list[Wbs]:
        return [one for one in self.wbs if one.kind == kind]

    def runs(self, first: date, last: date) -> bool:
        return self.start <= last and (self.end is None or self.end >= first)


def projects(
    firm: Firm, count: int, clients: Sequence[Party], staff: Sequence[Employee], items: Catalogue
) -> list[Project]:
    """`count` projects; the heaviest clients have the most. Without clients there are none, nor for those that pay in
    another currency."""
    dice = random.Random(f"projects {firm.seed} {firm.key}")
    clients = [one for one in clients if one.currency in ("EUR", firm.currency)]
    return [_project(firm, at, clients, staff, items, dice) for at in range(count if clients else 0)]


def another(
    firm: Firm, number: int, clients: Sequence[Party], staff: Sequence[Employee], items: Catalogue, dice: random.Random
) -> Project:
    """One project more, under a number that no other has."""
    return _project(firm, number, clients, staff, items, dice)


def _project(
    firm: Firm, at: int, clients: Sequence[Party], staff: Sequence[Employee], items: Catalogue, dice: random.Random
) -> Project:
    kind = _KINDS[at % len(_KINDS)]
    client = clients[int(dice.random() ** 2 * len(clients))] if at >= len(clients) else clients[at]
    year, found = 2023 + at % 4, guid_of(firm.seed, f"project {firm.key}", str(at))
    end = date(year + 1, 6, 30) if at % 5 == 3 and year < 2026 else None
    name = f"{pick(dice, _NAMES)} {client.name}"[:60]
    hours, item = 80 + int(dice.random() * 900), items.items["B-VOOR" if kind == PREPAID else "P-TERM"]
    start = date(year, 1 + at % 6, 1)
    code, manager = f"P{year % 100:02d}-{at + 1:04d}", pick(dice, staff) if staff else None
    made = Project(
        found, code, name, client, kind, manager, start, end, client.weight, hours, hours * 115, hours * 62, item, at
    )
    if at == 2 and len(clients) > 3:
        made.moved_from = clients[3]
    made.wbs = _breakdown(firm, made, items, dice)
    return made


def _breakdown(firm: Firm, project: Project, items: Catalogue, dice: random.Random) -> list[Wbs]:
    """A deliverable with a step in it with activities in that; an activity at the root; an expense at each end."""
    made: list[Wbs] = []

    def add(kind: int, text: str, parent: Wbs | None, method: int | None = None, item: Item | None = None) -> Wbs:
        key = guid_of(firm.seed, f"wbs {firm.key}", f"{project.number} {len(made)}")
        hours = project.hours // 8 if kind == ACTIVITY else 0
        one = Wbs(key, project, kind, text, len(made) + 1, parent, method, item, hours, hours * 62, hours * 115)
        made.append(one)
        return one

    types = items.some("T")
    root = add(DELIVERABLE, "Levering", None, pick(dice, (None, None, None, TIME_AND_MATERIAL)))
    for name in _STEPS[: 1 + int(dice.random() * 2)]:
        step = add(DELIVERABLE, name, root)
        for text in ("analyse", "uitvoering"):
            add(ACTIVITY, f"{name} {text}", step, _odd_method(project, dice), pick(dice, types))
    add(ACTIVITY, "Overleg en reistijd", root, NON_BILLABLE if dice.random() < 0.6 else None, items.items["U-REIS"])
    add(ACTIVITY, "Losse uren", None, None, next(one for one in types if one.unit == HOUR))
    spent = items.items[_SPENT[project.number % len(_SPENT)]]
    add(EXPENSE, "Reis- en verblijfkosten", root, _expense_method(project), spent)
    add(EXPENSE, "Niet doorbelastbaar", None, NON_REBILLABLE, items.items["K-MAT"])
    return made


def _odd_method(project: Project, dice: random.Random) -> int | None:
    """Empty two times in three; else what the project is, or the other way of billing."""
    throw = dice.random()
    if throw < 0.65 or project.type == CAMPAIGN:
        return None
    if throw < 0.85:
        return project.type
    return FIXED if project.type == TIME_AND_MATERIAL else TIME_AND_MATERIAL


def _expense_method(project: Project) -> int:
    return REBILL if project.type in (TIME_AND_MATERIAL, PREPAID, FIXED) else NON_REBILLABLE


def lending(firm: Firm, partner: Party, number: int, staff: Sequence[Employee], items: Catalogue) -> Project:
    """The project on which people write the hours that they work for another company of the group."""
    found = guid_of(firm.seed, f"project {firm.key}", f"lent to {partner.partner}")
    code, item = f"IC-{number:04d}", items.items["G-INH"]
    start = date(2023, 1, 1)
    made = Project(
        found, code, f"Inhuur {partner.name}", partner, TIME_AND_MATERIAL, staff[0], start, None, 0.0, 0, 0, 0, item,
        number, internal=True,
    )  # fmt: skip
    key = guid_of(firm.seed, f"wbs {firm.key}", f"{number} 0"), guid_of(firm.seed, f"wbs {firm.key}", f"{number} 1")
    root = Wbs(key[0], made, DELIVERABLE, "Inhuur", 1)
    made.wbs = [root, Wbs(key[1], made, ACTIVITY, "Uitgeleende uren", 2, root, None, item)]
    return made
