"""The world around the custodian's rules: Exact's token endpoint, two processes, a person, Postgres and a journal.

Time has two sizes: an instant, and 570 s ("the wait passes"). Decisions are the real rules'; what the shell does
around them (write ahead, fence, store without a lock, adopt the journal) is spelled out here, one method a step.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from exactbi.connections.custodian_rules import (
    STORED,
    UNSENT,
    Attempt,
    CustodianRules,
    Kind,
    Moment,
    Refresh,
    State,
    Token,
    View,
)
from exactbi.exact_online.auth import Outcome, Refused, parse_answer

NOW: Final = 1e9
LONG: Final = 1e6
FRESH, OLD, FUTURE = 0, 1, 2
"""A stamp by Postgres' clock: of this instant, more than 570 s ago, or ahead of a clock that was set back."""
PERSON: Final = 2
"""The number of the person's process, beside those of the two custodians."""
OLD_BODY: Final = b'{"error":"unauthorized_client","error_description":"Old refresh token used."}'
EARLY_BODY: Final = b'{"error":"access_denied","error_description":"Rate limit exceeded: access_token not expired"}'


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
    """`at`: idle, down, written (ahead), sent, answered, stored; for the person also waiting, done."""

    at: str = "idle"
    text: int = 0
    numbers: tuple[int, int] = (0, 0)
    attempt: int = 0
    stale: bool = False
    answer: tuple[str, int] = ("", 0)


class Request(NamedTuple):
    """Under way to Exact; `sender` is None once nobody waits for the answer."""

    sender: int | None
    kind: Kind
    text: int


class World(NamedTuple):
    """`had`: tokens that Exact accepts and that reached us without being lost in a kill."""

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


Step = tuple[str, World, bool]


class Custody:
    """The model: the real rules in their world."""

    def __init__(self, setting: Setting, rules: CustodianRules | None = None) -> None:
        self.setting = setting
        self.rules = rules or CustodianRules()

    def starts(self) -> Iterable[World]:
        first = Held(1, 1, 1, 0, Stamp(OLD, True))
        person = Process("waiting" if self.setting.edits and "consent" in self.setting.kinds else "done")
        yield World(Exact(), (first,), (), frozenset({(1, 1, 1)}), (Process(), Process(), person))

    def violation(self, world: World) -> str | None:
        if world.broken:
            return world.broken
        if world.exact.current == -1:
            return "an old token was presented while the living one was ours, and the family is dead"
        is_quiet = not world.requests and all(p.at in ("idle", "waiting", "done") for p in world.processes)
        is_quiet = is_quiet and self.adopts(world) == world
        if is_quiet and self._state(world, 0) is State.REVOKED and self._accepted(world) & world.had:
            return "a person is called although Exact accepts a token that we had"
        return None

    def goal(self, world: World) -> bool:
        if world.requests or any(p.at not in ("idle", "waiting", "done") for p in world.processes):
            return False
        if self._state(world, 0) is State.REVOKED:
            return not self._accepted(world) & world.had
        return self._is_well(world)

    def successors(self, world: World) -> Iterator[Step]:
        if world.backup is not None and world.faults >= self.setting.faults:
            world = world._replace(backup=None)
        for n, process in enumerate(world.processes):
            yield from self._process(world, n, process)
            yield from self._process_faults(world, n, process)
        for request in set(world.requests):
            yield from self._serve(world, request)
        yield from self._outside(world)
        yield from self._wait_passes(world)

    # --- what the shell does, each a place where a mistake may be put back

    def adopts(self, world: World) -> World:
        """Tokens that only the journal holds are stored: at every start, and before a token is presented."""
        known = {held.text for held in world.tokens}
        for text, grant, generation in sorted(world.journal):
            if text not in known:
                world = self._stored(world, Held(text, grant, generation, self._next(world), Stamp(OLD, True)))
        return world

    def may_store(self, _world: World, _n: int) -> bool:
        """A received token is stored whoever holds the lock."""
        return True

    def buries(self, _world: World, process: Process) -> frozenset[int]:
        """What a verdict condemns: the presented token."""
        return frozenset({process.text})

    def writes_ahead(self) -> bool:
        """An attempt is written down before it is sent."""
        return True

    def quiet(self, world: World) -> bool:
        """A consent waits for the lock, and for a running attempt to end."""
        return world.lock is None and all(p.at in ("idle", "down") for p in world.processes[:PERSON])

    # --- steps

    def _process(self, world: World, n: int, process: Process) -> Iterator[Step]:
        name = "the person" if n == PERSON else f"P{n + 1}"
        if process.at == "down":
            yield f"{name} starts", _put(self.adopts(world), n, Process()), False
        elif process.at == "idle" and world.lock is None:
            yield from self._decide(world, n, name)
        elif process.at == "waiting" and self.quiet(world):
            yield f"{name} consents", self._consents(self.adopts(world)), True
        elif process.at == "written":
            yield self._send(world, n, process, name)
        elif process.at == "answered":
            yield self._hear(world, n, process, name)
        elif process.at == "stored":
            yield f"{name} notes the end", self._ended(world, n, process, STORED), False

    def _decide(self, world: World, n: int, name: str) -> Iterator[Step]:
        if (adopted := self.adopts(world)) != world:
            yield f"{name} adopts the journal", adopted, False
            return
        decision = self.rules.decide(self._view(world, n), NOW)
        if not isinstance(decision, Refresh) or (self._is_well(world) and world.exact.issued >= self.setting.rotations):
            return
        text = int(decision.token.id)
        living = {held.text for held in world.tokens} & {world.exact.current}
        after = self._written(world, n, Kind.REFRESH, text, self.rules.successor(decision.token))
        if living and text not in living and not self.setting.grace:
            after = after._replace(broken="a dead token is presented although the living one is in the database")
        yield f"{name} writes down that it presents t{text}", after, False

    def _consents(self, world: World) -> World:
        numbers = self.rules.consented(self._view(world, PERSON))
        after = self._written(world, PERSON, Kind.CODE, 0, numbers)
        return after._replace(edits=world.edits + 1)

    def _send(self, world: World, n: int, process: Process, name: str) -> Step:
        if self.rules.is_stale(600.0 if process.stale else 0.0):
            return f"{name} finds its attempt stale", self._ended(world, n, process, UNSENT), False
        kind = Kind.CODE if n == PERSON else Kind.REFRESH
        sent = _put(world, n, process._replace(at="sent"))
        return f"{name} sends t{process.text}", _requests(sent, *world.requests, Request(n, kind, process.text)), False

    def _hear(self, world: World, n: int, process: Process, name: str) -> Step:
        kind, text = process.answer
        if kind == "ok":
            if not self.may_store(world, n):
                return f"{name} drops t{text}", self._ended(world, n, process, STORED), False
            held = Held(text, *process.numbers, self._next(world), Stamp(owner=n))
            journaled = world._replace(journal=world.journal | {(text, *process.numbers)})
            stored = _put(self._stored(journaled, held), n, process._replace(at="stored"))
            return f"{name} stores t{text}", stored, False
        status, body = {"old": (401, OLD_BODY), "early": (400, EARLY_BODY), "5xx": (503, b"")}[kind]
        meaning = parse_answer(status, {}, body)
        assert isinstance(meaning, Refused)
        return f"{name} hears {kind}", self._ended(world, n, process, meaning.outcome), False

    def _ended(self, world: World, n: int, process: Process, outcome: str) -> World:
        """The attempt's end and a verdict, both fenced; the lock is given back."""
        if world.lock == n:
            tries = tuple(t._replace(outcome=outcome) if t.id == process.attempt else t for t in world.tries)
            tokens = world.tokens
            if n != PERSON and self.rules.is_verdict(outcome):
                dead = self.buries(world, process)
                tokens = tuple(held._replace(dead=held.dead or held.text in dead) for held in tokens)
            world = world._replace(tries=tries, tokens=tokens, lock=None)
        return _put(world, n, Process("done" if n == PERSON else "idle"))

    def _serve(self, world: World, request: Request) -> Iterator[Step]:
        rest = list(world.requests)
        rest.remove(request)
        exact, answer = self._answer(world, request)
        served = _requests(world._replace(exact=exact), *rest)
        label = f"Exact handles t{request.text}: {answer[0]}{answer[1] or ''}"
        sender = request.sender
        if sender is None:
            yield f"{label}, nobody listens", self._pruned(served), False
            return
        process = world.processes[sender]
        heard = _put(served, sender, process._replace(at="answered", answer=answer))
        yield label, self._pruned(heard._replace(had=heard.had | {answer[1]})), False
        if self._can(world, "lost"):
            lost = self._ended(_faulty(served), sender, process, Outcome.UNCLEAR)
            yield f"{label}, answer lost", self._pruned(lost), True
        if self._can(world, "5xx"):
            failed = _requests(_faulty(world), *rest)
            yield "Exact fails", _put(failed, sender, process._replace(at="answered", answer=("5xx", 0))), True

    def _answer(self, world: World, request: Request) -> tuple[Exact, tuple[str, int]]:
        exact = world.exact
        if request.kind is Kind.CODE:
            return Exact(exact.issued + 1, 0, exact.issued + 1, True), ("ok", exact.issued + 1)
        if request.text not in self._accepted(world):
            if self.setting.reuse_kills:
                exact = exact._replace(current=-1 if exact.current in world.had else 0, before=0)
            return exact, ("old", 0)
        if exact.early:
            return exact, ("early", 0)
        after = Exact(exact.issued + 1, request.text if self.setting.grace else 0, exact.issued + 1, True)
        return after, ("ok", exact.issued + 1)

    def _process_faults(self, world: World, n: int, process: Process) -> Iterator[Step]:
        name = "the person" if n == PERSON else f"P{n + 1}"
        if process.at in ("idle", "down", "waiting", "done"):
            return
        down = Process("done" if n == PERSON else "down")
        freed = _faulty(world._replace(lock=None if world.lock == n else world.lock))
        orphaned = _requests(freed, *(r._replace(sender=None) if r.sender == n else r for r in world.requests))
        if self._can(world, "kill"):
            lost = process.answer[1] if process.at == "answered" else 0
            yield f"kill {name}", _put(orphaned._replace(had=world.had - {lost}), n, down), True
        if self._can(world, "lock") and world.lock == n:
            yield f"{name} loses its lock", _faulty(world._replace(lock=None)), True
        if self._can(world, "timeout") and process.at == "sent":
            waited = _requests(
                _faulty(world), *(r._replace(sender=None) if r.sender == n else r for r in world.requests)
            )
            yield f"{name} gives up waiting", self._ended(waited, n, process, Outcome.UNCLEAR), True
        if self._can(world, "dbfail") and process.at == "answered" and process.answer[0] == "ok":
            kept = orphaned._replace(journal=world.journal | {(process.answer[1], *process.numbers)})
            yield f"{name} only journals t{process.answer[1]}, killed", _put(kept, n, down), True

    def _outside(self, world: World) -> Iterator[Step]:
        if "restore" in self.setting.kinds and world.backup is None and world.faults == 0:
            yield "a backup is taken", world._replace(backup=_aged(world.tokens, world.tries)), True
        if self._can(world, "restore") and world.backup is not None:
            yield "the database is restored", self._restored(world, world.backup), True
        if self._can(world, "ahead"):
            yield "Postgres' clock jumps ahead", _faulty(self._stamped(world, OLD)), True
        if self._can(world, "back"):
            yield "Postgres' clock is set back", _faulty(self._stamped(world, FUTURE)), True

    def _restored(self, world: World, backup: tuple[tuple[Held, ...], tuple[Tried, ...]]) -> World:
        lost = {p.answer[1] for p in world.processes if p.at == "answered"}
        person = world.processes[PERSON]
        processes = (Process("down"), Process("down"), person if person.at in ("waiting", "done") else Process("done"))
        orphaned = _requests(_faulty(world), *(r._replace(sender=None) for r in world.requests))
        tokens, tries = backup
        return orphaned._replace(
            tokens=tokens, tries=tries, processes=processes, lock=None, restored=Stamp(),
            had=world.had - lost, backup=None,
        )  # fmt: skip

    def _wait_passes(self, world: World) -> Iterator[Step]:
        if self.setting.bounded and (world.requests or any(p.at in ("answered", "stored") for p in world.processes)):
            return
        aged = self._stamped(world, OLD, passed=True)
        processes = tuple(p._replace(stale=True) if p.at == "written" else p for p in world.processes)
        after = aged._replace(exact=world.exact._replace(early=False), processes=processes)
        if after != world:
            yield "570 s pass", after, False

    # --- views and bookkeeping

    def _can(self, world: World, kind: str) -> bool:
        return kind in self.setting.kinds and world.faults < self.setting.faults

    def _view(self, world: World, n: int) -> View:
        tokens = [Token(h.text, h.grant, h.generation, h.seq, h.stamp.moment(n), h.dead) for h in world.tokens]
        tries = [Attempt(t.id, t.kind, t.presented, t.stamp.moment(n), t.outcome) for t in world.tries]
        return View(tokens, [a for a in tries if a.outcome != UNSENT], world.restored.moment(n))

    def _state(self, world: World, n: int) -> State:
        return self.rules.state(self._view(world, n))

    def _newest(self, world: World) -> Token:
        return self.rules.candidates(self._view(world, 0))[0]

    def _is_well(self, world: World) -> bool:
        """Active on a token that Exact accepts."""
        return self._state(world, 0) is State.ACTIVE and self._newest(world).id in self._accepted(world)

    def _accepted(self, world: World) -> frozenset[int]:
        return frozenset({world.exact.current, world.exact.before} - {0, -1})

    def _next(self, world: World) -> int:
        return 1 + max((*(h.seq for h in world.tokens), *(t.id for t in world.tries)), default=0)

    def _written(self, world: World, n: int, kind: Kind, text: int, numbers: tuple[int, int]) -> World:
        number = self._next(world)
        if self.writes_ahead():
            tried = Tried(number, kind, text or None, Stamp(owner=n))
            world = world._replace(tries=(*world.tries, tried))
        return _numbered(_put(world._replace(lock=n), n, Process("written", text, numbers, number)))

    def _stored(self, world: World, held: Held) -> World:
        return _numbered(world._replace(tokens=(*world.tokens, held)))

    def _stamped(self, world: World, by_postgres: int, passed: bool = False) -> World:
        def moved(stamp: Stamp) -> Stamp:
            moved_to = stamp.by_postgres if passed and stamp.by_postgres == FUTURE else by_postgres
            return Stamp(moved_to, stamp.passed or passed, None if passed else stamp.owner)

        return world._replace(
            tokens=tuple(held._replace(stamp=moved(held.stamp)) for held in world.tokens),
            tries=tuple(each._replace(stamp=moved(each.stamp)) for each in world.tries),
            restored=moved(world.restored),
        )

    def _pruned(self, world: World) -> World:
        return world._replace(had=world.had & self._accepted(world))


def _put(world: World, n: int, process: Process) -> World:
    return world._replace(processes=(*world.processes[:n], process, *world.processes[n + 1 :]))


def _numbered(world: World) -> World:
    """Only what can still matter, with sequence numbers from one on: equal situations become equal states."""
    tokens = sorted(world.tokens, key=lambda held: (held.grant, held.generation, held.seq))[-5:]
    used = {process.attempt for process in world.processes}
    last = sorted(each.id for each in world.tries)[-2:]
    tries = [t for t in world.tries if t.id in used or t.id in last or not t.stamp.passed]
    numbers = sorted({held.seq for held in tokens} | {each.id for each in tries})
    rank = {number: n for n, number in enumerate(numbers, 1)}
    return world._replace(
        tokens=tuple(held._replace(seq=rank[held.seq]) for held in tokens),
        tries=tuple(each._replace(id=rank[each.id]) for each in tries),
        journal=frozenset(sorted(world.journal, key=lambda entry: (entry[1:], entry[0]))[-3:]),
        processes=tuple(p._replace(attempt=rank.get(p.attempt, 0)) for p in world.processes),
    )


def _requests(world: World, *requests: Request) -> World:
    return world._replace(requests=tuple(sorted(requests, key=lambda r: (str(r.sender), r.kind, r.text))))


def _faulty(world: World) -> World:
    return world._replace(faults=world.faults + 1)


def _aged(tokens: tuple[Held, ...], tries: tuple[Tried, ...]) -> tuple[tuple[Held, ...], tuple[Tried, ...]]:
    """As a restore gives them back: long after their stamps."""
    return (
        tuple(held._replace(stamp=Stamp(OLD, True)) for held in tokens),
        tuple(each._replace(stamp=Stamp(OLD, True)) for each in tries),
    )
