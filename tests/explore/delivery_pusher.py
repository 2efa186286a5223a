"""What a pusher does over the real delivery core, as the ledger commits it: settle, compose, begin, raise, count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from explore.delivery_state import GROWTH, NOW, SETTLE, Sent, Setting, World, aged, find, put, with_batch
from explore.engine import Step
from pbi_pusher import batches as core
from pbi_pusher import census, clearing
from pbi_pusher.batches import Batch, DueRow, Kind, Outcome, State
from pbi_pusher.clearing import Clearing, Phase, Raise


class Pusher:
    """A mistake is put back by a subclass that overrides one of the hooks below."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting

    # hooks: where the real core is called

    def answered(self, world: World, batch: Batch, sent: Sent) -> Outcome:
        assert sent.answer is not None
        return core.answered(batch, sent.positions, sent.answer, world.epoch, NOW)

    def judged(self, world: World, outcome: Outcome) -> Outcome:
        return outcome

    def totals(self, totals: census.Totals) -> census.Totals:
        return totals

    def shown(self, world: World, batch: Batch) -> Batch:
        return batch

    def taken_over(self, batch: Batch) -> Batch:
        return core.taken_over(batch)

    def raised(self, batch: Batch) -> Batch:
        return core.raised(batch)

    def edited(self, world: World, row: int) -> frozenset[int]:
        return world.due | {row}

    def may_raise(self, world: World) -> bool:
        landing = any(batch.unresolved and core.is_young(batch, NOW, SETTLE) for batch in world.batches)
        verdict = clearing.may_raise(self.setting.mode, landing=landing, rows=0, approved=False, window_open=True)
        return verdict is Raise.NOW

    # steps that need no sink

    def _settled(self, world: World) -> World:
        batches = tuple(aged(batch) for batch in world.batches)
        clear = replace(world.clearing, phase_at=0.0, deleted_at=None if world.clearing.deleted_at is None else 0.0)
        return world._replace(batches=batches, clearing=clear)

    def _compose(self, world: World) -> Iterator[Step[World]]:
        held = {row for b in world.batches if b.unresolved and b.kind is Kind.CONTENT for row in b.rows}
        free = [row for row in sorted(world.due) if row not in held and world.refused[row] == -1]
        parts = [part for part in world.parts if part & set(free)]
        chosen = [row for row in free if row in parts[0]] if parts else free
        rows = [DueRow(row, 0, str(row), world.wanted[row], world.pushed[row], 1) for row in chosen]
        composed = core.compose(rows, self.setting.mode)
        after = world._replace(due=world.due - {row.row for row in composed.settled})
        if composed.waiting:
            after = after._replace(give_up=True)
        if composed.items.rows:  # also while a table waits to be given up: for its window, or for a person
            after = self._planned(after, composed.items, None)
        if after != world:
            yield "compose", after, False

    def _planned(self, world: World, items: core.Items, counters: int | None) -> World:
        number = max((batch.id for batch in world.batches), default=0) + 1
        first = max((batch.first_ord + len(batch.rows) for batch in world.batches), default=1)
        batch = core.planned(number, world.epoch, items, first, counters)
        none = (0,) * len(items.rows)
        stale = None if world.stale is None else (*world.stale, none)
        return world._replace(batches=(*world.batches, batch), sink=(*world.sink, none), stale=stale)

    def _begin(self, world: World) -> Iterator[Step[World]]:
        for batch in world.batches:
            if batch.resend or (batch.state is State.PLANNED and batch.epoch == world.epoch):
                sent = Sent(batch.id, tuple(batch.positions))
                yield f"begin {sent}", with_batch(world, core.begun(batch, NOW))._replace(pusher=sent), False

    def _raise(self, world: World) -> World:
        wanted = {row for row, image in enumerate(world.wanted) if image is not None and world.refused[row] != image}
        return world._replace(
            epoch=world.epoch + 1,
            batches=tuple(self.raised(batch) for batch in world.batches),
            pushed=(None,) * len(world.pushed),
            due=frozenset(wanted),
            refused=tuple(
                -1 if image is None else refused for image, refused in zip(world.wanted, world.refused, strict=True)
            ),
            clearing=Clearing(Phase.CLEARING, NOW),
            give_up=False,
        )

    def _take_over(self, world: World) -> World:
        return world._replace(pusher=None, batches=tuple(self.taken_over(batch) for batch in world.batches))

    def _apply(self, world: World, outcome: Outcome) -> World:
        world = with_batch(world, outcome.batch)
        if outcome.moves:
            for row, pushed in core.pushed_by(outcome.batch).items():
                world = world._replace(pushed=put(world.pushed, row, pushed))
                if world.wanted[row] == pushed:
                    world = world._replace(due=world.due - {row})
            gone = frozenset(outcome.batch.rows)
            world = world._replace(parts=tuple(part - gone for part in world.parts if part - gone))
        if outcome.parts:
            world = world._replace(parts=(*world.parts, *(frozenset(part) for part in outcome.parts)))
        if outcome.refused:
            row, refused = outcome.refused
            if world.wanted[row] == refused:
                world = world._replace(refused=put(world.refused, row, refused), due=world.due - {row})
            world = world._replace(parts=tuple(part - {row} for part in world.parts if part - {row}))
        if outcome.counter:
            world = self._planned(world, outcome.counter, outcome.batch.id)
        return world._replace(give_up=world.give_up or bool(outcome.give_up))

    # the census

    def _census(self, world: World, sink: tuple[tuple[int, ...], ...], most: int = GROWTH) -> World:
        if world.clearing.phase in (Phase.CLEARING, Phase.EMPTY_ONCE):
            if world.clearing.wants_delete:
                return world
            rows = sum(map(sum, sink))
            return world._replace(clearing=clearing.counted(world.clearing, rows, NOW, SETTLE))
        situation = census.Situation(
            self.setting.mode, world.epoch, NOW, SETTLE, wiped_batches=self.setting.wiped_batches
        )
        looked = [b for b in world.batches if not census.is_left_out(b, NOW, SETTLE)]
        held = dict(zip((batch.id for batch in world.batches), sink, strict=True))
        heads = [census.head(batch) for batch in looked]
        conduct = census.conduct([head for head in heads if census.is_suspect(head)], situation)
        answer: Any = None
        try:
            while most:
                step = conduct.send(answer)
                world, answer = self._census_step(world, step, looked, held)
                most -= isinstance(step, census.Decide)
        except StopIteration:
            pass
        return world

    def _census_step(
        self, world: World, step: census.Step, looked: Sequence[Batch], held: Mapping[int, tuple[int, ...]]
    ) -> tuple[World, Any]:
        match step:
            case census.AskTotals():
                there = _observed(looked, held)
                wanted = census.totals(((self.shown(world, b), _values(b)) for b in looked), world.epoch, 1)
                return world, (self.totals(there), self.totals(wanted))
            case census.AskHeads():
                return world, [census.head(batch) for batch in looked]
            case census.AskBatches(only):
                ids = [batch.id for batch in looked if only is None or batch.id in only]
                counts = {n: census.Held(sum(held[n]), sum(c > 0 for c in held[n])) for n in ids if any(held[n])}
                return world, counts
            case census.AskBatch(number, _):
                batch = find(world, number)
                copies = {batch.first_ord + n: count for n, count in enumerate(held[number]) if count}
                return world, (self.shown(world, batch), copies)
            case census.Decide(outcome):
                return self._apply(world, self.judged(world, outcome)), None
            case census.GiveUp(_):
                return world._replace(give_up=True), None
        raise AssertionError(step)


def _values(batch: Batch) -> list[tuple[int, ...]]:
    """The signed amounts of the items: the value of the image, whatever the row."""
    return [(sign * (item % 10),) for item, sign in zip(batch.images, batch.signs, strict=True)]


def _observed(looked: Sequence[Batch], held: Mapping[int, tuple[int, ...]]) -> census.Totals:
    rows = items = signs = numbers = ords = row_ids = amount = 0
    for batch in looked:
        for n, count in enumerate(held[batch.id]):
            rows += count
            items += count > 0
            signs += count * batch.signs[n]
            numbers += count * batch.id
            ords += count * (batch.first_ord + n)
            row_ids += count * batch.rows[n]
            amount += count * batch.signs[n] * (batch.images[n] % 10)
    return census.Totals(rows, items, signs, numbers, ords, row_ids, (amount,))
