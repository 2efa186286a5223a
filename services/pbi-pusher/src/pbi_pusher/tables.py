"""The tables `record`, `row_wanted`, `row_image` and `floor`: how apply and sweep read and write them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from pbi_pusher.due import Touched
from pbi_pusher.gate import GateRow
from pbi_pusher.images import Changes, NewImage, Rows, Unwanted, WantedRow

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

_COLUMNS: Final = """record::text, state, generation, version, mapping_rev, reference_rev, parent::text, seen,
failed_generation, failed_version, tried_mapping_rev, tried_reference_rev, chunk"""

# Plans are made for each call: one that was made while the tables were empty would be kept as they grow.
LOCK: Final = """
select set_config('plan_cache_mode', 'force_custom_plan', true), pg_advisory_xact_lock(hashtextextended($1, 0))"""
FLOOR: Final = "select value from floor where (dataset, stream, division) = ($1, $2, $3)"
# A dataset that is filled from stored chunks begins where the last complete pass began, swept elsewhere or not yet:
# that pass does not wait for chunks which every dataset of its time had applied.
FIRST_FLOOR: Final = """
insert into floor (dataset, stream, division, value)
select $1, $2, $3, greatest(0,
  (select max(value) from floor where stream = $2 and division = $3),
  (select max(greatest(generation, first_number)) from pass
    where stream = $2 and division = $3 and complete_at is not null))
returning value"""
RAISE_FLOOR: Final = """
insert into floor (dataset, stream, division, value) values ($1, $2, $3, $4)
on conflict (dataset, stream, division) do update set value = greatest(floor.value, excluded.value)"""
GATE: Final = f"""
select {_COLUMNS} from record where (dataset, stream, division) = ($1, $2, $3) and record = any($4::uuid[])"""  # noqa: S608
LINES: Final = f"""
select {_COLUMNS} from record where (dataset, stream, division) = ($1, $2, $3) and parent = any($4::uuid[])"""  # noqa: S608
GATE_COLUMNS: Final = (
    *("dataset", "stream", "division", "record", "state", "generation", "version", "mapping_rev", "reference_rev"),
    *("parent", "seen", "failed_generation", "failed_version", "tried_mapping_rev", "tried_reference_rev", "chunk"),
)
STORE: Final = """
insert into record (dataset, stream, division, record, state, generation, version, mapping_rev, reference_rev, parent,
  seen, failed_generation, failed_version, tried_mapping_rev, tried_reference_rev, chunk)
select $1, $2, $3, * from unnest($4::uuid[], $5::text[], $6::bigint[], $7::bigint[], $8::int[], $9::int[], $10::uuid[],
  $11::bigint[], $12::bigint[], $13::bigint[], $14::int[], $15::int[], $16::bigint[])
on conflict (dataset, stream, division, record) do update set
  state = excluded.state, generation = excluded.generation, version = excluded.version,
  mapping_rev = excluded.mapping_rev, reference_rev = excluded.reference_rev, parent = excluded.parent,
  seen = excluded.seen, failed_generation = excluded.failed_generation, failed_version = excluded.failed_version,
  tried_mapping_rev = excluded.tried_mapping_rev, tried_reference_rev = excluded.tried_reference_rev,
  chunk = excluded.chunk"""
ROWS: Final = """
select record::text, tbl, ordinal, row_id, image, hash, unit from row_wanted
where (dataset, stream, division) = ($1, $2, $3) and record = any($4::uuid[])"""
NUMBERS: Final = """
select array(select nextval('row_image_image_seq') from generate_series(1, $1)) as images,
  array(select nextval('row_number') from generate_series(1, $2)) as rows"""
CHANGE: Final = """
update row_wanted set image = t.image, hash = t.hash, unit = t.unit, dim_key = t.key
from unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::text[], $5::text[]) t (row_id, image, hash, unit, key)
where row_wanted.row_id = t.row_id"""
NEW_ROW: Final = (
    "dataset",
    "stream",
    "division",
    "record",
    "tbl",
    "ordinal",
    "row_id",
    "image",
    "hash",
    "unit",
    "dim_key",
)
REMOVE: Final = "update row_wanted set image = null where row_id = any($1::bigint[])"


@dataclass(frozen=True)
class Scope:
    """A stream of a division in a dataset: what apply and sweep exclude each other on. `division` is its row's id."""

    dataset: int
    stream: str
    division: int

    @property
    def key(self) -> tuple[int, str, int]:
        """The leading columns of the tables' keys."""
        return self.dataset, self.stream, self.division


async def lock(conn: Connection, scope: Scope) -> None:
    """Exclude other appliers and sweeps until the transaction ends: the gate reads other rows than it writes."""
    await conn.execute(LOCK, f"gate|{scope.dataset}|{scope.stream}|{scope.division}")


async def floor(conn: Connection, scope: Scope) -> int:
    """The floor, made at first contact."""
    value = await conn.fetchval(FLOOR, *scope.key)
    return int(value if value is not None else await conn.fetchval(FIRST_FLOOR, *scope.key))


async def gate_rows(conn: Connection, scope: Scope, records: Collection[str]) -> dict[str, GateRow]:
    """The gate's rows of records, where there are."""
    return dict(map(_gate_row, await conn.fetch(GATE, *scope.key, list(records))))


async def lines_of(conn: Connection, scope: Scope, parents: Collection[str]) -> dict[str, GateRow]:
    """The gate's rows whose parent is one of these."""
    if not parents:
        return {}
    return dict(map(_gate_row, await conn.fetch(LINES, *scope.key, list(parents))))


async def store_gate(conn: Connection, scope: Scope, rows: Mapping[str, GateRow], fresh: Collection[str]) -> None:
    """Write gate rows; those of `fresh` are not there yet. The scope's lock must be held."""
    flat = [_flat(record, row) for record, row in sorted(rows.items())]
    new = [(*scope.key, *row) for row in flat if row[0] in fresh]
    if new:
        await conn.copy_records_to_table("record", columns=GATE_COLUMNS, records=new)
    known = [row for row in flat if row[0] not in fresh]
    if known:
        await conn.execute(STORE, *scope.key, *map(list, zip(*known, strict=True)))


async def wanted_rows(conn: Connection, scope: Scope, records: Collection[str]) -> dict[str, Rows]:
    """The rows that records have or had, by record."""
    found: dict[str, dict[tuple[str, int], WantedRow]] = {}
    for record, table, ordinal, *row in await conn.fetch(ROWS, *scope.key, list(records)) if records else ():
        found.setdefault(record, {})[table, ordinal] = WantedRow(*row)
    return dict(found)


async def store_changes(conn: Connection, scope: Scope, changes: Changes, chunk: int, rev: int) -> list[Touched]:
    """Write new images and what is wanted; the rows that this makes due."""
    fresh = sum(image.row_id is None for image in changes.images)
    numbers = await conn.fetchrow(NUMBERS, len(changes.images), fresh) if changes.images else None
    given = iter(numbers["rows"] if numbers else ())
    placed = [
        (image, number, next(given) if image.row_id is None else image.row_id)
        for image, number in zip(changes.images, numbers["images"] if numbers else (), strict=True)
    ]
    if placed:
        await _store_images(conn, scope, placed, chunk, rev)
    if changes.unwanted:
        await conn.execute(REMOVE, [row.row_id for row in changes.unwanted])
    touched = [Touched(row_id, image.row.table, image.row.unit, chunk) for image, _, row_id in placed]
    return touched + [_touched(row, chunk) for row in changes.unwanted]


async def _store_images(
    conn: Connection, scope: Scope, placed: Sequence[tuple[NewImage, int, int]], chunk: int, rev: int
) -> None:
    await conn.copy_records_to_table(
        "row_image",
        columns=["image", "attributes", "additive", "dim_key", "chunk", "ordinal", "mapping_rev"],
        records=[
            (number, image.row.attributes, image.row.additive, image.row.key, chunk, image.row.ordinal, rev)
            for image, number, _ in placed
        ],
    )
    await conn.copy_records_to_table(
        "row_wanted",
        columns=NEW_ROW,
        records=[
            (*scope.key, image.record, image.row.table, image.row.ordinal, row_id, number, image.hash, *image.names)
            for image, number, row_id in placed
            if image.row_id is None
        ],
    )
    moved = sorted(
        (row_id, number, image.hash, image.row.unit, image.row.key)
        for image, number, row_id in placed
        if image.row_id is not None
    )
    if moved:
        await conn.execute(CHANGE, *map(list, zip(*moved, strict=True)))


def _touched(row: Unwanted, chunk: int) -> Touched:
    return Touched(row.row_id, row.table, row.unit, chunk)


def _gate_row(row: asyncpg.Record) -> tuple[str, GateRow]:
    record, state, generation, version, mapping, reference, parent, seen, failed_in, failed, tried, tried_ref, chunk = (
        row
    )
    return record, GateRow(
        state=state,
        at=(generation, version),
        revisions=(mapping, reference),
        parent=parent,
        seen=seen,
        failed=(failed_in, failed),
        tried=(tried, tried_ref),
        chunk=chunk,
    )


def _flat(record: str, row: GateRow) -> tuple[Any, ...]:
    """The columns of `STORE`, after the scope's."""
    return (record, row.state, *row.at, *row.revisions, row.parent, row.seen, *row.failed, *row.tried, row.chunk)
