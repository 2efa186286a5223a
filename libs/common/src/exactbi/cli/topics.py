"""`exactbi topics`: the topics on the broker."""

from __future__ import annotations

import typer

from exactbi.cli.frame import emit, run, settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    topics = typer.Typer(help="The topics on the broker.", no_args_is_help=True)
    app.add_typer(topics, name="topics")

    @topics.callback()
    def topics_callback() -> None:
        """A group, also with one command."""

    @topics.command("apply")
    def apply() -> None:
        """Make the topics that are missing."""
        from exactbi.kafka import administer  # slow to import, and few commands need it

        created = run(administer.apply(settings().kafka, settings().topic_prefix))
        emit({"ok": True, "created": created}, f"created: {', '.join(created) or 'nothing, all are there'}")
