"""Items: what is sold and bought, and the types of hours and costs. Cost prices are not mapped."""

from __future__ import annotations

from oracle.books import Books
from oracle.tables import Columns, Row, mapped
from oracle.values import NONE, label, reference, text, trimmed

COLUMNS: Columns = {
    "Item Key": lambda _, item: reference(item["ID"]),
    "Company Key": Books.company,
    "Code": lambda _, item: trimmed(item["Code"]),
    "Description": lambda _, item: text(item["Description"]),
    "Item": lambda _, item: text(label(item["Code"], item["Description"])),
    "Item Group": lambda _, item: text(label(item["ItemGroupCode"], item["ItemGroupDescription"])) or None,
    "Is Hour Type": lambda _, item: bool(item["IsTime"]),
    "Is Sales Item": lambda _, item: bool(item["IsSalesItem"]),
    "Unit": lambda _, item: trimmed(item["Unit"]),
    "Unit Type": lambda _, item: trimmed(item["UnitType"]),
}
NOTHING: Row = (NONE, NONE, NONE, "(no item)", "(no item)", None, False, False, None, None)
TABLE = mapped("Items", "Items", COLUMNS, static=(NOTHING,))
