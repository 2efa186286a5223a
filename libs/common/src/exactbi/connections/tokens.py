"""Connections, tokens and attempts in Postgres. Only this module reads or writes their tables."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from exactbi.connections.custodian_rules import Kind
from exactbi.connections.vault import Vault
from exactbi.secrets import Aad, Sealed

if TYPE_CHECKING:
    import asyncpg
    from asyncpg.pool import PoolConnectionProxy

    Connection = asyncpg.Connection | PoolConnectionProxy

_REGISTER: Final = """
insert into connection (customer, name, site, client_id, redirect_uri) values ($1, $2, $3, $4, $5)
on conflict (customer, name) do update set site = $3, client_id = $4, redirect_uri = $5,
  client_seq = case when connection.client_id = $4 then connection.client_seq else nextval('custody') end
returning id, customer, name, site, client_id, redirect_uri"""
_FIND: Final = """
select id, customer, name, site, client_id, redirect_uri from connection where customer = $1 and name = $2"""
_CLIENT: Final = "select client_seq from connection where id = $1"
_TOKENS: Final = """
select id, grant_no, generation, seq, dead, extract(epoch from received_at)::float8 as received_at
from refresh_token where connection = $1 and grant_no = (select max(grant_no) from refresh_token where connection = $1)
order by generation desc, seq desc limit 8"""
_ATTEMPTS: Final = """
select id, kind, presented, outcome, extract(epoch from started_at)::float8 as started_at
from token_attempt where connection = $1 and outcome is distinct from 'unsent' order by id desc limit 32"""
_TODAY: Final = """
select count(*) from token_attempt where connection = $1 and started_at > clock_timestamp() - make_interval(secs => $2)
and outcome is distinct from 'unsent'"""
_BEGIN: Final = """
insert into token_attempt (connection, kind, presented, grant_no, generation)
values ($1, $2, $3, $4, $5) returning id"""
_END: Final = """
update token_attempt set ended_at = clock_timestamp(), outcome = $2, detail = $3 where id = $1 and outcome is null"""
_KNOWN: Final = "select id from refresh_token where connection = $1"
_SEALED: Final = "select data_key, sealed from refresh_token where id = $1"
_STORE: Final = """
insert into refresh_token (id, connection, grant_no, generation, data_key, sealed, received_at)
values ($1, $2, $3, $4, $5, $6, clock_timestamp() - make_interval(secs => $7)) on conflict (id) do nothing"""
_STORE_ACCESS: Final = """
insert into access_token (id, connection, data_key, sealed, received_at, expires_at)
values ($1, $2, $3, $4, clock_timestamp() - make_interval(secs => $5), clock_timestamp() + make_interval(secs => $6))
on conflict (id) do nothing"""
_FORGET_ACCESS: Final = """
delete from access_token where connection = $1 and expires_at < clock_timestamp() - interval '1 hour'"""
_NEWEST_ACCESS: Final = """
select id, data_key, sealed, extract(epoch from expires_at - clock_timestamp())::float8 as lives
from access_token where connection = $1 order by seq desc limit 1"""
_BURY: Final = "update refresh_token set dead = true where id = $1"
_IDENTITY: Final = """
select (select system_identifier from pg_control_system()) || '/' ||
  (select timeline_id from pg_control_checkpoint()) || '/' || current_database()"""
_SEEN: Final = """
with seen as (insert into server_seen (identity) values ($1) on conflict do nothing returning first_seen_at)
select extract(epoch from first_seen_at)::float8 from seen
union all select extract(epoch from first_seen_at)::float8 from server_seen where identity = $1 limit 1"""

_BY_KEY: Final = """
select k.kek, count(*) as n
from data_key k join (
  select data_key from secret union all select data_key from refresh_token union all select data_key from access_token
) sealed on sealed.data_key = k.id
where k.customer = $1 group by k.kek"""


@dataclass(frozen=True)
class ConnectionRow:
    """A registered connection."""

    id: int
    customer: str
    name: str
    site: str
    client_id: str
    redirect_uri: str


@dataclass(frozen=True)
class Received:
    """Tokens that Exact sent. `id` is given at receipt, so that storing twice stores once. Seconds are wall seconds."""

    id: uuid.UUID
    grant: int
    generation: int
    refresh_token: str = field(repr=False)
    access_token: str = field(default="", repr=False)
    lifetime: float = 0.0
    """Of the access token, from `sent_at`."""
    sent_at: float = 0.0
    """By the receiver's monotonic clock, as `received_at`."""
    received_at: float = 0.0


@dataclass(frozen=True)
class AccessToken:
    """The newest access token, and how many seconds it still lives by Postgres' clock."""

    id: uuid.UUID
    lives: float
    text: str = field(repr=False)


@dataclass(frozen=True)
class Rows:
    """What the tables say of a connection, with Postgres' clock."""

    now: float
    tokens: list[asyncpg.Record]
    attempts: list[asyncpg.Record]
    attempts_today: int
    server_seen_at: float
    client_seq: int
    """When the app's id was set, of one counter with tokens and attempts."""


async def register(
    connection: Connection, customer: str, name: str, site: str, client_id: str, redirect_uri: str
) -> ConnectionRow:
    """Note a configured connection, or its changed configuration."""
    row = await connection.fetchrow(_REGISTER, customer, name, site, client_id, redirect_uri)
    assert row is not None
    return ConnectionRow(*row.values())


async def find(connection: Connection, customer: str, name: str) -> ConnectionRow | None:
    """A registered connection."""
    row = await connection.fetchrow(_FIND, customer, name)
    return None if row is None else ConnectionRow(*row.values())


async def server_seen(connection: Connection) -> float:
    """When this PostgreSQL system was first seen, by its clock; a restored or moved database is seen anew."""
    identity = await connection.fetchval(_IDENTITY)
    seen: float = await connection.fetchval(_SEEN, identity)
    return seen


async def declare_restored(connection: Connection) -> None:
    """Told by a person or a restore: nobody refreshes for 570 s from now."""
    identity = await connection.fetchval(_IDENTITY)
    await server_seen(connection)
    await connection.execute("update server_seen set first_seen_at = clock_timestamp() where identity = $1", identity)


async def rows(connection: Connection, connection_id: int, day: float) -> Rows:
    """The newest grant's tokens and the last attempts; `day`: wall seconds of a vendor's day."""
    seen = await server_seen(connection)
    return Rows(
        await connection.fetchval("select extract(epoch from clock_timestamp())::float8"),
        await connection.fetch(_TOKENS, connection_id),
        await connection.fetch(_ATTEMPTS, connection_id),
        await connection.fetchval(_TODAY, connection_id, day),
        seen,
        await connection.fetchval(_CLIENT, connection_id),
    )


async def begin(
    connection: Connection, connection_id: int, kind: Kind, presented: uuid.UUID | None, numbers: tuple[int, int]
) -> int:
    """Write an attempt down; its id. `numbers`: grant and generation of the token that it will bring."""
    attempt: int = await connection.fetchval(_BEGIN, connection_id, kind.value, presented, *numbers)
    return attempt


async def end(connection: Connection, attempt: int, outcome: str, detail: str = "") -> None:
    """Note how an attempt ended."""
    await connection.execute(_END, attempt, outcome, detail)


async def bury(connection: Connection, token: uuid.UUID) -> None:
    """Note Exact's verdict on a token."""
    await connection.execute(_BURY, token)


async def known_ids(connection: Connection, connection_id: int) -> set[uuid.UUID]:
    """The ids of all tokens that the table holds of a connection."""
    return {row["id"] for row in await connection.fetch(_KNOWN, connection_id)}


async def store(connection: Connection, vault: Vault, row: ConnectionRow, received: Received, now: float) -> None:
    """Store received tokens; needs no lock, and stores the same tokens once. `now`: the receiver's monotonic clock."""
    sealed = seal_refresh(vault, row, received)
    age = now - received.received_at
    numbers = (received.grant, received.generation)
    async with connection.transaction():
        await connection.execute(_STORE, received.id, row.id, *numbers, sealed.data_key, sealed.sealed, age)
        if received.access_token:
            access = vault.keyring.seal(received.access_token.encode(), _access_place(row, received.id))
            left = received.lifetime - (now - received.sent_at)
            await connection.execute(_STORE_ACCESS, received.id, row.id, access.data_key, access.sealed, age, left)
            await connection.execute(_FORGET_ACCESS, row.id)


async def refresh_token(connection: Connection, vault: Vault, row: ConnectionRow, token: uuid.UUID) -> str:
    """A refresh token in plain text."""
    sealed = await connection.fetchrow(_SEALED, token)
    assert sealed is not None, f"token {token} was read from the table"
    place = refresh_place(row, token)
    return (await vault.open(connection, Sealed(sealed["data_key"], sealed["sealed"]), place)).decode()


async def newest_access(connection: Connection, vault: Vault, row: ConnectionRow) -> AccessToken | None:
    """The newest access token, however old."""
    found = await connection.fetchrow(_NEWEST_ACCESS, row.id)
    if found is None:
        return None
    sealed = Sealed(found["data_key"], found["sealed"])
    text = (await vault.open(connection, sealed, _access_place(row, found["id"]))).decode()
    return AccessToken(found["id"], found["lives"], text)


def seal_refresh(vault: Vault, row: ConnectionRow, received: Received) -> Sealed:
    """The refresh token as table and journal hold it."""
    return vault.keyring.seal(received.refresh_token.encode(), refresh_place(row, received.id))


def refresh_place(row: ConnectionRow, token: uuid.UUID) -> Aad:
    """Where a refresh token's ciphertext belongs."""
    return Aad(row.customer, "refresh_token", "sealed", str(token))


def _access_place(row: ConnectionRow, token: uuid.UUID) -> Aad:
    return Aad(row.customer, "access_token", "sealed", str(token))


async def note_user(connection: Connection, connection_id: int, user: str) -> None:
    """Note which user of Exact gave the current consent."""
    await connection.execute("update connection set user_id = $2 where id = $1", connection_id, user)


async def rows_by_key(connection: Connection, customer: str) -> dict[str, int]:
    """How many ciphertexts of a customer each key of the key file protects, by the key's id."""
    rows = await connection.fetch(_BY_KEY, customer)
    return {row["kek"]: row["n"] for row in rows}
