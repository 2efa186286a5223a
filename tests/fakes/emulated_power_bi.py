"""The Power BI emulator with the face of the fake, so that one suite runs on both."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import httpx

from exactbi.config.customer import PowerBi
from exactbi.connections.power_bi_gateway import Place
from exactbi.power_bi.auth import SCOPE
from launcher.vendors import Emulator

LATER_S = 600
KINDS: dict[str, dict[str, Any]] = {
    "not_landed": {"kind": "reset_before"},
    "lost": {"kind": "reset_after"},
    "partial": {"kind": "partial", "keep": 0.5},
    "late": {"kind": "late", "seconds": LATER_S},
    "twice": {"kind": "twice"},
    "late_visible": {"kind": "late_visible", "seconds": LATER_S},
    "dropped": {"kind": "dropped"},
    "refused": {"kind": "status", "status": 400},
    "refused_landed": {"kind": "refused_but_done", "status": 400},
    "again": {"kind": "status", "status": 429, "retry_after": 1},
    "again_landed": {"kind": "refused_but_done", "status": 429, "retry_after": 1},
    "broken": {"kind": "status", "status": 503},
}


class EmulatedPowerBi:
    """Faults, late arrivals and rows by the control port."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._http = httpx.Client(base_url=emulator.ready["control"], trust_env=False, timeout=30.0)

    def place(self) -> Place:
        ready = self._emulator.ready
        configured = PowerBi(
            tenant=ready["tenant"], client_id=ready["apps"][0]["client_id"], workspace=ready["workspaces"][0]["id"]
        )
        return Place("c", configured, ready["login"], ready["api"])

    @property
    def secret(self) -> str:
        return str(self._emulator.ready["apps"][0]["client_secret"])

    def transport(self) -> None:
        """The real network."""

    @property
    def faults(self) -> list[str | None]:
        raise NotImplementedError

    @faults.setter
    def faults(self, kinds: Sequence[str | None]) -> None:
        for n, kind in enumerate(kinds, 1):
            if kind is not None:
                rule = {"route": "rows.post", "calls": [n], "fault": KINDS[kind]}
                self._http.post("/control/faults", json=rule).raise_for_status()

    def forget(self) -> None:
        """No datasets, no faults: as after a start."""
        self._http.delete("/control/faults").raise_for_status()
        ready, place = self._emulator.ready, self.place()
        form = {"grant_type": "client_credentials", "client_id": place.configured.client_id, "scope": SCOPE}
        url = f"{ready['login']}/{ready['tenant']}/oauth2/v2.0/token"
        token = self._http.post(url, data=form | {"client_secret": self.secret}).json()["access_token"]
        datasets, headers = (
            f"{ready['api']}/v1.0/myorg/groups/{place.configured.workspace}/datasets",
            {"authorization": f"Bearer {token}"},
        )
        for known in self._http.get(datasets, headers=headers).json()["value"]:
            self._http.delete(f"{datasets}/{known['id']}", headers=headers).raise_for_status()

    def settings(self) -> dict[str, Any]:
        """The positions of what no document says."""
        found: dict[str, Any] = self._http.get("/control/settings").json()
        return found

    def set(self, **positions: Any) -> None:
        self._http.post("/control/settings", json=positions).raise_for_status()

    def land_late(self) -> None:
        self._http.post("/control/clock", json={"advance_s": LATER_S + 1}).raise_for_status()

    def rows(self, table: str) -> list[dict[str, Any]]:
        answer = self._http.get(f"/control/rows/exactbi/{table}")
        if answer.status_code == 404:
            return []
        return [json.loads(line, parse_float=Decimal) for line in answer.text.splitlines()]

    def net(self, table: str) -> Counter[str]:
        counted: Counter[str] = Counter()
        for row in self.rows(table):
            shown = {name: value for name, value in row.items() if not name.startswith("_")}
            counted[json.dumps(shown, sort_keys=True)] += row["_sign"]
        return Counter({shown: n for shown, n in counted.items() if n})

    def close(self) -> None:
        self._http.close()
