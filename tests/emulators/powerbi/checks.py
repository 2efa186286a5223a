"""What a model's documents must obey: names, types, counts, and what a later PUT may change."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, TypeVar

from emulators.powerbi.documents import JsonError, read
from emulators.powerbi.model import Dataset, Document, Table
from emulators.powerbi.relationships import check_relationships
from emulators.powerbi.rules import Refused, Rulebook, check, detailed
from emulators.powerbi.settings import COLUMNS, TABLES, Settings
from emulators.powerbi.values import TYPES

_TABLE_NAME: Final = re.compile(r"[\t\n\r #\-0-9@A-Z^_a-z~\u0080-\U0010ffff]{1,100}")
_COLUMN_NAME: Final = re.compile(r"[^\x00-\x1f\x7f]{1,100}")
_DATASET_NAME: Final = re.compile(r"(?!\s*$)[^\x00-\x1f\x7f]+")
_SUMMARIES: Final = frozenset(["default", "none", "sum", "min", "max", "count", "average", "distinctcount"])
_STREAMING: Final = ("Streaming", "PushStreaming")
_PLAIN: Final = "This dataset or endpoint does not support column properties other than name and dataType."
_NAMESPACE: Final = "Microsoft.PowerBI.ServiceContracts.Api"
_Decoded = TypeVar("_Decoded", bound=Document)


def parse_dataset(rules: Rulebook, chosen: Settings, body: bytes) -> Dataset:
    """The body of POST datasets, checked; Refused says which rule it breaks."""
    dataset = _decode(rules, body, Dataset, "dataset")
    mode = dataset.default_mode
    plain = mode not in _STREAMING or all(one.plain for table in dataset.tables for one in table.columns)
    check(rules, "schema.streaming", plain, _PLAIN)
    check(rules, "schema.mode", mode in ("Push", "PushStreaming", "AsAzure"), "only push models are created here")
    check(rules, "schema.push", not dataset.datasources, "A push model has no data sources")
    check(rules, "schema.name", _DATASET_NAME.fullmatch(dataset.name), f"Invalid dataset name '{dataset.name}'")
    check(rules, "schema.tables", 1 <= len(dataset.tables) <= TABLES, f"A dataset has 1 to {TABLES} tables")
    _unique(rules, "table", (table.name for table in dataset.tables))
    for table in dataset.tables:
        _table(rules, chosen, table)
    _whole(rules, chosen, dataset.tables)
    check_relationships(rules, dataset)
    return dataset


def parse_table(rules: Rulebook, chosen: Settings, body: bytes, name: str, tables: list[Table]) -> Table:
    """The body of PUT table `name` of a dataset that has these tables, checked."""
    table = _decode(rules, body, Table, "table")
    check(rules, "schema.json", table.name == name, "A table cannot be renamed")
    _table(rules, chosen, table)
    _whole(rules, chosen, [table if one.name == name else one for one in tables])
    return table


def _whole(rules: Rulebook, chosen: Settings, tables: list[Table]) -> None:
    """The rules of all tables together. A measure's name is its own in the whole model."""
    _unique(rules, "measure", (measure.name for table in tables for measure in table.measures))
    if chosen.columns_per == "dataset":
        total = sum(len(table.columns) for table in tables)
        check(rules, "schema.columns", total <= COLUMNS, f"A dataset has at most {COLUMNS} columns")


def _table(rules: Rulebook, chosen: Settings, table: Table) -> None:
    """The rules of one table: names, types, counts."""
    dated = table.name.casefold() == "date" and chosen.date_table == "refuse"
    check(rules, "schema.date", not dated, "A table cannot be called Date")
    check(rules, "schema.name", _TABLE_NAME.fullmatch(table.name), f"Invalid table name '{table.name}'")
    check(rules, "schema.columns", 1 <= len(table.columns) <= COLUMNS, f"A table has 1 to {COLUMNS} columns")
    check(rules, "schema.push", not table.rows and not table.source, "A push model's schema has no rows or sources")
    for measure in table.measures:
        check(rules, "schema.json", measure.expression.strip(), f"Measure '{measure.name}' has no expression")
    named = [*(column.name for column in table.columns), *(measure.name for measure in table.measures)]
    _unique(rules, f"column of '{table.name}'", named)
    for name in named:
        check(rules, "schema.name", _COLUMN_NAME.fullmatch(name), f"Invalid name '{name}'")
    columns = {column.name for column in table.columns}
    for column in table.columns:
        check(rules, "schema.type", column.data_type.lower() in TYPES, f"Invalid data type '{column.data_type}'")
        summary = (column.summarize_by or "default").lower()
        check(rules, "schema.summarize", summary in _SUMMARIES, f"Invalid summarizeBy '{column.summarize_by}'")
        sort = column.sort_by_column
        sorts = sort is None or (sort in columns and sort != column.name)
        check(rules, "schema.sort", sorts, f"No column '{sort}' to sort '{column.name}' by")


def check_change(rules: Rulebook, old: Table, new: Table) -> bool:
    """Whether `new` keeps every column and type of `old`; Refused if it does not and the rule is on."""
    kept = keeps(old, new)
    message = f"The change of table '{old.name}' would drop a column or change its data type"
    check(rules, "schema.destructive", kept, message)
    return kept


def keeps(old: Table, new: Table) -> bool:
    """Whether `new` has every column of `old` with its type."""
    kinds = {column.name: column.kind for column in new.columns}
    return all(kinds.get(column.name) == column.kind for column in old.columns)


def _decode(rules: Rulebook, body: bytes, kind: type[_Decoded], target: str) -> _Decoded:
    try:
        return read(kind, body)
    except JsonError as wrong:
        unknown = re.search(r"unknown field `(.+?)`", str(wrong))
        if unknown is None:
            raise Refused("schema.json", 400, detailed(str(wrong), target)) from wrong
        message = f"The property '{unknown[1]}' does not exist on type '{_NAMESPACE}.{kind.__name__}'."
        raise Refused("schema.unknown", 400, detailed(message, target)) from wrong


def _unique(rules: Rulebook, what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        check(rules, "schema.unique", name.casefold() not in seen, f"'{name}' is the name of more than one {what}")
        seen.add(name.casefold())
