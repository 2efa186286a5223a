"""The oracle over the emulator's company group, after people have worked in it: what must hold does, and keys meet."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fakes.exact_group import opened
from fakes.oracle_books import books_of
from oracle import findings, group_invariants, ledger_invariants, trade_invariants
from oracle import ledger_measures as ledger
from oracle import project_measures as projects
from oracle.answers import answers
from oracle.compare import compare, of_sink, of_source
from oracle.model import ALL_OF_IT, Model
from oracle.packs import ALL

CHECKS = (*ledger_invariants.CHECKS, *group_invariants.CHECKS, *trade_invariants.CHECKS)


@pytest.fixture(scope="module")
def group(tmp_path_factory: pytest.TempPathFactory) -> Model:
    with opened(tmp_path_factory.mktemp("oracle"), 1_000, 100) as sites:
        return Model(books_of(sites))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_what_must_hold_in_any_books_holds(group: Model, check: ledger_invariants.Check) -> None:
    assert list(check(group)) == []


def test_every_table_has_rows_each_key_of_a_dimension_once(group: Model) -> None:
    assert [name for name in ALL if not group.table(name)] == []
    for name in set(findings.RELATED.values()):
        assert len(group.keyed(name)) == len(group.table(name)), name


def test_only_what_is_seeded_without_a_record_is_unmatched(group: Model) -> None:
    found = {(company, column) for company, of in findings.unmatched(group.books).items() for column in of}

    assert found <= {("nl-100001", "Item Key"), ("nl-100001", "Due Date"), ("nl-100001", "Employee Key")}


def test_the_answers_tie_to_the_measures(group: Model) -> None:
    found = answers(group)
    hours = sum(Decimal(one["approved_hours"]) for one in found["billable_hours_by_client"])
    month = sum(Decimal(one["result"]) for one in found["monthly_gl_by_cost_centre"])
    margin = sum(Decimal(one["margin"]) for one in found["project_profitability"])

    assert 0 != hours == projects.approved_hours(group, ALL_OF_IT)
    assert 0 != month == ledger.result(group, ALL_OF_IT)
    assert margin == projects.project_margin(group, ALL_OF_IT.where("Projects[Is Project No]", {1}))


@pytest.mark.parametrize("name", [name for name, table in ALL.items() if table.mode == "reversal"])
def test_a_fact_equals_itself_and_a_lost_row_shows(group: Model, name: str) -> None:
    table, posted = ALL[name], [dict(row) | {"_sign": 1} for row in group.table(name)]
    source = of_source(table, table.of(group.books))

    assert compare(table, source, of_sink(table, posted)).equal
    assert compare(table, source, of_sink(table, posted[1:])).lost == 1
