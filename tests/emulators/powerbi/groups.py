"""Workspaces as the API has them: listed, filtered, looked up, created."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from emulators.faults import Fault
from emulators.powerbi import settings
from emulators.powerbi.documents import JsonError, read
from emulators.powerbi.filters import FilterError, condition
from emulators.powerbi.rules import Refused, Rulebook, detailed, error
from emulators.powerbi.shown import values
from emulators.powerbi.tokens import Caller
from emulators.powerbi.workspaces import Workspace
from emulators.powerbi.world import World, new_id

_MEMBERS: Final = frozenset(["id", "name", "type", "isReadOnly", "isOnDedicatedCapacity", "capacityId"])


class _Creation(msgspec.Struct, forbid_unknown_fields=True):
    name: str


async def listed(world: World, request: Request, client: str, fault: Fault | None) -> Response:
    """The workspaces in which the caller has a role, without anybody's own."""
    caller: Caller = request.state.caller
    seen = [
        one.shown(world.settings.capacity)
        for one in world.workspaces.values()
        if one.owner is None and one.tenant == caller.tenant and world.role(one, caller) != "None"
    ]
    return values(request, "groups", _chosen(world.rules, request, seen))


async def get(world: World, request: Request, client: str, fault: Fault | None) -> Response:
    """One workspace."""
    workspace: Workspace = request.state.workspace
    return JSONResponse(workspace.shown(world.settings.capacity))


async def create(world: World, request: Request, client: str, fault: Fault | None) -> Response:
    """A new workspace, whose Admin is whoever made it."""
    caller: Caller = request.state.caller
    shut = caller.user is None and not world.settings.create_switch
    if world.rules.broken("workspace.create", shut):
        raise Refused("workspace.create", 401, error("PowerBINotAuthorizedException"))
    mine = sum(world.role(one, caller) != "None" for one in world.workspaces.values())
    if world.rules.broken("workspace.many", mine >= settings.WORKSPACES):
        raise Refused("workspace.many", 400, error("InvalidRequest", f"At most {settings.WORKSPACES} workspaces"))
    try:
        name = read(_Creation, await request.body()).name
    except JsonError as wrong:
        raise Refused("schema.json", 400, detailed(str(wrong), "group")) from wrong
    made = Workspace(new_id(), name, caller.tenant, {caller.id: "Admin"})
    world.effects.carry_out(fault, lambda: world.workspaces.__setitem__(made.id, made))
    return JSONResponse(made.shown(world.settings.capacity))


async def refresh_permissions(world: World, request: Request, client: str, fault: Fault | None) -> Response:
    """Changed roles are in force at once."""
    world.effects.hasten("role")
    return Response()


def _chosen(rules: Rulebook, request: Request, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    words = request.query_params
    try:
        if "$filter" in words:
            holds = condition(words["$filter"], _MEMBERS)
            items = [item for item in items if holds(item)]
        skip, top = int(words.get("$skip", 0)), int(words.get("$top", 5_000))
    except (ValueError, RecursionError) as wrong:
        at = "$filter" if isinstance(wrong, FilterError) else "$top or $skip"
        raise Refused("groups.query", 400, error("InvalidRequest", f"{at}: {wrong}")) from wrong
    if rules.broken("groups.query", skip < 0 or top < 1):
        raise Refused("groups.query", 400, error("InvalidRequest", "$top is at least 1, $skip at least 0"))
    return items[skip:][:top]
