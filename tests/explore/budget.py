"""Explores the rules of a budget: late and lost calls, clock jumps and a restore, against clock minutes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from exactbi.connections.budget_rules import BudgetRules, BudgetState, Report, Use, WindowRule
from explore.budget_world import MINUTE, MOST, RULE, TICK, Calls, Setting
from explore.engine import Bounds, Result, Several, explored


class ByReservation(BudgetRules):
    """A call counts for a window from its reservation, whenever it arrives."""

    def expiry(self, use: Use, rule: WindowRule) -> float:
        return use.reserved + rule.seconds


class TrustsStamps(BudgetRules):
    """Stamps in the future are believed."""

    def settle(self, state: BudgetState, rule: WindowRule, now: float) -> BudgetState:
        return msgspec.structs.replace(state, uses=tuple(use for use in state.uses if self.expiry(use, rule) > now))


class ShortensSuspensions(BudgetRules):
    """The last Retry-After counts, not the longest."""

    def answer(self, state: BudgetState, rule: WindowRule, use_id: str, report: Report, now: float) -> BudgetState:
        after = super().answer(state, rule, use_id, report, now)
        if report.retry_after is None:
            return after
        return msgspec.structs.replace(after, suspended_until=now + report.retry_after)


_TIGHT: Final = WindowRule(limit=MOST, seconds=RULE.seconds, timeout=TICK)
MISTAKES: Final[Mapping[str, Calls]] = {
    "C1 the window rolls by reservations": Calls(Setting(kinds=frozenset({"timeout"}), rule=_TIGHT), ByReservation()),
    "C1 a holder that slept sends": Calls(
        Setting(faults=1, kinds=frozenset({"pause", "kill"}), rule=_TIGHT), stale=False
    ),
    "C2 only Postgres' clock is asked": Calls(Setting(kinds=frozenset({"ahead"})), own=False),
    "C2 stamps in the future are believed": Calls(Setting(kinds=frozenset({"back"}), ticks=9), TrustsStamps()),
    "C5 a later Retry-After shortens the wait": Calls(
        Setting(faults=3, kinds=frozenset({"busy", "lock"}), rule=_TIGHT), ShortensSuspensions()
    ),
    "C5 the window lives in the process": Calls(Setting(kinds=frozenset({"kill"})), shared=False),
}
"""What was once wrong, as a model with the fewest faults that show it. C3 and C4 are the work's, C6 is the lease's."""


def explore(bounds: Bounds) -> Result:
    """Walk the phases of the vendor's minute, with and without headers, then each mistake put back.

    Without headers, a clock that jumps and a worker that takes over at once are one fault too many for any rule of
    ours, and so is a second fault beside a restore. `bounds.extra` may hold `phases` and `ticks`, to walk less.
    """
    wide = Setting(faults=bounds.faults, ticks=bounds.extra.get("ticks", 6))
    workers, clocks = frozenset({"kill", "lock", "timeout", "pause"}), frozenset({"ahead", "back", "timeout", "pause"})
    models = [Calls(wide._replace(kinds=frozenset({"busy", "lock"})))]
    for phase in range(bounds.extra.get("phases", MINUTE)):
        models.append(Calls(wide._replace(phase=phase, kinds=workers)))
        models.append(Calls(wide._replace(phase=phase, kinds=clocks)))
        told = wide._replace(phase=phase, headers=True, ticks=min(wide.ticks, 5))
        models.append(Calls(told._replace(kinds=workers | clocks)))
        models.append(Calls(told._replace(kinds=frozenset({"restore"}), faults=min(bounds.faults, 1))))
    mistakes = {name: lambda model=model: model for name, model in MISTAKES.items()}
    return explored("budget", bounds, Several(models), mistakes)
