"""The custodian's shell around its rules, one method a step: write ahead, fence, store without a lock, adopt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from exactbi.connections.custodian_rules import (
    STORED,
    UNSENT,
    Attempt,
    CustodianRules,
    Kind,
    Refresh,
    State,
    Token,
    View,
)
from exactbi.exact_online.auth import Refused, parse_answer
from explore.custodian_state import (
    NOW,
    OLD,
    PERSON,
    Held,
    Process,
    Request,
    Setting,
    Stamp,
    Tried,
    World,
    accepted,
    next_number,
    numbered,
    put,
    with_requests,
    with_token,
)
from explore.engine import Step

OLD_BODY: Final = b'{"error":"unauthorized_client","error_description":"Old refresh token used."}'
BLOCKED_BODY: Final = b'{"error":"invalid_client"}'
EARLY_BODY: Final = b'{"error":"access_denied","error_description":"Rate limit exceeded: access_token not expired"}'
ANSWERS: Final = {
    "old": (401, OLD_BODY),
    "early": (400, EARLY_BODY),
    "blocked": (401, BLOCKED_BODY),
    "5xx": (503, b""),
}


class Shell:
    """Two custodians and a person over the real rules. A mistake is put back by overriding a rule or a hook."""

    def __init__(self, setting: Setting, rules: CustodianRules | None = None) -> None:
        self.setting = setting
        self.rules = rules or CustodianRules()

    # hooks: each a place where a mistake may be put back

    def adopts(self, world: World) -> World:
        """Tokens that only the journal holds are stored: at every start, and before a token is presented."""
        known = {held.text for held in world.tokens}
        for text, grant, generation in sorted(world.journal):
            if text not in known:
                world = with_token(world, Held(text, grant, generation, next_number(world), Stamp(OLD, True)))
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

    # steps

    def _process(self, world: World, n: int, process: Process) -> Iterator[Step[World]]:
        name = "the person" if n == PERSON else f"P{n + 1}"
        if process.at == "down":
            yield f"{name} starts", put(self.adopts(world), n, Process()), False
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

    def _decide(self, world: World, n: int, name: str) -> Iterator[Step[World]]:
        if (adopted := self.adopts(world)) != world:
            yield f"{name} adopts the journal", adopted, False
            return
        decision = self.rules.decide(self._view(world, n), NOW)
        if not isinstance(decision, Refresh) or (self._is_well(world) and world.exact.issued >= self.setting.rotations):
            return
        text = int(decision.token.id)
        living = {held.text for held in world.tokens} & {world.exact.current}
        after = self._written(world, n, Kind.REFRESH, text, self.rules.successor(decision.token))
        if world.refused:
            after = after._replace(broken="an app that was refused is tried again with the same secret, within 570 s")
        if living and text not in living and not self.setting.grace:
            after = after._replace(broken="a dead token is presented although the living one is in the database")
        yield f"{name} writes down that it presents t{text}", after, False

    def _consents(self, world: World) -> World:
        numbers = self.rules.consented(self._view(world, PERSON))
        after = self._written(world, PERSON, Kind.CODE, 0, numbers)
        return after._replace(edits=world.edits + 1)

    def _send(self, world: World, n: int, process: Process, name: str) -> Step[World]:
        if self.rules.is_stale(600.0 if process.stale else 0.0):
            return f"{name} finds its attempt stale", self._ended(world, n, process, UNSENT), False
        kind = Kind.CODE if n == PERSON else Kind.REFRESH
        sent = put(world, n, process._replace(at="sent"))
        return (
            f"{name} sends t{process.text}",
            with_requests(sent, *world.requests, Request(n, kind, process.text, process.secret)),
            False,
        )

    def _hear(self, world: World, n: int, process: Process, name: str) -> Step[World]:
        kind, text = process.answer
        if kind == "ok":
            if not self.may_store(world, n):
                return f"{name} drops t{text}", self._ended(world, n, process, STORED), False
            held = Held(text, *process.numbers, next_number(world), Stamp(owner=n))
            journaled = world._replace(journal=world.journal | {(text, *process.numbers)})
            stored = put(with_token(journaled, held), n, process._replace(at="stored"))
            return f"{name} stores t{text}", stored, False
        if kind == "blocked":
            fresh = any(t.id == process.attempt > world.secret[0] and not t.stamp.passed for t in world.tries)
            world = world._replace(refused=world.refused or fresh)
        status, body = ANSWERS[kind]
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
        return put(world, n, Process("done" if n == PERSON else "idle"))

    def _written(self, world: World, n: int, kind: Kind, text: int, numbers: tuple[int, int]) -> World:
        number = next_number(world)
        if self.writes_ahead():
            tried = Tried(number, kind, text or None, Stamp(owner=n))
            world = world._replace(tries=(*world.tries, tried))
        return numbered(
            put(world._replace(lock=n), n, Process("written", text, numbers, number, secret=world.secret[1]))
        )

    # views

    def _view(self, world: World, n: int) -> View:
        tokens = [Token(h.text, h.grant, h.generation, h.seq, h.stamp.moment(n), h.dead) for h in world.tokens]
        tries = [Attempt(t.id, t.kind, t.presented, t.stamp.moment(n), t.outcome) for t in world.tries]
        tries = [attempt for attempt in tries if attempt.outcome != UNSENT]
        return View(tokens, tries, world.restored.moment(n), app_seq=world.secret[0])

    def _state(self, world: World, n: int) -> State:
        return self.rules.state(self._view(world, n))

    def _newest(self, world: World) -> Token:
        return self.rules.candidates(self._view(world, 0))[0]

    def _is_well(self, world: World) -> bool:
        """Active on a token that Exact accepts."""
        return self._state(world, 0) is State.ACTIVE and self._newest(world).id in accepted(world)
