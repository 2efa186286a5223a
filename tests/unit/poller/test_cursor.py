"""Where the next reading starts."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from poller import cursor
from poller.cursor import Landmark


def test_a_run_of_one_page_moves_the_cursor_to_its_last_timestamp() -> None:
    assert cursor.cursor_after(cursor.read(cursor.begin(5), [6, 7, 9], None), 5) == 9


def test_an_empty_run_leaves_the_cursor() -> None:
    assert cursor.cursor_after(cursor.read(cursor.begin(5), [], None), 5) == 5


def test_pages_linked_by_their_last_timestamp_move_the_cursor_to_the_end() -> None:
    first = cursor.read(cursor.begin(0), [1, 2], "2")
    assert cursor.cursor_after(cursor.read(first, [3, 4], None), 0) == 4


def test_timestamps_that_ascend_by_coincidence_move_it_to_the_first_response_only() -> None:
    first = cursor.read(cursor.begin(0), [1, 2], "guid'00000000-0000-0000-0000-000000000001'")
    assert cursor.cursor_after(cursor.read(first, [3, 4], None), 0) == 2


def test_the_same_timestamp_twice_is_no_order() -> None:
    assert not cursor.read(cursor.begin(0), [1, 1], None).ordered


def test_an_empty_last_page_keeps_the_order() -> None:
    first = cursor.read(cursor.begin(0), [1, 2], "2")
    assert cursor.read(first, [], None).ordered


LOADED = 100 * 86_400.0 + 30_000.0
"""When a load began: days 98 and older are sure."""


def test_a_load_keeps_the_last_days_that_are_surely_over_late_before_it_and_the_time_since_as_one() -> None:
    days = cursor.witnessed((), [(100 - n, 1000 - n) for n in range(12)], LOADED, late=600.0)
    assert days == (*((100 - n, 1000 - n) for n in range(8, 1, -1)), (99, 999))
    assert cursor.witnessed((), [(98, 998)], LOADED, late=40_000.0) == ((98, 998),)


def test_a_day_has_the_least_timestamp_of_its_records_over_all_pages() -> None:
    days = cursor.witnessed((), [(50, 9), (50, 7), (40, 8)], LOADED, 600.0)
    assert cursor.witnessed(days, [(40, 3), (50, 8)], LOADED, 600.0) == ((40, 3), (50, 7))


def loaded(*days: tuple[int, int], pages: int = 2) -> int:
    return cursor.mark_of_load(replace(cursor.begin(0), days=days, pages=pages), LOADED, late=600.0)


def test_the_look_after_a_load_starts_at_the_least_of_its_days() -> None:
    assert loaded((40, 3), (50, 7)) == 3


def test_what_was_modified_since_tells_that_all_of_the_days_were_stamped_anew() -> None:
    assert loaded((40, 8), (50, 7), (99, 5)) == 5


def test_the_look_after_a_load_reads_all_where_no_day_is_sure() -> None:
    assert loaded() == 0
    assert loaded((99, 5)) == 0


def test_a_stream_of_one_page_is_read_once_more() -> None:
    assert loaded((40, 3), pages=1) == 0


def test_each_page_of_an_ordered_run_is_a_landmark_that_starts_at_its_token() -> None:
    begun = cursor.begin(0)
    first = cursor.read(begun, [1, 2], "2")
    second = cursor.read(first, [3, 4], None)
    landmarks = cursor.landed([], begun, first, more=True, completed=100.0, late=10.0)
    landmarks = cursor.landed(landmarks, first, second, more=False, completed=105.0, late=10.0)
    assert landmarks == [Landmark(100.0, 0), Landmark(105.0, 2)]


def test_pages_of_an_unordered_run_are_no_landmarks_but_its_end_is() -> None:
    begun = cursor.begin(7)
    first = cursor.read(begun, [9, 8], "8")
    assert cursor.landed([], begun, first, more=True, completed=100.0, late=10.0) == []
    second = cursor.read(first, [10], None)
    assert cursor.landed([], first, second, more=False, completed=101.0, late=10.0) == [Landmark(101.0, 7)]


def test_the_next_mark_is_the_last_start_that_had_completed_late_before() -> None:
    landmarks = [Landmark(100.0, 10), Landmark(200.0, 20), Landmark(300.0, 30)]
    assert cursor.next_mark(landmarks, 0, begun=250.0, late=50.0) == 20


def test_time_alone_moves_no_mark() -> None:
    assert cursor.next_mark([], 12, begun=1e9, late=50.0) == 12


@given(st.lists(st.tuples(st.floats(0, 1000), st.integers(0, 50)), min_size=1), st.floats(0, 200), st.floats(1, 500))
def test_pruned_landmarks_give_a_later_look_the_same_mark(
    steps: list[tuple[float, int]], wait: float, late: float
) -> None:
    """Runs complete one after the other, each starting no earlier than the one before."""
    at, start, landmarks = 0.0, 0, []
    for pause, rise in steps:
        at, start = at + pause, start + rise
        landmarks.append(Landmark(at, start))
    begun = at + wait
    assert cursor.next_mark(cursor.pruned(landmarks, late), 0, begun, late) == cursor.next_mark(
        landmarks, 0, begun, late
    )


@given(st.lists(st.tuples(st.floats(0.01, 30), st.integers(1, 5)), min_size=1, max_size=300))
def test_landmarks_stay_few_and_never_ahead_of_what_is_known(steps: list[tuple[float, int]]) -> None:
    late, at, start = 100.0, 0.0, 0
    kept: list[Landmark] = []
    known: list[Landmark] = []
    for pause, rise in steps:
        at, start = at + pause, start + rise
        reading = cursor.begin(start)
        kept = cursor.landed(kept, reading, cursor.read(reading, [], None), more=False, completed=at, late=late)
        known.append(Landmark(at, start))
        assert cursor.next_mark(kept, 0, at, late) <= cursor.next_mark(known, 0, at, late)
    assert len(kept) <= cursor.LANDMARKS_IN_LATE * 2 + 3
