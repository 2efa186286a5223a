"""Whom a chunk waits for, and when it is published again."""

from __future__ import annotations

import pytest

from exactbi.messages import topics
from exactbi.outbox.relay import fitting
from exactbi.outbox.rules import (
    COURTESY_S,
    EVERYBODY,
    LEAST_COURTESY_S,
    Hold,
    Readers,
    Republish,
    Settle,
    awaited,
    decide,
    missing,
    patience,
)


def test_raw_records_wait_for_every_dataset_that_maps_them_and_for_the_reference_tables() -> None:
    assert awaited(topics.RAW_RECORDS, Readers(frozenset({3, 4}), reference=True)) == {
        "dataset:3",
        "dataset:4",
        "reference",
    }
    assert awaited(topics.RAW_RECORDS, Readers()) == set()


def test_notices_and_reports_wait_for_their_one_reader_and_rows_for_nobody() -> None:
    assert awaited(topics.ENTITY_KEYS, Readers()) == {"poller"}
    assert awaited(topics.FAILURES, Readers()) == {"replay"}
    assert awaited(topics.ROWS, Readers(frozenset({1}))) == set()


def test_an_open_failure_ends_the_wait_for_its_pair_only() -> None:
    wanted = frozenset({"dataset:1", "dataset:2"})

    assert missing(wanted, frozenset(), frozenset({"dataset:1"})) == {"dataset:2"}
    assert missing(wanted, frozenset({"dataset:2"}), frozenset()) == {"dataset:1"}
    assert missing(wanted, frozenset(), frozenset({EVERYBODY})) == set()


@pytest.mark.parametrize(("republished", "seconds"), [(0, 60), (1, 120), (3, 480), (6, 3600), (40, 3600)])
def test_patience_doubles_from_a_minute_to_an_hour(republished: int, seconds: float) -> None:
    assert patience(republished, 1.0) == seconds


def test_a_time_scale_shortens_patience_but_never_below_a_few_seconds() -> None:
    assert patience(3, 10.0) == 48
    assert patience(0, 60.0) == 5


def test_lag_holds_a_republish_back_for_a_quarter_of_an_hour_and_no_longer() -> None:
    lacking = frozenset({"dataset:1"})

    assert decide(lacking, lagging=True, overdue_s=COURTESY_S - 1, factor=1.0) == Hold()
    assert decide(lacking, lagging=True, overdue_s=COURTESY_S, factor=1.0) == Republish()
    assert decide(lacking, lagging=True, overdue_s=COURTESY_S / 60, factor=60.0) == Hold()
    assert decide(lacking, lagging=True, overdue_s=LEAST_COURTESY_S, factor=60.0) == Republish()
    assert decide(lacking, lagging=True, overdue_s=COURTESY_S / 3, factor=3.0) == Republish()
    assert decide(lacking, lagging=False, overdue_s=0, factor=1.0) == Republish()
    assert decide(frozenset(), lagging=True, overdue_s=0, factor=1.0) == Settle()


def test_a_round_of_the_relay_takes_what_fits_and_at_least_one() -> None:
    assert fitting([10, 10, 10], 25) == 2
    assert fitting([100, 1], 25) == 1
    assert fitting([], 25) == 0
    assert fitting([5, 5], 25) == 2
