"""Secrets of customers in Postgres, sealed; and the data keys that seal them and the tokens."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from exactbi.errors import SECRET_MISSING, ConfigurationError
from exactbi.secrets import Aad, Keyring, Sealed, WrappedKey

if TYPE_CHECKING:
    import asyncpg
    from asyncpg.pool import PoolConnectionProxy

    Connection = asyncpg.Connection | PoolConnectionProxy

_KEYS: Final = "select id, customer, kek, wrapped from data_key where customer = $1 order by created_at, id"
_ALL_KEYS: Final = "select id, customer, kek, wrapped from data_key order by created_at, id"
_INSERT_KEY: Final = "insert into data_key (id, customer, kek, wrapped) values ($1, $2, $3, $4)"
_GET: Final = "select data_key, sealed from secret where customer = $1 and name = $2"
_SET: Final = """
insert into secret (customer, name, data_key, sealed) values ($1, $2, $3, $4)
on conflict (customer, name) do update set data_key = $3, sealed = $4, set_at = now(), seq = nextval('custody')"""
_SEQ: Final = "select seq from secret where customer = $1 and name = $2"


def client_secret(connection: str) -> str:
    """The name of the secret of a connection's app."""
    return f"exact/{connection}/client_secret"


def webhook_secret(connection: str, previous: bool = False) -> str:
    """The name of the secret that signs a connection's notices; the previous one is accepted too."""
    return f"exact/{connection}/webhook_secret" + ("_previous" if previous else "")


def power_bi_secret(certificate: bool = False) -> str:
    """The name of what a customer's service principal proves itself by: a secret, or a certificate with its key."""
    return "power_bi/certificate" if certificate else "power_bi/client_secret"


class Vault:
    """Reads and writes secrets; seals and opens whatever else must not be stored in plain text."""

    def __init__(self, pool: asyncpg.Pool, keyring: Keyring) -> None:
        self._pool = pool
        self.keyring = keyring

    async def check(self) -> None:
        """To be called at start: ConfigurationError (KEY_UNKNOWN) if a data key does not open with the key file."""
        async with self._pool.acquire() as connection:
            await self._learn(connection, _ALL_KEYS)

    async def get(self, customer: str, name: str) -> str:
        """A secret; ConfigurationError (SECRET_MISSING) where it is not set."""
        secret = await self.find(customer, name)
        if secret is None:
            raise ConfigurationError(SECRET_MISSING, f"the secret {name} of {customer} is not set")
        return secret

    async def find(self, customer: str, name: str) -> str | None:
        """A secret, or None where it is not set."""
        async with self._pool.acquire() as connection:
            row = await connection.fetchrow(_GET, customer, name)
            if row is None:
                return None
            sealed = Sealed(row["data_key"], row["sealed"])
            return (await self.open(connection, sealed, _place(customer, name))).decode()

    async def set(self, customer: str, name: str, value: str) -> None:
        """Set or replace a secret."""
        await self.prepare(customer)
        async with self._pool.acquire() as connection:
            await self.put(connection, customer, name, value)

    async def put(self, connection: Connection, customer: str, name: str, value: str) -> None:
        """The same in the caller's transaction; `prepare` comes first."""
        sealed = self.keyring.seal(value.encode(), _place(customer, name))
        await connection.execute(_SET, customer, name, sealed.data_key, sealed.sealed)

    async def seq(self, connection: Connection, customer: str, name: str) -> int:
        """When a secret was set, of one counter with tokens and attempts; 0 where it is not set."""
        seq: int | None = await connection.fetchval(_SEQ, customer, name)
        return seq or 0

    async def names(self, customer: str) -> dict[str, datetime]:
        """The secrets that are set, with when."""
        rows = await self._pool.fetch("select name, set_at from secret where customer = $1 order by name", customer)
        return {row["name"]: row["set_at"] for row in rows}

    async def prepare(self, customer: str) -> None:
        """Make `keyring.seal` work for the customer: learn its data keys, or create the first."""
        if self.keyring.can_seal(customer):
            return
        key: WrappedKey | None = None
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute("select pg_advisory_xact_lock(hashtext('data_key/' || $1))", customer)
            await self._learn(connection, _KEYS, customer)
            if not self.keyring.can_seal(customer):
                key = self.keyring.new_data_key(customer)
                await connection.execute(_INSERT_KEY, key.id, key.customer, key.kek, key.wrapped)
        if key is not None:
            self.keyring.learn(key)

    async def open(self, connection: Connection, sealed: Sealed, aad: Aad) -> bytes:
        """Open what was sealed for `aad`, learning the customer's data keys where needed."""
        if not self.keyring.knows(sealed.data_key):
            await self._learn(connection, _KEYS, aad.customer)
        return self.keyring.open(sealed, aad)

    async def _learn(self, connection: Connection, query: str, *arguments: str) -> None:
        for row in await connection.fetch(query, *arguments):
            self.keyring.learn(WrappedKey(row["id"], row["customer"], row["kek"], row["wrapped"]))


def _place(customer: str, name: str) -> Aad:
    return Aad(customer, "secret", "sealed", name)
