"""The one way to Power BI's API: budgets, a token, one request, and what the answer means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from exactbi.clock import Clock, Scale
from exactbi.connections.budget_rules import WindowRule
from exactbi.connections.budgets import Budgets, Fence, Need, Reservation, StaleReservationError
from exactbi.errors import (
    PBI_FORBIDDEN,
    PBI_NOT_FOUND,
    PBI_QUERIES_FORBIDDEN,
    PBI_REFUSED,
    PBI_SUSPENDED,
    PBI_UNREACHABLE,
    PBI_WORKSPACE,
    ConfigurationError,
    ExactbiError,
    PermanentError,
    SuspendedError,
    TransientError,
)
from exactbi.http import NotSentError
from exactbi.power_bi import limits
from exactbi.power_bi.auth import Principal, Token, parse_token, token_request
from exactbi.power_bi.client import Answer, PowerBiClient
from exactbi.power_bi.protocol import Api, Meaning, Request, Subject, Verdict, parse_rows, verdict

if TYPE_CHECKING:
    from exactbi.connections.vault import Vault

POSTS_A_MINUTE: Final = WindowRule(limit=limits.POSTS, seconds=limits.MINUTE, timeout=limits.REQUEST_TIMEOUT)
POSTS_AN_HOUR: Final = WindowRule(
    limit=limits.POSTS, seconds=limits.HOUR, timeout=limits.REQUEST_TIMEOUT, grain=limits.MINUTE
)
POSTS_COUNTED: Final = WindowRule(
    limit=1_000_000, seconds=limits.HOUR, timeout=limits.REQUEST_TIMEOUT, grain=limits.MINUTE
)
"""Without a large table the hour limits nothing, but it is counted: a table may become large within it."""
ROWS_AN_HOUR: Final = WindowRule(
    limit=limits.ROWS_PER_HOUR, seconds=limits.HOUR, timeout=limits.REQUEST_TIMEOUT, grain=limits.MINUTE
)
QUERIES_A_MINUTE: Final = WindowRule(
    limit=limits.QUERIES_PER_MINUTE, seconds=limits.MINUTE, timeout=limits.QUERY_TIMEOUT
)

CALLS_A_MINUTE: Final = WindowRule(limit=limits.POSTS, seconds=limits.MINUTE, timeout=limits.REQUEST_TIMEOUT)
"""Of all other calls. No limit of theirs is published; a 429 is still noted somewhere."""


class Configured(Protocol):
    """What the gateway reads of a customer's configuration."""

    @property
    def tenant(self) -> str: ...
    @property
    def client_id(self) -> str: ...
    @property
    def workspace(self) -> str: ...
    @property
    def certificate(self) -> bool: ...


@dataclass(frozen=True)
class Place:
    """Where a customer's datasets are, and who we are there."""

    customer: str
    configured: Configured
    login_url: str
    api_url: str


class PowerBiGateway:
    """Calls Power BI for one customer."""

    def __init__(
        self, place: Place, vault: Vault, budgets: Budgets, client: PowerBiClient, clock: Clock, scale: Scale
    ) -> None:
        self.api = Api(place.api_url, place.configured.workspace)
        self._place = place
        self._vault = vault
        self._budgets = budgets
        self._client = client
        self._clock = clock
        self._scale = scale
        self._principal = f"powerbi/{place.configured.tenant}/{place.configured.client_id}"
        self._token: Token | None = None

    async def reserve_post(self, dataset: str, rows: int, *, large: bool, lease: Fence | None = None) -> Reservation:
        """Leave for one POST of `rows` rows; `large`: a table of the dataset is, or will be, large.

        SuspendedError where a budget of the dataset is spent.
        """
        scope = f"powerbi/{dataset}"
        needs = [
            Need(f"{scope}/posts", POSTS_A_MINUTE),
            Need(f"{scope}/posts/hour", POSTS_AN_HOUR if large else POSTS_COUNTED),
            Need(f"{scope}/rows", ROWS_AN_HOUR, cost=rows),
        ]
        return await self._budgets.reserve(needs, lease)

    async def release(self, reservation: Reservation) -> None:
        """Give back leave that is not used."""
        await self._budgets.release(reservation)

    async def call(self, request: Request, reservation: Reservation, before_write: Callable[[], None]) -> Verdict:
        """Send under a reservation; once more with a new token where the first was refused as expired.

        NotSentError and StaleReservationError where no byte left; TransientError where nobody knows. A 429 suspends
        the budget of the reservation's first scope.
        """
        _, said = await self._send(request, reservation, before_write)
        return said

    async def ask(self, request: Request, lease: Fence | None = None) -> bytes:
        """A call that carries no rows; the body of its answer, errors by what the answer means.

        What changes the sink is asked under its lease: LeaseLostError, and nothing is sent, where that is lost.
        """
        reservation = await self._budgets.reserve([Need(f"{self._principal}/calls", CALLS_A_MINUTE)], lease)
        return await self._answered(request, reservation)

    async def query(self, dataset: str, dax: str) -> list[dict[str, Any]]:
        """The rows that a query returns; AnswerError where they were cut off or make no sense, else errors as `ask`."""
        reservation = await self._budgets.reserve([Need(f"{self._principal}/queries", QUERIES_A_MINUTE)])
        return parse_rows(await self._answered(self.api.execute_query(dataset, dax), reservation))

    def error(self, said: Verdict, subject: Subject = Subject.DATASET) -> ExactbiError:
        """The error that an answer other than DONE, to a call about `subject`, means."""
        if said.meaning is Meaning.THROTTLED:
            until = self._clock.now() + self._scale.seconds(limits.RETRY_WITHOUT_ADVICE)
            return SuspendedError(PBI_SUSPENDED, said.detail, until)
        if said.meaning in (Meaning.FORBIDDEN, Meaning.EXPIRED):
            return ConfigurationError(PBI_QUERIES_FORBIDDEN if subject is Subject.QUERY else PBI_FORBIDDEN, said.detail)
        if said.meaning is Meaning.NOT_FOUND:
            return ConfigurationError(PBI_WORKSPACE if subject is Subject.WORKSPACE else PBI_NOT_FOUND, said.detail)
        if said.meaning is Meaning.REFUSED:
            return PermanentError(PBI_REFUSED, said.detail)
        return TransientError(PBI_UNREACHABLE, said.detail)

    async def _answered(self, request: Request, reservation: Reservation) -> bytes:
        answer, said = await self._send(request, reservation, lambda: None)
        if said.meaning is not Meaning.DONE:
            raise self.error(said, request.subject)
        return answer.body

    async def _send(
        self, request: Request, reservation: Reservation, before_write: Callable[[], None]
    ) -> tuple[Answer, Verdict]:
        def check() -> None:
            reservation.check_fresh()
            before_write()

        try:
            answer = await self._client.send(request, await self._access_token(), check)
            said = verdict(answer.status, answer.body)
            if said.meaning is Meaning.EXPIRED:
                self._token = None
                answer = await self._client.send(request, await self._access_token(), check)
                said = verdict(answer.status, answer.body)
        except (NotSentError, StaleReservationError, ConfigurationError):
            await self._budgets.release(reservation)
            raise
        await self._budgets.answered(reservation, retry_after=self._wait(answer, said))
        return answer, said

    def _wait(self, answer: Answer, said: Verdict) -> float | None:
        if said.meaning is not Meaning.THROTTLED:
            return None
        advised = limits.retry_after(answer.headers, answer.received_at)
        return self._scale.seconds(limits.RETRY_WITHOUT_ADVICE) if advised is None else advised

    async def _access_token(self) -> str:
        """A token that is not about to end; NotSentError or ConfigurationError where there is none."""
        try:
            return await self._newest_token()
        except TransientError as error:
            raise NotSentError(error.code, str(error)) from error

    async def _newest_token(self) -> str:
        now = self._clock.now()
        if self._token is None or now >= self._token.renew_at:
            configured = self._place.configured
            kind = "certificate" if configured.certificate else "client_secret"
            secret = await self._vault.get(self._place.customer, f"power_bi/{kind}")
            principal = Principal(
                self._place.login_url, configured.tenant, configured.client_id, secret, configured.certificate
            )
            answer = await self._client.token(token_request(principal, now))
            self._token = parse_token(answer.status, answer.body, now)
        return self._token.value


def large(tables: Sequence[int]) -> bool:
    """Whether a model counts as large, by the rows that its tables hold or will hold."""
    return any(rows >= limits.LARGE_TABLE_ROWS_USED for rows in tables)
