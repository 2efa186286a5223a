"""`exactbi ping`: whether everything that we stand on answers, with the remedy where it does not."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg
import typer

from exactbi.cli.frame import database, emit, run, settings
from exactbi.cli.parts import exact, keyring, power_bi
from exactbi.clock import SystemClock
from exactbi.config.customer import Connection, Customer, load_customers
from exactbi.connections import tokens
from exactbi.connections.exact_gateway import Target
from exactbi.connections.vault import Vault, client_secret, power_bi_secret, webhook_secret
from exactbi.errors import (
    EXIT_FINDING,
    PART_UNREACHABLE,
    PBI_NOT_FOUND,
    SCHEMA_BEHIND,
    SECRET_MISSING,
    UNEXPECTED,
    Code,
    ConfigurationError,
    ExactbiError,
)
from exactbi.exact_online.protocol import me_url
from exactbi.postgres.migrate import pending
from exactbi.postgres.pool import OUTAGES, refuse_pooler
from exactbi.power_bi.client import PowerBiClient
from exactbi.power_bi.protocol import parse_datasets

SINKS: Final = """
select powerbi_dataset from sink s join dataset d on d.id = s.dataset where d.customer = $1 and d.active
and s.powerbi_dataset is not null"""
HELLO: Final = 'EVALUATE ROW("ok", 1)'


@dataclass(frozen=True)
class Check:
    """One thing that was tried."""

    name: str
    ok: bool
    code: str | None = None
    remedy: str | None = None
    message: str = ""


async def check(name: str, trial: Awaitable[object]) -> Check:
    """Try it; whatever it raises becomes a finding."""
    try:
        await trial
    except ExactbiError as error:
        return _failed(name, error.code, str(error))
    except OUTAGES as error:
        return _failed(name, PART_UNREACHABLE, repr(error))
    except Exception as error:
        return _failed(name, UNEXPECTED, repr(error))
    return Check(name, ok=True)


def _failed(name: str, code: Code, message: str) -> Check:
    return Check(name, ok=False, code=code.name, remedy=code.remedy, message=message)


async def ping() -> list[Check]:
    """All checks; those of a customer only where the database can be read."""
    used = settings()
    customers: dict[str, Customer] = {}
    checks = [
        await check("kafka", _topics()),
        await check("key", _key()),
        await check("customers", _read(used.customers, customers)),
    ]
    try:
        async with database() as pool:
            checks.append(Check("postgres", ok=True))
            checks.append(await check("postgres session", refuse_pooler(used.dsn)))
            schema = await check("schema", _schema(pool))
            checks.append(schema)
            if schema.ok:
                for customer in customers.values():
                    checks += await _customer(pool, customer)
    except ExactbiError as error:
        checks.append(_failed("postgres", error.code, str(error)))
    return checks


async def _read(folder: Path, into: dict[str, Customer]) -> None:
    into |= load_customers(folder)


async def _topics() -> None:
    from exactbi.kafka import administer  # slow to import, and few commands need it

    absent = await administer.missing(settings().kafka, settings().topic_prefix)
    if absent:
        raise administer.not_as_planned(absent)


async def _key() -> None:
    keyring()


async def _schema(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as connection:
        behind = await pending(connection)
    if behind:
        raise ConfigurationError(SCHEMA_BEHIND, f"the database lacks {behind[0].name}")


async def _customer(pool: asyncpg.Pool, customer: Customer) -> list[Check]:
    checks = [await check(f"{customer.id}: secrets", _secrets(pool, customer))]
    checks += [
        await check(f"{customer.id}: Exact {connection.name}", _exact(pool, customer, connection))
        for connection in customer.connections
    ]
    checks.append(await check(f"{customer.id}: Power BI", _power_bi(pool, customer)))
    return checks


async def _secrets(pool: asyncpg.Pool, customer: Customer) -> None:
    vault = Vault(pool, keyring())
    await vault.check()
    wanted = [power_bi_secret(customer.power_bi.certificate)]
    for connection in customer.connections:
        wanted += [client_secret(connection.name), webhook_secret(connection.name)]
    if absent := [name for name in wanted if await vault.find(customer.id, name) is None]:
        raise ConfigurationError(SECRET_MISSING, f"secrets of {customer.id} are not set: {', '.join(absent)}")


async def _exact(pool: asyncpg.Pool, customer: Customer, connection: Connection) -> None:
    """A call that costs nothing of a division's budget, with the services' token; and whether a next token comes."""
    parts = exact(pool)
    try:
        target = Target(customer.id, connection.name, connection.site, None, "Me")
        await parts.gateway.get(target, me_url(parts.gateway.base(connection.site)))
        async with pool.acquire() as used:
            row = await tokens.find(used, customer.id, connection.name)
            refused = None if row is None else await parts.custodian.refused(used, row)
        if refused is not None:
            raise refused
    finally:
        await parts.gateway.aclose()


async def _power_bi(pool: asyncpg.Pool, customer: Customer) -> None:
    """The workspace can be listed, and each dataset that was created answers queries: a census needs them."""
    client = PowerBiClient(SystemClock())
    try:
        gateway = power_bi(pool, customer, client)
        there = {known for known, _ in parse_datasets(await gateway.ask(gateway.api.list_datasets()))}
        for row in await pool.fetch(SINKS, customer.id):
            if row["powerbi_dataset"] not in there:
                raise ConfigurationError(PBI_NOT_FOUND, f"the workspace lists no dataset {row['powerbi_dataset']}")
            await gateway.query(row["powerbi_dataset"], HELLO)
    finally:
        await client.aclose()


def _text(checks: list[dict[str, Any]]) -> str:
    lines = []
    for found in checks:
        lines.append(f"{'ok' if found['ok'] else 'NO':<4}{found['name']}")
        if not found["ok"]:
            lines += [f"      {found['code']}: {found['message']}", f"      {found['remedy']}"]
    return "\n".join(lines)


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("ping")
    def ping_command() -> None:
        """Try everything: database, broker, key, secrets, Exact, Power BI."""
        checks = [asdict(found) for found in run(ping())]
        emit({"ok": all(found["ok"] for found in checks), "checks": checks}, _text(checks))
        if not all(found["ok"] for found in checks):
            raise typer.Exit(EXIT_FINDING)
