"""One process: the services it runs, on one broker client and one HTTP server."""

from exactbi.process.run import main

__all__ = ["main"]
