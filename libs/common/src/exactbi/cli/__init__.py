"""The `exactbi` command: one module a command, each with `register(app)`."""

from exactbi.cli.frame import main

__all__ = ["main"]
