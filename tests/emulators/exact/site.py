"""One of Exact's country sites: its apps and users, its divisions, its database, its limits, its counter."""

from __future__ import annotations

import random
from collections import Counter, deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from emulators.books.ledger import Ledger
from emulators.clock import Clock
from emulators.exact import rules as rule
from emulators.exact.commits import Commits
from emulators.exact.derived_orders import DerivedOrders
from emulators.exact.division import Division
from emulators.exact.entities import TRANSACTION_LINES, Entity
from emulators.exact.entry_pages import EntryPages, Statements, is_derived
from emulators.exact.limits import Limits
from emulators.exact.oauth import App, Authority, User
from emulators.exact.render import Render
from emulators.exact.rules import Rules
from emulators.exact.seed import Rowversions, fill
from emulators.exact.settings import Settings
from emulators.exact.store import Store
from emulators.exact.views import Pages, Wanted, view
from emulators.exact.webhooks import Webhooks

_REMEMBERED_CALLS: Final = 200_000


@dataclass
class Site:
    """Everything of one site. `settings` and `rules` may change while it serves."""

    name: str
    clock: Clock
    settings: Settings
    store: Store
    versions: Rowversions
    apps: list[App]
    users: list[User]
    divisions: dict[int, Division]
    limits_on: bool
    rules: Rules = field(default_factory=Rules)
    calls: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=_REMEMBERED_CALLS))
    served: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    """Refused calls by the rule that they broke."""
    base: str = ""
    moved: dict[int, dict[str, float]] = field(default_factory=dict)
    """Divisions that came from another database: which date of the lists says so, and when."""

    def __post_init__(self) -> None:
        self.started = self.clock.now()
        self._dice = random.Random(f"replicas {self.name}")
        self._statements, self._orders = Statements(), DerivedOrders()
        self.commits = Commits(self.store, self.versions, self.clock, lambda: self.rules, lambda: self.settings)
        self.webhooks = Webhooks(self.clock, lambda: self.rules, lambda: self.settings, self.commits.held)
        self.authority = Authority(self.apps, self.users, self.clock, lambda: self.rules, lambda: self.settings)
        self.limits = Limits(self.clock, lambda: self.rules, lambda: self.settings, on=self.limits_on)

    def view(self, entity: Entity, division: int, *, sync: bool, stale_s: float = 0.0) -> Pages:
        """What a read sees: the records of now, or what a fault or a setting shows in their place."""
        lag = self.settings.replica_lag_s if self._dice.random() < self.settings.replica_share else 0.0
        source = TRANSACTION_LINES if is_derived(entity) else entity
        pages = view(self.store, Wanted(source, division, sync, self.clock.now(), stale_s or lag), self.settings)
        return EntryPages(self.store, pages, self._statements, self._orders) if is_derived(entity) else pages

    def move(self, division: int, date: str) -> None:
        """Move a division to another database, now; `date` is the field of the lists that tells when."""
        self.commits.finish()
        if self.rules.on(rule.MOVE_RENUMBERS):
            self.versions.move(division)
            self.commits.renumber(division)
        self.moved.setdefault(division, {})[date] = self.clock.now()

    def apply(self, settings: Settings) -> None:
        """Take new settings; ValueError for rules that don't exist."""
        self.rules = Rules(settings.rules_off)
        self.settings = settings


@dataclass(frozen=True)
class Plan:
    """What a site is made of."""

    name: str
    divisions: dict[int, str]
    apps: list[App]
    users: list[User]
    seed: int
    size: int
    limits: bool
    file: Path


def open_site(plan: Plan, clock: Clock) -> Site:
    """Seed a site's database: `size` ledger lines over its divisions."""
    store, versions = Store(plan.file), Rowversions(plan.seed)
    divisions = {}
    for at, (code, name) in enumerate(plan.divisions.items()):
        share = plan.size // len(plan.divisions) + (at < plan.size % len(plan.divisions))
        seed = plan.seed + 1000 * at
        ledger = Ledger(seed, share)
        divisions[code] = Division(code, name, Render(seed, code, ledger.makers.cost_centers), ledger)
        fill(store, code, ledger, divisions[code].render, versions, clock.now())
    store.index()
    return Site(plan.name, clock, Settings(), store, versions, plan.apps, plan.users, divisions, plan.limits)
