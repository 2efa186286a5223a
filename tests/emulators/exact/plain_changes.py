"""People at work on what stands around the ledger: names, rates, budgets, classifications, periods opened and closed.

A new record is a copy of another under an id and a code of its own; only such copies are ever deleted, since nothing
refers to them.
"""

from __future__ import annotations

from typing import Final

from emulators.books.ids import next_guid
from emulators.exact import values as json_text
from emulators.exact.change_rows import Rows
from emulators.exact.commits import Write
from emulators.exact.division import Division
from emulators.exact.entities import Entity
from emulators.exact.row import Row

_ALL: Final = ("edit", "delete", "create", "restamp")
_SEEN: Final = ("edit", "restamp")
KINDS: Final = {
    "Costunits": _ALL, "Journals": _SEEN, "VATCodes": _SEEN, "GLClassifications": _ALL, "GLSchemes": _SEEN,
    "GLAccountClassificationMappings": _SEEN, "ExchangeRates": _SEEN, "Budgets": _SEEN, "BudgetScenarios": _SEEN,
    "FinancialPeriods": ("restamp",), "JournalStatusList": _SEEN,
}  # fmt: skip
"""What can be changed in which way; records derived from others change with those."""
_NEW: Final = "NW"


class PlainChanges:
    """Makes changes of such records of one site's companies."""

    def __init__(self, rows: Rows) -> None:
        self._rows, self._made = rows, 0

    def change(self, entity: Entity, place: Division, kind: str) -> tuple[str, list[Write], str]:
        """(id, writes, no type); NothingLeftError when there is nothing to change."""
        self._rows.begin()
        name = entity.name
        if kind == "delete":
            row = self._rows.one(name, place.code, lambda one: _NEW in one.values[entity.at("Code")])
            return row.id, self._rows.removed(name, [row]), ""
        row = self._rows.one(name, place.code)
        if kind == "create":
            return self._copied(entity, row)
        if kind == "restamp":
            return row.id, self._rows.restamped(name, [row]), ""
        return row.id, self._rows.edited(name, [row], self._edit(entity, place, row)), ""

    def _copied(self, entity: Entity, row: Row) -> tuple[str, list[Write], str]:
        self._made += 1
        key, values = next_guid(self._rows.dice), row.values.copy()
        code = json_text.text(f"{_NEW}{self._made:04d}")
        texts = {"ID": json_text.guid(key), "Code": code, "Created": json_text.moment(self._rows.now())}
        for field, text in texts.items():
            values[entity.at(field)] = text
        return key, self._rows.edited(entity.name, [Row(0, row.division, key, row.parent, 0, values)], {}), ""

    def _edit(self, entity: Entity, place: Division, row: Row) -> dict[str, str]:
        """What such a record's owner would change."""
        dice, name = self._rows.dice, entity.name
        if name == "JournalStatusList":
            status, shown = ("0", "Open") if row.values[entity.at("Status")] == "1" else ("1", "Closed")
            return {"Status": status, "StatusDescription": json_text.text(shown)}
        if name == "ExchangeRates":
            return {"Rate": f"{dice.randint(8_000, 12_000) / 10_000:g}"}
        if name == "Budgets":
            return {"AmountDC": str(dice.randint(-50_000, 50_000))}
        if name == "GLAccountClassificationMappings":
            other = self._rows.one(name, place.code)
            fields = ("Classification", "ClassificationCode", "ClassificationDescription")
            return {field: other.values[entity.at(field)] for field in fields}
        return {"Description": json_text.text(f"Hernoemd {dice.randint(1, 99_999)}")}
