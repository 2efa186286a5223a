"""What happens around the gate and the sweep: Exact edits, requests, chunks that come late and again, a pass."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from exactbi.messages.rows import DELETED, LIVE, UNMAPPABLE, MappedRecord, MappedRow, RowsMapped
from explore.engine import Step
from explore.source_gate_state import Chunk, Reading, Request, Setting, World, content_of, known, put, stored
from pbi_pusher.gate import Gate, GateRow, Outcome, admit, cascade
from pbi_pusher.sweep import Pass, Sight, Sweep
from pbi_pusher.sweep import Step as Next

POLL, LOG, PAGE = "poll", "log", "page"
PATIENCE = 1.0


class Source:
    """What can happen. `gate` and `sweep` make the real rules; subclasses put mistakes back."""

    gate: type[Gate] = Gate
    sweep: type[Sweep] = Sweep

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.admitted = cache(self._admitted)
        """The real gate's answer is kept: equal questions come from many states."""

    def start(self) -> World:
        s = self.setting
        return World(
            rows=(0,) * s.records,
            ever=(False,) * s.records,
            edits=s.edits,
            passes=s.passes,
            requests=(None,) * s.slots,
            gate=(GateRow(),) * s.records,
            wanted=(0,) * s.records,
        )

    def happenings(self, world: World) -> Iterator[Step[World]]:
        yield from self.exact(world)
        for slot, request in enumerate(world.requests):
            if request is None:
                for kind in self.askable(world):
                    yield f"send {kind}", self.sent(world, slot, kind), False
            else:
                after = self.committed(world, slot) if request.answered else self.answered(world, slot)
                yield f"{'commit' if request.answered else 'answer'} {request.kind}", after, False
                if self.setting.kills:
                    yield "kill", self.put(world, slot, None), True
        if world.passes and (self.setting.begins_beside or not any(world.requests)):
            yield "a pass begins", self.pass_begun(world), True
        if self.next_step(world) is Next.SWEEP:
            yield "sweep", self.swept(world), False
        for index, chunk in enumerate(world.chunks):
            if not chunk.applied or self.setting.repeats:
                again = " again" if chunk.applied else ""
                yield f"apply {chunk}{again}", self.applied(world, index), chunk.applied

    def exact(self, world: World) -> Iterator[Step[World]]:
        """Writes and deletes; an id never comes back."""
        if not world.edits:
            return
        base = world._replace(edits=world.edits - 1, now=world.now + 1)
        for record in range(self.setting.records):
            gone = world.ever[record] and not world.rows[record]
            orphan = self.setting.parents and record == 1 and not world.rows[0]
            if not gone and not orphan:
                ever = put(world.ever, record, value=True)
                yield f"write {record}", base._replace(rows=put(world.rows, record, world.now), ever=ever), True
            if world.rows[record]:
                rows = put(world.rows, record, 0)
                if self.setting.parents and record == 0:
                    rows = (0, 0)
                log = (*world.log, (record, world.now)) if self.setting.logged else world.log
                yield f"delete {record}", base._replace(rows=rows, log=log), True

    def askable(self, world: World) -> Iterator[str]:
        open_ = {request.kind for request in world.requests if request}
        if LOG not in open_ and len(world.log) > world.log_read:
            yield LOG
        if POLL not in open_ and any(row > world.cursor for row in world.rows):
            yield POLL
        if PAGE not in open_ and world.reading.phase == "reading":
            yield PAGE

    def sent(self, world: World, slot: int, kind: str) -> World:
        number = world.number if self.setting.sync else world.number + 1
        request = Request(kind, world.generation, number, world.now)
        return self.put(world._replace(number=number), slot, request)

    def answered(self, world: World, slot: int) -> World:
        request = world.requests[slot]
        assert request is not None
        if request.kind == POLL:
            found = tuple((record, row) for record, row in enumerate(world.rows) if row > world.cursor)
            request = request._replace(found=found)
        elif request.kind == LOG:
            request = request._replace(gone=world.log[world.log_read :], upto=len(world.log))
        else:
            request = self.page(world, request)
        return self.put(world, slot, request._replace(answered=True))

    def page(self, world: World, request: Request) -> Request:
        """The next record past the token, by Timestamp or by id."""
        timed = self.setting.by_timestamp and self.setting.sync
        places = [(row if timed else record + 1, record, row) for record, row in enumerate(world.rows) if row]
        left = sorted(place for place in places if place[0] > world.reading.token)
        if not left:
            return request
        token, record, row = left[0]
        return request._replace(found=((record, row),), upto=token, more=True)

    def stamp(self, world: World, request: Request) -> tuple[int, int]:
        """The generation and number that an answer's records get."""
        return request.generation, request.number

    def committed(self, world: World, slot: int) -> World:
        request = world.requests[slot]
        assert request is not None
        world = self.put(world, slot, None)
        if self.setting.sync and self.is_stale(world, request):
            return world
        generation, number = self.stamp(world, request)
        if not self.setting.sync:
            generation, world = 0, world._replace(number=max(world.number, number))
        for record, content in request.found:
            version = content if self.setting.sync else number
            world = stored(world, Chunk(generation, version, record, content, of_pass=request.kind == PAGE))
        for record, timestamp in request.gone:
            world = stored(world, Chunk(generation, timestamp if self.setting.sync else number, record, 0))
        if request.kind == POLL:
            upto = max((row for _, row in request.found), default=0) if self.setting.sync else request.clock - 1
            return world._replace(cursor=max(world.cursor, upto))
        if request.kind == LOG:
            return world._replace(log_read=max(world.log_read, request.upto))
        return self.page_committed(world, request)

    def is_stale(self, world: World, request: Request) -> bool:
        """A page of an older generation is dropped, and asked again."""
        return request.generation != world.generation

    def page_committed(self, world: World, request: Request) -> World:
        if request.more:
            return world._replace(reading=world.reading._replace(token=request.upto))
        reading = world.reading._replace(phase="read", last=world.number)
        return world._replace(reading=reading, chunks=tuple(self.join(chunk) for chunk in world.chunks))

    def join(self, chunk: Chunk) -> Chunk:
        """Every chunk that is not applied when the pass was read joins it."""
        return chunk._replace(joined=not chunk.applied)

    def pass_begun(self, world: World) -> World:
        generation = world.generation + 1 if self.setting.sync else world.generation
        began = generation if self.setting.sync else world.number + 1
        reading = Reading("reading", 0, began, 0)
        return world._replace(generation=generation, passes=world.passes - 1, reading=reading)

    def next_step(self, world: World) -> Next:
        waiting = sum(chunk.joined and not chunk.applied for chunk in world.chunks)
        sight = Sight(is_done=world.reading.phase != "read", waiting=waiting, is_approved=True)
        return self.sweep(PATIENCE).next_step(sight)

    def swept(self, world: World) -> World:
        reading = Pass(1, self.setting.sync, world.reading.began, world.reading.last)
        before = known(world.gate)
        outcome = self.sweep(PATIENCE).sweep(before, reading)
        gate = self.gate(reading.began, self.setting.sync)
        rows = before | outcome.gate
        for record in list(outcome.gate):
            cascade(gate, record, rows, [line for line, row in rows.items() if row.parent == record], outcome)
        lost = [record for record in outcome.wanted if world.rows[int(record)]]
        broken = f"the sweep removes record {lost[0]}, which Exact holds" if lost else world.broken
        swept = world._replace(reading=world.reading._replace(phase="swept"), broken=broken)
        return self.stored(swept._replace(floor=max(world.floor, reading.began)), outcome)

    def applied(self, world: World, index: int) -> World:
        chunk = world.chunks[index]
        outcome = self.admitted(world.gate, world.floor, chunk._replace(applied=False, joined=False), world.mended)
        chunks = put(world.chunks, index, chunk._replace(applied=True))
        return self.stored(world._replace(chunks=chunks, broken=world.broken or self.breaks(world, outcome)), outcome)

    def _admitted(self, gate: tuple[GateRow, ...], floor: int, chunk: Chunk, mended: bool) -> Outcome:
        return admit(self.gate(floor, self.setting.sync), known(gate), self.mapped(chunk, mended))

    def breaks(self, world: World, outcome: Outcome) -> str:
        """What an apply may never do."""
        for name, rows in outcome.wanted.items():
            record, content = int(name), content_of(rows)
            if content and world.gate[record].state == "deleted" and not world.rows[record]:
                return f"record {record}, deleted in Exact, comes back"
            if content and content < world.wanted[record]:
                return f"record {record} goes back from {world.wanted[record]} to {content}"
        return ""

    def stored(self, world: World, outcome: Outcome) -> World:
        if not outcome.gate:
            return world
        gate, wanted = list(world.gate), list(world.wanted)
        for name, row in outcome.gate.items():
            gate[int(name)] = row
        for name, rows in outcome.wanted.items():
            wanted[int(name)] = content_of(rows)
        return world._replace(gate=tuple(gate), wanted=tuple(wanted))

    def mapped(self, chunk: Chunk, mended: bool) -> RowsMapped:
        """The chunk as the transformer gives it."""
        bad = self.setting.bad and chunk.content % 2 == 1 and not mended
        state = DELETED if not chunk.content else UNMAPPABLE if bad else LIVE
        rows = [MappedRow("T", 0, str(chunk.content), [], "", None)] if state == LIVE else []
        parent = "0" if self.setting.parents and chunk.record == 1 and chunk.content else None
        return RowsMapped(
            customer="c",
            dataset=1,
            site="s",
            division=1,
            stream="S",
            generation=chunk.generation,
            seen=chunk.generation if self.setting.sync else chunk.version,
            chunk=1,
            mapping_rev=2 if mended else 1,
            reference_rev=0,
            records=[MappedRecord(str(chunk.record), chunk.version, state, parent, rows)],
        )

    @staticmethod
    def put(world: World, slot: int, request: Request | None) -> World:
        return world._replace(requests=put(world.requests, slot, request))
