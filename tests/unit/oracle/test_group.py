"""The oracle over the emulator's company group, after people have worked in it: what must hold does, and keys meet."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from emulators.exact.entities import STORED
from emulators.exact.site import Site
from emulators.exact.truth import records
from fakes.exact_group import opened
from oracle import findings, group_invariants, ledger_invariants, trade_invariants
from oracle import ledger_measures as ledger
from oracle import project_measures as projects
from oracle.answers import answers
from oracle.books import Books
from oracle.compare import compare, of_sink, of_source
from oracle.model import ALL_OF_IT, Model
from oracle.packs import ALL
from oracle.values import Record

CHECKS = (*ledger_invariants.CHECKS, *group_invariants.CHECKS, *trade_invariants.CHECKS)


@pytest.fixture(scope="module")
def group(tmp_path_factory: pytest.TempPathFactory) -> Model:
    with opened(tmp_path_factory.mktemp("oracle"), 1_000, 100) as sites:
        entities = {name for site in sites for name in site.store.counts()}
        found = {name: _records(sites, name) for name in entities}
        divisions = {code: site.name for site in sites for code in site.divisions}
    return Model(Books.of(found, divisions))


def _records(sites: Sequence[Site], entity: str) -> list[Record]:
    """Every record with its site and division, as the control port shows them."""
    found: list[Record] = []
    for site in sites:
        if entity in site.store.counts():
            rows = zip(site.store.snapshot(STORED[entity]), records(site.store, entity), strict=True)
            found += [{"site": site.name, "division": row[0], **_exact(line)} for row, line in rows]
    return found


def _exact(line: str) -> dict[str, Any]:
    known: dict[str, Any] = json.loads(line, parse_float=Decimal)
    return known


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
