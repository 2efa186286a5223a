"""Durable notices: how many signed notices a second are stored and answered."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Iterator
from urllib.parse import urlsplit

import asyncpg

from bench.measure import Figure, quantile, yardstick
from launcher import both_sides
from launcher.onboarding import notice_address
from launcher.stack import Plan, Stack
from launcher.vendors import World

CONNECTIONS = 16
NOTICES = 4_000


def ingest(_rows: int, runs: int) -> Iterator[Figure]:
    """Notices a second at 16 connections, each answered 200 only when it is in the outbox; p99 of the answers."""
    rates, tails, yardsticks = [], [], []
    with Stack(Plan("bench", World("small", 1, 60.0))) as stack:
        both_sides.wait_until_equal(stack, both_sides.source(stack), lambda _: None)
        for _ in range(runs):
            yardsticks.append(yardstick())
            rate, tail = asyncio.run(_round(stack))
            rates.append(rate)
            tails.append(tail)
    params = {"connections": CONNECTIONS, "notices": NOTICES}
    yield Figure("ingest", "notices/s", rates, params, {}, yardsticks)
    yield Figure("ingest_p99", "ms", tails, params, {}, yardsticks)


async def _round(stack: Stack) -> tuple[float, float]:
    stored = await _stored(stack)
    notices = [_notice(stack) for _ in range(NOTICES)]
    began = time.perf_counter()
    parts = [notices[n::CONNECTIONS] for n in range(CONNECTIONS)]
    answers = await asyncio.gather(*(_send(stack, part) for part in parts))
    seconds = time.perf_counter() - began
    durable = await _stored(stack) - stored
    if durable < NOTICES:
        raise RuntimeError(f"{NOTICES} notices were answered 200 and {durable} are stored")
    return NOTICES / seconds, quantile([one for part in answers for one in part], 0.99) * 1_000


def _notice(stack: Stack) -> bytes:
    app, division = stack.exact.ready["apps"][0], stack.exact.ready["divisions"][0]["code"]
    content = {"Topic": "GLAccounts", "ClientId": app["client_id"], "Division": division, "Action": "Update"}
    content |= {"Key": str(uuid.uuid4()), "ExactOnlineEndpoint": "", "EventCreatedOn": "2026-11-24T12:00:00.000"}
    text = json.dumps(content, separators=(",", ":"))
    sign = hmac.new(app["webhook_secret"].encode(), text.encode(), hashlib.sha256).hexdigest().upper()
    return f'{{"Content":{text},"HashCode":"{sign}"}}'.encode()


async def _send(stack: Stack, notices: list[bytes]) -> list[float]:
    address = urlsplit(notice_address(stack))
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    seconds = []
    for body in notices:
        began = time.perf_counter()
        head = f"POST {address.path} HTTP/1.1\r\nHost: exactbi\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in answer.split(b"\r\n", 1)[0]:
            raise RuntimeError(f"a notice was answered {answer!r}")
        length = [line for line in answer.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        await reader.readexactly(int(length[0].split(b":")[1]) if length else 0)
        seconds.append(time.perf_counter() - began)
    writer.close()
    return seconds


async def _stored(stack: Stack) -> int:
    connection = await asyncpg.connect(stack.dsn)
    try:
        return int(await connection.fetchval("select count(*) from outbox where topic = 'entity-keys'"))
    finally:
        await connection.close()
