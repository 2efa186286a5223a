"""The victims, the load that puts work into their hands, and how that work is seen."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
from aiokafka import AIOKafkaProducer

from launcher.onboarding import notice_address
from launcher.stack import Stack

LOOK_S = 12.0
PUSH_AGAIN_S = 2.0
LINES = 150
NOTICES = 400
GARBAGE = 120

VICTIMS = ("webhook-ingest", "poller", "transformer", "pbi-pusher", "replay", "postgres", "kafka")
PARTS = frozenset({"postgres", "kafka"})


@dataclass(frozen=True)
class Caught:
    """A moment at which a victim had work in flight: which kind, and all that its health told."""

    point: str
    state: dict[str, int]


def catch(stack: Stack, victim: str) -> Caught | None:
    """Put work into the victim's hands until it is seen there; None where it never was within the time."""
    watched = list(stack.services) if victim in PARTS else [victim]
    end = time.monotonic() + LOOK_S
    with ThreadPoolExecutor(1) as aside, httpx.Client(timeout=2.0, trust_env=False) as client:
        pushed = aside.submit(push, stack, victim)
        next_push = time.monotonic() + PUSH_AGAIN_S
        while time.monotonic() < end:
            for service in watched:
                state = own(in_flight(client, stack, service), victim)
                if state:
                    return Caught(max(state, key=lambda kind: state[kind]), state)
            if pushed.done() and time.monotonic() > next_push:
                pushed = aside.submit(push, stack, victim)
                next_push = time.monotonic() + PUSH_AGAIN_S
    return None


def own(state: dict[str, int], victim: str) -> dict[str, int]:
    """The work that is the victim's own: any process relays the outbox, and everything goes through the parts."""
    if victim in PARTS:
        return state
    return {kind: count for kind, count in state.items() if kind == "messages" or kind.startswith(f"{victim}.")}


def in_flight(client: httpx.Client, stack: Stack, service: str) -> dict[str, int]:
    """What the service has in its hands right now, by kind; nothing where it does not answer."""
    try:
        told: Mapping[str, int] = client.get(f"{stack.health(service)}/health").json()["in_flight"]
    except (httpx.HTTPError, ValueError, KeyError):
        return {}
    return {kind: count for kind, count in told.items() if count}


def push(stack: Stack, victim: str) -> None:
    """Give the victim something to do."""
    work: dict[str, Callable[[Stack], object]] = {"webhook-ingest": _notify, "replay": _spoil}
    otherwise: Callable[[Stack], object] = _change
    work.get(victim, otherwise)(stack)


def _change(stack: Stack) -> Any:
    entity = {"entity": "TransactionLines", "n": LINES, "kinds": None}
    made = stack.exact.control.post("/control/change", entity)
    stack.exact.control.post("/control/change", {"entity": "GLAccounts", "n": 1, "kinds": None})
    _notices(stack, 1)
    return made


def _notify(stack: Stack) -> Any:
    stack.exact.control.post("/control/change", {"entity": "TransactionLines", "n": 5, "kinds": None})
    return _notices(stack, NOTICES)


def _notices(stack: Stack, n: int) -> Any:
    return stack.exact.control.post("/control/notify", {"n": n, "callback": notice_address(stack)})


def _spoil(stack: Stack) -> None:
    """Messages that nobody can read: each becomes a failure, and failures are what replay keeps."""
    asyncio.run(_publish_garbage(stack))


async def _publish_garbage(stack: Stack) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=stack.broker.bootstrap, acks="all")
    await producer.start()
    try:
        topic = stack.environment["EXACTBI_TOPIC_PREFIX"] + "raw-records"
        spoilt = [json.dumps({"spoilt": time.monotonic_ns(), "n": n}).encode() for n in range(GARBAGE)]
        for sent in [await producer.send(topic, value, key=b"demo") for value in spoilt]:
            await sent
    finally:
        await producer.stop()
