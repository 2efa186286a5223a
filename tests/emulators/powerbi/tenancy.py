"""What people do in the portals, on request: sign in, make workspaces, give roles, make reports."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulators.control import body, refusal
from emulators.powerbi import shown
from emulators.powerbi.datasets import Report
from emulators.powerbi.identities import CLIENT, TENANT
from emulators.powerbi.settings import Settings
from emulators.powerbi.tokens import RESOURCE, Caller
from emulators.powerbi.workspaces import ROLES, Workspace
from emulators.powerbi.world import World, new_id


def routes(world: World) -> list[Route]:
    """The control port's routes for tenants, workspaces and reports."""
    return [
        Route("/control/tokens", partial(_sign_in, world), methods=["POST"]),
        Route("/control/workspaces", partial(_workspaces, world), methods=["GET", "POST"]),
        Route("/control/reports", partial(_reports, world), methods=["POST"]),
    ]


def delay_role(world: World, merged: Settings) -> None:
    """A changed role of the application comes into force later, where a setting says so."""
    wanted, before = merged.role, world.settings.role
    if wanted == before or not merged.permission_delay_s:
        return

    def effect() -> None:
        world.settings.role = wanted

    merged.role = before
    world.effects.after(world.clock.window(merged.permission_delay_s), effect, "role")


async def _sign_in(world: World, request: Request) -> Response:
    """`{"user": name}`: a person's token, as an interactive login through the demo's application gives it."""
    try:
        user = (await body(request))["user"]
    except (KeyError, ValueError) as wrong:
        return refusal(wrong)
    return JSONResponse(world.entra.tokens.issue(Caller(CLIENT, TENANT, str(user)), RESOURCE))


async def _workspaces(world: World, request: Request) -> Response:
    """`{"name", "role"?, "client"?}` makes one, `{"id", "role", "client"?}` changes a role; `GET` lists all."""
    if request.method == "POST":
        try:
            _give(world, await body(request))
        except (KeyError, ValueError) as wrong:
            return refusal(wrong)
    return JSONResponse([msgspec.to_builtins(one) for one in world.workspaces.values()])


def _give(world: World, asked: dict[str, Any]) -> None:
    role, client = asked.get("role", "Contributor"), asked.get("client", CLIENT)
    if role not in ROLES:
        raise ValueError(f"role is one of {ROLES}")
    if "id" not in asked:
        made = Workspace(new_id(), asked["name"], TENANT, {client: role})
        world.workspaces[made.id] = made
        return
    changed = world.workspaces[asked["id"]]
    delay = world.clock.window(world.settings.permission_delay_s)
    world.effects.after(delay, lambda: changed.members.update({client: role}), "role")
    world.effects.run()


async def _reports(world: World, request: Request) -> Response:
    """`{"name", "dataset", "kind"?}`: a report in the dataset's workspace."""
    try:
        asked = await body(request)
        dataset = world.named(asked["dataset"])
        made = Report(new_id(), asked["name"], dataset.workspace, dataset.id, asked.get("kind", "PowerBIReport"))
    except (KeyError, ValueError) as wrong:
        return refusal(wrong)
    world.reports[made.id] = made
    return JSONResponse(shown.report(made))
