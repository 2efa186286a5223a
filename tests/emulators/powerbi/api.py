"""The data port: the token endpoint and the REST API, each call with its faults, its rules and its counts."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from emulators.faults import Fault
from emulators.powerbi import access
from emulators.powerbi.addresses import SENT, normalised
from emulators.powerbi.effects import answer, refusal
from emulators.powerbi.routes import NAMED, Handler, Named
from emulators.powerbi.rules import Refused, error
from emulators.powerbi.world import World
from emulators.wire import Reset, Truncated

_ORG = "/v1.0/myorg"
_GROUP = f"{_ORG}/groups/{{workspace}}"


def application(world: World) -> ASGIApp:
    """The data port's application."""
    return normalised(Starlette(routes=routes(world), exception_handlers={HTTPException: _unrouted(world)}))


def routes(world: World) -> list[Route]:
    """Every route of the data port; what belongs to a workspace has a second address, in "My workspace"."""
    made = [
        Route("/{tenant}/oauth2/v2.0/token", _call(world, "token", _token), methods=["POST"]),
        Route("/{tenant}/v2.0/.well-known/openid-configuration", _call(world, "discovery", _discovery)),
    ]
    for one in NAMED:
        call = _call(world, one.name, _authorized(one))
        roots = [_ORG] if one.need is None else [_GROUP, _ORG] if one.rest else [_GROUP]
        made += [Route(f"{root}{one.rest}", call, methods=[one.verb]) for root in roots]
    for route in made:
        route.methods = {method for method in route.methods or () if method != "HEAD"}
    return made


def _call(world: World, name: str, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def call(request: Request) -> Response:
        world.effects.run()
        world.calls[name] += 1
        path = request.url.path
        fault = world.faults.take(name, f"{request.method} {path}")
        response = await _answered(world, request, name, handler, fault)
        status = None if isinstance(response, Reset) else response.status_code
        world.answers[f"{name} {status or 'reset'}"] += 1
        _log(world, request, name, status)
        response.headers["RequestId"] = str(uuid.uuid4())
        return response

    return call


def _log(world: World, request: Request, name: str | None, status: int | None) -> None:
    sent = request.scope.get(SENT, request.url.path) + (f"?{request.url.query}" if request.url.query else "")
    world.log.add(world.clock.now(), name, request.method, sent, status)


def _unrouted(world: World) -> Any:
    """What the service's framework says where no route fits."""

    async def refuse(request: Request, wrong: HTTPException) -> Response:
        _log(world, request, None, wrong.status_code)
        rule, message = "call.address", f"No HTTP resource was found that matches the request URI '{request.url}'."
        if wrong.status_code == 405:
            rule, message = "call.method", f"The requested resource does not support http method '{request.method}'."
        return _refusal(world, Refused(rule, wrong.status_code, {"Message": message}, dict(wrong.headers or {})))

    return refuse


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
    response = JSONResponse(refused.body, refused.status, refused.headers)
    code = refused.body.get("error") if isinstance(refused.body, dict) else None
    if isinstance(code, dict):
        response.headers["x-powerbi-error-info"] = code["code"]
    return response


def _authorized(one: Named) -> Handler:
    async def checked(world: World, request: Request, name: str, fault: Fault | None) -> Response:
        caller = world.entra.tokens.read(request.headers.get("authorization"))
        access.check_caller(world, caller)
        await _check_media(world, request)
        if one.need is not None:
            access.check_workspace(world, request, caller, one.need, one.name)
        request.state.caller = caller
        return await one.handler(world, request, caller.id, fault)

    return checked


async def _check_media(world: World, request: Request) -> None:
    """A body that is not said to be JSON has no formatter."""
    kind = request.headers.get("content-type", "")
    said = kind.partition(";")[0].strip().lower()
    if world.rules.broken("call.media", said not in ("application/json", "text/json") and await request.body() != b""):
        message = f"The request entity's media type '{kind}' is not supported for this resource."
        raise Refused("call.media", 415, {"Message": message})


async def _token(world: World, request: Request, name: str, fault: Fault | None) -> Response:
    kind, authorization = (request.headers.get(name, "") for name in ("content-type", "authorization"))
    found = world.entra.token(request.path_params["tenant"], kind, await request.body(), authorization)
    return JSONResponse(found, headers={"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"})


async def _discovery(world: World, request: Request, name: str, fault: Fault | None) -> Response:
    return JSONResponse(world.entra.discovery(request.path_params["tenant"]))
