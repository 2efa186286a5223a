"""The finance star schema as far as its measures read it: tables, relationships, measures; rows made into a model."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from emulators.powerbi.dax.views import Link, Model
from fakes.dax_model import table_view

Rows = Sequence[Mapping[str, Any]]
_KINDS: Final = {"s": "String", "i": "Int64", "d": "Decimal", "t": "DateTime", "f": "Double"}
_FACT: Final = "_row i, _batch i, _ord i, _sign i"
_SCHEMA: Final = f"""
GL Lines: Company Key s, Date t, Period Key s, GL Account Key s, Cost Center Key s, Cost Unit Key s, Relation Key s, \
Project Key s, Item Key s, Journal Key s, Transaction Type No i, Entry Key s, Entry Number i, Line Number i, Status s, \
Status No i, Side Code s, Amount Band s, Entered On t, _Amount d, _Quantity d, {_FACT}
Open Items: Company Key s, Invoice Date t, Due Date t, Relation Key s, GL Account Key s, Line Type i, Settled On t, \
_Amount d, {_FACT}
Budget Lines: Company Key s, Period Key s, GL Account Key s, Cost Center Key s, Cost Unit Key s, Scenario s, _Amount d
Ledger Proof: Company Key s, Period Key s, Difference d
Sales Invoices: Company Key s, Invoice Key s, Invoice Date t, Due Date t, Period Key s, Relation Key s, Type No i, \
Status No i, _Net Amount d, {_FACT}
Sales Invoice Lines: Company Key s, Invoice Key s, Invoice Date t, Period Key s, Relation Key s, Item Key s, \
GL Account Key s, Cost Center Key s, Cost Unit Key s, Project Key s, WBS Key s, Employee Key s, Status No i, \
Line Kind No i, _Net Amount d, {_FACT}
Purchase Order Lines: Company Key s, Order Date t, Receipt Date t, Relation Key s, Item Key s, Cost Center Key s, \
Cost Unit Key s, Project Key s, Order Status No i, _Net Amount d, _Open Amount d, {_FACT}
Purchase Invoice Lines: Company Key s, Invoice Date t, Period Key s, Relation Key s, Item Key s, Cost Center Key s, \
Cost Unit Key s, Project Key s, _Net Amount d, {_FACT}
Time and Cost Entries: Company Key s, Date t, Period Key s, Project Key s, WBS Key s, Relation Key s, Employee Key s, \
Item Key s, Type No i, Hour Status No i, Billable No i, Currency s, _Hours d, _Sales Value d, {_FACT}
Project Time Cost: Company Key s, Period Key s, Project Key s, Relation Key s, Hour Status No i, _Cost d, {_FACT}
Companies: Company Key s, Company s, Currency s
Calendar: Date t, Year Month s, Month Index i
Due Calendar: Due Date t, Due Month s
Fiscal Periods: Period Key s, Company Key s, Fiscal Year i, Period i, Start Date t, End Date t, Month Index i
GL Accounts: GL Account Key s, Company Key s, Code s, Account Type No i, Balance Type s, Section No i
Cost Centers: Cost Center Key s, Cost Center s
Cost Units: Cost Unit Key s, Cost Unit s
Journals: Journal Key s, Journal s
Transaction Types: Transaction Type No i, Transaction Type s, Entry Class No i
Relations: Relation Key s, Relation s, Group Client s
Items: Item Key s, Item s
Projects: Project Key s, Project s, Is Project No i, Budgeted Hours d
Project WBS: WBS Key s, WBS s
Employees: Employee Key s, Employee s
Ageing Buckets: Bucket s, Order i, From Days i, To Days i
Data Status: Company Key s, Complete Through t, Business Date t
Model State: State No i
_Data: _ i
_Finance: _ i
_Sales: _ i
_Purchasing: _ i
_Projects: _ i
"""
_KEYS: Final = {
    "Company Key": "Companies", "Period Key": "Fiscal Periods", "GL Account Key": "GL Accounts",
    "Cost Center Key": "Cost Centers", "Cost Unit Key": "Cost Units", "Relation Key": "Relations",
    "Project Key": "Projects", "Item Key": "Items", "Journal Key": "Journals", "WBS Key": "Project WBS",
    "Transaction Type No": "Transaction Types", "Employee Key": "Employees",
}  # fmt: skip
_DATES: Final = {
    "GL Lines": {"Date": "Calendar"},
    "Open Items": {"Invoice Date": "Calendar", "Due Date": "Due Calendar"},
    "Sales Invoices": {"Invoice Date": "Calendar", "Due Date": "Due Calendar"},
    "Sales Invoice Lines": {"Invoice Date": "Calendar"},
    "Purchase Order Lines": {"Order Date": "Calendar", "Receipt Date": "Due Calendar"},
    "Purchase Invoice Lines": {"Invoice Date": "Calendar"},
    "Time and Cost Entries": {"Date": "Calendar"},
}
_DATE_KEYS: Final = {"Calendar": "Date", "Due Calendar": "Due Date"}
FACTS: Final = ("GL Lines", "Open Items", "Budget Lines", "Ledger Proof", "Sales Invoices", "Sales Invoice Lines",
                "Purchase Order Lines", "Purchase Invoice Lines", "Time and Cost Entries", "Project Time Cost",
                "Data Status")  # fmt: skip
_MEASURES: Final = Path(__file__).parent.parent / "unit/emulators/measures"


def columns() -> dict[str, dict[str, str]]:
    """Each table's columns with their types."""
    found: dict[str, dict[str, str]] = {}
    for line in _SCHEMA.strip().splitlines():
        table, _, rest = line.partition(": ")
        found[table] = {one[:-2].strip(): _KINDS[one[-1]] for one in rest.split(",")}
    return found


def relationships() -> list[tuple[str, str, str, str]]:
    """From a fact's column to a dimension's key."""
    found = []
    for table in FACTS:
        found += [(table, column, _KEYS[column], column) for column in columns()[table] if column in _KEYS]
        found += [(table, column, one, _DATE_KEYS[one]) for column, one in _DATES.get(table, {}).items()]
    return found


def measures() -> dict[str, dict[str, str]]:
    """The measures of each measure table: name and expression."""
    found = {}
    for file in sorted(_MEASURES.glob("*.dax")):
        parts = re.split(r"^(\S.*?) :=", file.read_text(), flags=re.MULTILINE)[1:]
        found[f"_{file.stem.capitalize()}"] = {
            name: expression.strip() for name, expression in zip(parts[::2], parts[1::2], strict=True)
        }
    return found


def model(rows: Mapping[str, Rows]) -> Model:
    """The model with these rows; tables that are left out are empty."""
    views = {}
    for table, kinds in columns().items():
        given = rows.get(table, ())
        values = {name: (kind, [_posted(row.get(name)) for row in given]) for name, kind in kinds.items()}
        views[table.casefold()] = table_view(table, **values)
    links = [Link(*(part.casefold() for part in one)) for one in relationships()]
    clearing = {end for link in links if "calendar" in link.one
                for end in ((link.many, link.foreign_key), (link.one, link.key))}  # fmt: skip
    known = {name.casefold(): expression for each in measures().values() for name, expression in each.items()}
    return Model(views, known, links, frozenset(clearing))


def _posted(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def document() -> dict[str, Any]:
    """The dataset as the push API takes it."""
    own = measures()
    tables = [
        {
            "name": table,
            "columns": [{"name": name, "dataType": kind} for name, kind in kinds.items()],
            "measures": [{"name": name, "expression": text} for name, text in own.get(table, {}).items()],
        }
        for table, kinds in columns().items()
    ]
    ends = ("fromTable", "fromColumn", "toTable", "toColumn")
    links = [{"name": f"r{at}", **dict(zip(ends, one, strict=True))} for at, one in enumerate(relationships())]
    return {"tables": tables, "relationships": links}
