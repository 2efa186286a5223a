"""How a sink's tables and batches lie in PostgreSQL, and are read from there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple

import asyncpg

from pbi_pusher.batches import Batch, Kind, Mode, Seen, State
from pbi_pusher.clearing import Clearing, Phase

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

TABLES: Final = """
select tbl, mode, epoch, phase, phase_at, deleted_at, raised_at, give_up, next_ord, epoch_ord, census_at, by_batch_at
from sink_table where sink = $1 order by mode desc, tbl"""
# `mode desc` puts reversal before replace: see `Sink.in_order` for the order of work.

BATCH_COLUMNS: Final = (
    "id, epoch, kind, state, row_ids, images, signs, first_ord, counters, extra, missing, resend, attempts, sent_at, "
    "confirmed_at, seen, seen_at"
)
BATCH: Final = f"select {BATCH_COLUMNS} from push_batch where id = $1"  # noqa: S608 - a constant
TO_SEND: Final = f"""
select {BATCH_COLUMNS} from push_batch
where sink = $1 and tbl = $2 and (state = 'planned' or resend) order by id limit 1"""  # noqa: S608 - a constant


class Sink(NamedTuple):
    """Where a dataset's rows go. `name` is the dataset's; `powerbi` its id there, None before it is created."""

    id: int
    dataset: int
    customer: str
    name: str
    powerbi: str | None


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a sink as it stands; times are Unix seconds."""

    sink: int
    dataset: int
    name: str
    mode: Mode
    epoch: int
    clearing: Clearing
    raised_at: float | None
    give_up: str
    next_ord: int
    epoch_ord: int
    census_at: float | None
    by_batch_at: float | None
    additive: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """At most so many rows are in the sink."""
        return self.next_ord - self.epoch_ord

    @property
    def is_clearing(self) -> bool:
        """Whether nothing may be sent to it now."""
        return self.clearing.phase in (Phase.CLEARING, Phase.EMPTY_ONCE)


def moment(seconds: float | None) -> datetime | None:
    """Unix seconds as PostgreSQL takes them."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def seconds(at: datetime | None) -> float | None:
    """The inverse of `moment`."""
    return None if at is None else at.timestamp()


async def read_tables(connection: Connection, sink: Sink) -> list[Table]:
    """All tables of a sink; columns are not known here."""
    return [
        Table(
            sink.id,
            sink.dataset,
            row["tbl"],
            Mode(row["mode"]),
            row["epoch"],
            Clearing(Phase(row["phase"]), row["phase_at"].timestamp(), seconds(row["deleted_at"])),
            seconds(row["raised_at"]),
            row["give_up"] or "",
            row["next_ord"],
            row["epoch_ord"],
            seconds(row["census_at"]),
            seconds(row["by_batch_at"]),
        )
        for row in await connection.fetch(TABLES, sink.id)
    ]


def read_batch(row: asyncpg.Record) -> Batch:
    """A batch from its BATCH_COLUMNS."""
    seen_at = seconds(row["seen_at"])
    return Batch(
        row["id"],
        row["epoch"],
        Kind(row["kind"]),
        State(row["state"]),
        tuple(row["row_ids"]),
        tuple(row["images"]),
        tuple(row["signs"]),
        row["first_ord"],
        row["counters"],
        tuple(row["extra"]),
        tuple(row["missing"]),
        row["resend"],
        row["attempts"],
        seconds(row["sent_at"]),
        seconds(row["confirmed_at"]),
        None if seen_at is None else Seen(row["seen"], seen_at),
    )


class Image(NamedTuple):
    """A row's values: JSON members as they are sent, and the additive columns in units of 0.0001."""

    attributes: str
    additive: Sequence[int]


async def read_images(connection: Connection, images: Sequence[int]) -> dict[int, Image]:
    """Images by id."""
    rows = await connection.fetch(
        "select image, attributes, additive from row_image where image = any($1::bigint[])", list(set(images))
    )
    return {row[0]: Image(row[1], row[2]) for row in rows}
