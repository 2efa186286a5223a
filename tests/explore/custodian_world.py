"""The world around the custodian's shell: Exact's token endpoint, clocks, restores, and what must hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exactbi.connections.custodian_rules import Kind, State
from exactbi.exact_online.auth import Outcome
from explore.custodian_shell import Shell
from explore.custodian_state import (
    FUTURE,
    OLD,
    PERSON,
    Exact,
    Held,
    Process,
    Request,
    Stamp,
    Tried,
    World,
    accepted,
    aged,
    faulty,
    next_number,
    numbered,
    pruned,
    put,
    stamped,
    with_requests,
)
from explore.engine import Step


class Custody(Shell):
    """The model: the real rules in their world."""

    def starts(self) -> Iterable[World]:
        first = Held(1, 1, 1, 0, Stamp(OLD, True))
        person = Process("waiting" if self.setting.edits and "consent" in self.setting.kinds else "done")
        secret = (0, "secret" not in self.setting.kinds)
        yield World(Exact(), (first,), (), frozenset({(1, 1, 1)}), (Process(), Process(), person), secret=secret)

    def violation(self, world: World) -> str | None:
        if world.broken:
            return world.broken
        if world.exact.current == -1:
            return "an old token was presented while the living one was ours, and the family is dead"
        is_quiet = not world.requests and all(p.at in ("idle", "waiting", "done") for p in world.processes)
        is_quiet = is_quiet and self.adopts(world) == world
        if is_quiet and self._state(world, 0) is State.REVOKED and accepted(world) & world.had:
            return "a person is called although Exact accepts a token that we had"
        return None

    def goal(self, world: World) -> bool:
        if world.requests or any(p.at not in ("idle", "waiting", "done") for p in world.processes):
            return False
        if self._state(world, 0) is State.REVOKED:
            return not accepted(world) & world.had
        return self._is_well(world)

    def successors(self, world: World) -> Iterator[Step[World]]:
        if world.backup is not None and world.faults >= self.setting.faults:
            world = world._replace(backup=None)
        for n, process in enumerate(world.processes):
            yield from self._process(world, n, process)
            yield from self._process_faults(world, n, process)
        for request in set(world.requests):
            yield from self._serve(world, request)
        yield from self._outside(world)
        yield from self._wait_passes(world)

    def _serve(self, world: World, request: Request) -> Iterator[Step[World]]:
        rest = list(world.requests)
        rest.remove(request)
        exact, answer = self._answer(world, request)
        served = with_requests(world._replace(exact=exact), *rest)
        label = f"Exact handles t{request.text}: {answer[0]}{answer[1] or ''}"
        sender = request.sender
        if sender is None:
            yield f"{label}, nobody listens", pruned(served), False
            return
        process = world.processes[sender]
        heard = put(served, sender, process._replace(at="answered", answer=answer))
        yield label, pruned(heard._replace(had=heard.had | {answer[1]})), False
        if self._can(world, "lost"):
            lost = self._ended(faulty(served), sender, process, Outcome.UNCLEAR)
            yield f"{label}, answer lost", pruned(lost), True
        if self._can(world, "5xx"):
            failed = with_requests(faulty(world), *rest)
            yield "Exact fails", put(failed, sender, process._replace(at="answered", answer=("5xx", 0))), True

    def _answer(self, world: World, request: Request) -> tuple[Exact, tuple[str, int]]:
        exact = world.exact
        if not request.secret:
            return exact, ("blocked", 0)
        if request.kind is Kind.CODE:
            return Exact(exact.issued + 1, 0, exact.issued + 1, True), ("ok", exact.issued + 1)
        if request.text not in accepted(world):
            if self.setting.reuse_kills:
                exact = exact._replace(current=-1 if exact.current in world.had else 0, before=0)
            return exact, ("old", 0)
        if exact.early:
            return exact, ("early", 0)
        after = Exact(exact.issued + 1, request.text if self.setting.grace else 0, exact.issued + 1, True)
        return after, ("ok", exact.issued + 1)

    def _process_faults(self, world: World, n: int, process: Process) -> Iterator[Step[World]]:
        name = "the person" if n == PERSON else f"P{n + 1}"
        if process.at in ("idle", "down", "waiting", "done"):
            return
        down = Process("done" if n == PERSON else "down")
        freed = faulty(world._replace(lock=None if world.lock == n else world.lock))
        orphaned = with_requests(freed, *(r._replace(sender=None) if r.sender == n else r for r in world.requests))
        if self._can(world, "kill"):
            lost = process.answer[1] if process.at == "answered" else 0
            yield f"kill {name}", put(orphaned._replace(had=world.had - {lost}), n, down), True
        if self._can(world, "lock") and world.lock == n:
            yield f"{name} loses its lock", faulty(world._replace(lock=None)), True
        if self._can(world, "timeout") and process.at == "sent":
            waited = with_requests(
                faulty(world), *(r._replace(sender=None) if r.sender == n else r for r in world.requests)
            )
            yield f"{name} gives up waiting", self._ended(waited, n, process, Outcome.UNCLEAR), True
        if self._can(world, "dbfail") and process.at == "answered" and process.answer[0] == "ok":
            kept = orphaned._replace(journal=world.journal | {(process.answer[1], *process.numbers)})
            yield f"{name} only journals t{process.answer[1]}, killed", put(kept, n, down), True

    def _outside(self, world: World) -> Iterator[Step[World]]:
        if not world.secret[1]:
            yield "the secret is set right", self._with_secret(world, is_right=True), False
        if "secret" in self.setting.kinds and world.edits < self.setting.edits:
            for right in (True, False):
                again = self._with_secret(world._replace(edits=world.edits + 1), is_right=right)
                yield f"another secret is set, {'right' if right else 'wrong'}", again, True
        if "restore" in self.setting.kinds and world.backup is None and world.faults == 0:
            yield "a backup is taken", world._replace(backup=aged(world.tokens, world.tries)), True
        if self._can(world, "restore") and world.backup is not None:
            yield "the database is restored", self._restored(world, world.backup), True
        if self._can(world, "ahead"):
            yield "Postgres' clock jumps ahead", faulty(stamped(world, OLD)), True
        if self._can(world, "back"):
            yield "Postgres' clock is set back", faulty(stamped(world, FUTURE)), True

    def _with_secret(self, world: World, *, is_right: bool) -> World:
        return numbered(world._replace(secret=(next_number(world), is_right), refused=False))

    def _restored(self, world: World, backup: tuple[tuple[Held, ...], tuple[Tried, ...]]) -> World:
        lost = {p.answer[1] for p in world.processes if p.at == "answered"}
        person = world.processes[PERSON]
        processes = (Process("down"), Process("down"), person if person.at in ("waiting", "done") else Process("done"))
        orphaned = with_requests(faulty(world), *(r._replace(sender=None) for r in world.requests))
        tokens, tries = backup
        return orphaned._replace(
            tokens=tokens, tries=tries, processes=processes, lock=None, restored=Stamp(),
            had=world.had - lost, backup=None,
        )  # fmt: skip

    def _wait_passes(self, world: World) -> Iterator[Step[World]]:
        if self.setting.bounded and (world.requests or any(p.at in ("answered", "stored") for p in world.processes)):
            return
        later = stamped(world, OLD, passed=True)
        processes = tuple(p._replace(stale=True) if p.at == "written" else p for p in world.processes)
        after = later._replace(exact=world.exact._replace(early=False), processes=processes, refused=False)
        if after != world:
            yield "570 s pass", after, False

    def _can(self, world: World, kind: str) -> bool:
        return kind in self.setting.kinds and world.faults < self.setting.faults
