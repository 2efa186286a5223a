"""Everything that one emulator holds: identities, workspaces, datasets, clock, rules, faults and what happened."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass, field

from emulators.clock import Clock
from emulators.faults import Faults
from emulators.powerbi import settings
from emulators.powerbi.calls import Calls
from emulators.powerbi.datasets import Dataset, Report
from emulators.powerbi.effects import Effects
from emulators.powerbi.entra import Entra
from emulators.powerbi.identities import CLIENT, WORKSPACE
from emulators.powerbi.journal import Journal
from emulators.powerbi.limits import Window
from emulators.powerbi.posted import Bodies
from emulators.powerbi.rules import Refused, Rulebook, error
from emulators.powerbi.tokens import Caller
from emulators.powerbi.workspaces import Workspace


@dataclass
class World:
    """Built once, in `app`."""

    clock: Clock
    rules: Rulebook
    faults: Faults
    settings: settings.Settings
    entra: Entra
    effects: Effects
    workspaces: dict[str, Workspace]
    journal: Journal = field(default_factory=Journal)
    bodies: Bodies = field(default_factory=Bodies)
    datasets: dict[str, Dataset] = field(default_factory=dict)
    reports: dict[str, Report] = field(default_factory=dict)
    queries: dict[str, Window] = field(default_factory=dict)
    general: dict[str, Window] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    log: Calls = field(default_factory=Calls)

    def workspace(self, identity: str, caller: Caller) -> Workspace:
        """The workspace; Refused where there is none in the caller's tenant."""
        found = self.workspaces.get(identity.lower())
        if found is None or found.tenant != caller.tenant or (found.owner not in (None, caller.id)):
            raise Refused("workspace.found", 404, error("PowerBIEntityNotFound"))
        return found

    def personal(self, caller: Caller) -> Workspace:
        """Somebody's own workspace, made at first use."""
        identity = str(uuid.uuid5(uuid.NAMESPACE_DNS, caller.id))
        made = Workspace(identity, "My workspace", caller.tenant, {caller.id: "Admin"}, caller.id)
        return self.workspaces.setdefault(identity, made)

    def role(self, workspace: Workspace, caller: Caller) -> str:
        """The caller's role; that of the demo's application in its workspace is a setting."""
        if (workspace.id, caller.id) == (WORKSPACE, CLIENT):
            return self.settings.role
        return workspace.members.get(caller.id, "None")

    def dataset(self, workspace: str, identity: str) -> Dataset:
        """The dataset of a workspace; Refused as the service does where it is not there."""
        found = self.datasets.get(identity.lower())
        if found is None or found.workspace != workspace.lower():
            raise Refused("dataset.found", 404, error("PowerBIEntityNotFound"))
        return found

    def named(self, name: str) -> Dataset:
        """A dataset by id or name for the control port: the newest of that name; KeyError if there is none."""
        if name in self.datasets:
            return self.datasets[name]
        return {dataset.name: dataset for dataset in self.datasets.values()}[name]

    def query_window(self, client: str) -> Window:
        """The queries of one user."""
        if client not in self.queries:
            seconds = self.clock.window(settings.MINUTE_S)
            self.queries[client] = Window("query.minute", seconds, settings.QUERIES_PER_MINUTE)
        return self.queries[client]

    def general_window(self, client: str) -> Window:
        """All calls of one caller, for the throttle that is a setting."""
        window = self.general.setdefault(client, Window("calls.hour", self.clock.window(settings.HOUR_S), 1))
        window.limit = max(1, self.settings.calls_an_hour)
        return window


def new_id() -> str:
    """An id of something new."""
    return str(uuid.uuid4())
