"""A dataset's tables as Power BI is told them, and which changes of them keep the rows. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

TECHNICAL: Final = ("_row", "_batch", "_ord", "_sign")
"""Hidden Int64 columns of every table that has rows; delivery keeps its books by them."""


class Column(Protocol):
    """A column of the configuration."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def hidden(self) -> bool: ...
    @property
    def format(self) -> str | None: ...
    @property
    def sort_by(self) -> str | None: ...
    @property
    def data_category(self) -> str | None: ...


class Measure(Protocol):
    """A measure of the configuration."""

    @property
    def name(self) -> str: ...
    @property
    def expression(self) -> str: ...
    @property
    def format(self) -> str | None: ...
    @property
    def hidden(self) -> bool: ...


class Table(Protocol):
    """A table of the configuration; a `measures` table has no rows."""

    @property
    def name(self) -> str: ...
    @property
    def mode(self) -> str: ...
    @property
    def columns(self) -> Sequence[Column]: ...
    @property
    def measures(self) -> Sequence[Measure]: ...
    @property
    def hidden(self) -> bool: ...


class Relationship(Protocol):
    """Many to one."""

    @property
    def name(self) -> str: ...
    @property
    def from_table(self) -> str: ...
    @property
    def from_column(self) -> str: ...
    @property
    def to_table(self) -> str: ...
    @property
    def to_column(self) -> str: ...


class Dataset(Protocol):
    """A dataset of the configuration."""

    @property
    def name(self) -> str: ...
    @property
    def tables(self) -> Sequence[Table]: ...
    @property
    def relationships(self) -> Sequence[Relationship]: ...


def create_request(dataset: Dataset) -> dict[str, Any]:
    """The CreateDatasetRequest with all tables at once: none can be added later.

    https://learn.microsoft.com/rest/api/power-bi/push-datasets/datasets-post-dataset-in-group
    """
    return {
        "name": dataset.name,
        "defaultMode": "Push",
        "tables": [table_request(table) for table in dataset.tables],
        "relationships": [
            {
                "name": link.name,
                "fromTable": link.from_table,
                "fromColumn": link.from_column,
                "toTable": link.to_table,
                "toColumn": link.to_column,
                "crossFilteringBehavior": "OneDirection",
            }
            for link in dataset.relationships
        ],
    }


def table_request(table: Table) -> dict[str, Any]:
    """A table as it is created, and as it is PUT."""
    technical = TECHNICAL if table.mode != "measures" else ()
    columns = [_column(column) for column in table.columns]
    columns += [{"name": name, "dataType": "Int64", "isHidden": True, "summarizeBy": "none"} for name in technical]
    request: dict[str, Any] = {"name": table.name, "columns": columns}
    if table.measures:
        request["measures"] = [_measure(measure) for measure in table.measures]
    if table.hidden:
        request["isHidden"] = True
    return request


def _column(column: Column) -> dict[str, Any]:
    told: dict[str, Any] = {"name": column.name, "dataType": column.type, "summarizeBy": "none"}
    optional = {
        "formatString": column.format,
        "sortByColumn": column.sort_by,
        "dataCategory": column.data_category,
        "isHidden": column.hidden or None,
    }
    return told | {name: value for name, value in optional.items() if value is not None}


def _measure(measure: Measure) -> dict[str, Any]:
    told: dict[str, Any] = {"name": measure.name, "expression": measure.expression}
    optional = {"formatString": measure.format, "isHidden": measure.hidden or None}
    return told | {name: value for name, value in optional.items() if value is not None}


class Change(NamedTuple):
    """What it takes to make a dataset as it should be: tables to PUT, and what can't be done without losing rows."""

    puts: list[dict[str, Any]]
    refused: list[str]


def change(sent: Mapping[str, Any], wanted: Mapping[str, Any]) -> Change:
    """Compare two CreateDatasetRequests. Columns and measures may be added and described otherwise; no more.

    What becomes of rows when a column is removed or gets another type is not documented, so it counts as destructive.
    https://learn.microsoft.com/rest/api/power-bi/push-datasets/datasets-put-table-in-group
    """
    before = {table["name"]: table for table in sent["tables"]}
    after = {table["name"]: table for table in wanted["tables"]}
    refused = [f"table {name!r} can't be added to a dataset" for name in after.keys() - before.keys()]
    refused += [f"table {name!r} can't be removed from a dataset" for name in before.keys() - after.keys()]
    if sent["relationships"] != wanted["relationships"]:
        refused.append("relationships are fixed when a dataset is created")
    puts = []
    for name in before.keys() & after.keys():
        refused += _lost(name, before[name], after[name])
        if before[name] != after[name]:
            puts.append(after[name])
    return Change(sorted(puts, key=lambda table: str(table["name"])), sorted(refused))


def _lost(table: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    types = {column["name"]: column["dataType"] for column in after["columns"]}
    lost = []
    for column in before["columns"]:
        name = column["name"]
        if name not in types:
            lost.append(f"column {name!r} of {table!r} can't be removed")
        elif types[name] != column["dataType"]:
            lost.append(f"column {name!r} of {table!r} can't change its type")
    return lost
