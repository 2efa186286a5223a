"""The only place that builds: a world from the command line, and its two applications."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette

from emulators.clock import Clock
from emulators.faults import Faults
from emulators.powerbi import api, control
from emulators.powerbi.assertions import Certificate
from emulators.powerbi.effects import Effects
from emulators.powerbi.entra import App, Entra
from emulators.powerbi.identities import CLIENT, TENANT, WORKSPACE, WORKSPACE_NAME, Credentials, make_credentials
from emulators.powerbi.rules import Rulebook
from emulators.powerbi.settings import Settings
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
            "apps": [credentials.ready()],
            "workspaces": [{"id": WORKSPACE, "name": WORKSPACE_NAME}],
            "refreshable": [name for name, dataset in world.datasets.items() if dataset.refreshable],
        }

    return Emulator(
        Starlette(routes=api.routes(world)),
        Starlette(routes=control.routes(world)),
        describe,
        world.effects.keep_running,
    )


def make_world(credentials: Credentials, scale: float = 1.0, limits: bool = True, seed: int = 1) -> World:
    """An empty workspace with one application."""
    clock = Clock(scale)
    rules = Rulebook(limits)
    settings = Settings()
    app = App(CLIENT, credentials.secret, Certificate(credentials.certificate.read_bytes()))
    entra = Entra(TENANT, [app], clock, rules, settings)
    return World(clock, rules, Faults(seed), settings, entra, Effects(clock))
