"""The books hold at every moment: people work through the control port, and after each batch all is checked anew.

The first batches make every kind of change of every entity, the others what comes by chance. Invariants are numbered:
1 entries, 2 periods, 3 reporting balance, 4 opening balances, 5 open items, 6 sales invoices, 7 purchases, 8 VAT,
9 statements, 10 closed years, 11 assets and accruals, 12 companies among each other, 13 time, 14 calendars,
15 references, rowversions and deletes, 16 renames and new codes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulators.exact.control import control_port
from emulators.exact.entities import ENTITIES
from emulators.exact.entry_pages import Statements
from emulators.exact.group_changes import KINDS, RECODE, GroupChanges
from emulators.exact.site import Site
from emulators.faults import Faults
from fakes.exact_group import Books, known, opened
from fakes.oracle_books import books_of
from oracle import group_invariants, ledger_invariants, trade_invariants
from oracle.model import Model
from unit.emulators import group_trade as trade
from unit.emulators import test_group_ledger as ledger
from unit.emulators import test_group_open_items as items

Group = dict[int, Books]
SEED, CHANCES, BATCHES = 3, 100, 3
PAIRS = [(entity.name, kind) for entity, kinds in KINDS.items() for kind in kinds]
FACTS = ("TransactionLines", "PaymentTerms", "SalesInvoices", "PurchaseOrders", "TimeCostTransactions")
ORACLE = (*ledger_invariants.CHECKS, *group_invariants.CHECKS, *trade_invariants.CHECKS)
JOURNALS = 3
"""A bank's, a card's and a till's."""
OPENINGS = [(which, back, status) for which, back in (("CurrentYear", 0), ("PreviousYear", 1))
            for status in ("AfterEntry", "Processed")]  # fmt: skip


def opening_balances(group: Group) -> None:
    for which, back, status in OPENINGS:
        ledger.test_opening_balances_are_what_balance_accounts_held_when_the_year_began(group, which, back, status)


def two_orphans_are_known(group: Group) -> None:
    missing = trade.references_exist(group)
    assert missing == set.union(*(books.orphans for books in group.values()))
    assert len(missing) == 2


INVARIANTS: dict[int, list[Callable[[Group], Any]]] = {
    1: [ledger.test_each_entry_adds_up_to_zero_in_both_currencies,
        ledger.test_each_entry_has_one_period_journal_status_type_and_currency],
    2: [ledger.test_debit_equals_credit_in_each_period_and_balance_and_result_cancel],
    3: [ledger.test_the_reporting_balance_is_the_ledger_grouped],
    4: [opening_balances],
    5: [items.test_open_items_explain_the_control_accounts_by_relation_at_every_period_end,
        items.test_a_term_is_settled_altogether_or_not_at_all],
    6: [items.test_each_processed_invoice_has_one_entry_of_its_number_and_amounts, trade.invoices_have_their_entries,
        trade.credit_notes_mirror],
    7: [items.test_a_module_invoice_is_its_entry, trade.purchases_have_their_entries],
    8: [ledger.test_a_vat_return_empties_the_vat_accounts_of_all_that_was_written_before_it,
        ledger.test_vat_lines_are_what_the_codes_of_the_net_lines_say],
    9: [ledger.test_line_0_of_each_statement_is_what_its_lines_leave],
    10: [ledger.test_every_closed_year_has_given_its_result_to_equity,
         ledger.test_the_belgian_carry_over_cancels_account_by_account],
    11: [ledger.test_depreciation_follows_the_schedule_of_each_asset,
         ledger.test_what_was_accrued_or_deferred_comes_back_to_zero],
    12: [items.test_what_one_company_claims_of_another_the_other_owes_it,
         items.test_income_of_the_group_is_its_cost_in_the_same_month, trade.partners_agree],
    13: [trade.hours_are_billed_or_unbilled, trade.billed_hours_are_approved, trade.nobody_works_longer_than_a_day,
         trade.each_day_of_work_has_one_rate],
    14: [ledger.test_periods_cover_every_day_once_and_each_entry_has_one],
    15: [two_orphans_are_known, trade.rows_of_a_document_rise_together, trade.deletes_are_logged_once,
         items.test_what_lines_refer_to_exists_but_for_one_known_orphan,
         items.test_the_delete_log_has_one_record_for_each_delete],
}  # fmt: skip
"""16 is about changes alone, see test_group_recoding."""


@dataclass
class Office:
    """The group's sites and their control port."""

    sites: list[Site]
    control: httpx.AsyncClient

    async def change(self, entity: str | None, kinds: list[str] | None, n: int) -> int:
        """Have people make changes; gives how many they made."""
        answer = await self.control.post("/control/change", json={"entity": entity, "kinds": kinds, "n": n})
        assert answer.status_code == 200, answer.text
        return len(answer.json()["changed"])


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with opened(tmp_path, 2_000, 0, SEED) as sites:
        faults = Faults()
        port = control_port(sites, faults, GroupChanges(sites, faults, SEED))
        client = httpx.AsyncClient(transport=httpx.ASGITransport(port), base_url="http://control.test")
        yield Office(sites, client)


def findings(sites: list[Site]) -> list[str]:
    """What does not hold now: by our own checks of the records, and by the oracle's of the books as a whole."""
    group = known(site for site in sites if site.divisions)
    found = [
        f"{number} {check.__name__}: {error}"
        for number, checks in INVARIANTS.items()
        for check in checks
        for error in _errors(partial(check, group))
    ]
    model = Model(books_of([site for site in sites if site.divisions]))
    return found + [f"{check.__name__}: {text}" for check in ORACLE for text in check(model)]


def _errors(check: Callable[[], Any]) -> Iterator[str]:
    try:
        check()
    except AssertionError as error:
        yield str(error)[:300] or "assertion failed"


def statements_chain(site: Site) -> bool:
    """Whether each statement of a journal begins with what the one before left (9)."""
    for division in site.divisions:
        balances = list(Statements().of(site.store, site.store, division).values())
        assert balances
        if sum(one[1] != other[0] for one, other in pairwise(balances)) >= JOURNALS:  # one ends, the next begins
            return False
    return True


@pytest.mark.timeout(300)
async def test_all_invariants_hold_after_every_batch_of_changes(office: Office) -> None:
    assert findings(office.sites) == []
    made = 0
    for entity, kind in PAIRS:
        made += await office.change(entity, [kind], 3 if kind != RECODE else 1)
    assert findings(office.sites) == []
    for _ in range(BATCHES):
        made += await office.change(None, None, CHANCES)
        assert findings(office.sites) == []
        assert all(statements_chain(site) for site in office.sites)
    assert made > 300


def test_each_invariant_has_its_checks() -> None:
    assert sorted(INVARIANTS) == list(range(1, 16))
    assert set(FACTS) <= {entity for entity, _ in PAIRS} <= set(ENTITIES)


@pytest.mark.parametrize(
    ("name", "field"),
    [("TransactionLines", "AmountDC"), ("PaymentTerms", "AmountDC"), ("SalesInvoices", "AmountDC"),
     ("TimeCostTransactions", "AmountFC"), ("ReportingBalance", "AmountDebit")],
)  # fmt: skip
def test_one_wrong_amount_is_found(office: Office, name: str, field: str) -> None:
    site, entity = office.sites[0], ENTITIES[name]
    at = entity.at(field)
    row = next(
        row for row in site.store.rows(entity, 100001)
        if row.values[at] not in ("null", "0") and (name != "TimeCostTransactions" or _is_hourly(office, row.id))
    )  # fmt: skip
    row.values[at] = f"{float(row.values[at]) + 10:.2f}"
    site.commits.commit([site.commits.put(entity, row)])

    assert findings(office.sites)


def _is_hourly(office: Office, key: str) -> bool:
    """Whether an entry is approved and billed by the hour."""
    group = known([office.sites[0]])
    parts = trade.hourly(group[100001])
    return any(
        one["ID"] == key and one["HourStatus"] == 20 and one["WBS"] in parts and one["Type"] == 1
        for one in group[100001].of["TimeCostTransactions"]
    )
