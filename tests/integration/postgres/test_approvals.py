"""What a service asks of a person, and the person's word."""

from __future__ import annotations

import asyncpg

from exactbi.postgres import approvals


async def test_a_word_is_for_the_customer_that_it_was_asked_of(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as connection:
        for customer in ("acme", "ajax"):
            await approvals.ask(connection, customer, "clear", "finance/GL Lines", 200_000, "why")
        first, second = await approvals.waiting(connection)
        await approvals.approve(connection, first["id"], "somebody")

        assert (first["customer"], second["customer"]) == ("acme", "ajax")
        assert await approvals.is_approved(connection, "acme", "clear", "finance/GL Lines")
        assert not await approvals.is_approved(connection, "ajax", "clear", "finance/GL Lines")

        await approvals.use(connection, "acme", "clear", "finance/GL Lines")
        assert [row["customer"] for row in await approvals.waiting(connection)] == ["ajax"]


async def test_the_trail_names_who_gave_the_word(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as connection:
        await approvals.ask(connection, "acme", "clear", "finance/GL Lines", 200_000, "why")
        [asked] = await approvals.waiting(connection)
        await approvals.approve(connection, asked["id"], "cli:somebody")

    event = await pool.fetchrow("select customer, actor, what from audit_event")
    assert event is not None
    assert tuple(event.values()) == ("acme", "cli:somebody", "approved")
