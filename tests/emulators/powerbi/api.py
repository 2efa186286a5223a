"""The data port: the token endpoint and the REST API, each call with its faults, its rules and its counts."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulators.faults import Fault
from emulators.powerbi import queries as dax_queries
from emulators.powerbi import refreshes, rows, schemas
from emulators.powerbi.effects import answer, refusal
from emulators.powerbi.rules import Refused, error
from emulators.powerbi.world import World
from emulators.wire import Reset, Truncated

Handler = Callable[[World, Request, str, Fault | None], Awaitable[Response]]
_GROUP = "/v1.0/myorg/groups/{workspace}"
_DATASET = f"{_GROUP}/datasets/{{dataset}}"
_TABLE = f"{_DATASET}/tables/{{table}}"
_WRITERS = ("Contributor", "Member", "Admin")


def routes(world: World) -> list[Route]:
    """Every route of the data port, by name, method and path."""
    table: list[tuple[str, str, str, Handler]] = [
        ("groups.list", "GET", "/v1.0/myorg/groups", schemas.list_groups),
        ("datasets.list", "GET", f"{_GROUP}/datasets", schemas.list_datasets),
        ("datasets.create", "POST", f"{_GROUP}/datasets", schemas.create),
        ("datasets.get", "GET", _DATASET, schemas.get),
        ("datasets.delete", "DELETE", _DATASET, schemas.delete),
        ("tables.list", "GET", f"{_DATASET}/tables", schemas.list_tables),
        ("tables.put", "PUT", _TABLE, schemas.put),
        ("rows.post", "POST", f"{_TABLE}/rows", rows.post),
        ("rows.delete", "DELETE", f"{_TABLE}/rows", rows.delete),
        ("refreshes.post", "POST", f"{_DATASET}/refreshes", refreshes.post),
        ("refreshes.list", "GET", f"{_DATASET}/refreshes", refreshes.history),
        ("query", "POST", f"{_DATASET}/executeQueries", dax_queries.execute),
    ]
    made = [
        Route(path, _call(world, name, _authorized(handler)), methods=[verb]) for name, verb, path, handler in table
    ]
    return [Route("/{tenant}/oauth2/v2.0/token", _call(world, "token", _token), methods=["POST"]), *made]


def _call(world: World, name: str, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def call(request: Request) -> Response:
        world.effects.run()
        world.calls[name] += 1
        fault = world.faults.take(name, f"{request.method} {request.url.path}")
        response = await _answered(world, request, name, handler, fault)
        outcome = "reset" if isinstance(response, Reset) else str(response.status_code)
        world.answers[f"{name} {outcome}"] += 1
        response.headers["RequestId"] = str(uuid.uuid4())
        return response

    return call


async def _answered(world: World, request: Request, name: str, handler: Handler, fault: Fault | None) -> Response:
    if fault is not None:
        if fault.kind == "latency":
            await asyncio.sleep(fault.seconds)
        elif fault.kind == "status":
            return refusal(fault)
        elif fault.kind == "reset_before":
            return Reset()
    try:
        usual = answer(fault, await handler(world, request, name, fault))
    except Refused as refused:
        usual = _refusal(world, refused)
    if fault is not None and fault.kind == "reset_after":
        return Reset()
    if fault is not None and fault.kind == "truncate":
        return Truncated(usual) if usual.body else Reset()
    return usual


def _refusal(world: World, refused: Refused) -> Response:
    """The vendor's answer; where the rule is off, and the call cannot be served all the same, one that says so."""
    if refused.rule in world.rules.off:
        return JSONResponse(error("RuleIsOff", refused.rule), 500)
    world.rules.refusals[refused.rule] += 1
    return JSONResponse(refused.body, refused.status, refused.headers)


def _authorized(handler: Handler) -> Handler:
    async def checked(world: World, request: Request, name: str, fault: Fault | None) -> Response:
        client = world.entra.reader(request.headers.get("authorization"))
        if world.rules.broken("auth.tenant-switch", not world.settings.tenant_switch):
            raise Refused("auth.tenant-switch", 401, {"Message": "API is not accessible for application"})
        reads = request.method == "GET"
        if world.rules.broken("auth.role", world.settings.role not in _WRITERS and not reads):
            status = 404 if name == "query" else 403
            code = "PowerBIEntityNotFound" if name == "query" else "PowerBINotAuthorizedException"
            raise Refused("auth.role", status, error(code))
        return await handler(world, request, client, fault)

    return checked


async def _token(world: World, request: Request, name: str, fault: Fault | None) -> Response:
    body = await request.body()
    found = world.entra.token(request.path_params["tenant"], body, request.headers.get("authorization", ""))
    return JSONResponse(found, headers={"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"})
