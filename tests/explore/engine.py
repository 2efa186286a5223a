"""Breadth-first exploration of a pure core: every reachable state, what breaks, what gets stuck."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Generic, Protocol, TypeVar

S = TypeVar("S", bound=Hashable)
Step = tuple[str, S, bool]
"""A label, the state it leads to, and whether it is a fault or a change from outside (convergence must not need it)."""


@dataclass(frozen=True)
class Bounds:
    """How far an exploration goes; a core may read `extra` for bounds of its own."""

    edits: int = 2
    faults: int = 1
    limit: int = 2_000_000
    extra: Mapping[str, int] = field(default_factory=dict)


class Model(Protocol[S]):
    """A core with the world around it. States are hashable values; equal states must be the same situation."""

    def starts(self) -> Iterable[S]: ...

    def successors(self, state: S) -> Iterable[Step[S]]: ...

    def violation(self, state: S) -> str | None:
        """Which invariant the state breaks, if any."""
        ...

    def goal(self, state: S) -> bool:
        """Quiet, and as it should be: what every state must still be able to reach without faults."""
        ...


class Several(Generic[S]):
    """Some models explored as one: a state is a model's number and its state."""

    def __init__(self, models: Sequence[Model[S]]) -> None:
        self.models = models

    def starts(self) -> Iterable[tuple[int, S]]:
        return [(n, start) for n, model in enumerate(self.models) for start in model.starts()]

    def successors(self, state: tuple[int, S]) -> Iterable[Step[tuple[int, S]]]:
        n, inner = state
        for label, after, is_fault in self.models[n].successors(inner):
            yield label, (n, after), is_fault

    def violation(self, state: tuple[int, S]) -> str | None:
        return self.models[state[0]].violation(state[1])

    def goal(self, state: tuple[int, S]) -> bool:
        return self.models[state[0]].goal(state[1])


@dataclass
class Walk:
    """What one exploration found. `trace` is the shortest way to the first violation, or to a stuck state."""

    states: int
    complete: bool
    violations: int
    stuck: int
    finding: str
    trace: list[str]


@dataclass
class Result:
    """The line `exactbi.explore/1`."""

    core: str
    bounds: dict[str, int]
    states: int
    complete: bool
    violations: int
    stuck: int
    mistakes: dict[str, int]
    wall_s: float
    ok: bool
    finding: str = ""
    trace: list[str] = field(default_factory=list)

    def line(self) -> dict[str, Any]:
        fields = {name: value for name, value in asdict(self).items() if value or name not in ("finding", "trace")}
        return {"schema": "exactbi.explore/1", **fields}


class _Exploration(Generic[S]):
    """Visited states with the way to them, the edges that need no fault (backwards), and what broke."""

    def __init__(self, model: Model[S]) -> None:
        self.model = model
        self.index: dict[S, int] = {}
        self.came_from: list[tuple[int, str]] = []
        self.calm: list[list[int]] = []
        self.goals: list[int] = []
        self.broken: list[tuple[int, str]] = []
        self.frontier: list[S] = []

    def visit(self, state: S, parent: int, label: str) -> int:
        n = self.index.setdefault(state, len(self.came_from))
        if n == len(self.came_from):
            self.came_from.append((parent, label))
            self.calm.append([])
            self.frontier.append(state)
            if breaks := self.model.violation(state):
                self.broken.append((n, breaks))
            if self.model.goal(state):
                self.goals.append(n)
        return n

    def expand(self, state: S) -> None:
        here = self.index[state]
        for label, after, is_fault in self.model.successors(state):
            n = self.visit(after, here, label)
            if not is_fault and n != here:
                self.calm[n].append(here)

    def trace(self, n: int) -> list[str]:
        labels = []
        while n >= 0 and self.came_from[n][1]:
            labels.append(self.came_from[n][1])
            n = self.came_from[n][0]
        return labels[::-1]

    def without_goal(self) -> list[int]:
        """States from which no goal is reachable by edges without faults, in the order they were found."""
        reaches = bytearray(len(self.came_from))
        open_ = list(self.goals)
        for n in open_:
            reaches[n] = 1
        while open_:
            for before in self.calm[open_.pop()]:
                if not reaches[before]:
                    reaches[before] = 1
                    open_.append(before)
        return [n for n, reached in enumerate(reaches) if not reached]


def walk(model: Model[S], limit: int = 2_000_000) -> Walk:
    """Explore `model` level by level until nothing new is found, an invariant breaks, or `limit` states are known."""
    seen = _Exploration(model)
    for start in model.starts():
        seen.visit(start, -1, "")
    while seen.frontier and not seen.broken and len(seen.came_from) < limit:
        level, seen.frontier = seen.frontier, []
        for state in level:
            seen.expand(state)
            if seen.broken:
                break
    complete = not seen.frontier and not seen.broken
    stuck = seen.without_goal() if complete else []
    shown, finding = -1, ""
    if seen.broken:
        shown, finding = seen.broken[0]
    elif stuck:
        shown, finding = stuck[0], "no goal can be reached from here without a fault"
    return Walk(len(seen.came_from), complete, len(seen.broken), len(stuck), finding, seen.trace(shown))


def catches(model: Model[S], limit: int = 2_000_000) -> bool:
    """Whether exploring `model`, a core with a mistake put back, finds a violation or a stuck state."""
    found = walk(model, limit)
    return bool(found.violations or found.stuck)


def explored(core: str, bounds: Bounds, model: Model[S], mistakes: Mapping[str, Callable[[], Model[Any]]]) -> Result:
    """Walk the real core, then each mistake put back; `mistakes` builds a model by the mistake's name."""
    begun = time.monotonic()
    found = walk(model, bounds.limit)
    missed = [name for name, build in mistakes.items() if not catches(build(), bounds.limit)]
    clean = found.complete and not found.violations and not found.stuck
    finding = found.finding or (f"not caught: {', '.join(missed)}" if missed else "")
    return Result(
        core=core,
        bounds={"edits": bounds.edits, "faults": bounds.faults, **bounds.extra},
        states=found.states,
        complete=found.complete,
        violations=found.violations,
        stuck=found.stuck,
        mistakes={"put_back": len(mistakes), "caught": len(mistakes) - len(missed)},
        wall_s=round(time.monotonic() - begun, 1),
        ok=clean and not missed,
        finding=finding,
        trace=found.trace,
    )
