"""When a consumer that looks healthy is believed to be stuck."""

from __future__ import annotations

from exactbi.kafka.watchdog import BEYOND_LOOKS, STUCK_S, UNASSIGNED_S, Look, Suspicion, judge


def _verdict(*looks: Look) -> str | None:
    suspicion, verdict = Suspicion(), None
    for look in looks:
        suspicion, verdict = judge(suspicion, look)
        if verdict:
            break
    return verdict


def _look(at: float, *lags: int, assigned: bool = True, busy: bool = False, last: float = 0.0) -> Look:
    return Look(at, assigned, lags, busy, last)


def test_a_quiet_topic_is_fine_for_ever() -> None:
    assert _verdict(*(_look(at, 0) for at in range(0, 10_000, 100))) is None


def test_a_long_handler_is_fine() -> None:
    assert _verdict(*(_look(at, 5, busy=True) for at in range(0, 10_000, 100))) is None


def test_messages_that_nobody_begins_end_the_process() -> None:
    assert "none was begun" in (_verdict(_look(0.0, 5), _look(STUCK_S - 1, 5), _look(STUCK_S + 1, 5)) or "")


def test_progress_between_looks_is_progress() -> None:
    assert _verdict(*(_look(at, 5, last=at - 1.0) for at in range(1, 10_000, 30))) is None


def test_a_position_beyond_the_log_must_be_seen_several_times() -> None:
    beyond = [_look(float(at), -3) for at in range(BEYOND_LOOKS)]

    assert _verdict(*beyond[:-1], _look(9.0, 0)) is None
    assert "beyond the end" in (_verdict(*beyond) or "")


def test_a_consumer_without_partitions_is_given_two_minutes() -> None:
    assert _verdict(_look(1.0, assigned=False), _look(UNASSIGNED_S, assigned=False)) is None
    assert "no partition" in (_verdict(_look(1.0, assigned=False), _look(UNASSIGNED_S + 2, assigned=False)) or "")
    assert _verdict(_look(1.0, assigned=False), _look(60.0, 0), _look(UNASSIGNED_S + 2, assigned=False)) is None
