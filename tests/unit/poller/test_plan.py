"""What becomes due, and what goes next."""

from __future__ import annotations

from dataclasses import dataclass, replace

from exactbi.work import rules
from exactbi.work.rules import Work
from poller import cursor, plan
from poller.plan import Division, Lane, Raise
from poller.run import Run
from poller.stream import StreamState

NOW = 1_000_000.0


@dataclass(frozen=True)
class Periods:
    second_look: float = 1800.0

    def interval(self, stream: str) -> float:
        return 900.0

    def snapshot(self, stream: str) -> float:
        return 86_400.0

    def rare(self, stream: str) -> float:
        return 7_776_000.0


def state(name: str, **fields: float | None) -> StreamState:
    """A stream that is loaded, and of which nothing is due."""
    quiet = StreamState(name, created_at=NOW, ran_at=NOW, looked_at=NOW, passed_at=NOW)
    return replace(quiet, **fields)  # type: ignore[arg-type]


def division(*states: StreamState, work: tuple[Work, ...] = (), runs: tuple[Run, ...] = ()) -> Division:
    sync = frozenset({"GLAccounts", "TransactionLines"})
    return Division({one.name: one for one in states}, sync, work, runs)


def wanted(stream: str, kind: str, reason: str = rules.SCHEDULE, not_before: float = 0.0) -> Work:
    return Work(stream, kind, 1, 0, 0, not_before, reason)


def run(stream: str, kind: str, run_id: int = 1, reason: str = rules.SCHEDULE) -> Run:
    return Run(run_id, stream, kind, reason, 1, cursor.begin(0))


def due(*states: StreamState, work: tuple[Work, ...] = ()) -> list[Raise]:
    return plan.due(division(*states, work=work), Periods(), NOW)


def choose(*states: StreamState, work: tuple[Work, ...], runs: tuple[Run, ...] = ()) -> Run | Work | None:
    return plan.choose(division(*states, work=work, runs=runs), (), (), NOW)


def test_what_was_stamped_by_a_clock_that_was_set_back_is_due() -> None:
    ahead = NOW + 365 * 86_400.0
    told = state("GLAccounts", ran_at=ahead, looked_at=ahead, passed_at=ahead)
    assert {raise_.kind for raise_ in due(told)} == {rules.INCREMENTAL, rules.SECOND_LOOK, rules.PASS}
    late = wanted("GLAccounts", rules.INCREMENTAL, not_before=ahead)
    assert choose(state("GLAccounts"), work=(late,)) == late
    assert choose(state("GLAccounts"), work=(replace(late, not_before=NOW + 3600.0),)) is None


def test_nothing_is_due_of_a_fresh_stream() -> None:
    assert due(state("GLAccounts"), state("Costcenters"), state("Deleted")) == []


def test_a_new_stream_is_loaded_first() -> None:
    assert due(state("GLAccounts", passed_at=None, ran_at=None)) == [Raise("GLAccounts", rules.PASS, rules.FIRST_LOAD)]


def test_the_log_is_read_whether_or_not_streams_are_loaded() -> None:
    assert due(StreamState("Deleted", created_at=NOW)) == [Raise("Deleted", rules.INCREMENTAL, rules.SCHEDULE)]


def test_an_interval_that_passed_makes_a_run_due() -> None:
    assert due(state("GLAccounts", ran_at=NOW - 900)) == [Raise("GLAccounts", rules.INCREMENTAL, rules.SCHEDULE)]


def test_second_looks_are_due_of_sync_streams_and_of_the_log_only() -> None:
    old = NOW - 1800
    found = due(
        state("GLAccounts", looked_at=old), state("Costcenters", looked_at=old), state("Deleted", looked_at=old)
    )
    assert {raise_.stream for raise_ in found if raise_.kind == rules.SECOND_LOOK} == {"GLAccounts", "Deleted"}


def test_the_log_is_not_polled_while_a_pass_reads_it_anew() -> None:
    log, polled = state("Deleted"), wanted("Deleted", rules.INCREMENTAL)
    reading = run("Deleted", rules.PASS, reason=rules.MOVED)
    assert choose(log, work=(polled,), runs=(reading,)) == reading
    assert choose(log, work=(polled,)) == polled


def test_a_pass_of_the_log_begins_beside_no_other_run_of_it() -> None:
    log, anew = state("Deleted"), wanted("Deleted", rules.PASS, rules.MOVED)
    polling = run("Deleted", rules.INCREMENTAL)
    assert choose(log, work=(anew,), runs=(polling,)) == polling
    assert choose(log, work=(anew,)) == anew


def test_a_stream_without_logged_deletes_gets_a_pass_each_day() -> None:
    assert due(state("Costcenters", passed_at=NOW - 86_400)) == [Raise("Costcenters", rules.PASS, rules.SNAPSHOT)]


def test_a_sync_stream_gets_a_rare_pass() -> None:
    assert due(state("GLAccounts", passed_at=NOW - 7_776_000)) == [Raise("GLAccounts", rules.PASS, rules.RARE)]


def test_what_is_wanted_already_is_not_raised_again() -> None:
    work = (wanted("GLAccounts", rules.INCREMENTAL),)
    assert due(state("GLAccounts", ran_at=NOW - 900), work=work) == []


def test_notices_go_first() -> None:
    work = (
        wanted("GLAccounts", rules.INCREMENTAL),
        wanted("TransactionLines", rules.INCREMENTAL, rules.NOTICE),
    )
    states = (state("GLAccounts"), state("TransactionLines"))
    recent = [Lane.BACKFILL, Lane.INCREMENTAL]
    assert plan.choose(division(*states, work=work), (), recent, NOW) == work[1]


def test_a_lane_that_waits_gets_every_fourth_call_at_least() -> None:
    recent: list[Lane] = []
    waiting = set(Lane)
    for _ in range(40):
        recent.append(plan.next_lane(recent, waiting))
    for lane in Lane:
        assert all(lane in recent[n : n + 4] for n in range(4, 36))


def test_work_waits_for_its_back_off() -> None:
    work = (wanted("GLAccounts", rules.INCREMENTAL, not_before=NOW + 5),)
    assert plan.choose(division(state("GLAccounts"), work=work), (), (), NOW) is None
    assert plan.next_time(division(state("GLAccounts"), work=work), NOW) == NOW + 5


def test_polls_wait_for_the_first_load_but_the_log_does_not() -> None:
    work = (wanted("GLAccounts", rules.INCREMENTAL), wanted("Deleted", rules.INCREMENTAL))
    found = plan.choose(division(state("GLAccounts", passed_at=None), state("Deleted"), work=work), (), (), NOW)
    assert found == work[1]


def test_one_run_at_a_time_reads_a_stream() -> None:
    work = (wanted("GLAccounts", rules.SECOND_LOOK), wanted("GLAccounts", rules.INCREMENTAL))
    open_run = run("GLAccounts", rules.INCREMENTAL)
    found = plan.choose(division(state("GLAccounts"), work=work, runs=(open_run,)), {1}, (), NOW)
    assert found == open_run


def test_polls_go_on_beside_a_pass() -> None:
    work = (wanted("GLAccounts", rules.PASS, rules.RESYNC), wanted("GLAccounts", rules.INCREMENTAL, rules.NOTICE))
    whole = run("GLAccounts", rules.PASS, reason=rules.RESYNC)
    found = plan.choose(
        division(state("GLAccounts"), work=work, runs=(whole,)), {1}, [Lane.BACKFILL, Lane.BACKFILL], NOW
    )
    assert found == work[1]


def test_a_pass_begins_only_between_runs_of_its_stream() -> None:
    work = (wanted("GLAccounts", rules.PASS, rules.RESYNC), wanted("GLAccounts", rules.INCREMENTAL))
    polling = run("GLAccounts", rules.INCREMENTAL)
    found = plan.choose(division(state("GLAccounts"), work=work, runs=(polling,)), {1}, [Lane.INCREMENTAL] * 3, NOW)
    assert found == polling


def test_a_run_that_was_taken_over_waits_for_its_back_off() -> None:
    work = (wanted("GLAccounts", rules.INCREMENTAL, not_before=NOW + 5),)
    open_run = run("GLAccounts", rules.INCREMENTAL)
    found = division(state("GLAccounts"), work=work, runs=(open_run,))
    assert plan.choose(found, (), (), NOW) is None
    assert plan.choose(found, {1}, (), NOW) == open_run


def test_back_pressure_lets_open_runs_go_on_and_none_begin() -> None:
    work = (wanted("GLAccounts", rules.INCREMENTAL), wanted("TransactionLines", rules.INCREMENTAL))
    states = (state("GLAccounts"), state("TransactionLines"))
    assert plan.choose(division(*states, work=work), (), (), NOW, may_begin=False) is None
    open_run = run("GLAccounts", rules.INCREMENTAL)
    assert plan.choose(division(*states, work=work, runs=(open_run,)), {1}, (), NOW, may_begin=False) == open_run
