"""The one way to Exact Online's data API: a budget, the newest token, one request, and what the answer means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import httpx

from exactbi.clock import Clock, Scale
from exactbi.connections import tokens
from exactbi.connections.budget_rules import WindowRule
from exactbi.connections.budgets import Budgets, Fence, Need, Reservation, StaleReservationError
from exactbi.connections.tokens import AccessToken, ConnectionRow
from exactbi.connections.vault import Vault
from exactbi.errors import (
    EXACT_NO_CONSENT,
    EXACT_REFUSED,
    ConfigurationError,
    ExactbiError,
    PermanentError,
)
from exactbi.exact_online import limits
from exactbi.exact_online.client import Answer, ExactClient
from exactbi.exact_online.refusals import is_expired, refusal
from exactbi.exact_online.sites import base_url, same_site
from exactbi.http import NotSentError

if TYPE_CHECKING:
    import asyncpg
    from asyncpg.pool import PoolConnectionProxy

    Connection = asyncpg.Connection | PoolConnectionProxy

__all__ = ["Answer", "ExactGateway", "Target"]

DIVISION_RULE: Final = WindowRule(
    limit=limits.MINUTE_CALLS_USED,
    seconds=limits.MINUTE,
    belt=limits.MINUTE_CALLS - limits.MINUTE_CALLS_USED,
    timeout=limits.REQUEST_TIMEOUT,
    day_limit=limits.DAY_CALLS,
    day_seconds=limits.DAY,
    first_alone=True,
)
ERROR_RULE: Final = WindowRule(
    limit=limits.ERRORS_PER_HOUR_USED, seconds=limits.HOUR, timeout=limits.REQUEST_TIMEOUT, errors_only=True
)
TOKEN_MARGIN: Final = 2.0
"""Nominal seconds that an access token must still live when a call is reserved."""


@dataclass(frozen=True)
class Target:
    """What a call is for. `division` is None for addresses without one, which count for no division's limit."""

    customer: str
    connection: str
    site: str
    division: int | None
    endpoint: str


class ExactSettings(Protocol):
    """What the gateway reads of the process's settings."""

    @property
    def exact_url(self) -> str | None:
        """Stands for every site's address."""
        ...


class TokenKeeper(Protocol):
    """What the gateway asks of the custodian."""

    async def why_no_token(self, connection: Connection, row: ConnectionRow) -> ExactbiError:
        """The error of a call for which there is no usable access token."""
        ...


class ExactGateway:
    """Calls Exact for all customers of a process; each connection has a client of its own."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        settings: ExactSettings,
        vault: Vault,
        custodian: TokenKeeper,
        budgets: Budgets,
        clock: Clock,
        scale: Scale,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._pool = pool
        self._override = settings.exact_url or ""
        self._vault = vault
        self._custodian = custodian
        self._budgets = budgets
        self._clock = clock
        self._scale = scale
        self._transport = transport
        self._rows: dict[tuple[str, str], ConnectionRow] = {}
        self._clients: dict[tuple[str, str], ExactClient] = {}

    def base(self, site: str) -> str:
        """The address of a site, for building URLs."""
        return base_url(site, self._override)

    async def get(self, target: Target, url_or_path: str, lease: Fence | None = None) -> Answer:
        """One call, repeated once where its token was refused and there is a newer one.

        SuspendedError where a budget is spent or Exact says so, ConfigurationError where consent, scope or rights are
        missing, PermanentError where the request itself is refused, TransientError for the rest. A truncated or
        unknown body is found by `parse_page`.
        """
        url = self._url(target, url_or_path)
        row = await self._row(target)
        answer, token = await self._call(target, row, url, lease)
        if is_expired(answer.status, answer.headers):
            async with self._pool.acquire() as connection:
                newest = await tokens.newest_access(connection, self._vault, row)
            if newest is not None and newest.id != token.id:
                answer, _ = await self._call(target, row, url, lease)
        failed = refusal(answer.status, answer.headers, answer.body, self._wait(answer), self._clock.now())
        if failed is not None:
            raise failed
        return answer

    async def aclose(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            await client.aclose()

    async def _call(
        self, target: Target, row: ConnectionRow, url: str, lease: Fence | None
    ) -> tuple[Answer, AccessToken]:
        async def read(connection: Connection) -> AccessToken:
            return await self._token(connection, row)

        reservation = await self._budgets.reserve(self._needs(target, row), lease, read)
        token: AccessToken = reservation.extra
        try:
            answer = await self._client(row).get(url, token.text, reservation.check_fresh)
        except (StaleReservationError, NotSentError):
            await self._budgets.release(reservation)
            raise
        await self._note(reservation, answer)
        return answer, token

    async def _token(self, connection: Connection, row: ConnectionRow) -> AccessToken:
        """The newest access token, read in the reservation's commit; an error undoes the reservation."""
        token = await tokens.newest_access(connection, self._vault, row)
        if token is None or token.lives <= self._scale.seconds(TOKEN_MARGIN):
            raise await self._custodian.why_no_token(connection, row)
        return token

    async def _note(self, reservation: Reservation, answer: Answer) -> None:
        """Tell the budgets what the answer's headers say."""
        exact_now = self._exact_now(answer)
        allowance = limits.parse_allowance(answer.headers, exact_now)
        resets_at, day_resets_at = allowance.minute_resets_at, allowance.day_resets_at
        await self._budgets.answered(
            reservation,
            remaining=allowance.minute_remaining,
            remaining_for=None if resets_at is None else max(0.0, resets_at - exact_now),
            day_remaining=allowance.day_remaining,
            retry_after=self._wait(answer),
            error=answer.status in limits.COUNTED_ERRORS,
            day_resets_in=None if day_resets_at is None else day_resets_at - exact_now,
        )

    def _wait(self, answer: Answer) -> float | None:
        """Seconds that Exact asks us to wait before the next call in this division."""
        exact_now = self._exact_now(answer)
        allowance = limits.parse_allowance(answer.headers, exact_now)
        if answer.status != 429:
            return allowance.retry_after
        minute = self._scale.seconds(limits.MINUTE)
        return limits.suspended_for(allowance, exact_now, minute, self._scale.seconds(limits.RETRY_WITHOUT_ADVICE))

    def _exact_now(self, answer: Answer) -> float:
        """Exact's clock: its resets are compared with that, since servers' clocks were seen minutes apart."""
        return answer.received_at if answer.exact_time is None else answer.exact_time.timestamp()

    def _needs(self, target: Target, row: ConnectionRow) -> list[Need]:
        """The scopes of a call; the contract's day, over all divisions, would be a third."""
        app = f"exact/{row.site}/{row.client_id}"
        endpoint = f"{row.customer}/{row.name}/{target.division or 'current'}/{target.endpoint}"
        errors = Need(f"{app}/errors/{endpoint}", ERROR_RULE)
        if target.division is None:
            return [errors]
        return [Need(f"{app}/{target.division}", DIVISION_RULE), errors]

    def _url(self, target: Target, url_or_path: str) -> str:
        """An address of the target's own site; a link that leads elsewhere must not get our token."""
        base = self.base(target.site)
        if url_or_path.startswith("/"):
            return base + url_or_path
        if not same_site(url_or_path, base):
            raise PermanentError(EXACT_REFUSED, "a link of Exact's leads to another site")
        return url_or_path

    async def _row(self, target: Target) -> ConnectionRow:
        known = self._rows.get((target.customer, target.connection))
        if known is not None:
            return known
        async with self._pool.acquire() as connection:
            row = await tokens.find(connection, target.customer, target.connection)
        if row is None:
            raise ConfigurationError(
                EXACT_NO_CONSENT, f"no consent was given for {target.customer}/{target.connection}"
            )
        self._rows[target.customer, target.connection] = row
        return row

    def _client(self, row: ConnectionRow) -> ExactClient:
        client = self._clients.get((row.customer, row.name))
        if client is None:
            client = self._clients[row.customer, row.name] = ExactClient(self._clock, self._transport)
        return client
