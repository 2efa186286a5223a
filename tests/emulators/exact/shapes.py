"""How operational records are put together: named JSON texts into one entity's values, with what every record has."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Final

from emulators.books.firm import Firm
from emulators.books.ids import guid_of
from emulators.exact.entities import ENTITIES
from emulators.exact.values import NULL, guid, moment, text

Texts = Mapping[str, str]
Rendered = tuple[str, str, str | None, list[str]]
"""(entity, id, parent's id, values in the entity's order)."""
TRUE, FALSE, ZERO = "true", "false", "0"
MASTERS_CREATED: Final = int(datetime(2023, 12, 1, 9, 30, tzinfo=UTC).timestamp() * 1000)
"""Dutch wall time at which master data was entered."""
_USER_NAME: Final = 'Jan "de projectleider" Jansen'


class Author:
    """Who enters things in a company, as a user."""

    def __init__(self, firm: Firm) -> None:
        self.guid, self.name = guid(guid_of(firm.seed, "user", f"planner {firm.key}")), text(_USER_NAME)

    def stamp(self, created: int, modified: int | None = None) -> dict[str, str]:
        """When a record was entered and last changed, in milliseconds of Dutch wall time."""
        return {"Created": moment(created), "Modified": moment(created if modified is None else modified)}


class Shape:
    """Fills one entity's values. `fixed` holds on every record; fields that are never named are null. KeyError for a
    field that the entity doesn't have."""

    def __init__(self, name: str, firm: Firm, fixed: Texts | None = None) -> None:
        self.entity = ENTITIES[name]
        self._blank, self._at = [NULL] * len(self.entity.fields), {f: n for n, f in enumerate(self.entity.fields)}
        author = Author(firm)
        who = {"Creator": author.guid, "CreatorFullName": author.name, "Modifier": author.guid}
        whose = who | {"ModifierFullName": author.name, "Division": str(firm.division)}
        for field, value in {key: value for key, value in whose.items() if key in self._at}.items():
            self._blank[self._at[field]] = value
        self._fill(self._blank, fixed or {})

    def _fill(self, values: list[str], found: Texts) -> None:
        at = self._at
        for field, value in found.items():
            values[at[field]] = value

    def base(self, *found: Texts) -> list[str]:
        """Values that several records share."""
        values = self._blank.copy()
        for one in found:
            self._fill(values, one)
        return values

    def of(self, key: str, parent: str | None, found: Texts, base: list[str] | None = None) -> Rendered:
        """A record: what it shares (`base`), and what is its own."""
        values = (base or self._blank).copy()
        at = self._at
        for field, value in found.items():
            values[at[field]] = value
        return self.entity.name, key, parent, values


def clock_time(day: date, minutes: int | None) -> str:
    """A time of the day, as a DateTime of that day."""
    if minutes is None:
        return NULL
    return moment(((day.toordinal() - 719_163) * 1440 + minutes) * 60_000)
