"""What lies in a workspace: datasets, their tables with rows, how much of each limit is used, and reports."""

from __future__ import annotations

from dataclasses import dataclass, field

from emulators.clock import Clock
from emulators.powerbi import settings
from emulators.powerbi.limits import InFlight, Window
from emulators.powerbi.model import Dataset as Schema
from emulators.powerbi.model import Relationship
from emulators.powerbi.model import Table as TableSchema
from emulators.powerbi.rules import Refused, Rulebook, error
from emulators.powerbi.store import Batch, Segment

_KEPT_SEGMENTS = 2


class Table:
    """A table's schema, its rows, and the rows before the last DELETE (a stale replica may still show them).

    `sequence` has the last sequence number of each caller.
    """

    def __init__(self, schema: TableSchema, keys: set[str], fifo: bool = False, trims: bool = True) -> None:
        self.schema = schema
        self.fifo = fifo
        self.trims = trims
        self.keys = keys
        self.segments = [Segment.of(schema.columns, keys, trims)]
        self.sequence: dict[str, int] = {}

    @property
    def rows(self) -> Segment:
        return self.segments[-1]

    def clear(self, at: float) -> None:
        """Let a DELETE land."""
        self.rows.ended_at = at
        self.segments.append(Segment.of(self.schema.columns, self.keys, self.trims))
        del self.segments[:-_KEPT_SEGMENTS]

    def land(self, batch: Batch, at: float) -> None:
        """Let a POST land. Columns added since it was checked are blank in it."""
        self.rows.append(batch, at)

    def state(self, at: float) -> tuple[Segment, range]:
        """The segment that was there at a time, and which of its rows were there."""
        there = next(one for one in self.segments if one.ended_at is None or one.ended_at > at)
        return there, self.shown(there.size_at(at))

    def shown(self, size: int) -> range:
        """Which of so many rows are kept: under basicFIFO the newest 200,000."""
        return range(max(0, size - settings.ROWS_STORED_FIFO) if self.fifo else 0, size)

    def change(self, schema: TableSchema, clears: bool, at: float) -> None:
        """Take a new schema: columns that are new or have another type are blank in existing rows, if those stay."""
        old = {column.name: column.kind for column in self.schema.columns}
        self.schema = schema
        if clears:
            self.clear(at)
            return
        for column in schema.columns:
            if old.get(column.name) != column.kind:
                self.rows.add_column(column)


@dataclass
class Dataset:
    """A push model in a workspace."""

    id: str
    name: str
    workspace: str
    retention: str
    schema: Schema
    tables: dict[str, Table]
    minute: Window
    hour: Window
    rows: Window
    second: Window
    pending: InFlight
    refreshable: bool = False
    created_at: float = 0.0
    owner: str = ""
    refreshes: list[Refresh] = field(default_factory=list)
    relationships: list[Relationship] = field(default_factory=list)

    def big(self) -> bool:
        """Whether a table has so many rows that the limit of requests is per hour."""
        return any(len(table.shown(table.rows.size)) >= settings.BIG_TABLE_ROWS for table in self.tables.values())


@dataclass
class Refresh:
    """A refresh of an import model, in the emulator's seconds; `outcome` is what it comes to."""

    id: str
    started_at: float
    ends_at: float
    outcome: str
    enhanced: bool
    cancelled: bool = False

    def status(self, now: float) -> str:
        """Unknown is the service's word for what is under way."""
        if self.cancelled:
            return "Cancelled"
        return self.outcome if now >= self.ends_at else "Unknown"


@dataclass
class Report:
    """A report in a workspace, and the dataset that it shows."""

    id: str
    name: str
    workspace: str
    dataset: str
    kind: str = "PowerBIReport"


def make_dataset(
    identity: str, workspace: str, schema: Schema, retention: str, rules: Rulebook, clock: Clock
) -> Dataset:
    """An empty dataset with its limits."""
    hour = clock.window(settings.HOUR_S)
    fifo = rules.broken("rows.fifo", retention == "basicFIFO")
    trims = rules.broken("rows.trim", True)
    tables = {table.name: Table(table, _keys(schema, table.name), fifo, trims) for table in schema.tables}
    return Dataset(
        id=identity,
        workspace=workspace,
        created_at=clock.now(),
        name=schema.name,
        retention=retention,
        schema=schema,
        tables=tables,
        minute=Window("rows.minute", clock.window(settings.MINUTE_S), settings.POSTS_PER_WINDOW),
        hour=Window("rows.hour", hour, settings.POSTS_PER_WINDOW),
        rows=Window("rows.hourly", hour, settings.ROWS_PER_HOUR),
        second=Window("rows.second", clock.window(1), 1),
        pending=InFlight(settings.PENDING_POSTS),
        relationships=schema.relationships,
    )


def find_table(rules: Rulebook, dataset: Dataset, name: str) -> Table:
    """The table of that exact name."""
    table = dataset.tables.get(name)
    if table is None:
        message = f"Table '<pi>{name}</pi>' not found in dataset '{dataset.id}'"
        raise Refused("table.found", 404, error("ItemNotFound", message))
    return table


def _keys(schema: Schema, table: str) -> set[str]:
    return {one.to_column for one in schema.relationships if one.to_table == table}
