"""`exactbi customer`: the customers' files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from exactbi.cli.frame import emit, settings
from exactbi.config.customer import load_customers


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="The customers' configuration files.", no_args_is_help=True)
    app.add_typer(group, name="customer")

    @group.command("list")
    def list_customers() -> None:
        """The customers that are configured."""
        customers = load_customers(settings().customers)
        rows = [
            {
                "id": customer.id,
                "connections": [connection.name for connection in customer.connections],
                "datasets": [dataset.name for dataset in customer.datasets],
            }
            for customer in customers.values()
        ]
        emit({"customers": rows}, "\n".join(f"{row['id']}" for row in rows))

    @group.command("check")
    def check(directory: Annotated[Path | None, typer.Argument(help="Instead of EXACTBI_CUSTOMERS.")] = None) -> None:
        """Read all files; the first mistake is named by file, line and column."""
        customers = load_customers(directory or settings().customers)
        emit({"ok": True, "customers": list(customers)}, f"sound: {', '.join(customers)}")
