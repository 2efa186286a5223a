"""What a fault does to a call of the data port: before its effect, instead of it, after it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.responses import JSONResponse, Response

from emulators.faults import Fault
from emulators.wire import Reset, Truncated

Serve = Callable[[], Awaitable[Response]]
"""Lets a call have its effect; a second time it has it again."""

_later: Final[set[asyncio.Task[Response]]] = set()
"""Effects to come: a task that nobody holds may vanish."""


async def with_fault(fault: Fault | None, serve: Serve) -> Response:
    """The answer of a call that goes wrong as its fault has it."""
    if fault is None:
        return await serve()
    if fault.kind == "latency":
        await asyncio.sleep(fault.seconds)
    if fault.kind == "status":
        return faulty(fault)
    if fault.kind == "reset_before":
        return Reset()
    if fault.kind == "late":
        return _late(fault, serve)
    answer = await serve()
    if fault.kind == "twice":
        await serve()
    return _spoilt(fault, answer)


def _late(fault: Fault, serve: Serve) -> Response:
    """The request arrives after its caller has given up."""

    async def arrive() -> Response:
        await asyncio.sleep(fault.seconds)
        return await serve()

    task = asyncio.ensure_future(arrive())
    _later.add(task)
    task.add_done_callback(_later.discard)
    return Reset() if isinstance(fault.answer, str) else faulty(fault, fault.answer)


def _spoilt(fault: Fault, answer: Response) -> Response:
    if fault.kind == "reset_after":
        return Reset()
    if fault.kind == "truncate":
        return Truncated(answer)
    return faulty(fault) if fault.kind == "refused_but_done" else answer


def faulty(fault: Fault, status: int | None = None) -> Response:
    """The answer of a fault that has a status; a text as its body is HTML."""
    headers = dict(fault.headers)
    if fault.retry_after is not None:
        headers["Retry-After"] = str(fault.retry_after)
    if isinstance(fault.body, str):
        return Response(fault.body, status or fault.status, {"Content-Type": "text/html"} | headers)
    shown = fault.body or {"error": {"code": "", "message": {"lang": "", "value": "Injected."}}}
    return JSONResponse(shown, status or fault.status, headers)
