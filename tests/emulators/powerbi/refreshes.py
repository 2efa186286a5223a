"""Refreshes of import models: asked for, counted, listed, cancelled. A push model has none, which is 415."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from emulators.clock import retry_after
from emulators.faults import Fault
from emulators.powerbi import schemas, settings, shown
from emulators.powerbi.datasets import Dataset, Refresh
from emulators.powerbi.documents import JsonError, read
from emulators.powerbi.rules import Refused, detailed, error
from emulators.powerbi.tokens import Caller
from emulators.powerbi.world import World, new_id

_PUSH: Final = "Invalid dataset. This API can only be called on a Model-based dataset"
_OVER: Final = "Invalid dataset refresh request. Number of refresh requests in last 24 hours exceeded limit"
_BUSY: Final = "Invalid dataset refresh request. Another refresh request is already executing"
_MAILS: Final = ("MailOnFailure", "MailOnCompletion")


class _Request(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    notify_option: str | None = None
    type: str | None = None
    commit_mode: str | None = None
    max_parallelism: int | None = None
    retry_count: int | None = None
    objects: list[dict[str, Any]] | None = None
    apply_refresh_policy: bool | None = None
    effective_date: str | None = None
    timeout: str | None = None

    @property
    def enhanced(self) -> bool:
        """Whether it asks for more than a plain refresh."""
        return any(getattr(self, name) is not None for name in self.__struct_fields__ if name != "notify_option")


async def post(world: World, request: Request, client: str, fault: Fault | None) -> Response:
    """Accepted: the refresh begins now and ends by itself."""
    dataset = _model(world, request)
    asked = _asked(world, await request.body(), request.state.caller)
    now = world.clock.now()
    _admit(world, dataset, asked.enhanced, now)
    ends = now + world.clock.window(world.settings.refresh_s)
    made = Refresh(new_id(), now, ends, world.settings.refresh_outcome, asked.enhanced)
    world.effects.carry_out(fault, lambda: dataset.refreshes.append(made))
    headers = {"x-ms-request-id": made.id}
    if asked.enhanced:
        headers["Location"] = f"{request.url.replace(query='')}/{made.id}"
    return Response(status_code=202, headers=headers)


async def history(world: World, request: Request, client: str, fault: Fault | None) -> Response:
    """The refreshes, newest first: the last 60, or `$top`."""
    dataset, now = _model(world, request), world.clock.now()
    try:
        top = int(request.query_params.get("$top", settings.REFRESHES_SHOWN))
    except ValueError as wrong:
        raise Refused("refresh.top", 400, error("InvalidRequest", str(wrong))) from wrong
    if world.rules.broken("refresh.top", top < 1):
        raise Refused("refresh.top", 400, error("InvalidRequest", "$top is at least 1"))
    found = [shown.refresh(one, now) for one in reversed(dataset.refreshes)]
    return shown.values(request, "refreshes", found[:top])


async def schedule(world: World, request: Request, client: str, fault: Fault | None) -> Response:
    """When the service refreshes by itself: never, here."""
    _model(world, request)
    found = {"days": [], "times": [], "enabled": False, "localTimeZoneId": "UTC", "notifyOption": "NoNotification"}
    context = f"{request.base_url}v1.0/myorg/groups/{request.path_params['workspace']}/$metadata#refreshSchedule"
    return JSONResponse({"@odata.context": context, **found})


async def details(world: World, request: Request, client: str, fault: Fault | None) -> Response:
    """One refresh: 202 while it is under way."""
    one, now = _found(world, request), world.clock.now()
    found = shown.refresh(one, now)
    return JSONResponse(found, 202 if found["status"] == "Unknown" else 200)


async def cancel(world: World, request: Request, client: str, fault: Fault | None) -> Response:
    """An enhanced refresh that is under way ends without effect."""
    one, now = _found(world, request), world.clock.now()
    if world.rules.broken("refresh.cancel", not one.enhanced or one.status(now) != "Unknown"):
        raise Refused("refresh.cancel", 400, error("InvalidRequest", "Only an enhanced refresh can be cancelled"))

    def effect() -> None:
        one.cancelled, one.ends_at = True, world.clock.now()

    world.effects.carry_out(fault, effect)
    return Response()


def _model(world: World, request: Request) -> Dataset:
    dataset = schemas.found(world, request)
    shut = not dataset.refreshable and world.settings.push_refresh == "refuse"
    if world.rules.broken("refresh.push", shut):
        raise Refused("refresh.push", 415, error("InvalidRequest", _PUSH))
    return dataset


def _found(world: World, request: Request) -> Refresh:
    identity = request.path_params["refresh"]
    for one in _model(world, request).refreshes:
        if one.id == identity:
            return one
    raise Refused("refresh.found", 404, error("RequestNotFound", f"There is no refresh {identity}"))


def _asked(world: World, body: bytes, caller: Caller) -> _Request:
    try:
        asked = read(_Request, body or b"{}")
    except JsonError as wrong:
        raise Refused("schema.json", 400, detailed(str(wrong), "refreshRequest")) from wrong
    mail = asked.notify_option
    if world.rules.broken("refresh.body", mail not in (None, "NoNotification", *_MAILS)):
        raise Refused("refresh.body", 400, detailed(f"Invalid notifyOption '{mail}'", "refreshRequest"))
    unwanted = caller.user is None and mail in _MAILS and world.settings.refresh_mail == "refuse"
    if world.rules.broken("refresh.mail", unwanted):
        raise Refused("refresh.mail", 400, error("InvalidRequest", "A service principal gets no mail"))
    if world.rules.broken("refresh.enhanced", asked.enhanced and world.settings.capacity == "shared"):
        raise Refused("refresh.enhanced", 400, error("InvalidRequest", "The workspace is not on a capacity"))
    return asked


def _admit(world: World, dataset: Dataset, enhanced: bool, now: float) -> None:
    day = world.clock.window(settings.DAY_S)
    begun = [one.started_at for one in dataset.refreshes if one.started_at > now - day]
    shared = world.settings.capacity == "shared"
    limit = settings.REFRESHES_SHARED if shared else world.settings.premium_refreshes_a_day
    if world.rules.broken("refresh.day", len(begun) >= limit):
        status = world.settings.refresh_over_status
        wait = {"Retry-After": str(retry_after(begun[0] + day - now))} if status == 429 else {}
        raise Refused("refresh.day", status, error("RefreshOverLimit", _OVER), wait)
    busy = any(one.status(now) == "Unknown" for one in dataset.refreshes)
    if world.rules.broken("refresh.busy", busy):
        conflict = 409 if enhanced else world.settings.refresh_busy_status
        raise Refused("refresh.busy", conflict, error("RefreshInProgressException", _BUSY))
