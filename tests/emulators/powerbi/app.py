"""The only place that builds: a world from the command line, and its two applications."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette

from emulators.clock import Clock
from emulators.faults import Faults
from emulators.powerbi import api, control
from emulators.powerbi.assertions import Certificate
from emulators.powerbi.datasets import make_dataset
from emulators.powerbi.effects import Effects
from emulators.powerbi.entra import App, Entra
from emulators.powerbi.identities import (
    CLIENT,
    OTHER_CLIENT,
    OTHER_TENANT,
    OTHER_WORKSPACE,
    REFRESHABLE,
    REFRESHABLE_NAME,
    TENANT,
    TENANTS,
    WORKSPACE,
    WORKSPACE_NAME,
    Credentials,
    make_credentials,
)
from emulators.powerbi.model import Dataset as Schema
from emulators.powerbi.rules import Rulebook
from emulators.powerbi.settings import Settings
from emulators.powerbi.workspaces import Workspace
from emulators.powerbi.world import World
from emulators.serve import Addresses, Emulator, Options


def build(options: Options) -> Emulator:
    """The emulator of one process."""
    credentials = make_credentials(options.state)
    world = make_world(credentials, options.scale, options.limits, options.seed)

    def describe(addresses: Addresses) -> dict[str, Any]:
        world.entra.base = addresses.data
        return {
            "schema": "exactbi.powerbi-emulator/1",
            "api": addresses.data,
            "login": addresses.data,
            "tenant": TENANT,
            "tenants": [{"id": identity, "domain": domain} for identity, domain in TENANTS.items()],
            "apps": credentials.ready(),
            "workspaces": [{"id": one.id, "name": one.name, "tenant": one.tenant} for one in world.workspaces.values()],
            "refreshable": [name for name, dataset in world.datasets.items() if dataset.refreshable],
        }

    return Emulator(
        api.application(world),
        Starlette(routes=control.routes(world)),
        describe,
        world.effects.keep_running,
    )


def make_world(credentials: Credentials, scale: float = 1.0, limits: bool = True, seed: int = 1) -> World:
    """Two tenants with one application and one workspace each; the demo's has an import model."""
    clock = Clock(scale)
    rules = Rulebook(limits)
    settings = Settings()
    certificate = Certificate(credentials.certificate.read_bytes())
    apps = [
        App(CLIENT, TENANT, credentials.secret, certificate),
        App(OTHER_CLIENT, OTHER_TENANT, credentials.other_secret, certificate),
    ]
    entra = Entra(TENANTS, apps, clock, rules, settings)
    workspaces = {
        WORKSPACE: Workspace(WORKSPACE, WORKSPACE_NAME, TENANT),
        OTHER_WORKSPACE: Workspace(OTHER_WORKSPACE, "somebody else's", OTHER_TENANT, {OTHER_CLIENT: "Member"}),
    }
    world = World(clock, rules, Faults(seed), settings, entra, Effects(clock), workspaces)
    model = Schema(REFRESHABLE_NAME, [])
    imported = make_dataset(REFRESHABLE, WORKSPACE, model, "None", rules, clock)
    imported.refreshable, imported.owner = True, "somebody@exactbi-demo.onmicrosoft.com"
    world.datasets[REFRESHABLE] = imported
    return world
