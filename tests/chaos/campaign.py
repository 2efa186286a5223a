"""A campaign: load, faults of the sink, one kill after another, and the verdict over the whole of it."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from chaos.victims import VICTIMS, catch
from launcher import both_sides, onboarding
from launcher.both_sides import DATASET, SITE
from launcher.processes import Deadline
from launcher.stack import Stack
from oracle.compare import Verdict
from oracle.control_ports import exact_history, sink_journal
from oracle.journal import Versions, Walk, walk
from oracle.tables import TABLES

DOWN_S = (0.0, 0.6)
TRIES = 4
REVOKED = "revoked"
CONSENT_LOOK_S = 15.0
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "reset_before"},
    {"kind": "reset_after"},
    {"kind": "partial", "keep": 0.5},
    {"kind": "late", "seconds": 1.0},
    {"kind": "twice", "answer": "reset"},
    {"kind": "late_visible", "seconds": 1.0},
    {"kind": "status", "status": 503},
    {"kind": "refused_but_done", "status": 500},
)
"""What a POST of rows meets, each with its share of FAULTY."""
FAULTY = 0.08
SLOWNESS = {"kind": "latency", "seconds": 0.25}
SLOW = 0.7
"""Power BI takes its time, so that a POST is seen on its way."""

Emit = Callable[[dict[str, Any]], None]


@dataclass
class Summary:
    """The line `exactbi.chaos/1`."""

    kills: int = 0
    uncounted: int = 0
    lost: int = 0
    duplicated: int = 0
    sum_differences: int = 0
    partial: int = 0
    unsettled: int = 0
    consents: int = 0
    landings: int = 0
    victims: dict[str, int] = field(default_factory=dict)
    recovery_s: list[float] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return (
            not (self.lost or self.duplicated or self.sum_differences or self.partial or self.unsettled)
            and self.kills > 0
        )

    def line(self) -> dict[str, Any]:
        times = sorted(self.recovery_s) or [0.0]
        return {
            "schema": "exactbi.chaos/1",
            "kills": self.kills,
            "lost": self.lost,
            "duplicated": self.duplicated,
            "sum_differences": self.sum_differences,
            "recovery_s": {"p50": round(statistics.median(times), 2), "max": round(times[-1], 2)},
            "ok": self.ok,
            "partial": self.partial,
            "unsettled": self.unsettled,
            "consents": self.consents,
            "landings": self.landings,
            "victims": self.victims,
            "uncounted": self.uncounted,
        }


def campaign(stack: Stack, kills: int, seed: int, begin: int, emit: Emit) -> Summary:
    """Kill `kills` times, the victims in turn and shuffled by the seed, and judge the books when all is quiet again."""
    dice = random.Random(f"{seed} {begin}")
    both_sides.wait_until_equal(stack, both_sides.source(stack), lambda _: None)
    for fault in FAULTS:
        rule: dict[str, Any] = {"route": "rows.post", "p": FAULTY / len(FAULTS), "fault": fault}
        stack.powerbi.control.post("/control/faults", rule)
    stack.powerbi.control.post("/control/faults", {"route": "rows.post", "p": SLOW, "fault": SLOWNESS})
    summary = Summary()
    order: list[str] = []
    for n in range(begin, begin + kills):
        order = order or dice.sample(VICTIMS, len(VICTIMS))
        _kill(stack, order.pop(), n, dice, summary, emit)
    httpx.delete(f"{stack.powerbi.control.base}/control/faults", trust_env=False).raise_for_status()
    _judge(stack, summary)
    return summary


def _kill(stack: Stack, victim: str, n: int, dice: random.Random, summary: Summary, emit: Emit) -> None:
    for _ in range(TRIES):
        caught = catch(stack, victim)
        if caught is not None:
            break
        _give_consent(stack, summary)
    else:
        summary.uncounted += 1
        emit({"n": n, "victim": victim, "point": None, "state": "no work in flight: not counted", "recovered_s": None})
        return
    began = time.monotonic()
    stack.kill(victim)
    time.sleep(dice.uniform(*DOWN_S))
    _recover(stack, victim)
    recovered = time.monotonic() - began
    summary.kills += 1
    summary.victims[victim] = summary.victims.get(victim, 0) + 1
    summary.recovery_s.append(recovered)
    emit({"n": n, "victim": victim, "point": caught.point, "state": caught.state, "recovered_s": round(recovered, 2)})


def _give_consent(stack: Stack, summary: Summary) -> None:
    """Be the person whom a lost token calls: Exact renewed it, and the answer died with the process that asked."""
    if any(token["state"] == REVOKED for token in stack.asked("status").get("tokens", [])):
        onboarding.log_in(stack)
        summary.consents += 1


def _recover(stack: Stack, victim: str) -> None:
    """Start the victim again, and whatever ended because of it, until everything says that it is ready."""
    stack.tend()
    deadline = Deadline(stack.children[victim])
    while not _all_ready(stack):
        stack.tend()
        deadline.step()


def _all_ready(stack: Stack) -> bool:
    with httpx.Client(timeout=2.0, trust_env=False) as client:
        try:
            return all(client.get(f"{stack.health(name)}/readyz").status_code == 200 for name in stack.services)
        except httpx.HTTPError:
            return False


def _judge(stack: Stack, summary: Summary) -> None:
    looked = [0.0]

    def look(_: dict[str, int]) -> None:
        if time.monotonic() - looked[0] > CONSENT_LOOK_S:
            _give_consent(stack, summary)
            looked[0] = time.monotonic()

    try:
        found = both_sides.wait_until_equal(stack, both_sides.source(stack), look)
    except both_sides.StalledError:
        found = both_sides.verdicts(stack, both_sides.source(stack))
    summary.lost = sum(one.lost for one in found)
    summary.duplicated = sum(one.surplus for one in found)
    summary.sum_differences = sum(map(_off, found))
    walks = [walked(stack, table.name) for table in TABLES if table.mode == "reversal"]
    summary.partial = sum(len(one.partial) for one in walks)
    summary.unsettled = sum(one.unsettled for one in walks)
    summary.landings = sum(one.landings for one in walks)


def _off(verdict: Verdict) -> int:
    return verdict.amounts_off + sum(1 for control in verdict.controls if control.difference)


def walked(stack: Stack, name: str) -> Walk:
    """The journal of a table, checked after each accepted POST."""
    table = next(table for table in TABLES if table.name == name)
    versions = Versions(table, SITE, exact_history(stack.exact.control.base, table.entity))
    return walk(table, versions, sink_journal(stack.powerbi.control.base, DATASET, table.name))
