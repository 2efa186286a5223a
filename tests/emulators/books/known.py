"""A company's master data by id, for those who read its records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from emulators.books.catalogue import Item
from emulators.books.projects import Project, Wbs
from emulators.books.staff import Employee


class Known:
    """Looks up people, items, projects and parts of projects by id; KeyError for employees and items that there
    are not, None for projects and parts."""

    def __init__(self, employees: Iterable[Employee], items: Iterable[Item], projects: Sequence[Project]) -> None:
        self._employees = {one.id: one for one in employees}
        self._items = {one.id: one for one in items}
        self._projects = {one.id: one for one in projects}
        self._parts = {part.id: part for one in projects for part in one.wbs}

    def add(self, project: Project) -> None:
        """Know a new project and its parts as well."""
        self._projects[project.id] = project
        self._parts |= {part.id: part for part in project.wbs}

    def employee(self, key: str) -> Employee:
        return self._employees[key]

    def item(self, key: str) -> Item:
        return self._items[key]

    def project(self, key: str) -> Project | None:
        return self._projects.get(key)

    def part(self, key: str) -> Wbs | None:
        return self._parts.get(key)
