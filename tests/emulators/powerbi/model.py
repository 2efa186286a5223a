"""The schema of a push model: the documents of the REST API, and the rules that they obey."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final, TypeVar

import msgspec

from emulators.powerbi.rules import Refused, Rulebook, detailed, error
from emulators.powerbi.settings import COLUMNS, RELATIONSHIPS, TABLES
from emulators.powerbi.values import TYPES

_TABLE_NAME: Final = re.compile(r"[\t\n\r #\-0-9@A-Z^_a-z~\u0080-\U0010ffff]{1,100}")
_COLUMN_NAME: Final = re.compile(r"[^\x00-\x1f\x7f]{1,100}")
_SUMMARIES: Final = frozenset(["default", "none", "sum", "min", "max", "count", "average", "distinctcount"])
_NAMESPACE: Final = "Microsoft.PowerBI.ServiceContracts.Api"


class _Document(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, rename="camel"):
    """Unknown properties are refused by the service."""


_Decoded = TypeVar("_Decoded", bound=_Document)


class Column(_Document):
    name: str
    data_type: str
    format_string: str | None = None
    sort_by_column: str | None = None
    data_category: str | None = None
    is_hidden: bool = False
    summarize_by: str | None = None

    @property
    def kind(self) -> str:
        """The data type in one spelling."""
        return TYPES[self.data_type.lower()]


class Measure(_Document):
    name: str
    expression: str
    format_string: str | None = None
    description: str | None = None
    is_hidden: bool = False


class Table(_Document):
    name: str
    columns: list[Column]
    measures: list[Measure] = []
    rows: list[Any] = []
    is_hidden: bool = False
    description: str | None = None
    source: list[Any] = []


class Relationship(_Document):
    name: str
    from_table: str
    from_column: str
    to_table: str
    to_column: str
    cross_filtering_behavior: str = "OneDirection"


class Dataset(_Document):
    name: str
    tables: list[Table]
    relationships: list[Relationship] = []
    datasources: list[Any] = []
    default_mode: str = "Push"


def parse_dataset(rules: Rulebook, body: bytes) -> Dataset:
    """The body of POST datasets, checked; Refused says which rule it breaks."""
    dataset = _decode(rules, body, Dataset, "dataset")
    _check(rules, "schema.mode", dataset.default_mode in ("Push", "AsAzure"), "only push models are created here")
    _check(rules, "schema.tables", 1 <= len(dataset.tables) <= TABLES, f"A dataset has 1 to {TABLES} tables")
    _unique(rules, "table", (table.name for table in dataset.tables))
    for table in dataset.tables:
        check_table(rules, table)
    _check(rules, "schema.relationships", len(dataset.relationships) <= RELATIONSHIPS, "Too many relationships")
    _relationships(rules, dataset)
    return dataset


def parse_table(rules: Rulebook, body: bytes) -> Table:
    """The body of PUT table, checked."""
    table = _decode(rules, body, Table, "table")
    check_table(rules, table)
    return table


def check_table(rules: Rulebook, table: Table) -> None:
    """The rules of one table: names, types, counts."""
    _check(rules, "schema.name", _TABLE_NAME.fullmatch(table.name), f"Invalid table name '{table.name}'")
    _check(rules, "schema.columns", 1 <= len(table.columns) <= COLUMNS, f"A table has 1 to {COLUMNS} columns")
    named = [*(column.name for column in table.columns), *(measure.name for measure in table.measures)]
    _unique(rules, f"column of '{table.name}'", named)
    for name in named:
        _check(rules, "schema.name", _COLUMN_NAME.fullmatch(name), f"Invalid name '{name}'")
    columns = {column.name for column in table.columns}
    for column in table.columns:
        _check(rules, "schema.type", column.data_type.lower() in TYPES, f"Invalid data type '{column.data_type}'")
        summary = (column.summarize_by or "default").lower()
        _check(rules, "schema.summarize", summary in _SUMMARIES, f"Invalid summarizeBy '{column.summarize_by}'")
        sort = column.sort_by_column
        _check(rules, "schema.sort", sort is None or sort in columns, f"No column '{sort}' to sort '{column.name}' by")


def check_change(rules: Rulebook, old: Table, new: Table) -> bool:
    """Whether `new` keeps every column and type of `old`; Refused if it does not and the rule is on."""
    kinds = {column.name: column.kind for column in new.columns}
    kept = all(kinds.get(column.name) == column.kind for column in old.columns)
    message = f"The change of table '{old.name}' would drop a column or change its data type"
    _check(rules, "schema.destructive", kept, message)
    return kept


def _relationships(rules: Rulebook, dataset: Dataset) -> None:
    kinds = {(table.name, column.name): column.kind for table in dataset.tables for column in table.columns}
    pairs = set()
    for one in dataset.relationships:
        ends = (one.from_table, one.from_column), (one.to_table, one.to_column)
        known = all(end in kinds for end in ends) and kinds[ends[0]] == kinds[ends[1]]
        _check(rules, "schema.relationship", known, f"Relationship '{one.name}' does not join two columns of one type")
        pair = frozenset([one.from_table, one.to_table])
        single = len(pair) == 2 and pair not in pairs
        _check(rules, "schema.relationship", single, f"Relationship '{one.name}' joins tables that are joined already")
        pairs.add(pair)


def _decode(rules: Rulebook, body: bytes, kind: type[_Decoded], target: str) -> _Decoded:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as wrong:
        unknown = re.search(r"unknown field `(.+?)`", str(wrong))
        if unknown is None:
            raise Refused("schema.json", 400, detailed(str(wrong), target)) from wrong
        message = f"The property '{unknown[1]}' does not exist on type '{_NAMESPACE}.{kind.__name__}'."
        raise Refused("schema.unknown", 400, detailed(message, target)) from wrong
    except msgspec.DecodeError as wrong:
        raise Refused("schema.json", 400, detailed(str(wrong), target)) from wrong


def _unique(rules: Rulebook, what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        _check(rules, "schema.unique", name.casefold() not in seen, f"'{name}' is the name of more than one {what}")
        seen.add(name.casefold())


def _check(rules: Rulebook, rule: str, holds: object, message: str) -> None:
    if rules.broken(rule, not holds):
        raise Refused(rule, 400, error("InvalidRequest", message))
