"""Delivery of signed notices to subscribers: at once, again after a failure, and what may go wrong on the way."""

from __future__ import annotations

import asyncio
import random
import ssl
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import httpx

from emulators.clock import Clock
from emulators.exact import rules as rule
from emulators.exact.events import Event
from emulators.exact.rules import Rules
from emulators.exact.settings import Settings
from emulators.exact.subscriptions import Subscription, Subscriptions
from emulators.exact.values import iso
from emulators.faults import Fault

RETRIES: Final = 10
ACCEPTED: Final = frozenset({200, 201})
_TIMEOUT_S: Final = 10
_LOOK_S: Final = 0.05
_REMEMBERED: Final = 10_000


def retry_wait_s(failures: int) -> float:
    """Documented seconds until the next try: 2 to the power of the retry's number, in minutes (KB webhooks)."""
    return 60.0 * float(2**failures)


@dataclass(frozen=True)
class Delivery:
    """A notice on its way. `failures`: how many tries were in vain."""

    event: Event
    subscription: str
    body: bytes
    due: float
    failures: int = 0


class Deliveries:
    """What is still to be sent, and the log of what was (the App Center's notifications log)."""

    def __init__(
        self,
        subscriptions: Subscriptions,
        clock: Clock,
        rules: Callable[[], Rules],
        settings: Callable[[], Settings],
        held: Callable[[], set[str]],
    ) -> None:
        """`held`: the ids of records whose change is not visible yet."""
        self._subscriptions, self._clock, self._rules = subscriptions, clock, rules
        self._settings, self._held = settings, held
        self._dice = random.Random("deliveries")
        self._task: asyncio.Task[None] | None = None
        self.waiting: list[Delivery] = []
        self.log: deque[dict[str, Any]] = deque(maxlen=_REMEMBERED)

    def tell(self, event: Event, base: str, fault: Fault | None = None) -> None:
        """Send an event to whoever subscribed, or lose, double or delay it, as a fault or a setting has it."""
        settings, is_signed = self._settings(), self._rules().on(rule.HOOK_SIGNED)
        for one in self._subscriptions.about(event.topic, event.division):
            late = fault.seconds if fault and fault.kind == "late" else settings.notice_delay_s
            app = one.app if is_signed else replace(one.app, webhook_secret="")
            notice = Delivery(event, one.id, event.signed_for(app, base), self._clock.now() + late)
            if (fault and fault.kind == "dropped") or self._dice.random() < settings.notice_lost:
                self._note(notice, one, "lost")
                continue
            twice = (fault and fault.kind == "twice") or self._dice.random() < settings.notice_twice
            self.waiting += [notice, notice] if twice else [notice]

    def start(self) -> None:
        """Deliver in the background until nothing is left."""
        if self.waiting and (self._task is None or self._task.done()):
            self._task = asyncio.ensure_future(self._run())

    async def _run(self) -> None:
        while self.waiting:
            await self.deliver()
            await asyncio.sleep(_LOOK_S)

    async def deliver(self) -> None:
        """Send what is due."""
        due = self._due()
        if not due:
            return
        async with callbacks() as client:
            for notice in due:
                await self._send(client, notice)

    def _due(self) -> list[Delivery]:
        now, held = self._clock.now(), set() if self._settings().notice_early else self._held()
        due = [one for one in self.waiting if one.due <= now and not held & {one.event.key, *one.event.ids}]
        self.waiting = [one for one in self.waiting if one not in due]
        if self._settings().notices_shuffled:
            self._dice.shuffle(due)
        return due

    async def _send(self, client: httpx.AsyncClient, notice: Delivery) -> None:
        subscription = self._subscriptions.get(notice.subscription)
        if subscription is None:
            return
        status = await post(client, subscription.callback, notice.body)
        self._note(notice, subscription, status)
        if status in ACCEPTED:
            return
        if notice.failures < RETRIES and self._rules().on(rule.HOOK_RETRIES):
            wait = self._clock.window(retry_wait_s(notice.failures + 1))
            self.waiting.append(replace(notice, due=self._clock.now() + wait, failures=notice.failures + 1))
        elif self._settings().after_retries == "remove":
            self._subscriptions.remove(subscription.id)

    def _note(self, notice: Delivery, subscription: Subscription, status: int | str) -> None:
        event = notice.event
        self.log.append(
            {
                "at": iso(self._clock.now()), "topic": event.topic, "division": event.division, "key": event.key,
                "action": event.action, "callback": subscription.callback, "try": notice.failures + 1,
                "status": status,
            }
        )  # fmt: skip


@cache
def _authorities() -> ssl.SSLContext:
    """Whose certificates are believed; reading them takes a while."""
    return httpx.create_ssl_context(trust_env=False)


def trust(certificate: Path) -> None:
    """Believe another authority too, in this process: the throwaway one of `--tls`."""
    _authorities().load_verify_locations(certificate)


def callbacks() -> httpx.AsyncClient:
    """A client for calls to subscribers."""
    return httpx.AsyncClient(timeout=_TIMEOUT_S, trust_env=False, verify=_authorities())


async def post(client: httpx.AsyncClient, url: str, body: bytes) -> int:
    """POST a body; 0 where nobody answered."""
    headers = {"Content-Type": "application/json"} if body else {}
    try:
        return (await client.post(url, content=body, headers=headers)).status_code
    except (httpx.HTTPError, httpx.InvalidURL):
        return 0


def counts(log: Iterable[dict[str, Any]]) -> dict[str, int]:
    """Notices by outcome."""
    found: dict[str, int] = {}
    for one in log:
        outcome = "lost" if one["status"] == "lost" else "accepted" if one["status"] in ACCEPTED else "failed"
        found[outcome] = found.get(outcome, 0) + 1
    return found
