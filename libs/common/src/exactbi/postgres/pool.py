"""Connections to PostgreSQL: the pool, and which of its errors time mends."""

from __future__ import annotations

from typing import Final

import asyncpg

from exactbi.errors import (
    CONFIG_INVALID,
    DATABASE_MISSING,
    PART_UNREACHABLE,
    POSTGRES_POOLED,
    POSTGRES_REFUSED,
    ConfigurationError,
    ExactbiError,
    TransientError,
)

KEEPALIVE: Final = {
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "15000",
}
"""Session settings by which the server notices within 15 s that a client's machine is gone."""

IDLE_IN_TRANSACTION: Final = "30s"
"""A process that stops inside a transaction would keep its row locks, which `skip locked` skips for ever."""

CONNECT_TIMEOUT_S: Final = 10.0
COMMAND_TIMEOUT_S: Final = 60.0

OUTAGES: Final = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that was cut while it was being opened or given back
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)

REFUSALS: Final = (
    asyncpg.InvalidCatalogNameError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InsufficientPrivilegeError,
)
"""What PostgreSQL answers to a connection that it will not have until a person changed something."""

NO_ADDRESS: Final = (
    asyncpg.ClientConfigurationError,
    asyncpg.UndefinedObjectError,  # a parameter that PostgreSQL does not know
    ValueError,
    OverflowError,  # a port above 65535
)
"""What an address that is none makes of a connection."""


def is_outage(error: BaseException) -> bool:
    """Whether PostgreSQL was away, busy or gave way to another transaction: the same work may succeed later."""
    return isinstance(error, OUTAGES)


def not_opened(error: Exception) -> ExactbiError:
    """The error of a connection that was not made."""
    if isinstance(error, NO_ADDRESS):
        return ConfigurationError(CONFIG_INVALID, f"EXACTBI_POSTGRES is no address of PostgreSQL: {error}")
    if isinstance(error, asyncpg.InvalidCatalogNameError):
        return ConfigurationError(DATABASE_MISSING, f"PostgreSQL: {error}")
    if isinstance(error, REFUSALS):
        return ConfigurationError(POSTGRES_REFUSED, f"PostgreSQL: {error}")
    return TransientError(PART_UNREACHABLE, f"PostgreSQL: {error}")


async def open_pool(dsn: str, size: int = 8) -> asyncpg.Pool:
    """A pool of at most `size` connections, opened when first needed; jsonb travels as text.

    TransientError (PART_UNREACHABLE) where nothing answers, ConfigurationError where it refuses.
    """
    try:
        return await asyncpg.create_pool(
            dsn,
            min_size=1,
            max_size=size,
            timeout=CONNECT_TIMEOUT_S,
            command_timeout=COMMAND_TIMEOUT_S,
            server_settings=KEEPALIVE
            | {
                "application_name": "exactbi",
                "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION,
                "plan_cache_mode": "force_custom_plan",  # a plan made while a table was empty would stay
            },
        )
    except (*OUTAGES, *REFUSALS, *NO_ADDRESS) as error:
        raise not_opened(error) from error


async def refuse_pooler(dsn: str) -> None:
    """ConfigurationError (POSTGRES_POOLED) where `dsn` leads to a transaction pooler.

    A pooler gives a session's server process to whoever begins next, so a second session that begins in between
    gets the first one's process, or the first finds itself on another.
    """
    first = await asyncpg.connect(dsn, timeout=CONNECT_TIMEOUT_S)
    second = await asyncpg.connect(dsn, timeout=CONNECT_TIMEOUT_S)
    try:
        before = await first.fetchval("select pg_backend_pid()")
        async with second.transaction():
            between = await second.fetchval("select pg_backend_pid()")
            after = await first.fetchval("select pg_backend_pid()")
    finally:
        await first.close()
        await second.close()
    if between == before or after != before:
        raise ConfigurationError(POSTGRES_POOLED, "a session does not keep its server process")
