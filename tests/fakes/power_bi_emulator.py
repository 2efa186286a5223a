"""The Power BI emulator inside a test: its world, and clients for both ports."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from emulators.powerbi import api, control
from emulators.powerbi.app import make_world
from emulators.powerbi.identities import CLIENT, OTHER_CLIENT, OTHER_TENANT, TENANT, WORKSPACE, Credentials
from emulators.powerbi.rules import RULES
from emulators.powerbi.world import World
from emulators.wire import TRANSPORT

BASE = "http://power-bi.test"
GROUP = f"/v1.0/myorg/groups/{WORKSPACE}"
SCOPE = "https://analysis.windows.net/powerbi/api/.default"
JSON = {"Content-Type": "application/json"}
OFF = {name for name in os.environ.get("EMULATOR_RULES_OFF", "").split() if name in RULES}
"""Rules that are off from the start: a rule's tests must then fail."""


class Cut:
    """The transport of a request in a test: what breaks it off raises what a client sees."""

    def get_extra_info(self, name: str) -> Any:
        return None

    def abort(self) -> None:
        raise httpx.ReadError("the connection was reset")

    def close(self) -> None:
        raise httpx.RemoteProtocolError("the body broke off")


def with_transport(app: ASGIApp) -> ASGIApp:
    """The application behind a connection that can be cut."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "extensions": {TRANSPORT: Cut()}}, receive, send)

    return serve


@dataclass
class Twin:
    """One workspace in this process. Every call of `data` carries a token, unless it says otherwise."""

    world: World
    credentials: Credentials
    data: httpx.AsyncClient
    control: httpx.AsyncClient
    dataset: str = ""

    @classmethod
    def opened(cls, credentials: Credentials, *, scale: float = 1.0, limits: bool = True) -> Twin:
        world = make_world(credentials, scale, limits)
        world.rules.off |= OFF
        world.entra.base = BASE
        data, control_port = api.application(world), Starlette(routes=control.routes(world))
        return cls(
            world,
            credentials,
            httpx.AsyncClient(transport=httpx.ASGITransport(with_transport(data)), base_url=BASE),
            httpx.AsyncClient(transport=httpx.ASGITransport(control_port), base_url=BASE),
        )

    async def ask_token(self, tenant: str = TENANT, **changed: str | None) -> httpx.Response:
        form: dict[str, str | None] = {"grant_type": "client_credentials", "client_id": CLIENT, "scope": SCOPE}
        form |= {"client_secret": self.credentials.secret, **changed}
        sent = {name: value for name, value in form.items() if value is not None}
        return await self.data.post(f"/{tenant}/oauth2/v2.0/token", data=sent)

    async def log_in(self) -> Twin:
        token = (await self.ask_token()).json()["access_token"]
        self.data.headers["Authorization"] = f"Bearer {token}"
        return self

    async def create(self, *tables: dict[str, Any], **more: Any) -> httpx.Response:
        """POST datasets; the new dataset is the one that later calls use."""
        policy = more.pop("policy", "None")
        body = {"name": "exactbi", "defaultMode": "Push", "tables": list(tables), **more}
        answer = await self.data.post(f"{GROUP}/datasets?defaultRetentionPolicy={policy}", json=body)
        if answer.is_success:
            self.dataset = answer.json()["id"]
        return answer

    async def put(self, document: dict[str, Any], name: str | None = None) -> httpx.Response:
        return await self.data.put(f"{self.at}/tables/{quote(name or document['name'])}", json=document)

    async def post(self, table: str, *rows: dict[str, Any] | str) -> httpx.Response:
        """POST rows; a row that is text is sent as it is."""
        texts = (row if isinstance(row, str) else json.dumps(row) for row in rows)
        body = f'{{"rows":[{",".join(texts)}]}}'
        return await self.data.post(f"{self.at}/tables/{quote(table)}/rows", content=body, headers=JSON)

    async def clear(self, table: str) -> httpx.Response:
        return await self.data.delete(f"{self.at}/tables/{quote(table)}/rows")

    async def query(self, dax: str, nulls: bool = False) -> httpx.Response:
        body = {"queries": [{"query": dax}], "serializerSettings": {"includeNulls": nulls}}
        return await self.data.post(f"{self.at}/executeQueries", json=body)

    async def result(self, dax: str, nulls: bool = False) -> list[dict[str, Any]]:
        """The rows of a query's answer."""
        answer = await self.query(dax, nulls)
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()["results"][0]["tables"][0]["rows"]
        return rows

    async def fault(self, route: str, kind: str, calls: list[int] | None = None, **members: Any) -> None:
        rule = {"route": route, "fault": {"kind": kind, **members}} | ({"calls": calls} if calls else {})
        (await self.control.post("/control/faults", json=rule)).raise_for_status()

    async def advance(self, seconds: float) -> None:
        (await self.control.post("/control/clock", json={"advance_s": seconds})).raise_for_status()

    async def set(self, **settings: Any) -> None:
        (await self.control.post("/control/settings", json=settings)).raise_for_status()

    async def rows(self, table: str) -> list[dict[str, Any]]:
        answer = await self.control.get(f"/control/rows/{self.dataset}/{quote(table)}")
        return [json.loads(line) for line in answer.text.splitlines()]

    async def stats(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.control.get("/control/stats")).json()
        return found

    async def datasets(self) -> list[dict[str, Any]]:
        """The push models of the workspace, as the API lists them."""
        listed = (await self.data.get(f"{GROUP}/datasets")).json()["value"]
        return [one for one in listed if one["addRowsAPIEnabled"]]

    async def signed_in(self, user: str = "controller@exactbi-demo.onmicrosoft.com") -> dict[str, str]:
        """The headers of a person's calls."""
        token = (await self.control.post("/control/tokens", json={"user": user})).json()["access_token"]
        return {"Authorization": f"Bearer {token}"}

    async def as_other(self) -> dict[str, str]:
        """The headers of calls of another tenant's application."""
        changed = {"client_id": OTHER_CLIENT, "client_secret": self.credentials.other_secret}
        token = (await self.ask_token(OTHER_TENANT, **changed)).json()["access_token"]
        return {"Authorization": f"Bearer {token}"}

    @property
    def at(self) -> str:
        """The dataset's address."""
        return f"{GROUP}/datasets/{self.dataset}"


def table(name: str, **columns: str) -> dict[str, Any]:
    """A table's document: columns by name, with their types."""
    return {"name": name, "columns": [{"name": column, "dataType": kind} for column, kind in columns.items()]}


def column(name: str, kind: str = "String", **more: Any) -> dict[str, Any]:
    return {"name": name, "dataType": kind, **more}
