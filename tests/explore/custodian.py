"""Explores the custodian's rules: kills, lost locks and answers, restores, clock jumps and a consent at any time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from exactbi.connections.custodian_rules import Attempt, CustodianRules, Decision, State, Token, View, Wait
from exactbi.exact_online.auth import Outcome
from explore.custodian_state import Process, Setting, World
from explore.custodian_world import Custody
from explore.engine import Bounds, Result, Several, explored


class CondemnsTheConnection(Custody):
    """A verdict is written over whatever is there."""

    def buries(self, world: World, _process: Process) -> frozenset[int]:
        return frozenset(held.text for held in world.tokens)


class FencesTheToken(Custody):
    """A received token is a write like any other: refused without the lock."""

    def may_store(self, world: World, n: int) -> bool:
        return world.lock == n


class LastStoredIsCurrent(CustodianRules):
    """Whichever token was stored last is the newest."""

    def ranked(self, view: View) -> list[Token]:
        return sorted(view.tokens, key=lambda token: token.seq, reverse=True)


class IgnoresTheJournal(Custody):
    """The journal is written and never read."""

    def adopts(self, world: World) -> World:
        return world


class LeavesDoubtToTheNext(CustodianRules):
    """A process that lives through a doubt never ends it."""

    def decide(self, view: View, now: float) -> Decision:
        if self.state(view) in (State.UNCERTAIN, State.REFRESHING):
            return Wait(self.wait)
        return super().decide(view, now)


class OldestFirst(CustodianRules):
    """The table's token is tried before the journal's newer one."""

    def candidates(self, view: View) -> list[Token]:
        return super().candidates(view)[::-1]


class NeverStale(CustodianRules):
    """A holder that slept sends its attempt all the same."""

    def is_stale(self, _age: float) -> bool:
        return False


class EveryRefusalIsAVerdict(CustodianRules):
    """Too early, markup and 5xx condemn the token too."""

    def is_verdict(self, outcome: str) -> bool:
        return outcome in (Outcome.DEAD, Outcome.EARLY, Outcome.UNCLEAR)


class PresentsAtOnce(CustodianRules):
    """The next holder does not wait 570 s after an attempt that it knows nothing of."""

    def _telling(self, _view: View) -> list:  # type: ignore[type-arg]
        return []


class ForgivesEveryAttempt(CustodianRules):
    """A new secret lets go of every attempt before it, also of those that Exact may have granted."""

    def _after(self, view: View, attempt: Attempt) -> float:
        return 0.0 if attempt.id < view.app_seq else super()._after(view, attempt)


class TriesARefusedAppAtOnce(CustodianRules):
    """A refusal of the app delays nothing, whatever became of its secret."""

    def _after(self, view: View, attempt: Attempt) -> float:
        return 0.0 if attempt.outcome == Outcome.BLOCKED else super()._after(view, attempt)


class ConsentsBesideARefresh(Custody):
    """A consent's code is exchanged while a refresh runs."""

    def quiet(self, _world: World) -> bool:
        return True


_WORST: Final = Setting(reuse_kills=True, bounded=True, edits=0)
MISTAKES: Final[Mapping[str, Custody]] = {
    "A1 a verdict condemns the connection": CondemnsTheConnection(Setting(kinds=frozenset({"lock"}))),
    "A2 the fence loses the token": FencesTheToken(Setting(kinds=frozenset({"lock"}))),
    "A3 the last stored token is current": ConsentsBesideARefresh(
        Setting(faults=0, kinds=frozenset({"consent"})), LastStoredIsCurrent()
    ),
    "A4 a restore loses what only the journal has": IgnoresTheJournal(Setting(kinds=frozenset({"restore"}))),
    "A5 doubt has no exit while the process lives": Custody(
        Setting(kinds=frozenset({"timeout"})), LeavesDoubtToTheNext()
    ),
    "A6 the older candidate goes first": Custody(Setting(kinds=frozenset({"dbfail"})), OldestFirst()),
    "A7 a holder that slept sends": Custody(_WORST._replace(kinds=frozenset({"kill", "lock"})), NeverStale()),
    "A8 every refusal is a verdict": Custody(Setting(kinds=frozenset({"5xx"})), EveryRefusalIsAVerdict()),
    "the wait after an unknown attempt is left out": Custody(
        _WORST._replace(kinds=frozenset({"kill", "lock", "timeout"})), PresentsAtOnce()
    ),
    "a new secret forgives every attempt": Custody(
        _WORST._replace(kinds=frozenset({"secret", "lock"}), edits=1), ForgivesEveryAttempt()
    ),
    "a refused app is tried at once": Custody(Setting(kinds=frozenset({"secret"})), TriesARefusedAppAtOnce()),
}
"""What was once wrong, as a model with the fewest faults that show it; A9 and A10 are of the spare grant, not built."""


GROUPS: Final = (
    frozenset({"kill", "lock", "lost", "timeout", "5xx"}),
    frozenset({"kill", "timeout", "ahead", "back"}),
    frozenset({"kill", "lock", "timeout", "dbfail"}),
    frozenset({"kill", "timeout", "dbfail", "restore"}),
    frozenset({"consent", "kill", "lock", "timeout"}),
    frozenset({"consent", "dbfail", "lost", "ahead", "back"}),
    frozenset({"consent", "restore"}),
    frozenset({"secret", "kill", "lock", "timeout", "lost"}),
)
"""Faults that meet in one model; all in one would be millions of states."""


def explore(bounds: Bounds) -> Result:
    """Walk the ordinary vendor, the graceful one and the worst, then each mistake put back."""
    wide = Setting(faults=bounds.faults, edits=min(bounds.edits, 1))
    models = [Custody(wide._replace(kinds=kinds)) for kinds in GROUPS if wide.edits or "consent" not in kinds]
    models.append(Custody(wide._replace(grace=True, kinds=GROUPS[0])))
    worst = _WORST._replace(faults=min(bounds.faults, 1))
    models += [Custody(worst._replace(kinds=GROUPS[0])), Custody(worst._replace(kinds=GROUPS[-1], edits=wide.edits))]
    mistakes = {name: lambda model=model: model for name, model in MISTAKES.items()}
    return explored("custodian", bounds, Several(models), mistakes)
