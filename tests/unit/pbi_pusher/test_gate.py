"""The gate and the sweep: whatever the order, the newest counts, and what is gone stays gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exactbi.messages.rows import DELETED, LIVE, MappedRecord, RowsMapped
from fakes.chunks import deleted, live, mapped, record_id, unmappable
from pbi_pusher.gate import LAST, Gate, GateRow, admit, is_due
from pbi_pusher.sweep import Pass, Sight, Step, Sweep, why

A = record_id("a")


class Table:
    """The gate's rows and what is wanted, in a dictionary."""

    def __init__(self, floor: int = 0, *, is_sync: bool = True) -> None:
        self.gate = Gate(floor, is_sync)
        self.rows: dict[str, GateRow] = {}
        self.wanted: dict[str, Sequence[str]] = {}

    def apply(self, *chunks: RowsMapped) -> Table:
        for chunk in chunks:
            outcome = admit(self.gate, self.rows, chunk)
            self.rows |= outcome.gate
            self.wanted |= {record: [row.attributes for row in rows] for record, rows in outcome.wanted.items()}
        return self

    @property
    def held(self) -> dict[str, Sequence[str]]:
        return {record: rows for record, rows in self.wanted.items() if rows}


def entries(name: str) -> st.SearchStrategy[MappedRecord]:
    versions = st.integers(1, 6)
    return st.one_of(
        versions.map(lambda version: live(name, version, f"v{version}", parent="p")),
        versions.map(lambda version: unmappable(name, version, parent="p")),
    )


chunks = st.builds(
    lambda records, generation, rev: mapped(records, chunk=1, generation=generation, mapping_rev=rev),
    st.lists(st.one_of(entries("a"), entries("b"), st.integers(7, 9).map(lambda v: deleted("p", v))), max_size=4),
    st.integers(1, 2),
    st.integers(1, 2),
)


@given(st.lists(chunks, max_size=6), st.randoms(use_true_random=False))
def test_repeats_in_any_order_change_nothing_that_is_wanted(given_chunks: list[RowsMapped], random: object) -> None:
    table = Table().apply(*given_chunks)
    before = dict(table.held)
    again = list(given_chunks)
    random.shuffle(again)  # type: ignore[attr-defined]

    assert table.apply(*again).held == before


@given(st.lists(chunks, max_size=6))
def test_what_never_falls_does_not_fall(given_chunks: list[RowsMapped]) -> None:
    table = Table()
    for chunk in given_chunks:
        before = dict(table.rows)
        table.apply(chunk)
        for record, row in before.items():
            after = table.rows[record]
            assert (after.at, after.revisions) >= (row.at, row.revisions)
            assert (after.seen, after.failed, after.newest) >= (row.seen, row.failed, row.newest)
            assert after.newest > row.newest or after.tried >= row.tried


def test_the_highest_of_one_record_s_entries_in_a_chunk_counts() -> None:
    table = Table().apply(mapped([live("a", 9, "new"), live("a", 3, "old")], chunk=1))

    assert table.held == {A: ['"Description":"new"']}


def test_a_newer_mapping_of_the_same_version_counts() -> None:
    table = Table().apply(mapped([live("a", 5, "old")], chunk=1), mapped([live("a", 5, "new")], chunk=1, mapping_rev=2))

    assert table.held == {A: ['"Description":"new"']}


def test_an_unmappable_version_is_tried_anew_by_a_replay_of_the_same_revision() -> None:
    table = Table().apply(mapped([unmappable("a", 5)], chunk=1), mapped([live("a", 5, "mended")], chunk=2))

    assert table.held == {A: ['"Description":"mended"']}


def test_a_tombstone_is_kept_for_a_record_that_was_never_seen() -> None:
    table = Table().apply(mapped([deleted("a", 6)], chunk=1), mapped([live("a", 5, "late")], chunk=2))

    assert table.rows[A].state == "deleted"
    assert table.held == {}


def test_below_the_floor_only_the_version_that_counts_passes() -> None:
    table = Table(floor=2)
    table.rows[A] = GateRow(state="live", at=(1, 5), revisions=(1, 0), seen=2)

    table.apply(mapped([live("b", 4, "old")], chunk=1), mapped([live("a", 5, "mapped anew")], chunk=2, mapping_rev=2))

    assert table.held == {A: ['"Description":"mapped anew"']}


def test_a_line_of_a_deleted_parent_stays_away_but_may_move_to_another() -> None:
    table = Table().apply(
        mapped([live("a", 3, "one", parent="p")], chunk=1),
        mapped([deleted("p", 8)], chunk=2),
        mapped([live("a", 7, "moved", parent="q")], chunk=3),
    )

    assert table.held == {A: ['"Description":"moved"']}


def test_an_unmappable_line_of_a_deleted_parent_is_settled() -> None:
    late = Table().apply(mapped([deleted("p", 8)], chunk=1), mapped([unmappable("a", 7, parent="p")], chunk=2))
    early = Table().apply(mapped([unmappable("a", 7, parent="p")], chunk=2), mapped([deleted("p", 8)], chunk=1))

    for table in (late, early):
        assert (table.rows[A].state, table.rows[A].at) == ("deleted", (1, 7))
        assert not is_due(table.rows[A], (9, 9))


@pytest.mark.parametrize(
    ("row", "due"),
    [
        (GateRow(state="live", at=(1, 5), tried=(1, 0)), True),
        (GateRow(state="live", at=(1, 5), tried=(2, 0)), False),
        (GateRow(state="live", at=(1, 5), failed=(1, 6), tried=(1, 0)), True),
        (GateRow(state="none", failed=(1, 6), tried=(1, 0)), True),
        (GateRow(state="deleted", at=(1, 6), failed=(1, 6), tried=(1, 0)), False),
        (GateRow(state="deleted", at=(1, 5), failed=(1, 6), tried=(1, 0)), True),
    ],
)
def test_due_for_a_re_map_is_what_was_last_tried_below_what_is_active(row: GateRow, due: bool) -> None:
    assert is_due(row, (2, 0)) is due


def test_a_sweep_leaves_a_tombstone_that_nothing_of_its_version_passes() -> None:
    reading = Pass(number=1, is_sync=True, began=2, last=0)
    rows = {
        "old": GateRow(state="live", at=(1, 5), seen=1),
        "seen": GateRow(state="live", at=(1, 5), failed=(2, 6), seen=2),
        "new": GateRow(state="live", at=(2, 5), seen=2),
        "failed": GateRow(state="none", failed=(1, 5), seen=1),
        "gone": GateRow(state="deleted", at=(1, 5)),
    }

    outcome = Sweep(1.0).sweep(rows, reading)

    assert outcome.gate.keys() == outcome.wanted.keys() == {"old", "failed"}
    assert (outcome.gate["old"].at, outcome.gate["old"].revisions) == ((2, 0), LAST)


def test_numbers_are_swept_at_the_last_of_the_pass() -> None:
    reading = Pass(number=1, is_sync=False, began=10, last=14)
    rows = {"old": GateRow(state="live", at=(0, 9), seen=9), "seen": GateRow(state="live", at=(0, 12), seen=12)}

    outcome = Sweep(1.0).sweep(rows, reading)

    assert {record: row.at for record, row in outcome.gate.items()} == {"old": (0, 14)}


READ = Sight(unseen=3, records=100, can_ask=True)


@pytest.mark.parametrize(
    ("sight", "step"),
    [
        (replace(READ, is_done=True), Step.REST),
        (replace(READ, is_replaced=True, waiting=4), Step.DROP),
        (replace(READ, waiting=1), Step.WAIT),
        (READ, Step.ASK),
        (replace(READ, asked_for_s=9.0), Step.WAIT),
        (replace(READ, asked_for_s=9.0, answered=True), Step.SWEEP),
        (replace(READ, asked_for_s=10.0), Step.SWEEP),
        (replace(READ, can_ask=False), Step.SWEEP),
        (replace(READ, unseen=0), Step.SWEEP),
        (replace(READ, can_ask=False, unseen=20), Step.SWEEP),
        (replace(READ, can_ask=False, unseen=21), Step.APPROVAL),
        (replace(READ, can_ask=False, unseen=21, person_asked=True), Step.WAIT),
        (replace(READ, can_ask=False, unseen=21, person_asked=True, is_approved=True), Step.SWEEP),
        (replace(READ, can_ask=False, unseen=10, records=20), Step.SWEEP),
        (replace(READ, can_ask=False, unseen=2, records=2), Step.APPROVAL),
        (replace(READ, can_ask=False, unreadable=1), Step.APPROVAL),
        (replace(READ, unseen=0, unreadable=1), Step.SWEEP),
    ],
)
def test_the_next_step_of_a_sweep(sight: Sight, step: Step) -> None:
    assert Sweep(patience=10.0).next_step(sight) is step


def test_a_person_is_told_why() -> None:
    assert why(replace(READ, unreadable=2)) == "3 of 100 records were not seen; 2 chunks could not be read"


def test_states_are_those_of_the_messages() -> None:
    assert (live("a", 1).state, deleted("a", 1).state) == (LIVE, DELETED)
