"""Every landing of a POST or a DELETE, in the order in which they took effect."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from emulators.powerbi.posted import Posted


@dataclass(frozen=True)
class Landing:
    """`fault` is the kind of fault that was injected into the call, if any; `post` is None for a DELETE."""

    n: int
    at: float
    dataset: str
    table: str
    post: Posted | None
    fault: str | None

    def line(self) -> str:
        """As `GET /control/journal` shows it."""
        rows = ",".join(self.post.posted()) if self.post else ""
        head = {"n": self.n, "at": self.at, "dataset": self.dataset, "table": self.table}
        head |= {"verb": "POST" if self.post else "DELETE", "fault": self.fault}
        return f'{json.dumps(head)[:-1]}, "rows": [{rows}]}}'


class Journal:
    """Landings, numbered from 1."""

    def __init__(self) -> None:
        self._landings: list[Landing] = []

    def add(self, at: float, dataset: str, table: str, post: Posted | None, fault: str | None) -> None:
        self._landings.append(Landing(len(self._landings) + 1, at, dataset, table, post, fault))

    def lines(self, after: int, dataset: str | None = None, table: str | None = None) -> Iterator[str]:
        """The landings with a number above `after`, as they stand now."""
        chosen = self._landings[after:]
        return (
            landing.line()
            for landing in chosen
            if (dataset is None or landing.dataset == dataset) and (table is None or landing.table == table)
        )
