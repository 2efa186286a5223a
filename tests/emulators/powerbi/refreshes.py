"""Refreshes: a push model has none, which the service answers with 415."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from emulators.faults import Fault
from emulators.powerbi.rules import Refused, error
from emulators.powerbi.world import World

_MESSAGE = "Invalid dataset. This API can only be called on a Model-based dataset"


async def post(world: World, request: Request, client: str, fault: Fault | None) -> Response:
    """Accepted for an import model."""
    _check(world, request)
    return Response(status_code=202)


async def history(world: World, request: Request, client: str, fault: Fault | None) -> Response:
    """The refreshes of an import model."""
    _check(world, request)
    return JSONResponse({"value": []})


def _check(world: World, request: Request) -> None:
    dataset = world.dataset(request.path_params["workspace"], request.path_params["dataset"])
    if world.rules.broken("refresh.push", not dataset.refreshable):
        raise Refused("refresh.push", 415, error("InvalidRequest", _MESSAGE))
