"""The custodian of Exact's refresh tokens: refreshes in time, exchanges consents, one at a time per connection."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Final

import asyncpg
import httpx
import structlog

from exactbi.clock import Clock, Scale
from exactbi.connections import tokens
from exactbi.connections.attempts import Attempts
from exactbi.connections.custodian_rules import (
    STORED,
    UNSENT,
    AskConsent,
    CustodianRules,
    Kind,
    Refresh,
    State,
    Token,
    Wait,
)
from exactbi.connections.custody import Custody
from exactbi.connections.journal import Journal
from exactbi.connections.tokens import ConnectionRow
from exactbi.connections.vault import Vault, client_secret
from exactbi.errors import (
    EXACT_CLIENT_REFUSED,
    EXACT_CODE_REFUSED,
    EXACT_NO_CONSENT,
    EXACT_REVOKED,
    EXACT_TOKEN_AWAITED,
    EXACT_TOKEN_UNCLEAR,
    EXACT_UNREACHABLE,
    ConfigurationError,
    ExactbiError,
    SuspendedError,
    TransientError,
)
from exactbi.exact_online.auth import (
    REFUSED_GRANT,
    App,
    Outcome,
    code_request,
    refresh_request,
)
from exactbi.exact_online.limits import TOKEN_TIMEOUT
from exactbi.exact_online.sites import base_url
from exactbi.postgres.lease import Lease, try_hold
from exactbi.postgres.pool import OUTAGES

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    from exactbi.config.customer import Connection as Configured
    from exactbi.config.customer import Customer

    Connection = asyncpg.Connection | PoolConnectionProxy

LOOK_EVERY: Final = 2.0
"""Seconds after which the tables are looked at again: consents and other processes change them."""
LOCKED_AGAIN: Final = 0.2
CONSENT_WAIT: Final = 40.0
"""Seconds for which a consent's code, which lives one to three minutes, waits for the lock."""
SOON: Final = 5.0
"""The longest that a call without a token is put off at once: a late answer may bring one any time."""

log = structlog.get_logger(__name__)


class Custodian:
    """Keeps the tokens of all connections of an installation; any number of processes may run one."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        dsn: str,
        vault: Vault,
        clock: Clock,
        scale: Scale,
        exact_url: str | None = None,
        journal: Journal | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        rules: CustodianRules | None = None,
    ) -> None:
        self._pool = pool
        self._dsn = dsn
        self._vault = vault
        self._clock = clock
        self._scale = scale
        self._override = exact_url or ""
        self._journal = journal
        self._rules = rules or CustodianRules(scale.factor)
        self._custodies: dict[int, Custody] = {}
        self._alerted: dict[int, State] = {}
        self._attempts = Attempts(pool, clock, scale, self._rules, transport)

    @property
    def in_flight(self) -> int:
        """Token requests under way."""
        return self._attempts.in_flight

    async def run(self, customers: Mapping[str, Customer]) -> None:
        """Keep the tokens of all configured connections fresh, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for customer in customers.values():
                for connection in customer.connections:
                    group.create_task(self._keep(customer.id, connection))

    async def register(self, customer: str, configured: Configured) -> ConnectionRow:
        """Note a configured connection in the database."""
        async with self._pool.acquire() as connection:
            return await tokens.register(
                connection, customer, configured.name, configured.site, configured.client_id, configured.redirect_uri
            )

    async def state(self, connection: Connection, row: ConnectionRow) -> State:
        """The connection's derived state."""
        view, _ = await self._custody(row).view(connection)
        return self._rules.state(view)

    async def why_no_token(self, connection: Connection, row: ConnectionRow) -> ExactbiError:
        """The error of a call for which there is no usable access token."""
        refused = await self.refused(connection, row)
        if refused is not None:
            return refused
        view, now = await self._custody(row).view(connection)
        decision = self._rules.decide(view, now)
        wait = min(decision.seconds, SOON) if isinstance(decision, Wait) else LOCKED_AGAIN
        unclear = self._rules.state(view) is State.UNCERTAIN
        code = EXACT_TOKEN_UNCLEAR if unclear else EXACT_TOKEN_AWAITED
        said = f"{row.customer}/{row.name} has no access token" + (", the last refresh brought no verdict" * unclear)
        return SuspendedError(code, said, self._clock.now() + wait)

    async def refused(self, connection: Connection, row: ConnectionRow) -> ConfigurationError | None:
        """What only a person ends, also while an access token still lives; None where nothing is wrong."""
        view, _ = await self._custody(row).view(connection)
        state, named = self._rules.state(view), f"{row.customer}/{row.name}"
        if not view.tokens:
            return ConfigurationError(EXACT_NO_CONSENT, f"no consent was given for {named}")
        if state is State.REVOKED:
            return ConfigurationError(EXACT_REVOKED, f"{named} has no usable refresh token")
        if state is State.BLOCKED:
            return ConfigurationError(EXACT_CLIENT_REFUSED, f"Exact refuses the app of {named}")
        return None

    async def exchange(self, row: ConnectionRow, code: str) -> None:
        """Exchange a consent's code, under the lock where it can be had in 40 s, and store the tokens.

        ConfigurationError where Exact refuses the code or the app, TransientError where it did not answer.
        """
        custody = self._custody(row)
        await self._vault.prepare(row.customer)
        async with self._quiet(custody) as lease:
            await custody.adopt_journal()
            app = await self._app(row)
            async with self._pool.acquire() as connection:
                view, _ = await custody.view(connection)
            numbers = self._rules.consented(view)
            outcome, detail = await self._attempts.make(
                custody, lease, Kind.CODE, None, numbers, code_request(app, code)
            )
        if outcome == STORED:
            return
        if outcome in (UNSENT, Outcome.UNCLEAR):
            raise TransientError(EXACT_UNREACHABLE, f"the consent's code was not exchanged: {detail}")
        code_refused = REFUSED_GRANT in detail or outcome == Outcome.DEAD
        raise ConfigurationError(
            EXACT_CODE_REFUSED if code_refused else EXACT_CLIENT_REFUSED, f"Exact refused the consent's code: {detail}"
        )

    async def look(self, row: ConnectionRow) -> float:
        """Refresh if it is time; answered with the seconds until the next look."""
        custody = self._custody(row)
        async with self._pool.acquire() as connection:
            view, now = await custody.view(connection)
        self._alert(row, self._rules.state(view))
        decision = self._rules.decide(view, now)
        if isinstance(decision, AskConsent):
            await custody.adopt_journal()
            return LOOK_EVERY
        if isinstance(decision, Wait):
            return min(decision.seconds, LOOK_EVERY)
        async with try_hold(self._dsn, _lock(row), self._clock) as lease:
            if lease is None:
                return LOCKED_AGAIN
            return await self._refresh(custody, lease)

    async def _keep(self, customer: str, configured: Configured) -> None:
        """The loop of one connection; what fails is tried again, since nothing else refreshes."""
        row: ConnectionRow | None = None
        while True:
            try:
                if row is None:
                    await self._vault.prepare(customer)
                    row = await self.register(customer, configured)
                    await self._custody(row).adopt_journal()
                pause = await self.look(row)
            except (ExactbiError, *OUTAGES, asyncpg.PostgresError) as error:
                log.warning("custodian tries again", customer=customer, connection=configured.name, error=str(error))
                pause = LOOK_EVERY
            await asyncio.sleep(pause)

    async def _refresh(self, custody: Custody, lease: Lease) -> float:
        """Look again under the lock, at the journal too, and present the token that the rules name."""
        await custody.adopt_journal()
        async with self._pool.acquire() as connection:
            view, now = await custody.view(connection)
            decision = self._rules.decide(view, now)
            if not isinstance(decision, Refresh):
                return LOCKED_AGAIN
            token = _id(decision.token)
            text = await tokens.refresh_token(connection, self._vault, custody.row, token)
        request = refresh_request(await self._app(custody.row), text)
        numbers = self._rules.successor(decision.token)
        outcome, _ = await self._attempts.make(custody, lease, Kind.REFRESH, token, numbers, request)
        return SOON if outcome == UNSENT else LOCKED_AGAIN

    @contextlib.asynccontextmanager
    async def _quiet(self, custody: Custody) -> AsyncIterator[Lease | None]:
        """The lock, once no attempt is under way; None where that takes longer than a code may wait."""
        until = self._clock.monotonic() + CONSENT_WAIT
        while self._clock.monotonic() < until:
            async with try_hold(self._dsn, _lock(custody.row), self._clock) as lease:
                if lease is not None and not await self._is_under_way(custody):
                    yield lease
                    return
            await asyncio.sleep(LOCKED_AGAIN)
        yield None

    async def _is_under_way(self, custody: Custody) -> bool:
        """Whether a request may still be under way whose sender lost the lock or its life."""
        async with self._pool.acquire() as connection:
            view, now = await custody.view(connection)
        return any(a.outcome is None and a.started.elapsed(now) < TOKEN_TIMEOUT for a in view.attempts)

    async def _app(self, row: ConnectionRow) -> App:
        secret = await self._vault.get(row.customer, client_secret(row.name))
        return App(base_url(row.site, self._override), row.client_id, secret, row.redirect_uri)

    def _custody(self, row: ConnectionRow) -> Custody:
        custody = self._custodies.get(row.id)
        if custody is None:
            custody = Custody(self._pool, self._vault, row, self._rules, self._clock, self._journal)
            self._custodies[row.id] = custody
        custody.row = row
        return custody

    def _alert(self, row: ConnectionRow, state: State) -> None:
        """Say once when only a person can help, with what to do."""
        if self._alerted.get(row.id) is state:
            return
        self._alerted[row.id] = state
        if state is State.REVOKED:
            remedy = f"exactbi login --customer {row.customer} --connection {row.name}"
            log.error("consent needed", customer=row.customer, connection=row.name, remedy=remedy)
        if state is State.BLOCKED:
            log.error("app refused", customer=row.customer, connection=row.name, remedy=EXACT_CLIENT_REFUSED.remedy)


def _lock(row: ConnectionRow) -> str:
    """The lease of a connection: one user's consent to one app."""
    return f"custodian/{row.customer}/{row.name}"


def _id(token: Token) -> uuid.UUID:
    assert isinstance(token.id, uuid.UUID), "tokens of the database have UUIDs"
    return token.id
