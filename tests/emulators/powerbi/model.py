"""The documents of the REST API that describe a push model: dataset, table, column, measure, relationship."""

from __future__ import annotations

from typing import Any

import msgspec

from emulators.powerbi.values import TYPES


class Document(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, rename="camel"):
    """Unknown properties are refused by the service."""


class Column(Document):
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

    @property
    def plain(self) -> bool:
        """Whether it has no more than a name and a type."""
        return self == Column(self.name, self.data_type)


class Measure(Document):
    name: str
    expression: str
    format_string: str | None = None
    description: str | None = None
    is_hidden: bool = False


class Table(Document):
    name: str
    columns: list[Column]
    measures: list[Measure] = []
    rows: list[Any] = []
    is_hidden: bool = False
    description: str | None = None
    source: list[Any] = []


class Relationship(Document):
    name: str
    from_table: str
    from_column: str
    to_table: str
    to_column: str
    cross_filtering_behavior: str = "OneDirection"


class Dataset(Document):
    name: str
    tables: list[Table]
    relationships: list[Relationship] = []
    datasources: list[Any] = []
    default_mode: str = "Push"
