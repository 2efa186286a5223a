"""The world around the delivery core: edits, two pushers, and a sink with every fault that delivery may meet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from explore.engine import Step
from pbi_pusher import batches as core
from pbi_pusher import census, clearing
from pbi_pusher.batches import Answer, Batch, DueRow, Kind, Mode, Outcome, State
from pbi_pusher.clearing import Clearing, Phase, Raise

NOW = 1.0
SETTLE = 1.0
"""Time is only young (stamped NOW) or settled (stamped 0)."""
GROWTH = 9
"""More batches than this at once: something grows without end."""
DELETE = -1
EVERYTHING = frozenset(
    (
        *("not_landed", "lost", "partial", "late", "twice", "late_visible", "dropped"),
        *("refused", "refused_landed", "again", "again_landed", "delete", "kill", "stale"),
    )
)


class Sent(NamedTuple):
    """A request on its way or answered: which batch (DELETE for a clear), which items, what the answer says."""

    batch: int
    positions: tuple[int, ...]
    answer: Answer | None = None


class World(NamedTuple):
    """The ledger of one table, the sink, and what is between them."""

    wanted: tuple[int | None, ...]
    pushed: tuple[int | None, ...]
    due: frozenset[int] = frozenset()
    parts: tuple[frozenset[int], ...] = ()
    refused: tuple[int | None, ...] = ()
    """By row the refused image; -1 is none refused."""
    batches: tuple[Batch, ...] = ()
    sink: tuple[tuple[int, ...], ...] = ()
    """By batch, how often each item is in the sink."""
    stale: tuple[tuple[int, ...], ...] | None = None
    """What a replica that stalled still shows, for one census."""
    late: tuple[Sent, ...] = ()
    pusher: Sent | None = None
    epoch: int = 1
    clearing: Clearing = Clearing(Phase.WHOLE, 0.0)
    give_up: bool = False
    edits: int = 0
    faults: int = 0


class Setting(NamedTuple):
    """What is explored: the rows' start, the table's mode, how many edits and faults of which kinds."""

    mode: Mode = Mode.REVERSAL
    rows: int = 1
    values: int = 2
    edits: int = 2
    faults: int = 1
    kinds: frozenset[str] = EVERYTHING
    loaded: bool = False
    """Each row begins with its first value, pushed and in the sink."""
    poison: bool = False
    """The sink refuses the second value of the first row."""
    wiped_batches: int = 1


def image(row: int, value: int) -> int:
    """Images are ids; equal values of different rows have equal amounts."""
    return 10 * (row + 1) + value


class Delivery:
    """The model. A mistake is put back by a subclass that overrides one of the hooks below."""

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

    # the model

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
            yield label, self._canonical(after), is_fault

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
                        wanted=_put(world.wanted, row, value),
                        refused=_put(world.refused, row, -1),
                        parts=tuple(part - {row} for part in world.parts if part - {row}),
                    )
                    yield f"edit row {row} to {value}", after._replace(due=self.edited(after, row)), True

    def _landings(self, world: World) -> Iterator[Step[World]]:
        for n, sent in enumerate(world.late):
            after = world._replace(late=world.late[:n] + world.late[n + 1 :])
            if sent.batch == DELETE:
                yield "late DELETE lands", _emptied(after), False
                continue
            yield f"late POST {sent} lands", _landed(after, sent.batch, sent.positions), False
            if hit := self._fault(after, "partial"):
                for some in _proper_parts(sent.positions):
                    yield f"late POST {sent} lands in part {some}", _landed(hit, sent.batch, some), True
        if hit := self._fault(world, "delete"):
            yield "a DELETE lands", _emptied(hit), True
        if world.stale is None and (hit := self._fault(world, "stale")):
            yield "a replica stalls", hit._replace(stale=world.sink), True

    # what an idle pusher may do

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

    def _settled(self, world: World) -> World:
        batches = tuple(_aged(batch) for batch in world.batches)
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
        if composed.items.rows and not world.give_up:
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
                yield f"begin {sent}", _with(world, core.begun(batch, NOW))._replace(pusher=sent), False

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

    # the sink

    def _delete(self, world: World) -> Iterator[Step[World]]:
        idle = world._replace(pusher=None, clearing=clearing.deleted(world.clearing, NOW))
        yield "DELETE lands", _emptied(idle), False
        again = Sent(DELETE, ())
        if hit := self._fault(idle, "not_landed"):
            yield "DELETE does not land", hit, True
        if hit := self._fault(idle, "late"):
            yield "DELETE will land late", _later(hit, again), True
        if hit := self._fault(idle, "twice"):
            yield "DELETE lands twice", _later(_emptied(hit), again), True
        if hit := self._fault(world._replace(pusher=None), "kill"):
            yield "kill before DELETE", hit, True
            yield "pause before DELETE, take-over", _later(hit, again), True
            yield "kill after DELETE", _emptied(hit), True

    def _post(self, world: World, sent: Sent) -> Iterator[Step[World]]:
        batch = find(world, sent.batch)
        poison = image(0, 2)
        whole = _landed(world, sent.batch, sent.positions)
        if self.setting.poison and any(batch.images[n] == poison for n in sent.positions):
            yield f"{sent}: 400", _answer(world, sent, Answer.REFUSED), False
        else:
            yield f"{sent}: 200", _answer(whole, sent, Answer.ACCEPTED), False
            yield from self._post_faults(world, whole, sent)
        if hit := self._fault(world, "kill"):
            yield f"kill before {sent}", self._take_over(hit), True
            yield f"pause before {sent}, take-over", _later(self._take_over(hit), sent), True

    def _post_faults(self, world: World, whole: World, sent: Sent) -> Iterator[Step[World]]:
        later = _later(world, sent)
        outcomes: list[tuple[str, World, Answer]] = [
            ("not_landed", world, Answer.UNKNOWN),
            ("lost", whole, Answer.UNKNOWN),
            *(("partial", _landed(world, sent.batch, some), Answer.UNKNOWN) for some in _proper_parts(sent.positions)),
            ("late", later, Answer.UNKNOWN),
            ("twice", _later(whole, sent), Answer.ACCEPTED),
            ("late_visible", later, Answer.ACCEPTED),
            ("dropped", world, Answer.ACCEPTED),
            ("refused", world, Answer.REFUSED),
            ("refused_landed", whole, Answer.REFUSED),
            ("again", world, Answer.AGAIN),
            ("again_landed", whole, Answer.AGAIN),
        ]
        for kind, after, answer in outcomes:
            if hit := self._fault(after, kind):
                yield f"{sent}: {kind}", _answer(hit, sent, answer), True

    def _commit_answer(self, world: World, sent: Sent) -> Iterator[Step[World]]:
        outcome = self.answered(world, find(world, sent.batch), sent)
        yield f"commit {sent}", self._apply(world._replace(pusher=None), outcome), False
        if hit := self._fault(world, "kill"):
            yield f"kill before the answer of {sent} is committed", self._take_over(hit), True

    def _take_over(self, world: World) -> World:
        return world._replace(pusher=None, batches=tuple(self.taken_over(batch) for batch in world.batches))

    # decisions, as the ledger commits them

    def _apply(self, world: World, outcome: Outcome) -> World:
        world = _with(world, outcome.batch)
        if outcome.moves:
            for row, pushed in core.pushed_by(outcome.batch).items():
                world = world._replace(pushed=_put(world.pushed, row, pushed))
                if world.wanted[row] == pushed:
                    world = world._replace(due=world.due - {row})
            gone = frozenset(outcome.batch.rows)
            world = world._replace(parts=tuple(part - gone for part in world.parts if part - gone))
        if outcome.parts:
            world = world._replace(parts=(*world.parts, *(frozenset(part) for part in outcome.parts)))
        if outcome.refused:
            row, refused = outcome.refused
            if world.wanted[row] == refused:
                world = world._replace(refused=_put(world.refused, row, refused), due=world.due - {row})
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

    def _canonical(self, world: World) -> World:
        """Without finished batches of which nothing is or can be in the sink, and with numbers that begin at one."""
        used = {sent.batch for sent in world.late} | ({world.pusher.batch} if world.pusher else set())
        kept = [
            (batch, held, stale)
            for batch, held, stale in zip(
                world.batches, world.sink, world.sink if world.stale is None else world.stale, strict=True
            )
            if batch.id in used
            or batch.unresolved
            or batch.missing
            or any(held)
            or any(stale)
            or any(batch.extra)
            or any(census.expected(batch, world.epoch))
        ]
        numbers = {batch.id: n for n, (batch, _, _) in enumerate(kept, 1)}
        first = 1
        batches = []
        for batch, _, _ in kept:
            counters = None if batch.counters is None else numbers.get(batch.counters, 0)
            stamp = None if batch.confirmed_at is None else 0.0
            batches.append(
                replace(batch, id=numbers[batch.id], first_ord=first, counters=counters, attempts=0, confirmed_at=stamp)
            )
            first += len(batch.rows)
        lowest = min([world.epoch, *(batch.epoch for batch in batches)])
        return world._replace(
            batches=tuple(replace(batch, epoch=batch.epoch - lowest) for batch in batches),
            epoch=world.epoch - lowest,
            sink=tuple(held for _, held, _ in kept),
            stale=None if world.stale is None else tuple(stale for _, _, stale in kept),
            late=tuple(sorted(_renumbered(sent, numbers) for sent in world.late)),
            pusher=world.pusher and _renumbered(world.pusher, numbers),
        )


def _renumbered(sent: Sent, numbers: Mapping[int, int]) -> Sent:
    return sent._replace(batch=numbers.get(sent.batch, DELETE))


def _put(values: tuple[Any, ...], at: int, value: Any) -> tuple[Any, ...]:
    return (*values[:at], value, *values[at + 1 :])


def find(world: World, number: int) -> Batch:
    return next(batch for batch in world.batches if batch.id == number)


def _with(world: World, batch: Batch) -> World:
    return world._replace(batches=tuple(batch if known.id == batch.id else known for known in world.batches))


def _aged(batch: Batch) -> Batch:
    sent = None if batch.sent_at is None else 0.0
    seen = None if batch.seen is None else batch.seen._replace(at=0.0)
    return replace(batch, sent_at=sent, seen=seen)


def _landed(world: World, number: int, positions: Sequence[int]) -> World:
    sink = tuple(
        tuple(count + (n in positions) for n, count in enumerate(held)) if batch.id == number else held
        for batch, held in zip(world.batches, world.sink, strict=True)
    )
    return world._replace(sink=sink)


def _emptied(world: World) -> World:
    return world._replace(sink=tuple((0,) * len(held) for held in world.sink))


def _later(world: World, sent: Sent) -> World:
    return world._replace(late=(*world.late, sent))


def _answer(world: World, sent: Sent, answer: Answer) -> World:
    return world._replace(pusher=sent._replace(answer=answer))


def _proper_parts(positions: Sequence[int]) -> list[tuple[int, ...]]:
    size = len(positions)
    return [tuple(p for n, p in enumerate(positions) if mask >> n & 1) for mask in range(1, 2**size - 1)]


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
