"""The group's records as the emulator holds them, for tests that check what must hold of the books."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

from emulators.clock import Clock
from emulators.exact.entities import STORED
from emulators.exact.group_changes import GroupChanges
from emulators.exact.group_seed import GroupPlan
from emulators.exact.group_world import SITES, app_of, open_sites, user_of
from emulators.exact.site import Site
from emulators.exact.store import Store
from emulators.exact.truth import records
from emulators.faults import Faults

Record = dict[str, Any]
CARRY_OVER = frozenset({327, 328})
RESULT_CLOSING = frozenset({310, 320, 321, 322, 323, 324, 325, 326})
BUDGET = 3000
CENT = Decimal("0.005")
"""Lines of more than four decimals are balanced once each is rounded to four."""


def rounded(amount: Any) -> Decimal:
    """An amount as a push dataset takes it: four decimals, half up."""
    return Decimal(amount).quantize(Decimal("0.0001"), rounding="ROUND_HALF_UP")


@dataclass
class Books:
    """One division's records by entity, numbers exact."""

    division: int
    of: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    unbilled: dict[str, Decimal] = field(default_factory=dict)
    """What the company itself knows to be approved and unbilled, by project."""
    orphans: set[str] = field(default_factory=set)
    """Ids that records refer to though nothing has them."""

    @property
    def lines(self) -> list[Record]:
        return self.of["TransactionLines"]

    @cached_property
    def accounts(self) -> dict[str, Record]:
        return {account["ID"]: account for account in self.of["GLAccounts"]}

    def kind(self, line: Record) -> int:
        """The type of a line's account."""
        return int(self.accounts[line["GLAccount"]]["Type"])

    def of_type(self, *types: int) -> list[Record]:
        """Lines whose account has one of these types."""
        return [line for line in self.lines if line["GLAccount"] and self.kind(line) in types]

    def entries(self, *types: int) -> dict[str, list[Record]]:
        """Lines by entry, those of some entry types only."""
        return grouped((line for line in self.lines if not types or line["Type"] in types), lambda one: one["EntryID"])


def moment(text: str) -> date:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(text[6:-2]))).date()


def grouped(rows: Iterable[Record], key: Callable[[Record], Any]) -> dict[Any, list[Record]]:
    found: dict[Any, list[Record]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found


def total(lines: Iterable[Record], name: str = "AmountDC") -> Decimal:
    return sum((rounded(line[name]) for line in lines), Decimal(0))


def period(line: Record) -> tuple[int, int]:
    return int(line["FinancialYear"]), int(line["FinancialPeriod"])


def read(stores: Iterable[Store]) -> dict[int, Books]:
    """Everything that the stores hold, by division. Records without a division are given to all of their store."""
    found: dict[int, Books] = {}
    for store in stores:
        for name in store.counts():
            for row in store.snapshot(STORED[name]):
                found.setdefault(row[0], Books(row[0]))
        for name in store.counts():
            for text, row in zip(records(store, name, "nl"), store.snapshot(STORED[name]), strict=True):
                found[row[0]].of[name].append(json.loads(text, parse_float=Decimal))
    return found


def known(sites: Iterable[Site]) -> dict[int, Books]:
    """Everything that the sites hold, with what each company knows beside its records."""
    kept = list(sites)
    found = read(site.store for site in kept)
    for code, division in ((code, one) for site in kept for code, one in site.divisions.items()):
        operations = division.operations
        for project in operations.projects:
            found[code].unbilled[project.id] = Decimal(operations.unbilled(project)) / 10_000
        found[code].orphans = {item.id for item in operations.catalogue.gone} if operations.firm.module else set()
    return found


SIZES = {"small": (2_000, 0), "full": (10_000, 0), "changed": (2_000, 1_000)}
"""Records of the group, and changes made before it is looked at."""


@contextmanager
def opened(folder: Path, size: int, changes: int, seed: int = 7) -> Iterator[list[Site]]:
    """The group's sites, after people have worked in them."""
    people = {name: (app_of(name, name, "https://app.example"), user_of("someone@example.org", name)) for name in SITES}
    sites = open_sites(GroupPlan(seed, size), Clock(1.0), people, folder / "group", limits=False)
    GroupChanges(sites, Faults(), seed).change(None, changes, None)
    yield sites
    for site in sites:
        site.store.close()
