"""Builds the emulator from its options: the demo's site, app, user and company."""

from __future__ import annotations

import atexit
import secrets
import uuid
from typing import Any, Final

from emulators.clock import Clock
from emulators.exact.api import DataPort
from emulators.exact.changes import Changes
from emulators.exact.control import control_port
from emulators.exact.oauth import App, User
from emulators.exact.site import Plan, Site, open_site
from emulators.faults import Faults
from emulators.serve import Addresses, Emulator, Options

SITE: Final = "nl"
CLIENT_ID: Final = str(uuid.uuid5(uuid.NAMESPACE_DNS, "exact.demo.exactbi"))
REDIRECT_URI: Final = "https://demo.exactbi.example/exact/callback"
USER: Final = "controller@demo.example"
DIVISIONS: Final = {100001: "Demo Advies B.V."}


def build(options: Options) -> Emulator:
    """One site with everything in it; secrets are new at every start."""
    clock = Clock(options.scale)
    app = App(CLIENT_ID, secrets.token_urlsafe(24), REDIRECT_URI, secrets.token_urlsafe(24))
    user = User(USER, secrets.token_urlsafe(12), str(uuid.uuid5(uuid.NAMESPACE_DNS, USER)))
    file = options.state / f"{options.ready.name}.sqlite"
    plan = Plan(SITE, DIVISIONS, [app], [user], options.seed, options.size, options.limits, file)
    site, faults = open_site(plan, clock), Faults(options.seed)
    data = DataPort(site, faults)
    changes = Changes(site, faults, options.seed)
    atexit.register(site.store.close)
    return Emulator(data, control_port([site], faults, changes), lambda addresses: _ready(site, addresses), dated=True)


def _ready(site: Site, addresses: Addresses) -> dict[str, Any]:
    site.base = addresses.data
    apps = [
        {
            "site": site.name, "client_id": app.client_id, "client_secret": app.client_secret,
            "redirect_uri": app.redirect_uri, "webhook_secret": app.webhook_secret,
        }
        for app in site.apps
    ]  # fmt: skip
    return {
        "schema": "exactbi.exact-emulator/1",
        "sites": {site.name: addresses.data},
        "apps": apps,
        "users": [{"user": user.name, "password": user.password} for user in site.users],
        "divisions": [{"site": site.name, "code": code} for code in site.divisions],
    }
