"""Reading failures: lists, one of them, figures."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg

from exactbi.errors import CODES
from exactbi.messages.packing import unpack

Reader = asyncpg.Pool | asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

WHERE: Final = """
where ($1::text is null or customer = $1) and ($2::text is null or stream = $2) and ($3::text is null or code = $3)
  and ($4::text is null or stage = $4) and ($5::text is null or record = $5)
  and ($6::timestamptz is null or last_at >= $6) and ($7::uuid is null or id = $7)
  and ($8::text is null or state = $8)"""
COLUMNS: Final = (
    "id, customer, code, stage, stream, division, record, field, message, first_at, last_at, attempts, state"
)
LIST: Final = f"select {COLUMNS} from failure {WHERE} order by last_at desc limit $9"  # noqa: S608 (constants)
STATS: Final = (
    f"select code, stage, stream, state, count(*) as n from failure {WHERE} group by 1, 2, 3, 4 order by n desc"  # noqa: S608
)
SHOW: Final = "select * from failure where id = $1"
OPEN: Final = "select count(*) from failure where state = 'open'"


@dataclass(frozen=True)
class Filter:
    """Which failures; None leaves a field open. A relative time is made absolute before it comes here."""

    customer: str | None = None
    stream: str | None = None
    code: str | None = None
    stage: str | None = None
    record: str | None = None
    since: datetime | None = None
    id: uuid.UUID | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it lets everything through; a customer alone is no filter."""
        return all(value is None for name, value in asdict(self).items() if name != "customer")

    def arguments(self) -> tuple[object, ...]:
        """For `WHERE`, without the state."""
        return (self.customer, self.stream, self.code, self.stage, self.record, self.since, self.id)

    def as_json(self) -> str:
        """As it is kept with a replay."""
        return json.dumps({name: value for name, value in asdict(self).items() if value is not None}, default=str)


async def list_failures(reader: Reader, wanted: Filter, state: str | None, limit: int) -> list[dict[str, Any]]:
    """Newest first, as `exactbi failures list --json` gives them."""
    return [_summary(row) for row in await reader.fetch(LIST, *wanted.arguments(), state, limit)]


async def failure_stats(reader: Reader, wanted: Filter, state: str | None) -> list[dict[str, Any]]:
    """Counts by code, stage, stream and state."""
    return [dict(row) for row in await reader.fetch(STATS, *wanted.arguments(), state)]


async def show_failure(reader: Reader, failure: uuid.UUID) -> dict[str, Any] | None:
    """One failure, with where it came from and its unpacked bytes as far as they can be read."""
    row = await reader.fetchrow(SHOW, failure)
    if row is None:
        return None
    return _summary(row) | {
        "version": f"{row['generation']}/{row['version']}",
        "revisions": f"{row['mapping_rev']}/{row['reference_rev']}",
        "origin": {"topic": row["origin_topic"], "event": str(row["origin_event"]), "chunk": row["origin_chunk"]},
        "headers": json.loads(row["headers"]),
        "body": _readable(row["packed"]),
    }


async def count_open(reader: Reader) -> int:
    """Of all customers."""
    count: int = await reader.fetchval(OPEN)
    return count


def _summary(row: asyncpg.Record) -> dict[str, Any]:
    code = CODES.get(row["code"])
    return {
        "id": str(row["id"]),
        "customer": row["customer"],
        "code": row["code"],
        "class": code.acts.value if code else "person",
        "stage": row["stage"],
        "stream": row["stream"],
        "division": row["division"],
        "key": row["record"],
        "field": row["field"],
        "message": row["message"],
        "remedy": code.remedy if code else "",
        "first_at": row["first_at"].isoformat(),
        "last_at": row["last_at"].isoformat(),
        "attempts": row["attempts"],
        "state": row["state"],
    }


def _readable(packed: bytes) -> str:
    try:
        return unpack(packed).decode("utf-8", "backslashreplace")
    except Exception:
        return packed.hex()


def lines(failures: Sequence[Mapping[str, Any]]) -> str:
    """For a person: one line each."""
    return "\n".join(
        f"{failure['id']}  {failure['last_at'][:19]}  {failure['code']:<14} {failure['stage']:<11} "
        f"{failure['stream']:<17} {failure['key'] or '-'}  {failure['message']}"
        for failure in failures
    )
