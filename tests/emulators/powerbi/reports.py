"""Reports: listed, cloned, bound to another dataset, removed. People make them; here the control port does."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from emulators.faults import Fault
from emulators.powerbi import settings, shown
from emulators.powerbi.datasets import Dataset, Report
from emulators.powerbi.documents import JsonError, read
from emulators.powerbi.rules import Refused, detailed, error
from emulators.powerbi.tokens import Caller
from emulators.powerbi.workspaces import suffices
from emulators.powerbi.world import World, new_id


class _Rebind(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    dataset_id: str


class _Clone(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    name: str
    target_workspace_id: str | None = None
    target_model_id: str | None = None


_Body = TypeVar("_Body", _Rebind, _Clone)


async def listed(world: World, request: Request, client: str, fault: Fault | None) -> Response:
    """The reports of the workspace."""
    here = [shown.report(one) for one in world.reports.values() if one.workspace == request.path_params["workspace"]]
    return shown.values(request, "reports", here)


async def get(world: World, request: Request, client: str, fault: Fault | None) -> Response:
    """One report."""
    return JSONResponse(shown.report(_found(world, request)))


async def delete(world: World, request: Request, client: str, fault: Fault | None) -> Response:
    """A report goes."""
    report = _found(world, request)

    def effect() -> None:
        world.reports.pop(report.id, None)

    world.effects.carry_out(fault, effect)
    return Response()


async def clone(world: World, request: Request, client: str, fault: Fault | None) -> Response:
    """A copy of a report, here or in another workspace, on its dataset or another."""
    report, caller = _found(world, request), request.state.caller
    asked = await _body(world, request, _Clone)
    workspace = world.workspace(asked.target_workspace_id or report.workspace, caller)
    if world.rules.broken("auth.role", not suffices(world.role(workspace, caller), "write", world.settings)):
        raise Refused("auth.role", 403, error("PowerBINotAuthorizedException"))
    dataset = _target(world, asked.target_model_id or report.dataset, caller)
    count = sum(one.dataset == dataset.id for one in world.reports.values())
    if world.rules.broken("report.many", count >= settings.REPORTS):
        raise Refused("report.many", 400, error("InvalidRequest", f"At most {settings.REPORTS} reports on a dataset"))
    made = Report(new_id(), asked.name, workspace.id, dataset.id, report.kind)
    world.effects.carry_out(fault, lambda: world.reports.__setitem__(made.id, made))
    return JSONResponse(shown.report(made))


async def rebind(world: World, request: Request, client: str, fault: Fault | None) -> Response:
    """A report shows another dataset from now on."""
    report = _found(world, request)
    if world.rules.broken("report.paginated", report.kind == "PaginatedReport"):
        raise Refused("report.paginated", 400, error("InvalidRequest", "Paginated reports are not supported"))
    asked = await _body(world, request, _Rebind)
    dataset = _target(world, asked.dataset_id, request.state.caller)

    def effect() -> None:
        report.dataset = dataset.id

    world.effects.carry_out(fault, effect)
    return Response()


def _found(world: World, request: Request) -> Report:
    report = world.reports.get(request.path_params["report"].lower())
    if report is None or report.workspace != request.path_params["workspace"]:
        raise Refused("report.found", 404, error("PowerBIEntityNotFound"))
    return report


def _target(world: World, identity: str, caller: Caller) -> Dataset:
    """A dataset of any workspace in which the caller may build on it."""
    dataset = world.datasets.get(identity.lower())
    if dataset is not None:
        workspace = world.workspaces[dataset.workspace]
        if workspace.tenant == caller.tenant and suffices(world.role(workspace, caller), "build", world.settings):
            return dataset
    raise Refused("report.target", 404, error("PowerBIEntityNotFound"))


async def _body(world: World, request: Request, kind: type[_Body]) -> _Body:
    try:
        return read(kind, await request.body())
    except JsonError as wrong:
        raise Refused("report.body", 400, detailed(str(wrong), "requestParameters")) from wrong
