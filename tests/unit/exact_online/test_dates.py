"""Exact's dates over both DST nights."""

# ruff: noqa: DTZ001 - a Dutch wall time has no zone

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exactbi.exact_online import dates
from exactbi.exact_online.dates import EXACT_ZONE, MODIFIED_OVERLAP

INSTANTS = st.datetimes(datetime(2005, 1, 1), datetime(2040, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))
AUTUMN = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
NIGHTS = st.sampled_from([datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)]).flatmap(
    lambda night: st.integers(-7200, 14_400).map(lambda s: night + timedelta(seconds=s))
)


def test_a_date_is_read_as_wall_time_without_a_shift() -> None:
    assert dates.parse_wall("/Date(1782864000000)/") == datetime(2026, 7, 1)
    assert dates.parse_day("/Date(-86400000)/") == date(1969, 12, 31)


@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)))
def test_a_wall_time_survives_being_written_and_read(wall: datetime) -> None:
    wall = wall.replace(microsecond=wall.microsecond // 1000 * 1000)
    assert dates.parse_wall(dates.format_wall(wall)) == wall


@pytest.mark.parametrize("text", ["2026-01-01", "/Date(1)", "Date(1)", "/Date(1+0200)/", ""])
def test_other_texts_are_no_dates(text: str) -> None:
    with pytest.raises(ValueError, match="not a date"):
        dates.parse_wall(text)


@given(INSTANTS | NIGHTS)
def test_an_instant_is_one_of_the_two_readings_of_its_wall_time(instant: datetime) -> None:
    wall = dates.to_wall(instant)
    assert instant in (dates.to_utc(wall), dates.to_utc(wall, later=True))


def test_the_hour_that_autumn_repeats_has_two_readings() -> None:
    wall = dates.to_wall(AUTUMN)
    assert wall == dates.to_wall(AUTUMN + timedelta(hours=1))
    assert dates.to_utc(wall, later=True) - dates.to_utc(wall) == timedelta(hours=1)


@given(INSTANTS | NIGHTS, st.integers(0, 86_400))
def test_a_modified_filter_misses_nothing_modified_since_its_instant(instant: datetime, later: int) -> None:
    modified = (instant + timedelta(seconds=later)).astimezone(EXACT_ZONE).replace(tzinfo=None, fold=0)
    assert modified >= dates.modified_since(instant).wall


@given(INSTANTS | NIGHTS)
def test_a_modified_filter_misses_nothing_if_exact_never_counts_summer_time(instant: datetime) -> None:
    winter = (instant + timedelta(hours=1)).replace(tzinfo=None)
    assert winter >= dates.modified_since(instant).wall


@given(INSTANTS)
def test_a_modified_filter_reaches_back_no_further_than_it_must(instant: datetime) -> None:
    assert dates.to_wall(instant) - dates.modified_since(instant).wall <= MODIFIED_OVERLAP + timedelta(seconds=1)


def test_the_literal_has_a_time_part() -> None:
    assert dates.modified_since(datetime(2026, 7, 1, 10, tzinfo=UTC)).literal == "datetime'2026-07-01T10:00:00'"
