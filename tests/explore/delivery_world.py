"""The world around a pusher: edits, a sink with every fault that delivery may meet, and what must hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from explore.delivery_pusher import Pusher
from explore.delivery_state import (
    DELETE,
    GROWTH,
    NOW,
    Sent,
    World,
    canonical,
    emptied,
    find,
    image,
    landed,
    later_on,
    put,
    with_answer,
)
from explore.engine import Step
from pbi_pusher import census, clearing
from pbi_pusher.batches import Answer, Batch, Kind, State
from pbi_pusher.clearing import Phase


class Delivery(Pusher):
    """The model: a pusher in its world."""

    def starts(self) -> Iterator[World]:
        rows = self.setting.rows
        nothing: tuple[int | None, ...] = (None,) * rows
        world = World(nothing, nothing, refused=(-1,) * rows, edits=self.setting.edits, faults=self.setting.faults)
        if self.setting.loaded:
            images = tuple(image(row, 1) for row in range(rows))
            batch = Batch(1, 1, Kind.CONTENT, State.CONFIRMED, tuple(range(rows)), images, (1,) * rows, 1)
            batch = replace(batch, attempts=1, sent_at=0.0, confirmed_at=0.0)
            world = world._replace(wanted=images, pushed=images, batches=(batch,), sink=((1,) * rows,))
        yield world

    def successors(self, world: World) -> Iterator[Step[World]]:
        for label, after, is_fault in self._steps(world):
            yield label, canonical(after), is_fault

    def _steps(self, world: World) -> Iterator[Step[World]]:
        yield from self._edits(world)
        yield from self._landings(world)
        if world.pusher is None:
            yield from self._idle(world)
        elif world.pusher.answer is not None:
            yield from self._commit_answer(world, world.pusher)
        elif world.pusher.batch == DELETE:
            yield from self._delete(world)
        else:
            yield from self._post(world, world.pusher)

    def _fault(self, world: World, kind: str) -> World | None:
        if world.faults and kind in self.setting.kinds:
            return world._replace(faults=world.faults - 1)
        return None

    def _edits(self, world: World) -> Iterator[Step[World]]:
        if not world.edits:
            return
        for row in range(self.setting.rows):
            values = [None, *(image(row, value) for value in range(1, self.setting.values + 1))]
            for value in values:
                if value != world.wanted[row]:
                    after = world._replace(
                        edits=world.edits - 1,
                        wanted=put(world.wanted, row, value),
                        refused=put(world.refused, row, -1),
                        parts=tuple(part - {row} for part in world.parts if part - {row}),
                    )
                    yield f"edit row {row} to {value}", after._replace(due=self.edited(after, row)), True

    def _landings(self, world: World) -> Iterator[Step[World]]:
        for n, sent in enumerate(world.late):
            after = world._replace(late=world.late[:n] + world.late[n + 1 :])
            if sent.batch == DELETE:
                yield "late DELETE lands", emptied(after), False
                continue
            yield f"late POST {sent} lands", landed(after, sent.batch, sent.positions), False
            if hit := self._fault(after, "partial"):
                for some in proper_parts(sent.positions):
                    yield f"late POST {sent} lands in part {some}", landed(hit, sent.batch, some), True
        if hit := self._fault(world, "delete"):
            yield "a DELETE lands", emptied(hit), True
        if world.stale is None and (hit := self._fault(world, "stale")):
            yield "a replica stalls", hit._replace(stale=world.sink), True

    def _idle(self, world: World) -> Iterator[Step[World]]:
        yield "settle", self._settled(world), False
        for label, sink in (("census", world.sink), ("stale census", world.stale)):
            if sink is not None:
                after = self._census(world, sink)
                yield label, after._replace(stale=None) if label != "census" else after, label != "census"
        if hit := self._fault(world, "kill"):
            yield "kill after a census' first decision", self._census(hit, world.sink, most=1), True
        phase = world.clearing.phase
        if world.give_up and phase in (Phase.WHOLE, Phase.FILLING) and self.may_raise(world):
            yield "raise the epoch", self._raise(world), False
        if phase in (Phase.WHOLE, Phase.FILLING):
            yield from self._compose(world)
            yield from self._begin(world)
        elif world.clearing.wants_delete:
            yield "begin DELETE", world._replace(pusher=Sent(DELETE, ())), False

    # the sink

    def _delete(self, world: World) -> Iterator[Step[World]]:
        idle = world._replace(pusher=None, clearing=clearing.deleted(world.clearing, NOW))
        yield "DELETE lands", emptied(idle), False
        again = Sent(DELETE, ())
        if hit := self._fault(idle, "not_landed"):
            yield "DELETE does not land", hit, True
        if hit := self._fault(idle, "late"):
            yield "DELETE will land late", later_on(hit, again), True
        if hit := self._fault(idle, "twice"):
            yield "DELETE lands twice", later_on(emptied(hit), again), True
        if hit := self._fault(world._replace(pusher=None), "kill"):
            yield "kill before DELETE", hit, True
            yield "pause before DELETE, take-over", later_on(hit, again), True
            yield "kill after DELETE", emptied(hit), True

    def _post(self, world: World, sent: Sent) -> Iterator[Step[World]]:
        batch = find(world, sent.batch)
        poison = image(0, 2)
        whole = landed(world, sent.batch, sent.positions)
        if self.setting.poison and any(batch.images[n] == poison for n in sent.positions):
            yield f"{sent}: 400", with_answer(world, sent, Answer.REFUSED), False
        else:
            yield f"{sent}: 200", with_answer(whole, sent, Answer.ACCEPTED), False
            yield from self._post_faults(world, whole, sent)
        if hit := self._fault(world, "kill"):
            yield f"kill before {sent}", self._take_over(hit), True
            yield f"pause before {sent}, take-over", later_on(self._take_over(hit), sent), True

    def _post_faults(self, world: World, whole: World, sent: Sent) -> Iterator[Step[World]]:
        later = later_on(world, sent)
        outcomes: list[tuple[str, World, Answer]] = [
            ("not_landed", world, Answer.UNKNOWN),
            ("lost", whole, Answer.UNKNOWN),
            *(("partial", landed(world, sent.batch, some), Answer.UNKNOWN) for some in proper_parts(sent.positions)),
            ("late", later, Answer.UNKNOWN),
            ("twice", later_on(whole, sent), Answer.ACCEPTED),
            ("late_visible", later, Answer.ACCEPTED),
            ("dropped", world, Answer.ACCEPTED),
            ("refused", world, Answer.REFUSED),
            ("refused_landed", whole, Answer.REFUSED),
            ("again", world, Answer.AGAIN),
            ("again_landed", whole, Answer.AGAIN),
        ]
        for kind, after, answer in outcomes:
            if hit := self._fault(after, kind):
                yield f"{sent}: {kind}", with_answer(hit, sent, answer), True

    def _commit_answer(self, world: World, sent: Sent) -> Iterator[Step[World]]:
        outcome = self.answered(world, find(world, sent.batch), sent)
        yield f"commit {sent}", self._apply(world._replace(pusher=None), outcome), False
        if hit := self._fault(world, "kill"):
            yield f"kill before the answer of {sent} is committed", self._take_over(hit), True

    # what must hold

    def violation(self, world: World) -> str | None:
        for row in range(self.setting.rows):
            settled = world.wanted[row] == world.pushed[row] or world.refused[row] == world.wanted[row]
            if not settled and row not in world.due:
                return f"I2: row {row} is wanted otherwise than pushed, but not due"
            holders = [b for b in world.batches if b.unresolved and b.kind is Kind.CONTENT and row in b.rows]
            if len(holders) > 1:
                return f"I4: row {row} is in two unresolved content batches"
        if len(world.batches) > GROWTH:
            return "batches grow without end"
        if world.clearing.phase in (Phase.CLEARING, Phase.EMPTY_ONCE) or world.give_up:
            return None
        open_ = any(b.unresolved or b.missing for b in world.batches)
        if not open_ and world.pusher is None and not self._equals_pushed(world, self._ledger(world)):
            return "I1: confirmed batches and extras differ from pushed"
        if self._quiet(world) and self._is_clean(world) and not self._equals_pushed(world, world.sink):
            return "I1: the sink differs from pushed though a census is clean"
        return None

    def goal(self, world: World) -> bool:
        wanted = all(
            wanted in (pushed, refused)
            for wanted, pushed, refused in zip(world.wanted, world.pushed, world.refused, strict=True)
        )
        return wanted and self._quiet(world) and self._is_clean(world) and self._equals_pushed(world, world.sink)

    def _quiet(self, world: World) -> bool:
        calm = world.pusher is None and not world.late and not world.give_up
        whole = world.clearing.phase in (Phase.WHOLE, Phase.FILLING)
        return calm and whole and not any(b.unresolved or b.missing for b in world.batches)

    def _is_clean(self, world: World) -> bool:
        return all(
            census.expected(batch, world.epoch) == held for batch, held in zip(world.batches, world.sink, strict=True)
        )

    def _ledger(self, world: World) -> tuple[tuple[int, ...], ...]:
        def counted(batch: Batch) -> tuple[int, ...]:
            once = int(batch.state is State.CONFIRMED and batch.epoch == world.epoch)
            return tuple(once + extra for extra in (batch.extra or (0,) * len(batch.rows)))

        return tuple(counted(batch) for batch in world.batches)

    def _equals_pushed(self, world: World, copies: tuple[tuple[int, ...], ...]) -> bool:
        net: dict[int, int] = {}
        for batch, held in zip(world.batches, copies, strict=True):
            for item, sign, count in zip(batch.images, batch.signs, held, strict=True):
                net[item] = net.get(item, 0) + sign * count
        return {item: n for item, n in net.items() if n} == {pushed: 1 for pushed in world.pushed if pushed is not None}


def proper_parts(positions: Sequence[int]) -> list[tuple[int, ...]]:
    size = len(positions)
    return [tuple(p for n, p in enumerate(positions) if mask >> n & 1) for mask in range(1, 2**size - 1)]
