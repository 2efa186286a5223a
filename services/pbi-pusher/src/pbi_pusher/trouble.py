"""Keeps what a delivery was last held up by, so that a person and an alert can see it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

import asyncpg

from exactbi.postgres.pool import OUTAGES

if TYPE_CHECKING:
    from exactbi.errors import ExactbiError
    from pbi_pusher.books import Sink

_NOTE: Final = """
update sink set trouble = $2, trouble_message = $3,
  trouble_at = case when $2::text is null then null when trouble = $2 then trouble_at else now() end
where id = $1 and (trouble is distinct from $2 or trouble_message is distinct from $3)"""
MESSAGE_LENGTH: Final = 500
"""Characters of an error that are kept."""


class Trouble:
    """Of one sink. Only shown, never decided by: it needs no lease, and a database that is away is no further error."""

    def __init__(self, pool: asyncpg.Pool, sink: Sink) -> None:
        self._pool = pool
        self._sink = sink
        self._noted: str | None = ""

    async def note(self, error: ExactbiError | None) -> None:
        """The error that holds delivery up, or that none does; the same code twice is written once."""
        code = None if error is None else error.code.name
        if code == self._noted:
            return
        message = None if error is None else str(error)[:MESSAGE_LENGTH]
        with contextlib.suppress(*OUTAGES, asyncpg.PostgresError):
            await self._pool.execute(_NOTE, self._sink.id, code, message)
            self._noted = code
