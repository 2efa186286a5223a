"""Fills a site's database with its companies of the group."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from emulators.books.bookkeeping import Bookkeeper
from emulators.books.company import Company
from emulators.books.extent import extents
from emulators.books.group import companies
from emulators.books.ids import guid_of
from emulators.books.model import Entry
from emulators.books.operations import Operations
from emulators.books.terms import Term
from emulators.exact.entities import DELETED, TRANSACTION_LINES
from emulators.exact.loading import Loader
from emulators.exact.opening_balances import opening_balances
from emulators.exact.ops_render import OpsRender
from emulators.exact.render import Render
from emulators.exact.render_ledger import LedgerRender
from emulators.exact.render_schemes import SchemeRender
from emulators.exact.render_terms import TermRender
from emulators.exact.reporting import BALANCE, Sums
from emulators.exact.seed import Rowversions
from emulators.exact.shapes import MASTERS_CREATED, Rendered
from emulators.exact.store import Store
from emulators.exact.values import NULL, guid, moment, wall_ms

_WEEK_S: Final = 7 * 86_400
_GONE: Final = ((1, 3), (10, 1), (2, 1))
"""Entity types of the delete log, and how many records of each were deleted before the story begins."""


@dataclass(frozen=True)
class GroupPlan:
    """About `size` transactional records over the whole group; master data comes on top."""

    seed: int
    size: int
    british: bool = False


@dataclass(frozen=True)
class Kept:
    """A company with its books and the renderers that go on when things change."""

    company: Company
    keeper: Bookkeeper
    render: Render
    terms: TermRender
    operations: OpsRender

    @cached_property
    def account_types(self) -> dict[str, int]:
        """The types of the chart's accounts by id."""
        return {account.id: account.type for account in self.company.accounts}


class Filling:
    """Fills one company's records."""

    def __init__(self, store: Store, versions: Rowversions, kept: Kept, now: float) -> None:
        self._loader = Loader(store, versions, kept.company.division, now)
        self._versions, self._kept, self._now = versions, kept, now
        self._sums = Sums()

    def fill(self) -> int:
        """Load everything; gives the number of records."""
        early = self._versions.next()
        for record in self._masters():
            self._loader.add(record)
        last = self._stream()
        for record in self._derived():
            self._loader.add(record)
        self._gone(last, early)
        self._loader.flush()
        return self._loader.loaded

    def _masters(self) -> Iterator[Rendered]:
        company, render = self._kept.company, self._kept.render
        for account in company.accounts:
            yield "GLAccounts", account.id, None, render.account(account, MASTERS_CREATED)
        for center in company.cost_centers:
            yield "Costcenters", center.id, None, render.cost_center(center)
        yield from LedgerRender(company).masters()
        yield from SchemeRender(company).masters()
        yield from self._kept.operations.masters()

    def _stream(self) -> str:
        """Entries and terms as they come; gives the id of the last ledger line."""
        render, add, last = self._kept.render, self._loader.add, ""
        for event in self._kept.keeper.events():
            if isinstance(event, Entry):
                self._sums.add(event)
                for last, values in render.lines(event):
                    add(("TransactionLines", last, event.id, values))
            elif isinstance(event, Term):
                add(self._kept.terms.term(event))
            else:
                for record in self._kept.operations.document(event):
                    add(record)
        return last

    def _derived(self) -> Iterator[Rendered]:
        company, render = self._kept.company, self._kept.render
        for key, values in self._sums.records(company.division, render.center_texts, render.unit_texts):
            yield BALANCE.name, key, None, values
        yield from opening_balances(company, self._sums)

    def _gone(self, line: str, early: int) -> None:
        """The delete log: records that are no more, and one that came back after it was deleted."""
        division = self._kept.company.division
        for kind, count in _GONE:
            for at in range(count):
                self._loader.add(self._log_entry(guid_of(division, f"gone {kind}", str(at)), kind))
        self._loader.add(self._log_entry(line, TRANSACTION_LINES.deleted_type or 0), early)

    def _log_entry(self, key: str, kind: int) -> Rendered:
        values = [NULL] * len(DELETED.fields)
        own = guid_of(0, "deleted", f"{key} at first")
        found = {
            "ID": guid(own), "EntityKey": guid(key), "EntityType": str(kind),
            "Division": str(self._kept.company.division), "DeletedBy": guid(guid_of(0, "user", "deleter")),
            "DeletedDate": moment(wall_ms(self._now - _WEEK_S)),
        }  # fmt: skip
        for name, value in found.items():
            values[DELETED.at(name)] = value
        return DELETED.name, own, None, values


def fill_site(store: Store, versions: Rowversions, site: str, plan: GroupPlan, now: float) -> dict[int, Kept]:
    """Fill the site's companies, one after another."""
    group = companies(plan.seed, british=plan.british)
    records, shares = extents(plan.size, group)
    found = {}
    for company in group:
        if company.profile.site != site:
            continue
        operations = Operations(company, group, records)
        keeper = Bookkeeper(company, operations, shares[company.key])
        vat_names = {one.code.code.strip(): one.code.description for one in company.vats.values()}
        units = {unit.code: unit.description for unit in company.cost_units}
        render = Render(plan.seed, company.division, company.cost_centers, vat_names, units)
        found[company.division] = Kept(company, keeper, render, TermRender(company), OpsRender(company, operations))
        Filling(store, versions, found[company.division], now).fill()
    return found
