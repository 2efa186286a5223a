"""Wanted work."""

from __future__ import annotations

from exactbi.work import rules
from exactbi.work.rules import Work

NOW = 1000.0


def test_many_raises_are_one_run_and_keep_the_strongest_reason() -> None:
    work = Work("S", rules.PASS)
    for reason in (rules.SNAPSHOT, rules.MOVED, rules.RESYNC):
        work = rules.raised(work, reason)
    assert (work.requested_seq, work.reason) == (3, rules.MOVED)
    assert not rules.ended(work, 3).wanted


def test_what_is_raised_during_a_run_stays_wanted() -> None:
    work = rules.raised(Work("S", rules.PASS), rules.SNAPSHOT)
    run_seq = work.requested_seq
    work = rules.raised(rules.taken(rules.begun(work, NOW)), rules.RESYNC)
    work = rules.ended(work, run_seq)
    assert work.wanted
    assert work.reason == rules.RESYNC


def test_attempts_back_off_to_an_hour() -> None:
    work = Work("S", rules.PASS)
    waits = []
    for _ in range(20):
        work = rules.begun(work, NOW)
        waits.append(work.not_before - NOW)
    assert waits[:4] == [1, 2, 4, 8]
    assert waits[-1] == 3600


def test_a_raise_leaves_the_back_off() -> None:
    work = rules.begun(Work("S", rules.PASS, 1), NOW)
    assert rules.raised(work, rules.NOTICE).not_before == work.not_before


def test_a_refusal_waits_for_minutes() -> None:
    work = rules.refused(rules.begun(Work("S", rules.PASS, 1), NOW), NOW)
    assert work.not_before == NOW + rules.REFUSED_BACK_OFF_S
