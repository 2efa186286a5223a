"""What a replay does next."""

from __future__ import annotations

from dataclasses import replace

from replay.plan import Progress, Step, next_step

WAITING = Progress(state="running", canary=0, per_second=20.0, waiting=50, sent=0, done=0, failed=0)
CANARY = replace(WAITING, state="canary", canary=5)


def test_a_run_sends_at_its_rate() -> None:
    assert next_step(WAITING) == Step("running", 20)
    assert next_step(replace(WAITING, per_second=0.5)) == Step("running", 1)
    assert next_step(replace(WAITING, waiting=3)) == Step("running", 3)


def test_a_run_is_done_when_every_item_has_ended() -> None:
    assert next_step(replace(WAITING, waiting=0, sent=2, done=48)) == Step("running")
    assert next_step(replace(WAITING, waiting=0, sent=0, done=50)) == Step("done")
    assert next_step(replace(WAITING, waiting=0)) == Step("done")


def test_a_run_pauses_where_too_much_fails_again() -> None:
    assert next_step(replace(WAITING, done=19, failed=1)).state == "running"
    assert next_step(replace(WAITING, done=18, failed=2)) == Step("paused")
    assert next_step(replace(WAITING, done=0, failed=5)).state == "running"


def test_a_canary_goes_first_and_is_waited_for() -> None:
    assert next_step(CANARY) == Step("canary", 5)
    assert next_step(replace(CANARY, waiting=47, sent=3)) == Step("canary", 2)
    assert next_step(replace(CANARY, waiting=45, sent=5)) == Step("canary")


def test_a_mended_canary_lets_the_rest_follow_and_another_stops_it() -> None:
    assert next_step(replace(CANARY, waiting=45, done=5)) == Step("running")
    assert next_step(replace(CANARY, waiting=45, done=4, failed=1)) == Step("paused")


def test_a_canary_larger_than_the_replay_is_all_of_it() -> None:
    assert next_step(replace(CANARY, waiting=0, done=3)) == Step("running")


def test_nothing_moves_that_is_not_running() -> None:
    assert next_step(replace(WAITING, state="paused")) == Step("paused")
