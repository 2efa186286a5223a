"""Builds the emulator from its options: one company on one site, or the group of companies on seven."""

from __future__ import annotations

import atexit
import uuid
from typing import Any, Final

from emulators.clock import Clock
from emulators.exact.api import DataPort
from emulators.exact.changes import Changes
from emulators.exact.control import control_port
from emulators.exact.deliveries import trust
from emulators.exact.group_changes import GroupChanges
from emulators.exact.group_seed import GroupPlan
from emulators.exact.group_world import SITES, app_of, open_sites, user_of
from emulators.exact.oauth import App
from emulators.exact.site import Plan, Site, open_site
from emulators.faults import Faults
from emulators.serve import SINGLE, WITH_BRITISH, Addresses, Emulator, Options
from emulators.tls import throwaway_authority

SITE: Final = SITES[0]
CLIENT_ID: Final = str(uuid.uuid5(uuid.NAMESPACE_DNS, "exact.demo.exactbi"))
REDIRECT_URI: Final = "https://demo.exactbi.example/exact/callback"
USER: Final = "controller@demo.example"
DIVISIONS: Final = {100001: "Demo Advies B.V."}


def build(options: Options) -> Emulator:
    """Sites with everything in them; secrets are new at every start."""
    clock, faults = Clock(options.scale), Faults(options.seed)
    if options.books == SINGLE:
        sites = [_single(options, clock)]
        changes = Changes(sites[0], faults, options.seed)
    else:
        sites = _group(options, clock)
        changes = GroupChanges(sites, faults, options.seed)
    if options.tls:
        trust(throwaway_authority(options.tls).certificate)
    for site in sites:
        atexit.register(site.store.close)
    first, *others = [(site.name, DataPort(site, faults)) for site in sites]
    control = control_port(sites, faults, changes)
    return Emulator(first[1], control, lambda addresses: _ready(sites, addresses), dated=True, others=dict(others))


def _app(site: str) -> App:
    """The app of a site; the first site's is the demo's."""
    own = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"exact.{site}.demo.exactbi"))
    return app_of(site, CLIENT_ID if site == SITE else own, REDIRECT_URI)


def _single(options: Options, clock: Clock) -> Site:
    file = options.state / f"{options.ready.name}.sqlite"
    users = [user_of(USER, SITE)]
    return open_site(
        Plan(SITE, DIVISIONS, [_app(SITE)], users, options.seed, options.size, options.limits, file), clock
    )


def _group(options: Options, clock: Clock) -> list[Site]:
    plan = GroupPlan(options.seed, options.size, british=options.books == WITH_BRITISH)
    people = {site: (_app(site), user_of(USER, site)) for site in SITES}
    return open_sites(plan, clock, people, options.state / options.ready.name, limits=options.limits)


def _ready(sites: list[Site], addresses: Addresses) -> dict[str, Any]:
    """The ready file: the first site's port is the data port, the others have ports of their own."""
    bases = {sites[0].name: addresses.data} | addresses.others
    for site in sites:
        site.base = bases[site.name]
    apps = [
        {
            "site": site.name, "client_id": app.client_id, "client_secret": app.client_secret,
            "redirect_uri": app.redirect_uri, "webhook_secret": app.webhook_secret,
        }
        for site in sites
        for app in site.apps
    ]  # fmt: skip
    return {
        "schema": "exactbi.exact-emulator/1",
        "sites": bases,
        "apps": apps,
        "users": [
            {"site": site.name, "user": user.name, "password": user.password} for site in sites for user in site.users
        ],
        "divisions": [{"site": site.name, "code": code} for site in sites for code in site.divisions],
    }
