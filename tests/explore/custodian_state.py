"""What a world around the custodian's rules holds: Exact's tokens, ours, requests, processes, a backup.

Time has two sizes: an instant, and 570 s ("the wait passes").
"""

from __future__ import annotations

from typing import Final, NamedTuple

from exactbi.connections.custodian_rules import Kind, Moment

NOW: Final = 1e9
LONG: Final = 1e6
FRESH, OLD, FUTURE = 0, 1, 2
"""A stamp by Postgres' clock: of this instant, more than 570 s ago, or ahead of a clock that was set back."""
PERSON: Final = 2
"""The number of the person's process, beside those of the two custodians."""


class Stamp(NamedTuple):
    """`passed`: the wait has passed by a monotonic clock; `owner`: whose it is."""

    by_postgres: int = FRESH
    passed: bool = False
    owner: int | None = None

    def moment(self, process: int) -> Moment:
        """As a process sees it."""
        at = {FRESH: NOW, OLD: NOW - LONG, FUTURE: NOW + LONG}[self.by_postgres]
        return Moment(at, LONG if self.passed else 0.0, self.owner == process)


class Held(NamedTuple):
    """A refresh token of ours: `text` is Exact's number of it."""

    text: int
    grant: int
    generation: int
    seq: int
    stamp: Stamp
    dead: bool = False


class Tried(NamedTuple):
    """A token request that was written down."""

    id: int
    kind: Kind
    presented: int | None
    stamp: Stamp
    outcome: str | None = None


class Exact(NamedTuple):
    """`current` is accepted (0: nothing, -1: the family was killed), `before` too where reuse has grace."""

    current: int = 1
    before: int = 0
    issued: int = 1
    early: bool = False


class Process(NamedTuple):
    """`at`: idle, down, written (ahead), sent, answered, stored; for the person also waiting, done.

    `secret`: whether the secret that it read is right.
    """

    at: str = "idle"
    text: int = 0
    numbers: tuple[int, int] = (0, 0)
    attempt: int = 0
    stale: bool = False
    answer: tuple[str, int] = ("", 0)
    secret: bool = True


class Request(NamedTuple):
    """Under way to Exact; `sender` is None once nobody waits for the answer."""

    sender: int | None
    kind: Kind
    text: int
    secret: bool = True


class World(NamedTuple):
    """`had`: tokens that Exact accepts and that reached us without being lost in a kill.

    `secret`: the number of its setting, and whether it is right. `refused`: Exact refused it in this instant.
    """

    exact: Exact
    tokens: tuple[Held, ...]
    tries: tuple[Tried, ...]
    journal: frozenset[tuple[int, int, int]]
    processes: tuple[Process, ...]
    requests: tuple[Request, ...] = ()
    lock: int | None = None
    restored: Stamp = Stamp(OLD, True)
    had: frozenset[int] = frozenset({1})
    backup: tuple[tuple[Held, ...], tuple[Tried, ...]] | None = None
    faults: int = 0
    edits: int = 0
    broken: str = ""
    secret: tuple[int, bool] = (0, True)
    refused: bool = False


class Setting(NamedTuple):
    """`grace`: Exact keeps a token until its successor is used. `reuse_kills`: an old token ends the family.

    `bounded`: no request and no process with an answer outlives the wait, as that worst case needs.
    """

    faults: int = 1
    edits: int = 1
    kinds: frozenset[str] = frozenset(
        {"kill", "lock", "lost", "timeout", "5xx", "restore", "ahead", "back", "dbfail", "consent"}
    )
    grace: bool = False
    reuse_kills: bool = False
    bounded: bool = False
    rotations: int = 3


def next_number(world: World) -> int:
    """The number of the next token or attempt."""
    return 1 + max((*(h.seq for h in world.tokens), *(t.id for t in world.tries), world.secret[0]), default=0)


def with_token(world: World, held: Held) -> World:
    """The world with one more token of ours."""
    return numbered(world._replace(tokens=(*world.tokens, held)))


def stamped(world: World, by_postgres: int, passed: bool = False) -> World:
    """Every stamp moved: Postgres' clock jumps, or (`passed`) the wait is over."""

    def moved(stamp: Stamp) -> Stamp:
        moved_to = stamp.by_postgres if passed and stamp.by_postgres == FUTURE else by_postgres
        return Stamp(moved_to, stamp.passed or passed, None if passed else stamp.owner)

    return world._replace(
        tokens=tuple(held._replace(stamp=moved(held.stamp)) for held in world.tokens),
        tries=tuple(each._replace(stamp=moved(each.stamp)) for each in world.tries),
        restored=moved(world.restored),
    )


def accepted(world: World) -> frozenset[int]:
    """The tokens that Exact accepts."""
    return frozenset({world.exact.current, world.exact.before} - {0, -1})


def pruned(world: World) -> World:
    """`had` without tokens that Exact no longer accepts."""
    return world._replace(had=world.had & accepted(world))


def put(world: World, n: int, process: Process) -> World:
    """The world with one process replaced."""
    return world._replace(processes=(*world.processes[:n], process, *world.processes[n + 1 :]))


def numbered(world: World) -> World:
    """Only what can still matter, with sequence numbers from one on: equal situations become equal states."""
    tokens = sorted(world.tokens, key=lambda held: (held.grant, held.generation, held.seq))[-5:]
    used = {process.attempt for process in world.processes}
    last = sorted(each.id for each in world.tries)[-2:]
    tries = [t for t in world.tries if t.id in used or t.id in last or not t.stamp.passed]
    numbers = sorted({held.seq for held in tokens} | {each.id for each in tries} | {world.secret[0]} - {0})
    rank = {number: n for n, number in enumerate(numbers, 1)}
    return world._replace(
        tokens=tuple(held._replace(seq=rank[held.seq]) for held in tokens),
        tries=tuple(each._replace(id=rank[each.id]) for each in tries),
        journal=frozenset(sorted(world.journal, key=lambda entry: (entry[1:], entry[0]))[-3:]),
        processes=tuple(p._replace(attempt=rank.get(p.attempt, 0)) for p in world.processes),
        secret=(rank.get(world.secret[0], 0), world.secret[1]),
    )


def with_requests(world: World, *requests: Request) -> World:
    """The world with these requests under way, in one order: equal situations become equal states."""
    return world._replace(requests=tuple(sorted(requests, key=lambda r: (str(r.sender), *r[1:]))))


def faulty(world: World) -> World:
    """The world with one fault more."""
    return world._replace(faults=world.faults + 1)


def aged(tokens: tuple[Held, ...], tries: tuple[Tried, ...]) -> tuple[tuple[Held, ...], tuple[Tried, ...]]:
    """As a restore gives them back: long after their stamps."""
    return (
        tuple(held._replace(stamp=Stamp(OLD, True)) for held in tokens),
        tuple(each._replace(stamp=Stamp(OLD, True)) for each in tries),
    )
