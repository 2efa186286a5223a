"""The rules of an app user's single-use refresh tokens: which may be presented, when, and what an answer means. Pure.

Exact kills a refresh token when it is used and when the user consents anew; presenting a dead one is an error, so a
token whose fate is unknown is tried late, newest first, and given up only by Exact's own verdict on it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from exactbi.exact_online.auth import Outcome
from exactbi.exact_online.limits import DAY, HOUR, TOKEN_CALLS_PER_DAY_USED, TOKEN_WAIT

STALE: Final = 5.0
"""Seconds after which an attempt is given up instead of sent."""
GENERATIONS: Final = 2
"""Candidates are the tokens of a grant's newest generation and of the one before it."""


class State(StrEnum):
    """Derived from tokens and attempts, never stored."""

    ACTIVE = "active"
    REFRESHING = "refreshing"
    UNCERTAIN = "uncertain"
    BLOCKED = "blocked"
    REVOKED = "revoked"


class Kind(StrEnum):
    """What an attempt presents."""

    REFRESH = "refresh"
    CODE = "code"


STORED: Final = "stored"
"""The outcome of an attempt whose tokens were stored; others are `Outcome`'s, or UNSENT."""
UNSENT: Final = "unsent"
"""No byte of the request left: the attempt never was."""


@dataclass(frozen=True)
class Moment:
    """A moment by Postgres' clock, with how long this process has known of it by its own monotonic clock.

    `ours`: this process made it, so its own clock bounds the time that has passed.
    """

    at: float
    known_for: float = 0.0
    ours: bool = False

    def elapsed(self, now: float) -> float:
        """Seconds that have passed for sure; a moment in the future comes from a clock that was set back."""
        passed = now - self.at if self.at <= now else self.known_for
        return min(passed, self.known_for) if self.ours else passed


@dataclass(frozen=True)
class Token:
    """A refresh token that we received. `seq`: order of storing, of one counter with attempts."""

    id: uuid.UUID | int
    grant: int
    generation: int
    seq: int
    received: Moment
    dead: bool = False


@dataclass(frozen=True)
class Attempt:
    """A token request, written before it was sent; `outcome` is None while it is open."""

    id: int
    kind: Kind
    presented: uuid.UUID | int | None
    started: Moment
    outcome: str | None = None


@dataclass(frozen=True)
class View:
    """What the database and the journal hold of one connection. `restored`: when this server was first seen.

    `app_seq`: when the app's id or secret was last set, of one counter with tokens and attempts; 0 where it is not.
    """

    tokens: Sequence[Token]
    attempts: Sequence[Attempt]
    restored: Moment
    attempts_today: int = 0
    app_seq: int = 0


@dataclass(frozen=True)
class Refresh:
    """Present this token now."""

    token: Token


@dataclass(frozen=True)
class Wait:
    """Nothing may be sent for so many seconds."""

    seconds: float


@dataclass(frozen=True)
class AskConsent:
    """No candidate is left: only a person can help."""


Decision = Refresh | Wait | AskConsent


class CustodianRules:
    """Decides; `factor` is the time scale of the vendor's windows."""

    def __init__(self, factor: float = 1.0) -> None:
        self.wait = TOKEN_WAIT / factor
        self.longest_back_off = HOUR / factor
        self.day = DAY / factor

    def ranked(self, view: View) -> list[Token]:
        """The tokens of the newest grant, newest first, dead or not."""
        newest = max((token.grant for token in view.tokens), default=0)
        tokens = [token for token in view.tokens if token.grant == newest]
        return sorted(tokens, key=lambda token: (token.generation, token.seq), reverse=True)

    def candidates(self, view: View) -> list[Token]:
        """What may still be presented, newest first; never a token of an older grant."""
        ranked = self.ranked(view)
        return [token for token in ranked if not token.dead and token.generation > ranked[0].generation - GENERATIONS]

    def state(self, view: View) -> State:
        """The connection's state. Attempts made before the newest token was stored say nothing."""
        if not self.candidates(view):
            return State.REVOKED
        last = self._last_refresh(view)
        if last is None or last.outcome in (STORED, Outcome.EARLY):
            return State.ACTIVE
        if last.outcome is None:
            return State.REFRESHING
        return State.BLOCKED if last.outcome == Outcome.BLOCKED else State.UNCERTAIN

    def decide(self, view: View, now: float) -> Decision:
        """What the holder of the lock does now, by Postgres' clock `now`."""
        candidates = self.candidates(view)
        if not candidates:
            return AskConsent()
        waits = [
            self.wait - self.ranked(view)[0].received.elapsed(now),
            self.wait - view.restored.elapsed(now),
            *(self._after(view, attempt) - attempt.started.elapsed(now) for attempt in self._telling(view)),
            self.wait if view.attempts_today >= TOKEN_CALLS_PER_DAY_USED else 0.0,
        ]
        longest = max(waits)
        return Wait(longest) if longest > 0 else Refresh(candidates[0])

    def successor(self, presented: Token) -> tuple[int, int]:
        """Grant and generation of the token that is received for `presented`."""
        return presented.grant, presented.generation + 1

    def consented(self, view: View) -> tuple[int, int]:
        """Grant and generation of the token that is received for a consent's code."""
        return max((token.grant for token in view.tokens), default=0) + 1, 1

    def is_stale(self, age: float) -> bool:
        """Whether an attempt, so many seconds old by the own clock, must not be sent any more."""
        return age > STALE

    def is_verdict(self, outcome: str) -> bool:
        """Whether an outcome condemns the presented token, and no other."""
        return outcome == Outcome.DEAD

    def _telling(self, view: View) -> list[Attempt]:
        """Attempts that Exact may have seen. A code that was refused rotated nothing."""
        return [
            attempt
            for attempt in view.attempts
            if attempt.outcome != UNSENT
            and (attempt.kind is Kind.REFRESH or attempt.outcome in (None, Outcome.UNCLEAR))
        ]

    def _since_newest(self, view: View) -> list[Attempt]:
        """Refreshes that began after the newest token was stored, in order."""
        stored = self.ranked(view)[0].seq
        refreshes = [a for a in view.attempts if a.kind is Kind.REFRESH and a.outcome != UNSENT and a.id > stored]
        return sorted(refreshes, key=lambda attempt: attempt.id)

    def _last_refresh(self, view: View) -> Attempt | None:
        return next(reversed(self._since_newest(view)), None)

    def _after(self, view: View, attempt: Attempt) -> float:
        """Seconds that must lie behind an attempt before the next; doubling while the app itself is refused.

        None behind an app that was refused with another id or secret: that said nothing of a token, nor of this app.
        """
        if attempt.outcome == Outcome.BLOCKED and attempt.id < view.app_seq:
            return 0.0
        blocked = 0
        for past in reversed(self._since_newest(view)):
            if past.outcome != Outcome.BLOCKED or past.id > attempt.id or past.id < view.app_seq:
                break
            blocked += 1
        return max(self.wait, min(self.wait * 2.0 ** (blocked - 1), self.longest_back_off)) if blocked else self.wait
