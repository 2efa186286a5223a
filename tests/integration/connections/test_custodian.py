"""The custodian against a site that rotates: what it stores, presents, waits for and gives up."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import httpx
import pytest

from exactbi.clock import SystemClock
from exactbi.config.customer import load_customers
from exactbi.connections import tokens
from exactbi.connections.custodian import LOOK_EVERY
from exactbi.connections.custodian_rules import Kind, State
from exactbi.connections.vault import Vault, client_secret
from exactbi.errors import (
    EXACT_CLIENT_REFUSED,
    EXACT_CODE_REFUSED,
    EXACT_NO_CONSENT,
    EXACT_REVOKED,
    EXACT_TOKEN_AWAITED,
    EXACT_TOKEN_UNCLEAR,
    ConfigurationError,
    TransientError,
)
from exactbi.postgres.lease import try_hold
from exactbi.secrets import Keyring
from fakes.custodian_bench import CONFIGURED, KEY, WINDOW, Bench, custodian
from fakes.exact_site import ExactSite
from launcher.folders import CHECKOUT


@pytest.fixture
async def bench(pool: asyncpg.Pool, dsn: str, tmp_path: Path) -> Bench:
    site, journal = ExactSite(), tmp_path / "journal"
    await Vault(pool, Keyring.of([KEY])).set("acme", client_secret("nl"), site.secret)
    made = custodian(pool, dsn, site, journal)
    row = await made.register("acme", CONFIGURED)
    await made.exchange(row, "code")
    return Bench(pool, dsn, site, journal, made, row)


async def test_a_consent_brings_tokens_and_an_active_connection(bench: Bench) -> None:
    assert await bench.state() is State.ACTIVE
    assert await bench.access() == "access-1"


async def test_a_token_is_refreshed_when_it_is_due_and_not_before(bench: Bench) -> None:
    await bench.custodian.look(bench.row)
    assert bench.site.presented == ["code"]
    await bench.until_due()
    assert bench.site.presented == ["code", "refresh-1"]
    assert await bench.access() == "access-2"


async def test_two_processes_present_each_token_once(bench: Bench) -> None:
    others = [bench.another() for _ in range(3)]
    for _ in range(3):
        await asyncio.sleep(WINDOW + 0.05)
        await asyncio.gather(*(other.look(bench.row) for other in others))
    assert bench.site.presented == ["code", "refresh-1", "refresh-2", "refresh-3"]


async def test_a_lost_answer_is_followed_by_the_candidates_and_then_a_person(bench: Bench) -> None:
    await bench.until_due()
    bench.site.rotates_first = True
    bench.site.token_faults.append(httpx.ReadTimeout("lost"))
    await bench.until_due()
    assert await bench.state() is State.UNCERTAIN
    await bench.custodian.look(bench.row)
    await bench.until_due()
    await bench.until_due()
    assert bench.site.presented == ["code", "refresh-1", "refresh-2", "refresh-2", "refresh-1"]
    assert await bench.state() is State.REVOKED
    await bench.custodian.exchange(bench.row, "again")
    assert await bench.state() is State.ACTIVE
    await bench.until_due()
    assert bench.site.presented[-1] == "refresh-4"


@pytest.mark.parametrize("status", [500, 503])
async def test_a_failing_endpoint_costs_only_time(bench: Bench, status: int) -> None:
    bench.site.token_faults.append(lambda: httpx.Response(status))
    await bench.until_due()
    assert await bench.state() is State.UNCERTAIN
    assert await bench.why() is EXACT_TOKEN_UNCLEAR
    await bench.until_due()
    assert await bench.access() == "access-2"


async def test_an_endpoint_out_of_reach_is_tried_again_at_once(bench: Bench) -> None:
    bench.site.token_faults.append(httpx.ConnectError("refused"))
    await bench.until_due()
    assert await bench.state() is State.ACTIVE
    await bench.custodian.look(bench.row)
    assert await bench.access() == "access-2"


async def test_a_wrong_secret_blocks_until_it_is_set_right(bench: Bench) -> None:
    vault = Vault(bench.pool, Keyring.of([KEY]))
    await vault.set("acme", client_secret("nl"), "wrong")
    await bench.until_due()
    assert await bench.state() is State.BLOCKED
    assert await bench.why() is EXACT_CLIENT_REFUSED
    await vault.set("acme", client_secret("nl"), bench.site.secret)
    await bench.until_due()
    assert await bench.state() is State.ACTIVE
    assert await bench.access() == "access-2"


async def test_a_secret_that_is_set_right_is_tried_at_the_next_look_and_no_other_is_tried_twice(bench: Bench) -> None:
    vault, unhurried = Vault(bench.pool, Keyring.of([KEY])), bench.another(factor=1.0)
    await bench.pool.execute("update refresh_token set received_at = now() - interval '1 hour'")
    await bench.pool.execute("update server_seen set first_seen_at = now() - interval '1 day'")

    for secret in ("wrong", "wrong again", bench.site.secret):
        await vault.set("acme", client_secret("nl"), secret)
        for _ in range(3):
            assert await unhurried.look(bench.row) <= LOOK_EVERY

    assert bench.site.presented == ["code", "refresh-1", "refresh-1", "refresh-1"]
    assert await bench.state() is State.ACTIVE
    assert await bench.access() == "access-2"


async def test_a_client_id_that_is_set_right_is_tried_at_the_next_look_and_no_other_is_tried_twice(
    bench: Bench,
) -> None:
    unhurried = bench.another(factor=1.0)
    await bench.pool.execute("update refresh_token set received_at = now() - interval '1 hour'")
    await bench.pool.execute("update server_seen set first_seen_at = now() - interval '1 day'")

    for client_id in ("wrong", "wrong again", bench.site.client_id):
        for _ in range(3):
            row = await unhurried.register("acme", CONFIGURED.model_copy(update={"client_id": client_id}))
            assert await unhurried.look(row) <= LOOK_EVERY

    assert bench.site.presented == ["code", "refresh-1", "refresh-1", "refresh-1"]
    assert await bench.state() is State.ACTIVE
    assert await bench.access() == "access-2"


async def test_a_holder_that_lost_the_lock_still_stores_its_token(bench: Bench) -> None:
    async def steal() -> None:
        await bench.pool.execute("update lease set epoch = epoch + 1 where name like 'custodian/%'")

    bench.site.before_token = steal
    await bench.until_due()
    assert await bench.access() == "access-2"
    assert await bench.state() is State.ACTIVE


async def test_a_holder_that_lost_the_lock_writes_no_verdict(bench: Bench) -> None:
    async def steal() -> None:
        await bench.pool.execute("update lease set epoch = epoch + 1 where name like 'custodian/%'")

    bench.site.before_token = steal
    bench.site.refresh = "another"
    await bench.until_due()
    assert not await bench.pool.fetchval("select bool_or(dead) from refresh_token")
    assert await bench.state() is State.REFRESHING


async def test_a_shutdown_in_mid_request_stores_what_comes(bench: Bench) -> None:
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        arrived.set()
        await go_on.wait()

    await asyncio.sleep(WINDOW + 0.05)
    bench.site.before_token = hold
    looking = asyncio.ensure_future(bench.custodian.look(bench.row))
    await arrived.wait()
    looking.cancel()
    await asyncio.sleep(0.05)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await looking
    assert await bench.access() == "access-2"


async def test_a_restored_database_finds_its_tokens_in_the_journal(bench: Bench) -> None:
    await bench.until_due()
    await bench.pool.execute("delete from access_token where seq > 3")
    await bench.pool.execute("delete from refresh_token where generation = 2")
    restarted = bench.another()
    demo = load_customers(CHECKOUT / "deploy" / "customers")["demo"]
    customer = demo.model_copy(update={"id": "acme", "connections": (CONFIGURED,)})
    running = asyncio.ensure_future(restarted.run({"acme": customer}))
    try:
        await asyncio.wait_for(bench.site.served("refresh-2"), 30)
    finally:
        running.cancel()
    assert bench.site.presented == ["code", "refresh-1", "refresh-2"]


async def test_after_a_restore_nobody_refreshes_for_a_while(bench: Bench) -> None:
    await asyncio.sleep(WINDOW + 0.05)
    async with bench.pool.acquire() as connection:
        await tokens.declare_restored(connection)
    await bench.custodian.look(bench.row)
    assert bench.site.presented == ["code"]
    await bench.until_due()
    assert bench.site.presented == ["code", "refresh-1"]


async def test_a_kill_in_mid_attempt_is_left_alone_for_570_s(bench: Bench) -> None:
    await asyncio.sleep(WINDOW + 0.05)
    async with bench.pool.acquire() as connection:
        token = await connection.fetchval("select id from refresh_token")
        await tokens.begin(connection, bench.row.id, Kind.REFRESH, token, (1, 2))
    await bench.custodian.look(bench.row)
    assert await bench.state() is State.REFRESHING
    assert bench.site.presented == ["code"]
    await bench.until_due()
    assert bench.site.presented == ["code", "refresh-1"]


async def test_a_refused_code_changes_nothing(bench: Bench) -> None:
    refused = {"error": "invalid_grant", "error_description": "code expired"}
    bench.site.token_faults.append(lambda: httpx.Response(400, json=refused))
    with pytest.raises(ConfigurationError) as late:
        await bench.custodian.exchange(bench.row, "late")
    assert late.value.code is EXACT_CODE_REFUSED
    bench.site.token_faults.append(lambda: httpx.Response(401, json={"error": "invalid_client"}))
    with pytest.raises(ConfigurationError) as wrong:
        await bench.custodian.exchange(bench.row, "with a wrong secret")
    assert wrong.value.code is EXACT_CLIENT_REFUSED
    assert await bench.state() is State.ACTIVE
    bench.site.token_faults.append(httpx.ConnectError("refused"))
    with pytest.raises(TransientError):
        await bench.custodian.exchange(bench.row, "unreachable")


async def test_a_consent_waits_for_the_lock(bench: Bench) -> None:
    async with try_hold(bench.dsn, "custodian/acme/nl", SystemClock()) as lease:
        assert lease is not None
        exchanging = asyncio.ensure_future(bench.custodian.exchange(bench.row, "second"))
        await asyncio.sleep(0.3)
        assert bench.site.presented == ["code"]
    await exchanging
    assert bench.site.presented == ["code", "second"]


async def test_without_a_token_a_call_is_told_why(bench: Bench) -> None:
    assert await bench.why() is EXACT_TOKEN_AWAITED
    await bench.pool.execute("update refresh_token set dead = true")
    assert await bench.why() is EXACT_REVOKED
    await bench.pool.execute("delete from refresh_token")
    assert await bench.why() is EXACT_NO_CONSENT


async def test_nothing_secret_is_stored_in_plain_text(bench: Bench) -> None:
    await bench.until_due()
    kept = bench.journal.read_bytes()
    for table in ("secret", "refresh_token", "access_token", "token_attempt", "data_key"):
        kept += str(await bench.pool.fetch(f"select * from {table}")).encode()
    assert not [text for text in (b"refresh-1", b"access-2", b"s3cret") if text in kept]
