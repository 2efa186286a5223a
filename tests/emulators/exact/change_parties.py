"""Changes of master data: a client renamed, merged, blocked; items, projects, their parts, rates, employees.

A new name touches no other record: documents keep their rowversions (a design choice of this emulator; Exact joins
names when it answers).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from emulators.books.billing import terms
from emulators.books.ids import next_guid
from emulators.books.parties import CLIENT, Party, rename
from emulators.books.projects import ACTIVITY, TIME_AND_MATERIAL, Wbs
from emulators.books.staff import Rate
from emulators.books.volume import LAST_DAY
from emulators.exact.change_rows import NothingLeftError, Rows, Workplace
from emulators.exact.commits import Write
from emulators.exact.row import Row
from emulators.exact.values import DAY_MS, NULL, day, guid, parsed, text

Made = tuple[str, list[Write]]
_USED: Final = frozenset({"Projects", "EmploymentInternalRates"})
"""What others refer to as soon as it is there, so that it is never deleted."""


class Masters:
    """Edits, creates, deletes and re-stamps master data. Only what changes made is ever deleted, as nothing uses it."""

    def __init__(self, rows: Rows) -> None:
        self._rows, self._dice = rows, rows.dice
        self._made = 0
        self._own: dict[str, set[str]] = {}

    def change(self, name: str, place: Workplace, kind: str) -> Made:
        """(id, writes); NothingLeftError when there is nothing to change."""
        if kind == "create":
            key, writes = self._create(name, place)
            if name not in _USED:
                self._own.setdefault(name, set()).add(key)
            return key, writes
        if kind == "delete":
            own = self._own.get(name, set())
            row = self._rows.one(name, place.code, lambda row: row.id in own)
            own.discard(row.id)
            return row.id, self._rows.removed(name, [row])
        row = self._rows.one(name, place.code)
        if kind == "restamp":
            return row.id, self._rows.restamped(name, [row])
        return row.id, self._edit(name, place, row)

    def _create(self, name: str, place: Workplace) -> Made:
        self._made += 1
        if name == "Accounts":
            return self._client(place)
        if name == "Items":
            old = self._dice.choice(place.operations.items)
            item = replace(old, id=next_guid(self._dice), code=f"N-{self._made:04d}", description=f"Nieuw {self._made}")
            return item.id, self._rows.written(place.code, [place.ops_render.entities.item(item, self._rows.now())])
        if name == "ProjectWBS":
            return self._part(place)
        return self._project(place) if name == "Projects" else self._rate(place)

    def _client(self, place: Workplace) -> Made:
        key = next_guid(self._dice)
        client = Party(key, f"{3000 + self._made:>18}", f"Nieuwe klant {self._made} B.V.", CLIENT, weight=0.0)
        return key, self._rows.written(place.code, [place.ops_render.entities.party(client, None, self._rows.now())])

    def _project(self, place: Workplace) -> Made:
        """A project with its breakdown and its terms."""
        if not place.operations.projects:
            raise NothingLeftError("the company has no projects")
        project, render = place.operations.new_project(self._dice), place.ops_render.projects
        parts = map(render.part, project.wbs)
        records = [render.project(project), *parts, *map(render.term, terms(place.operations.firm, project))]
        return project.id, self._rows.written(place.code, records)

    def _part(self, place: Workplace) -> Made:
        """An activity that nobody has written on."""
        projects = [one for one in place.operations.projects if not one.internal]
        if not projects:
            raise NothingLeftError("there is no project")
        project = self._dice.choice(projects)
        part = Wbs(next_guid(self._dice), project, ACTIVITY, f"Extra {self._made}", 100 + self._made, None, None)
        return part.id, self._rows.written(place.code, [place.ops_render.projects.part(part)])

    def _rate(self, place: Workplace) -> Made:
        """A rate from the group's present on, or planned for later; the one before ends on the day before."""
        name = "EmploymentInternalRates"
        old = self._rows.one(name, place.code, lambda row: self._rows.value(name, row, "EndDate") == NULL)
        begun = date.fromordinal(719_163 + int(self._rows.value(name, old, "StartDate")[7:-3]) // DAY_MS)
        start = max(LAST_DAY, begun + timedelta(days=7))
        employee = next(
            one for one in place.operations.employees if guid(one.id) == self._rows.value(name, old, "Employee")
        )
        level = round(float(self._rows.value(name, old, "InternalRate")) * 1_030_000)
        rate = Rate(next_guid(self._dice), start, None, level, level * 115 // 100)
        ended = self._rows.edited(name, [old], {"EndDate": day(start - timedelta(days=1))})
        return rate.id, ended + self._rows.written(place.code, [place.ops_render.staff.rate(employee, rate)])

    def _edit(self, name: str, place: Workplace, row: Row) -> list[Write]:
        number = self._dice.randint(1, 99_999)
        if name == "Accounts":
            return self._edit_client(place, row, number)
        if name == "Projects":
            return self._edit_project(place, row, number)
        if name == "ProjectWBS":
            return self._edit_part(place, row, number)
        if name == "Items":
            found = {"Description": text(f"Artikel hernoemd {number}")}
            if self._dice.random() < 0.4:
                found = {"StandardSalesPrice": f"{number / 1000:.6f}".rstrip("0").rstrip(".")}
            return self._rows.edited(name, [row], found)
        if name == "Employees":
            last = f"van Nieuw-{number}"
            first = parsed(self._rows.value(name, row, "FirstName"))
            return self._rows.edited(name, [row], {"LastName": text(last), "FullName": text(f"{first} {last}")})
        raised = float(self._rows.value(name, row, "InternalRate")) * 1.02
        return self._rows.edited(name, [row], {"InternalRate": f"{raised:.6f}".rstrip("0").rstrip(".")})

    def _edit_client(self, place: Workplace, row: Row, number: int) -> list[Write]:
        """Renamed, blocked or not, or merged into another: blocked, ended, and part of it."""
        choice = self._dice.randrange(4)
        party = next((one for one in place.operations.parties if one.id == row.id), None)
        if choice < 2:
            name = f"Hernoemd {number} B.V. ✏️"
            if party is not None:
                rename(party, name)
            return self._rows.edited("Accounts", [row], {"Name": text(name), "SearchCode": text(name[:20].upper())})
        if choice == 2 or party is None or party.kind != CLIENT:
            blocked = self._rows.value("Accounts", row, "Blocked") == "true"
            return self._rows.edited("Accounts", [row], {"Blocked": "false" if blocked else "true"})
        into = self._dice.choice([one for one in place.operations.relations.clients if one.id != row.id] or [party])
        found = {"Blocked": "true", "EndDate": day(LAST_DAY), "Parent": guid(into.id)}
        return self._rows.edited("Accounts", [row], found | {"Remarks": text(f"Samengevoegd met {into.code.strip()}")})

    def _edit_project(self, place: Workplace, row: Row, number: int) -> list[Write]:
        """Moved to another client, renamed, or blocked for entry or not."""
        project = next((one for one in place.operations.projects if one.id == row.id), None)
        choice = self._dice.randrange(3)
        if choice == 0 and project is not None and not project.internal:
            others = [one for one in place.operations.relations.clients if one.id != project.client.id]
            others = [one for one in others if not one.blocked and one.currency == project.client.currency]
            if others:
                project.moved_from, project.client = project.client, self._dice.choice(others)
                found = {"Account": guid(project.client.id), "AccountCode": text(project.client.code)}
                return self._rows.edited("Projects", [row], found | {"AccountName": text(project.client.name)})
        if choice == 1:
            return self._rows.edited("Projects", [row], {"Description": text(f"Project hernoemd {number}")})
        blocked = self._rows.value("Projects", row, "BlockEntry") == "true"
        if project is not None:
            project.blocked = not blocked
        return self._rows.edited("Projects", [row], {"BlockEntry": "false" if blocked else "true"})

    def _edit_part(self, place: Workplace, row: Row, number: int) -> list[Write]:
        """Another way of billing where no hours are billed by the hour, else a description or a budget."""
        part = next((one for project in place.operations.projects for one in project.wbs if one.id == row.id), None)
        if part is not None and part.kind == ACTIVITY and part.effective != TIME_AND_MATERIAL:
            part.method = self._dice.choice([one for one in (2, 4, 5, None) if one != part.method])
            if part.effective != TIME_AND_MATERIAL:
                method = NULL if part.method is None else str(part.method)
                return self._rows.edited("ProjectWBS", [row], {"InvoiceMethod": method})
            part.method = 4
            return self._rows.edited("ProjectWBS", [row], {"InvoiceMethod": "4"})
        if self._dice.random() < 0.5:
            return self._rows.edited("ProjectWBS", [row], {"Description": text(f"Onderdeel {number}")})
        return self._rows.edited("ProjectWBS", [row], {"BudgetedHours": str(number % 900), "Hours": str(number % 900)})
