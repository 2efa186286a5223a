"""Whether a caller may make a call: the tenant's switches, the general throttle, the role in the workspace."""

from __future__ import annotations

from starlette.requests import Request

from emulators.powerbi.rules import Refused, error, throttled
from emulators.powerbi.tokens import Caller
from emulators.powerbi.workspaces import Workspace, suffices
from emulators.powerbi.world import World

_CLOSED = "API is not accessible for application"


def check_caller(world: World, caller: Caller) -> None:
    """Refused where the tenant shuts applications out, or the caller has called too often."""
    shut = caller.user is None and not world.settings.tenant_switch
    if world.rules.broken("auth.tenant-switch", shut):
        status = world.settings.tenant_switch_status
        raise Refused("auth.tenant-switch", status, {"message" if status == 200 else "Message": _CLOSED})
    if not world.settings.calls_an_hour:
        return
    now, window = world.clock.now(), world.general_window(caller.id)
    wait = window.wait(now)
    if world.rules.broken("calls.hour", wait > 0):
        raise throttled("calls.hour", wait)
    window.use(now)


def check_workspace(world: World, request: Request, caller: Caller, need: str, call: str) -> None:
    """Refused where the caller may not do this there; handlers find the workspace's id among the path's parameters."""
    named = request.path_params.get("workspace")
    workspace = world.workspace(named, caller) if named else _personal(world, request, caller)
    request.path_params["workspace"] = workspace.id
    request.state.workspace = workspace
    role = world.role(workspace, caller)
    if world.rules.broken("workspace.member", role == "None"):
        raise Refused("workspace.member", world.settings.denied_status, error("PowerBINotAuthorizedException"))
    if world.rules.broken("auth.role", role != "None" and not suffices(role, need, world.settings)):
        raise Refused("auth.role", *_denied(call))
    if call == "query":
        _check_query(world, request, caller)


def _check_query(world: World, request: Request, caller: Caller) -> None:
    if world.rules.broken("auth.queries", not world.settings.query_switch):
        raise Refused("auth.queries", 401, error("PowerBINotAuthorizedException"))
    model = world.dataset(request.path_params["workspace"], request.path_params["dataset"])
    secured = caller.user is None and model.refreshable and world.settings.import_roles
    if world.rules.broken("query.roles", secured):
        raise Refused("query.roles", 401, error("PowerBINotAuthorizedException"))


def _denied(call: str) -> tuple[int, dict[str, object]]:
    """A query without Build is answered as if the dataset did not exist."""
    return (404, error("PowerBIEntityNotFound")) if call == "query" else (403, error("PowerBINotAuthorizedException"))


def _personal(world: World, request: Request, caller: Caller) -> Workspace:
    """My workspace. An application has none; as a setting, a dataset's own workspace is found by its id."""
    dataset = world.datasets.get(request.path_params.get("dataset", "").lower())
    if caller.user is None and dataset is not None and world.settings.my_workspace == "by id":
        return world.workspace(dataset.workspace, caller)
    if world.rules.broken("workspace.personal", caller.user is None):
        raise Refused("workspace.personal", world.settings.denied_status, error("PowerBINotAuthorizedException"))
    return world.personal(caller)
