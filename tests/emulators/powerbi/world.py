"""Everything that one emulator holds: identities, datasets, clock, rules, faults, limits and what happened."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass, field

from emulators.clock import Clock
from emulators.faults import Faults
from emulators.powerbi import settings
from emulators.powerbi.datasets import Dataset
from emulators.powerbi.effects import Effects
from emulators.powerbi.entra import Entra
from emulators.powerbi.identities import WORKSPACE
from emulators.powerbi.journal import Journal
from emulators.powerbi.limits import Window
from emulators.powerbi.rules import Refused, Rulebook, error


@dataclass
class World:
    """Built once, in `app`."""

    clock: Clock
    rules: Rulebook
    faults: Faults
    settings: settings.Settings
    entra: Entra
    effects: Effects
    journal: Journal = field(default_factory=Journal)
    datasets: dict[str, Dataset] = field(default_factory=dict)
    queries: dict[str, Window] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)

    def dataset(self, workspace: str, identity: str) -> Dataset:
        """The dataset; Refused as the service does where it does not exist, or the workspace does not."""
        self.check_workspace(workspace)
        found = self.datasets.get(identity.lower())
        if found is None:
            raise Refused("dataset.found", 404, error("PowerBIEntityNotFound"))
        return found

    def check_workspace(self, workspace: str) -> None:
        if workspace.lower() != WORKSPACE:
            raise Refused("workspace.found", 404, error("PowerBIEntityNotFound"))

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


def new_id() -> str:
    """A dataset's id."""
    return str(uuid.uuid4())
