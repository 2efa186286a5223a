"""`exactbi up`: run services in this process."""

from __future__ import annotations

from typing import Annotated

import typer

from exactbi.cli.frame import one_of, run
from exactbi.cli.migrate import bring_up_to_date


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("up")
    def up(
        services: Annotated[
            list[str] | None,
            typer.Argument(help="webhook-ingest, poller, transformer, pbi-pusher, replay.", show_default=False),
        ] = None,
        all_: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
        skip_migrate: Annotated[
            bool, typer.Option("--no-migrate", help="Leave database and configuration alone.")
        ] = False,
    ) -> None:
        """Run services in one process until SIGTERM; migrates first."""
        from exactbi.process.run import main, names  # FastStream is slow to import, and no other command needs it

        chosen = names() if all_ and not services else [one_of(name, names(), "service") for name in services or []]
        if not chosen or (all_ and services):
            raise typer.BadParameter(f"name services, or --all; there are {', '.join(names())}")
        if not skip_migrate:
            run(bring_up_to_date())
        main(chosen)
