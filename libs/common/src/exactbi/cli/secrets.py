"""`exactbi secrets`: secrets are set from a prompt or a file, never from the command's arguments, and never shown."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import asyncpg
import typer

from exactbi.cli.frame import actor, asked, customer_of, database, emit, run, settings
from exactbi.config.customer import Customer
from exactbi.connections import tokens
from exactbi.connections.vault import (
    Vault,
    client_secret,
    power_bi_secret,
    webhook_secret,
)
from exactbi.errors import KEY_MISSING, ConfigurationError
from exactbi.postgres import audit
from exactbi.secrets import Keyring


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="The customers' secrets, sealed in the database.", no_args_is_help=True)
    app.add_typer(group, name="secrets")

    @group.command("set")
    def set_(
        name: Annotated[str, typer.Argument(help="Such as exact/nl/client_secret; `status` lists the names.")],
        customer: Annotated[str | None, typer.Option(help="Where there are several.")] = None,
        from_file: Annotated[Path | None, typer.Option(help="Read it from this file instead of a prompt.")] = None,
    ) -> None:
        """Set or replace a secret. A replaced webhook secret stays valid as the previous one."""
        owner = customer_of(customer)
        if name not in names_of(owner):
            raise typer.BadParameter(f"{name!r} is none of {', '.join(names_of(owner))}")
        run(_set(owner.id, name, _value(name, from_file)))
        emit({"ok": True, "customer": owner.id, "name": name}, f"{name} of {owner.id} is set")

    @group.command("status")
    def status(customer: Annotated[str | None, typer.Option(help="Where there are several.")] = None) -> None:
        """Which secrets are set, and which key of the key file protects how many ciphertexts."""
        owner = customer_of(customer)
        fields = run(_status(owner))
        emit(fields, "\n".join(f"{row['name']:<40} {row['set_at'] or 'not set'}" for row in fields["secrets"]))


def open_vault(pool: asyncpg.Pool) -> Vault:
    """The vault, under the key file of the settings."""
    key_file = settings().key_file
    if key_file is None:
        raise ConfigurationError(KEY_MISSING, "EXACTBI_KEY_FILE is not set")
    return Vault(pool, Keyring.from_file(key_file))


def names_of(customer: Customer) -> list[str]:
    """The secrets that a customer can have."""
    names = [power_bi_secret(customer.power_bi.certificate)]
    for connection in customer.connections:
        names += [client_secret(connection.name), webhook_secret(connection.name)]
        names.append(webhook_secret(connection.name, previous=True))
    return names


def _value(name: str, path: Path | None) -> str:
    if path is None:
        return asked(name, "--from-file")
    try:
        value = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{path} can't be read: {type(error).__name__}") from error
    if not value:
        raise typer.BadParameter(f"{path} is empty")
    return value


async def _set(customer: str, name: str, value: str) -> None:
    async with database() as pool:
        vault = open_vault(pool)
        await vault.check()
        await vault.prepare(customer)
        before = await vault.find(customer, name)
        async with pool.acquire() as connection, connection.transaction():
            if name.endswith("/webhook_secret") and before is not None and before != value:
                await vault.put(connection, customer, f"{name}_previous", before)
            await vault.put(connection, customer, name, value)
            await audit.record(connection, customer, actor(), "secret set", {"name": name})


async def _status(customer: Customer) -> dict[str, list[dict[str, object]]]:
    async with database() as pool:
        vault = open_vault(pool)
        await vault.check()
        when = await vault.names(customer.id)
        async with pool.acquire() as connection:
            by_key = await tokens.rows_by_key(connection, customer.id)
    names = names_of(customer)
    return {
        "secrets": [{"customer": customer.id, "name": name, "set_at": _text(when.get(name))} for name in names],
        "rows_by_key": [{"key": key, "rows": rows} for key, rows in by_key.items()],
    }


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
