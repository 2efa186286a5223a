"""`exactbi migrate`: the database's schema, then the customers' configuration."""

from __future__ import annotations

import typer

from exactbi.cli.frame import actor, database, emit, run, settings
from exactbi.config.activate import activate
from exactbi.config.customer import load_customers
from exactbi.postgres.migrate import migrate


async def bring_up_to_date() -> tuple[list[str], list[str]]:
    """Migrate and activate; the files that were applied, and the customers."""
    applied = await migrate(settings().dsn)
    customers = load_customers(settings().customers)
    async with database() as pool:
        for customer in customers.values():
            async with pool.acquire() as connection, connection.transaction():
                await activate(connection, customer, actor())
    return applied, list(customers)


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("migrate")
    def migrate_command() -> None:
        """Bring the database to this version and activate the customers' configuration."""
        applied, customers = run(bring_up_to_date())
        text = f"{len(applied)} migrations applied; active: {', '.join(customers) or 'no customer'}"
        emit({"ok": True, "applied": applied, "customers": customers}, text)
