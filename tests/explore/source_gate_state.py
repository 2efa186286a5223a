"""What a world around the gate holds: the setting, records of Exact, requests in flight, stored chunks, a pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from pbi_pusher.gate import GateRow


@dataclass(frozen=True)
class Setting:
    """What a model varies."""

    records: int = 2
    sync: bool = True
    edits: int = 2
    passes: int = 1
    logged: bool = True
    """Exact logs deletes; else only a pass finds them."""
    bad: bool = False
    """Records with an odd content can't be mapped."""
    parents: bool = False
    """Record 1 is a line of record 0: it goes with it."""
    by_timestamp: bool = False
    """Pages of a pass are ordered by Timestamp, else by id."""
    kills: bool = False
    slots: int = 1
    """Requests in flight at once; more than one is a mistake."""
    begins_beside: bool = False
    """A pass begins while a request is in flight: a mistake."""
    repeats: bool = True
    """A chunk may be applied again at any time."""


class Chunk(NamedTuple):
    """A chunk of one record; content 0 is a delete."""

    generation: int
    version: int
    record: int
    content: int
    of_pass: bool = False
    applied: bool = False
    joined: bool = False

    def same(self, other: Chunk) -> bool:
        return self._replace(applied=False, joined=False) == other._replace(applied=False, joined=False)


class Request(NamedTuple):
    """A request in flight, stamped when it is sent."""

    kind: str
    generation: int
    number: int
    clock: int
    answered: bool = False
    found: tuple[tuple[int, int], ...] = ()
    gone: tuple[tuple[int, int], ...] = ()
    upto: int = 0
    more: bool = False


class Reading(NamedTuple):
    """The newest pass: reading, read, then swept."""

    phase: str = "none"
    token: int = 0
    began: int = 0
    last: int = 0


class World(NamedTuple):
    """Exact's side, then ours."""

    rows: tuple[int, ...]
    ever: tuple[bool, ...]
    gate: tuple[GateRow, ...]
    wanted: tuple[int, ...]
    log: tuple[tuple[int, int], ...] = ()
    now: int = 1
    edits: int = 0
    passes: int = 0
    cursor: int = 0
    log_read: int = 0
    generation: int = 1
    number: int = 0
    requests: tuple[Request | None, ...] = (None,)
    reading: Reading = Reading()
    chunks: tuple[Chunk, ...] = ()
    floor: int = 0
    mended: bool = False
    broken: str = ""


def stored(world: World, chunk: Chunk) -> World:
    """The world with one more chunk; the same content again is the same chunk."""
    if any(chunk.same(other) for other in world.chunks):
        return world
    return world._replace(chunks=tuple(sorted((*world.chunks, chunk))))


def known(gate: tuple[GateRow, ...]) -> dict[str, GateRow]:
    """The gate's rows as the tables have them."""
    return {str(record): row for record, row in enumerate(gate) if row != GateRow()}


def content_of(rows: Any) -> int:
    """What the rows of a record say; 0 without rows."""
    return int(rows[0].attributes) if rows else 0


def put(values: tuple[Any, ...], index: int, value: Any) -> tuple[Any, ...]:
    """The tuple with one value replaced."""
    return (*values[:index], value, *values[index + 1 :])
