"""Faults on request: which call of which route goes wrong, and how.

A rule is what `POST /control/faults` takes:

    {"route": R, "calls": [n, ...] | "p": 0.1, "fault": {"kind": K, ...}}

R is a shell pattern (`*`, `?`, `[...]`), compared with the route's name (`rows.post`, `token`, `sync.Deleted`), with
`POST /path` as called, and with `nl:sync.Deleted`, where the emulator has several sites.
`calls` counts the calls that this rule has matched since it was added, from 1; `p` is a chance for each, drawn from the
seed; with neither, every call. The first rule that fires wins; rules behind it don't count that call.

| kind | what happens | members |
|---|---|---|
| status | answered so, no effect; a text as `body` is HTML | status (503), retry_after, body, headers |
| html | a maintenance page, no effect | status (503), retry_after, body, headers |
| latency | waits, then all as usual | seconds |
| truncate | the effect, then the answer breaks off half way | |
| reset_before, reset_after | the connection is reset before or after the effect | |
| partial | only the first `keep` (0.5 of the rows, or a number from 1) has its effect | keep, answer ("reset") |
| late | the effect comes `seconds` after the answer | seconds, answer ("reset") |
| twice | the effect comes twice; in Power BI the second time after `seconds` | answer ("ok"), seconds |
| late_visible | answered at once, visible after `seconds` | seconds |
| dropped | answered as if done, no effect | |
| refused_but_done | the effect, then a refusal | status (400), retry_after, body |
| stale | a read shows the state of `seconds` ago | seconds |
| late_commit | what is stored becomes visible after something newer, `seconds` later | seconds |

`answer` is "ok", "reset" or a status. A data route does what its kinds mean; kinds without a meaning for it do nothing.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

import msgspec

KINDS: Final = frozenset(
    [
        "status", "html", "latency", "truncate", "reset_before", "reset_after", "partial", "late", "twice",
        "late_visible", "dropped", "refused_but_done", "stale", "late_commit",
    ]
)  # fmt: skip
_ANSWERS: Final = {"partial": "reset", "late": "reset"}
_STATUSES: Final = {"status": 503, "html": 503, "refused_but_done": 400}
_MAINTENANCE: Final = "<!DOCTYPE html><html><body><h1>Under maintenance</h1><p>Try again later.</p></body></html>"


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that goes wrong; which members count depends on the kind (see the module)."""

    kind: str
    status: int = 0
    seconds: float = 0.0
    keep: float = 0.5
    answer: int | str = "ok"
    retry_after: int | None = None
    body: Any = None
    headers: dict[str, str] = {}

    def kept(self, of: int) -> int:
        """How many of `of` items have their effect: a part below 1, a number from 1."""
        return min(of, int(self.keep) if self.keep >= 1 else int(of * self.keep))


@dataclass
class Rule:
    """A fault, where and when it strikes, and how often it has been asked and has struck."""

    route: str
    fault: Fault
    calls: frozenset[int] | None = None
    p: float | None = None
    seen: int = 0
    struck: int = 0

    def matches(self, names: Iterable[str]) -> bool:
        return any(fnmatchcase(name, self.route) for name in names)

    def strikes(self, dice: random.Random) -> bool:
        """Count a matching call, and say whether this one goes wrong."""
        self.seen += 1
        by_chance = self.p is None or dice.random() < self.p
        hit = by_chance if self.calls is None else self.seen in self.calls
        self.struck += hit
        return hit


class Faults:
    """The rules in force, in the order in which they were added."""

    def __init__(self, seed: int = 0) -> None:
        self._dice = random.Random(seed)
        self.rules: list[Rule] = []

    def add(self, document: dict[str, Any]) -> Rule:
        """Add a rule as the control port takes it; ValueError says what is wrong with it."""
        rule = parse(document)
        self.rules.append(rule)
        return rule

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self.rules.clear()

    def take(self, *names: str) -> Fault | None:
        """What goes wrong with a call that has these names: its route's, `METHOD /path`, and others."""
        return next((rule.fault for rule in self.rules if rule.matches(names) and rule.strikes(self._dice)), None)

    def listed(self) -> list[dict[str, Any]]:
        """The rules with their counts, for the control port."""
        return [
            {"route": rule.route, "calls": sorted(rule.calls) if rule.calls is not None else None, "p": rule.p}
            | {"kind": rule.fault.kind, "seen": rule.seen, "struck": rule.struck}
            for rule in self.rules
        ]


def parse(document: dict[str, Any]) -> Rule:
    """A rule from its JSON; ValueError (also msgspec's) for anything that is not one."""
    unknown = document.keys() - {"route", "calls", "p", "fault"}
    fault = document.get("fault")
    if unknown or not isinstance(document.get("route"), str) or not isinstance(fault, dict):
        raise ValueError(f"a rule has route, calls or p, and fault; not {sorted(unknown)}")
    if fault.get("kind") not in KINDS:
        raise ValueError(f"kind is one of {sorted(KINDS)}")
    defaults = {"status": _STATUSES.get(fault["kind"], 0), "answer": _ANSWERS.get(fault["kind"], "ok")}
    if fault["kind"] == "html":
        fault = {"body": _MAINTENANCE} | fault | {"kind": "status"}
    made = msgspec.convert(defaults | fault, Fault)
    calls, p = document.get("calls"), document.get("p")
    if calls is not None and p is not None:
        raise ValueError("a rule has calls or p, not both")
    return Rule(document["route"], made, frozenset(calls) if calls is not None else None, p)
