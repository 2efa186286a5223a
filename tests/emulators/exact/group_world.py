"""The seven sites of the company group: which companies are where, each with its app, its user and its database."""

from __future__ import annotations

import secrets
import uuid
from pathlib import Path
from typing import Final

from emulators.clock import Clock
from emulators.exact.division import ALL, HRM, SYSTEM, Division
from emulators.exact.entities import ENTITIES
from emulators.exact.group_seed import GroupPlan, fill_site
from emulators.exact.loading import Loader
from emulators.exact.oauth import App, User
from emulators.exact.reporting import ReportingBalances
from emulators.exact.seed import Rowversions
from emulators.exact.settings import Settings
from emulators.exact.site import Site
from emulators.exact.store import Store
from emulators.exact.values import key_id

SITES: Final = ("nl", "be", "de", "uk", "fr", "es", "us")
"""Exact's sites, those of the group's companies first (start.exactonline.nl and its siblings)."""


def app_of(site: str, client_id: str, redirect_uri: str) -> App:
    """An app of a site; its secrets are new at every start."""
    return App(client_id, secrets.token_urlsafe(24), redirect_uri, secrets.token_urlsafe(24))


def user_of(name: str, site: str) -> User:
    """One person is another user on each site."""
    own = name if site == SITES[0] else f"{name}.{site}"
    return User(name, secrets.token_urlsafe(12), str(uuid.uuid5(uuid.NAMESPACE_DNS, own)))


def open_sites(
    plan: GroupPlan, clock: Clock, people: dict[str, tuple[App, User]], files: Path, *, limits: bool
) -> list[Site]:
    """All sites, filled; `files` is the folder and the beginning of the names of their databases."""
    return [_open(plan, clock, name, people[name], files, limits=limits) for name in SITES]


def _open(plan: GroupPlan, clock: Clock, name: str, person: tuple[App, User], files: Path, *, limits: bool) -> Site:
    store, versions = Store(files.with_name(f"{files.name}.{name}.sqlite")), Rowversions(plan.seed + SITES.index(name))
    filled = fill_site(store, versions, name, plan, clock.now())
    divisions = {code: Division(code, kept.company.name, kept.render, kept=kept) for code, kept in filled.items()}
    for code, division in divisions.items():
        loader = Loader(store, versions, code, clock.now())
        for listed in (HRM, SYSTEM, ALL):
            values = division.record(listed)
            loader.add((listed, key_id(values[ENTITIES[listed].at("Code")]), None, values))
        loader.flush()
    store.index()
    app, user = person
    site = Site(name, clock, Settings(), store, versions, [app], [user], divisions, limits)
    ReportingBalances(store, versions, clock, lambda: site.settings)
    return site
