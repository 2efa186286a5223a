"""The gateway: one call with a budget and the newest token, and errors that say who acts."""

from __future__ import annotations

import os
from dataclasses import dataclass

import asyncpg
import httpx
import pytest

from exactbi.clock import Scale, SystemClock
from exactbi.config.customer import Connection
from exactbi.connections.budgets import Budgets
from exactbi.connections.custodian import Custodian
from exactbi.connections.exact_gateway import ExactGateway, Target
from exactbi.connections.tokens import ConnectionRow
from exactbi.connections.vault import Vault, client_secret
from exactbi.errors import (
    EXACT_NO_CONSENT,
    EXACT_REVOKED,
    ConfigurationError,
    ExactbiError,
    PermanentError,
    SuspendedError,
    TransientError,
)
from exactbi.secrets import Keyring
from fakes.exact_site import ExactSite

PATH = "/api/v1/1/sync/Financial/GLAccounts"
TARGET = Target("acme", "nl", "nl", 1, "GLAccounts")
KEY = os.urandom(32)


@dataclass
class Bench:
    pool: asyncpg.Pool
    site: ExactSite
    custodian: Custodian
    row: ConnectionRow
    gateway: ExactGateway

    def fault(self, status: int, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.site.data_faults.append(lambda: httpx.Response(status, content=b"{}", headers=named))

    async def refused(self, target: Target = TARGET, url: str = PATH) -> ExactbiError:
        with pytest.raises(ExactbiError) as raised:
            await self.gateway.get(target, url)
        return raised.value


class NoSettings:
    exact_url = None


@pytest.fixture
async def bench(pool: asyncpg.Pool, dsn: str) -> Bench:
    site, clock, scale, vault = ExactSite(), SystemClock(), Scale(1.0), Vault(pool, Keyring.of([KEY]))
    await vault.set("acme", client_secret("nl"), site.secret)
    custodian = Custodian(pool, dsn, vault, clock, scale, transport=site.transport)
    configured = Connection(
        name="nl", site="nl", client_id="app", redirect_uri="https://u/", divisions=(1,), webhook_path="a" * 16
    )
    row = await custodian.register("acme", configured)
    await custodian.exchange(row, "code")
    budgets = Budgets(pool, clock, scale)
    gateway = ExactGateway(pool, NoSettings(), vault, custodian, budgets, clock, scale, site.transport)
    return Bench(pool, site, custodian, row, gateway)


async def test_a_call_carries_the_newest_token_and_reports_both_clocks(bench: Bench) -> None:
    bench.site.headers = {"date": "Tue, 24 Nov 2026 10:00:00 GMT"}
    answer = await bench.gateway.get(TARGET, PATH)
    assert answer.status == 200
    assert answer.exact_time is not None
    assert answer.sent_at <= answer.received_at
    assert bench.site.calls[0].headers["authorization"] == "Bearer access-1"


async def test_a_refused_token_is_looked_up_once_more(bench: Bench) -> None:
    async def newer() -> None:
        await bench.custodian.exchange(bench.row, "again")

    class RotatesOnce(httpx.AsyncBaseTransport):
        rotated = False

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if not self.rotated:
                self.rotated = True
                await newer()
            return await bench.site.transport.handle_async_request(request)

    budgets = Budgets(bench.pool, SystemClock(), Scale(1.0))
    gateway = ExactGateway(
        bench.pool,
        NoSettings(),
        Vault(bench.pool, Keyring.of([KEY])),
        bench.custodian,
        budgets,
        SystemClock(),
        Scale(1.0),
        RotatesOnce(),
    )
    assert (await gateway.get(TARGET, PATH)).status == 200
    assert [call.headers["authorization"] for call in bench.site.calls] == ["Bearer access-1", "Bearer access-2"]


async def test_a_token_refused_without_a_newer_one_is_mended_by_time(bench: Bench) -> None:
    bench.site.access = "another"
    assert type(await bench.refused()) is TransientError
    assert len(bench.site.calls) == 1


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, PermanentError),
        (403, ConfigurationError),
        (404, PermanentError),
        (408, TransientError),
        (503, TransientError),
    ],
)
async def test_a_status_says_who_acts(bench: Bench, status: int, expected: type[ExactbiError]) -> None:
    bench.fault(status)
    assert type(await bench.refused()) is expected


@pytest.mark.parametrize("fault", [httpx.ReadTimeout("t"), httpx.ReadError("reset"), httpx.ConnectError("c")])
async def test_no_answer_is_mended_by_time(bench: Bench, fault: Exception) -> None:
    bench.site.data_faults.append(fault)
    assert isinstance(await bench.refused(), TransientError)


async def test_a_maintenance_page_is_mended_by_time(bench: Bench) -> None:
    bench.site.data_faults.append(lambda: httpx.Response(200, content=b"<html>"))
    assert type(await bench.refused()) is TransientError


async def test_a_429_suspends_the_division_and_no_other(bench: Bench) -> None:
    bench.fault(429, Retry_After="40")
    assert isinstance(await bench.refused(), SuspendedError)
    assert isinstance(await bench.refused(), SuspendedError)
    assert len(bench.site.calls) == 1
    other = Target("acme", "nl", "nl", 2, "GLAccounts")
    assert (await bench.gateway.get(other, PATH)).status == 200


async def test_a_days_429_lasts_until_its_reset(bench: Bench) -> None:
    now = SystemClock().now()
    bench.fault(429, X_RateLimit_Remaining="0", X_RateLimit_Reset=str(int((now + 9_000) * 1000)))
    error = await bench.refused()
    assert isinstance(error, SuspendedError)
    assert 8_990 < error.until - now < 9_010


async def test_an_endpoint_stops_before_its_error_limit(bench: Bench) -> None:
    errors = 0
    for _ in range(12):
        bench.fault(404)
        errors += isinstance(await bench.refused(), PermanentError)
    assert errors == 8
    bench.site.data_faults.clear()
    other = Target("acme", "nl", "nl", 1, "Costcenters")
    assert (await bench.gateway.get(other, PATH)).status == 200


async def test_the_remaining_header_stops_calls_before_a_429(bench: Bench) -> None:
    bench.site.headers = {"X-RateLimit-Minutely-Remaining": "2"}
    await bench.gateway.get(TARGET, PATH)
    assert isinstance(await bench.refused(), SuspendedError)
    assert len(bench.site.calls) == 1


async def test_a_link_to_another_site_does_not_get_the_token(bench: Bench) -> None:
    error = await bench.refused(url="https://evil.example/api")
    assert isinstance(error, PermanentError)
    assert bench.site.calls == []


async def test_without_consent_the_operator_is_asked(bench: Bench) -> None:
    await bench.pool.execute("update refresh_token set dead = true")
    await bench.pool.execute("update access_token set expires_at = now()")
    assert (await bench.refused()).code is EXACT_REVOKED
    assert (await bench.refused(Target("acme", "be", "be", 1, "GLAccounts"))).code is EXACT_NO_CONSENT


async def test_a_call_without_a_token_costs_no_budget(bench: Bench) -> None:
    await bench.pool.execute("update access_token set expires_at = now()")
    assert isinstance(await bench.refused(), SuspendedError)
    spent = await bench.pool.fetchval("select count(*) from budget where state ->> 'uses' <> '[]'")
    assert spent == 0


async def test_an_address_without_division_counts_for_no_division(bench: Bench) -> None:
    await bench.gateway.get(Target("acme", "nl", "nl", None, "Me"), "/api/v1/current/Me")
    scopes = [row["scope"] for row in await bench.pool.fetch("select scope from budget")]
    assert scopes == ["exact/nl/app/errors/acme/nl/current/Me"]


async def test_a_division_is_called_at_most_58_times_a_minute(bench: Bench) -> None:
    for n in range(1, 59):
        bench.site.headers = {"X-RateLimit-Minutely-Remaining": str(60 - n)}
        await bench.gateway.get(TARGET, PATH)
    assert isinstance(await bench.refused(), SuspendedError)
    assert len(bench.site.calls) == 58
