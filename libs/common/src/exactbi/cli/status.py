"""`exactbi status`: how fresh everything is, what budgets are left, what waits for a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import asyncpg
import msgspec
import typer

from exactbi.cli.frame import database, emit, run, settings
from exactbi.cli.parts import exact
from exactbi.config.customer import Customer, load_customers
from exactbi.connections.budget_rules import BudgetRules, BudgetState, WindowRule
from exactbi.connections.tokens import ConnectionRow
from exactbi.failures.query import count_open
from exactbi.observability.deliveries import Delivery, State, deliveries
from exactbi.observability.freshness import Freshness, freshness

WORK: Final = """
select d.customer, d.site || '/' || d.code as division, w.stream, min(coalesce(w.not_before, now())) as due
from work w join division d on d.id = w.division where w.requested_seq > w.done_seq group by 1, 2, 3"""
BUDGETS: Final = """
select scope, state, limited, seconds, day_limited, day_seconds, extract(epoch from now())::float8 as now
from budget order by scope"""
APPROVALS: Final = (
    "select id, customer, what, subject, rows, why from approval where used_at is null and approved_at is null"
)
CONNECTIONS: Final = """
select c.id, c.customer, c.name, c.site, c.client_id, c.redirect_uri,
  (select expires_at from access_token a where a.connection = c.id order by seq desc limit 1) as expires_at
from connection c order by customer, name"""
RULES: Final = BudgetRules()


async def collect(pool: asyncpg.Pool, customers: dict[str, Customer], scale: float) -> dict[str, Any]:
    """What `--json` gives."""
    due = {(row["customer"], row["division"], row["stream"]): row["due"] for row in await pool.fetch(WORK)}
    streams = [_stream(found, customers.get(found.customer), due, scale) for found in await freshness(pool)]
    return {
        "streams": streams,
        "budgets": [budget for row in await pool.fetch(BUDGETS) for budget in _budgets(row)],
        "tables": [_table(found) for found in await deliveries(pool)],
        "failures_open": await count_open(pool),
        "tokens": await _tokens(pool),
        "approvals": [dict(row) for row in await pool.fetch(APPROVALS)],
    }


def _stream(
    found: Freshness, customer: Customer | None, due: dict[tuple[str, str, str], datetime], scale: float
) -> dict[str, Any]:
    now = datetime.now(UTC)
    next_run = due.get((found.customer, found.division, found.stream))
    if next_run is None and customer is not None and found.ran_at is not None:
        next_run = found.ran_at + timedelta(seconds=customer.schedules.interval(found.stream) / scale)
    verified = found.verified_through
    return {
        "customer": found.customer,
        "division": found.division,
        "stream": found.stream,
        "verified_through": verified.isoformat() if verified else None,
        "behind_s": round((now - verified).total_seconds(), 1) if verified else None,
        "next_run": next_run.isoformat() if next_run else None,
        "pending_since": found.pending_since.isoformat() if found.pending_since else None,
    }


def _table(found: Delivery) -> dict[str, Any]:
    return {
        "customer": found.customer,
        "dataset": found.dataset,
        "table": found.table,
        "state": found.state.value,
        "since": found.since.isoformat() if found.since else None,
        "rows_due": found.rows_due,
        "rows_refused": found.rows_refused,
        "batch_in_doubt": found.batch_in_doubt,
        "batches_in_doubt": found.batches_in_doubt,
        "why": found.why,
        "by_itself": found.by_itself,
        "remedy": found.remedy,
    }


def _table_lines(row: dict[str, Any]) -> Iterator[str]:
    """A line for a table, and three more where there is something to know or to do."""
    since = f" since {row['since'][:19]}" if row["since"] else ""
    doubt = f", {row['batches_in_doubt']} batches in doubt" if row["batches_in_doubt"] else ""
    refused = f", {row['rows_refused']} refused (exactbi failures list)" if row["rows_refused"] else ""
    name = f"{row['customer']} {row['dataset']}/{row['table']}"
    yield f"table {name}: {row['state']}{since}, {row['rows_due']} rows due{doubt}{refused}"
    if row["why"] and row["state"] != State.DELIVERING:
        yield f"      {row['why']}"
        yield f"      exactbi: {row['by_itself']}"
        yield f"      you: {row['remedy']}"


def _budgets(row: asyncpg.Record) -> Iterator[dict[str, Any]]:
    """The use of a scope's window, and of its day where it has a limit for that."""
    day_seconds = row["day_seconds"] or WindowRule.day_seconds
    rule = WindowRule(limit=row["limited"], seconds=row["seconds"], day_seconds=day_seconds)
    state = RULES.settle(msgspec.json.decode(row["state"], type=BudgetState), rule, row["now"])
    resets = max([state.suspended_until, *(RULES.expiry(use, rule) for use in state.uses)])
    suspended = state.suspended_until > row["now"]
    yield _budget(row["scope"], RULES.used(state), row["limited"], resets if resets > row["now"] else None, suspended)
    if row["day_limited"] is not None:
        yield _budget(f"{row['scope']}/day", state.day_count, row["day_limited"], state.day_ends, suspended)


def _budget(scope: str, used: int, limit: int, resets: float | None, suspended: bool) -> dict[str, Any]:
    vendor, _, rest = scope.partition("/")
    return {
        "vendor": vendor,
        "scope": rest,
        "used": used,
        "limit": limit,
        "resets_at": datetime.fromtimestamp(resets, UTC).isoformat() if resets is not None else None,
        "suspended": suspended,
    }


async def _tokens(pool: asyncpg.Pool) -> list[dict[str, Any]]:
    rows = await pool.fetch(CONNECTIONS)
    custodian = exact(pool).custodian if rows else None
    found = []
    for row in rows:
        assert custodian is not None
        async with pool.acquire() as connection:
            state = await custodian.state(connection, ConnectionRow(*list(row.values())[:6]))
        found.append(
            {
                "customer": row["customer"],
                "connection": row["name"],
                "state": state.value,
                "expires_at": row["expires_at"].isoformat() if row["expires_at"] else None,
            }
        )
    return found


def _budget_line(row: dict[str, Any]) -> str:
    until = f" until {row['resets_at'][:19]}" if row["resets_at"] else ""
    told = f"suspended{until}" if row["suspended"] else f"{row['used']} of {row['limit']}{until}"
    return f"budget {row['vendor']} {row['scope']}: {told}"


def _text(found: dict[str, Any]) -> str:
    lines = [
        f"{row['customer']:<12} {row['division']:<12} {row['stream']:<20} verified through "
        f"{(row['verified_through'] or 'nothing yet')[:19]:<20} next run {(row['next_run'] or '-')[:19]}"
        for row in found["streams"]
    ]
    lines += [line for row in found["tables"] for line in _table_lines(row)]
    lines += [_budget_line(row) for row in found["budgets"] if row["used"] or row["suspended"]]
    lines += [f"token {row['customer']}/{row['connection']}: {row['state']}" for row in found["tokens"]]
    lines += [
        f"waits for approval {row['id']}: {row['what']} {row['subject']}, {row['why']}" for row in found["approvals"]
    ]
    return "\n".join([*lines, f"open failures: {found['failures_open']}"])


async def _status() -> dict[str, Any]:
    async with database() as pool:
        return await collect(pool, load_customers(settings().customers), settings().scale)


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("status")
    def status() -> None:
        """Freshness by stream, delivery by table, budgets, tokens, open failures and approvals."""
        found = run(_status())
        emit(found, _text(found))
