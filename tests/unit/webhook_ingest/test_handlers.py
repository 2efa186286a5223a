"""What becomes of a POST."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import httpx
import pytest
from starlette.applications import Starlette

from exactbi.errors import SECRET_MISSING, ConfigurationError
from exactbi.messages import changes
from exactbi.messages.packing import unpack
from exactbi.messages.topics import ENTITY_KEYS
from exactbi.outbox.outgoing import Outgoing
from webhook_ingest.handlers import Ingest
from webhook_ingest.known import Directory, Known
from webhook_ingest.notice import Origin, Refusal, RefusedError
from webhook_ingest.settings import MAX_BODY_BYTES
from webhook_ingest.signature import sign
from webhook_ingest.throttle import Throttle

SECRET = "webhook secret"
CLIENT = str(uuid.uuid4())
KEY = "3b0cf8c2-6b9e-4a77-ae1c-0b8a2b7c9b10"
PATH = "an-unguessable-path"
ORIGIN = Origin("acme", "main", "nl", CLIENT)


class StillClock:
    """A clock that stands."""

    def now(self) -> float:
        return 1_700_000_000.0

    def monotonic(self) -> float:
        return 50.0


@dataclass
class Accepted:
    """Takes events, or refuses them as an acceptor without a database does."""

    events: list[Outgoing] = field(default_factory=list)
    is_down: bool = False

    async def accept(self, events: Sequence[Outgoing]) -> None:
        if self.is_down:
            raise RefusedError(Refusal.BUSY)
        self.events += events


class House:
    """An ingest with one connection; a test changes what it stands on."""

    def __init__(self) -> None:
        self.accepted = Accepted()
        self.has_secret = True
        self.throttle = Throttle(per_second=1.0, burst=2.0)
        ingest = Ingest(Directory({PATH: ORIGIN}, self._read, StillClock()), self.accepted, self.throttle, StillClock())
        transport = httpx.ASGITransport(Starlette(routes=ingest.routes()))
        self.client = httpx.AsyncClient(transport=transport, base_url="http://ingest")

    async def _read(self, origin: Origin) -> Known:
        if not self.has_secret:
            raise ConfigurationError(SECRET_MISSING, "not set")
        return Known((SECRET, "previous"), frozenset({100001}))

    async def post(self, body: bytes, path: str = PATH) -> int:
        return (await self.client.post(f"/exact/{path}", content=body)).status_code


@pytest.fixture
async def house() -> AsyncIterator[House]:
    built = House()
    async with built.client:
        yield built


def notice(secret: str = SECRET, **changed: object) -> bytes:
    content = {
        "Topic": "GLAccounts",
        "ClientId": CLIENT,
        "Division": 100001,
        "Action": "Update",
        "Key": KEY,
        "ExactOnlineEndpoint": "https://x",
        "EventCreatedOn": "2026-01-06T16:26:08.587",
    } | changed
    raw = json.dumps(
        {name: value for name, value in content.items() if value is not None}, separators=(",", ":")
    ).encode()
    return b'{"Content":' + raw + b',"HashCode":"' + sign(raw, secret) + b'"}'


def change(event: Outgoing) -> changes.ChangesNotified:
    return changes.decoder.decode(unpack(event.packed))


async def test_a_signed_notice_becomes_a_message_of_its_division(house: House) -> None:
    assert await house.post(notice()) == 200

    (event,) = house.accepted.events
    assert (event.topic, event.key) == (ENTITY_KEYS, b"acme/nl/100001")
    assert change(event).stream == "GLAccounts"
    assert change(event).keys == [changes.ChangedKey(KEY, "upsert")]
    assert event.headers == {"customer": "acme", "stream": "GLAccounts", "division": "nl/100001"}


async def test_an_entry_makes_its_lines_due(house: House) -> None:
    assert await house.post(notice(Topic="SalesEntries", Action="Delete")) == 200

    assert change(house.accepted.events[0]).stream == "TransactionLines"
    assert change(house.accepted.events[0]).keys == [changes.ChangedKey(KEY, "delete")]


async def test_the_empty_post_of_a_new_subscription_is_welcome(house: House) -> None:
    assert await house.post(b"") == 200
    assert house.accepted.events == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (notice("another secret"), 401),
        (notice("another secret", Topic="Nonsense"), 401),
        (b'{"Content":{}}', 400),
        (b"x" * (MAX_BODY_BYTES + 1), 413),
        (notice(Topic="MailMessagesSent"), 422),
        (notice(ClientId=str(uuid.uuid4())), 403),
        (notice(Division=5), 403),
        (notice(Division="5"), 400),
        (notice(Key="no guid"), 400),
        (notice(Key=None), 400),
    ],
)
async def test_what_is_not_for_us_is_refused_and_not_kept(house: House, body: bytes, status: int) -> None:
    assert await house.post(body) == status
    assert house.accepted.events == []


async def test_a_long_body_without_a_length_is_refused(house: House) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 1024

    answer = await house.client.post(f"/exact/{PATH}", content=parts())

    assert answer.status_code == 413


async def test_an_unknown_path_is_not_found(house: House) -> None:
    assert await house.post(notice(), path="guessed") == 404


async def test_the_previous_secret_is_accepted(house: House) -> None:
    assert await house.post(notice("previous")) == 200


async def test_without_a_database_or_a_secret_exact_is_asked_to_come_again(house: House) -> None:
    house.accepted.is_down = True
    assert await house.post(notice()) == 503
    other = House()
    other.has_secret = False
    async with other.client:
        assert await other.post(notice()) == 503


async def test_one_customer_can_be_too_loud(house: House) -> None:
    assert [await house.post(notice()) for _ in range(3)] == [200, 200, 429]


async def test_a_notice_that_exact_sends_again_is_the_same_event(house: House) -> None:
    await house.post(notice())
    await house.post(notice())

    first, again = house.accepted.events
    assert first.event_id == again.event_id


async def test_a_notice_without_a_time_may_be_the_next_change(house: House) -> None:
    await house.post(notice(EventCreatedOn=None))
    await house.post(notice(EventCreatedOn=None))

    first, again = house.accepted.events
    assert first.event_id != again.event_id


async def test_the_page_after_consent_keeps_the_code_to_itself(house: House) -> None:
    answer = await house.client.get("/exact/callback?code=stamped&state=s")

    assert answer.status_code == 200
    assert "stamped" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
