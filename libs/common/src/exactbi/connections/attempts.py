"""One token request of a custodian: written down before it is sent, and what it brings stored whatever happens."""

from __future__ import annotations

import asyncio
import contextlib
import uuid

import asyncpg
import httpx
import structlog

from exactbi.clock import Clock, Scale
from exactbi.connections import tokens
from exactbi.connections.custodian_rules import STORED, UNSENT, CustodianRules, Kind
from exactbi.connections.custody import Custody
from exactbi.connections.tokens import Received
from exactbi.errors import EXACT_UNREACHABLE, TransientError
from exactbi.exact_online.auth import Granted, Outcome, Refused, TokenRequest, parse_answer
from exactbi.exact_online.client import ExactClient
from exactbi.exact_online.limits import TOKEN_LIFE, TOKEN_TIMEOUT
from exactbi.http import NotSentError
from exactbi.postgres.lease import PING_EVERY_S, Lease, LeaseLostError

log = structlog.get_logger(__name__)


class StaleAttemptError(TransientError):
    """The attempt grew too old before the socket was written; no byte was sent."""


class Attempts:
    """Makes token requests."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        clock: Clock,
        scale: Scale,
        rules: CustodianRules,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._scale = scale
        self._rules = rules
        self._transport = transport
        self.in_flight = 0

    async def make(
        self,
        custody: Custody,
        lease: Lease | None,
        kind: Kind,
        presented: uuid.UUID | None,
        numbers: tuple[int, int],
        request: TokenRequest,
    ) -> tuple[str, str]:
        """Write the attempt down, send it, store what comes, note its end. Outcome and detail."""
        made = self._clock.monotonic()
        async with self._pool.acquire() as connection, connection.transaction():
            if lease is not None:
                await lease.fence(connection)
            attempt = await tokens.begin(connection, custody.row.id, kind, presented, numbers)
        custody.made(attempt, made)
        sending = asyncio.ensure_future(self._send(custody, made, numbers, request))
        outcome, detail = await _held(sending, lease)
        log.info("token request", customer=custody.row.customer, connection=custody.row.name, outcome=str(outcome))
        with contextlib.suppress(LeaseLostError):
            async with self._pool.acquire() as connection, connection.transaction():
                if lease is not None:
                    await lease.fence(connection)
                await tokens.end(connection, attempt, outcome, detail)
                if presented is not None and self._rules.is_verdict(outcome):
                    await tokens.bury(connection, presented)
        return outcome, detail

    async def _send(
        self, custody: Custody, made: float, numbers: tuple[int, int], request: TokenRequest
    ) -> tuple[str, str]:
        """Send a token request; received tokens are kept before this returns, lock or no lock."""

        def check_fresh() -> None:
            if self._rules.is_stale(self._clock.monotonic() - made):
                raise StaleAttemptError(EXACT_UNREACHABLE, "the attempt was too old to be sent")

        self.in_flight += 1
        client = ExactClient(self._clock, self._transport)
        try:
            sent_at = self._clock.monotonic()
            answer = await client.token(request, check_fresh)
            received_at = self._clock.monotonic()
            meaning = parse_answer(answer.status, answer.headers, answer.body)
            if isinstance(meaning, Refused):
                return meaning.outcome, meaning.detail
            await custody.keep(self._received(meaning, numbers, sent_at, received_at))
        except (StaleAttemptError, NotSentError) as error:
            return UNSENT, str(error)
        except TransientError as error:
            return Outcome.UNCLEAR, str(error)
        else:
            return STORED, ""
        finally:
            await client.aclose()
            self.in_flight -= 1

    def _received(self, granted: Granted, numbers: tuple[int, int], sent_at: float, received_at: float) -> Received:
        lifetime = min(granted.lifetime, self._scale.seconds(TOKEN_LIFE))
        return Received(
            uuid.uuid4(), *numbers, granted.refresh_token, granted.access_token, lifetime, sent_at, received_at
        )


async def _held(sending: asyncio.Future[tuple[str, str]], lease: Lease | None) -> tuple[str, str]:
    """Await a request, keeping the lock's session alive. Neither a lost lock nor a shutdown stops it half-way."""
    try:
        while not sending.done():
            if lease is not None:
                with contextlib.suppress(LeaseLostError):
                    await lease.ping()
            await asyncio.wait({sending}, timeout=PING_EVERY_S)
    except asyncio.CancelledError:
        await asyncio.wait({sending}, timeout=TOKEN_TIMEOUT)
        raise
    return sending.result()
