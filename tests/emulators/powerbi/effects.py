"""When and how often what a call asks for takes effect, with a fault or without."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from itertools import count

from starlette.responses import JSONResponse, Response

from emulators.clock import Clock
from emulators.faults import Fault
from emulators.powerbi.rules import error
from emulators.wire import Reset

_TICK_S = 0.02


class Effects:
    """Effects that are still to come, by the emulator's clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._due: list[tuple[float, int, str, Callable[[], None]]] = []
        self._number = count()

    def run(self) -> None:
        """Let everything take effect whose time has come."""
        while self._due and self._due[0][0] <= self._clock.now():
            heapq.heappop(self._due)[3]()

    async def keep_running(self) -> None:
        """Do so for ever."""
        while True:
            self.run()
            await asyncio.sleep(_TICK_S)

    def after(self, seconds: float, effect: Callable[[], None], kind: str = "") -> None:
        """Let it take effect later."""
        heapq.heappush(self._due, (self._clock.now() + seconds, next(self._number), kind, effect))

    def hasten(self, kind: str) -> None:
        """Let everything of a kind take effect now."""
        self._due = [(0.0 if one[2] == kind else one[0], *one[1:]) for one in self._due]
        heapq.heapify(self._due)
        self.run()

    def carry_out(self, fault: Fault | None, effect: Callable[[], None]) -> None:
        """Let a call's effect come now, later, twice or never, as its fault has it.

        The second time of `twice` is after `seconds`, as where something on the way repeats a request.
        """
        if fault is None or fault.kind not in ("late", "late_visible", "twice", "dropped"):
            effect()
        elif fault.kind == "twice":
            effect()
            self.after(fault.seconds, effect) if fault.seconds else effect()
        elif fault.kind != "dropped":
            self.after(fault.seconds, effect)


def refusal(fault: Fault) -> Response:
    """The answer of a fault that has a status."""
    headers = dict(fault.headers)
    if fault.retry_after is not None:
        headers["Retry-After"] = str(fault.retry_after)
    body = error("InjectedFault", "An error was asked for") if fault.body is None else fault.body
    if isinstance(body, str):
        return Response(body, fault.status, {"Content-Type": "text/html"} | headers)
    return JSONResponse(body, fault.status, headers)


def answer(fault: Fault | None, usual: Response) -> Response:
    """What the caller gets once the effect has been seen to."""
    if fault is None:
        return usual
    if fault.kind == "refused_but_done":
        return refusal(fault) if usual.status_code < 400 else usual
    if fault.answer == "reset":
        return Reset()
    return refusal_with(fault.answer) if isinstance(fault.answer, int) else usual


def refusal_with(status: int) -> Response:
    """A refusal of a given status."""
    return JSONResponse(error("InjectedFault", "An error was asked for"), status)
