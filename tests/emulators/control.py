"""The control routes that both emulators have: the clock and the faults."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulators.clock import Clock
from emulators.faults import Faults


def shared_routes(clock: Clock, faults: Faults) -> list[Route]:
    """`POST /control/clock`; `GET`, `POST` and `DELETE /control/faults`."""

    async def advance(request: Request) -> Response:
        try:
            clock.advance(float((await body(request))["advance_s"]))
        except (KeyError, TypeError, ValueError) as error:
            return refusal(error)
        return JSONResponse({"now": clock.now(), "scale": clock.scale})

    async def fault(request: Request) -> Response:
        if request.method == "DELETE":
            faults.clear()
        elif request.method == "POST":
            try:
                faults.add(await body(request))
            except (TypeError, ValueError) as error:
                return refusal(error)
        return JSONResponse(faults.listed())

    return [
        Route("/control/clock", advance, methods=["POST"]),
        Route("/control/faults", fault, methods=["GET", "POST", "DELETE"]),
    ]


async def body(request: Request) -> dict[str, Any]:
    """The request's JSON object; ValueError where it is none."""
    document = json.loads(await request.body())
    if not isinstance(document, dict):
        raise ValueError("a JSON object is expected")
    return document


def refusal(error: Exception) -> JSONResponse:
    """400 with what was wrong, for whoever wrote the control call."""
    return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)
