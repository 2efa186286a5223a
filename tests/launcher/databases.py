"""A database of one's own on a server, made and dropped by whoever starts a stack."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg

CONNECT_S = 10.0


def create(server: str, name: str) -> str:
    """Make the database anew; its address."""
    drop(server, name)
    ask(server, f'create database "{name}"')
    return urlunsplit(urlsplit(server)._replace(path="/" + name))


def drop(server: str, name: str) -> None:
    """Drop it, whoever is connected."""
    ask(server, f'drop database if exists "{name}" with (force)')


def ask(dsn: str, statement: str, *arguments: object) -> list[dict[str, Any]]:
    """The rows of one statement, from a connection of its own; works inside and outside of an event loop."""
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(lambda: asyncio.run(_ask(dsn, statement, arguments))).result()


async def _ask(dsn: str, statement: str, arguments: Sequence[object]) -> list[dict[str, Any]]:
    connection = await asyncpg.connect(dsn, timeout=CONNECT_S)
    try:
        return [dict(row) for row in await connection.fetch(statement, *arguments)]
    finally:
        await connection.close()
