"""The Exact emulator inside a test: its site, and a client that logs in and reads."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from emulators.clock import Clock
from emulators.exact.api import DataPort
from emulators.exact.changes import Change, Changes
from emulators.exact.control import control_port
from emulators.exact.oauth import App, User
from emulators.exact.settings import Settings
from emulators.exact.site import Plan, Site, open_site
from emulators.faults import Faults

DIVISION = 100001
APP = App("45bc54cf-efe7-525f-9e3a-d75bf5868122", "app secret", "https://app.example/callback", "hook secret")
USER = User("someone@example.org", "right password", "e73eb25b-85d3-594d-9d2b-bcc644424f66")
LINES = f"/api/v1/{DIVISION}/sync/Financial/TransactionLines"
ACCOUNTS = f"/api/v1/{DIVISION}/sync/Financial/GLAccounts"
DELETED = f"/api/v1/{DIVISION}/sync/Deleted"
CENTERS = f"/api/v1/{DIVISION}/hrm/Costcenters"
BASE = "http://exact.test"
OFF = os.environ.get("EMULATOR_RULES_OFF", "").split()
"""Rules that are off from the start: a rule's tests must then fail."""


@dataclass
class Twin:
    """One site in this process. `token` is sent with every read."""

    site: Site
    faults: Faults
    changes: Changes
    data: httpx.AsyncClient
    control: httpx.AsyncClient
    token: str = ""
    refresh_token: str = ""
    headers: dict[str, str] = field(default_factory=lambda: {"Accept": "application/json"})

    @classmethod
    def opened(cls, folder: Path, size: int = 2_000, *, limits: bool = True, scale: float = 1.0) -> Twin:
        plan = Plan("nl", {DIVISION: "Demo"}, [APP], [USER], 1, size, limits, folder / "exact.sqlite")
        return cls.serving(open_site(plan, Clock(scale)))

    @classmethod
    def serving(cls, site: Site) -> Twin:
        """A client of a site."""
        faults = Faults()
        site.base = BASE
        changes = Changes(site, faults, 1)
        site.apply(Settings(rules_off=OFF))
        data = httpx.AsyncClient(transport=httpx.ASGITransport(DataPort(site, faults)), base_url=BASE)
        control = httpx.AsyncClient(transport=httpx.ASGITransport(control_port([site], faults, changes)), base_url=BASE)
        return cls(site, faults, changes, data, control)

    async def consent(self, divisions: str = "") -> httpx.Response:
        """The redirect that a user's login ends with."""
        query = {"client_id": APP.client_id, "redirect_uri": APP.redirect_uri, "response_type": "code", "state": "s 1"}
        form = {"user": USER.name, "password": USER.password, "divisions": divisions}
        return await self.data.post("/api/oauth2/auth", params=query, data=form)

    async def code(self, divisions: str = "") -> str:
        location = (await self.consent(divisions)).headers["Location"]
        return parse_qs(urlsplit(location).query)["code"][0]

    async def exchange(self, code: str, **changed: str) -> httpx.Response:
        return await self.ask_token(
            {"grant_type": "authorization_code", "code": code, "redirect_uri": APP.redirect_uri} | changed
        )

    async def refresh(self, token: str | None = None) -> httpx.Response:
        return await self.ask_token({"grant_type": "refresh_token", "refresh_token": token or self.refresh_token})

    async def ask_token(self, form: dict[str, str]) -> httpx.Response:
        credentials = {"client_id": APP.client_id, "client_secret": APP.client_secret}
        answer = await self.data.post("/api/oauth2/token", data=credentials | form)
        if answer.status_code == 200:
            self.token, self.refresh_token = answer.json()["access_token"], answer.json()["refresh_token"]
        return answer

    async def log_in(self) -> Twin:
        await self.exchange(await self.code())
        return self

    async def get(self, url: str, **headers: str) -> httpx.Response:
        return await self.data.get(url, headers=self.headers | {"Authorization": f"Bearer {self.token}"} | headers)

    async def read(self, url: str) -> list[list[dict[str, Any]]]:
        """Every page of a collection."""
        pages, following = [], url
        while following:
            answer = await self.get(following)
            assert answer.status_code == 200, answer.text
            document = answer.json()["d"]
            pages.append(document["results"])
            following = document.get("__next", "")
        return pages

    def off(self, *rules: str) -> None:
        """Switch rules off."""
        self.site.settings.rules_off = [*OFF, *rules]
        self.site.apply(self.site.settings)

    def change(self, entity: str | None, kind: str, n: int = 1) -> list[Change]:
        return self.changes.change(entity, n, [kind])


def message(answer: httpx.Response) -> str:
    """The text of Exact's error body."""
    found: str = answer.json()["error"]["message"]["value"]
    return found


def flat(pages: list[list[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    for page in pages:
        yield from page
