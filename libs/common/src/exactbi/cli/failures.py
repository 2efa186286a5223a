"""`exactbi failures`: what went wrong for good, and what to do."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from exactbi.cli.frame import MOST, database, emit, one_of, run, settings
from exactbi.config.customer import load_customers
from exactbi.config.streams import STATIC
from exactbi.errors import CODES, EXIT_FINDING
from exactbi.exact_online.streams import STREAMS
from exactbi.failures import query
from exactbi.failures.query import Filter


def _known_code(text: str | None) -> str | None:
    if text is not None and text not in CODES:
        raise typer.BadParameter(f"no error is called {text!r}; `exactbi failures stats` counts those that there are")
    return text


def _known_stage(text: str | None) -> str | None:
    return text if text is None else one_of(text, STAGES, "stage")


def _known_stream(text: str | None) -> str | None:
    return text if text is None else one_of(text, {*STREAMS, STATIC}, "stream")


CustomerOption = Annotated[str | None, typer.Option("--customer", help="Where there are several.")]
StreamOption = Annotated[
    str | None,
    typer.Option("--stream", "--entity", help="Exact's entity, as `status` names it.", callback=_known_stream),
]
CodeOption = Annotated[
    str | None,
    typer.Option("--code", help="The error's code, as `failures stats` counts it.", callback=_known_code),
]
StageOption = Annotated[
    str | None, typer.Option("--stage", help="ingest, poller, transformer, apply or deliver.", callback=_known_stage)
]
KeyOption = Annotated[str | None, typer.Option("--key", help="Exact's id of the record.")]
SinceOption = Annotated[str | None, typer.Option("--since", help="A time (ISO 8601), or 90m, 12h, 7d.")]
IdOption = Annotated[str | None, typer.Option("--id", help="One failure.")]
STAGES = ("ingest", "poller", "transformer", "apply", "deliver", "replay", "unknown")
UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def moment(text: str | None) -> datetime | None:
    """A time, or one that lies so long ago; made absolute now."""
    if text is None:
        return None
    try:
        if text[-1:] in UNITS and text[:-1].isdigit():
            return datetime.now(UTC) - timedelta(**{UNITS[text[-1]]: int(text[:-1])})
        at = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(f"{text!r} is no time") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def identity(text: str) -> uuid.UUID:
    """The id of a failure."""
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no id of a failure") from error


async def _list(wanted: Filter, state: str | None, limit: int) -> list[dict[str, Any]]:
    async with database() as pool:
        return await query.list_failures(pool, wanted, state, limit)


async def _stats(wanted: Filter, state: str | None) -> list[dict[str, Any]]:
    async with database() as pool:
        return await query.failure_stats(pool, wanted, state)


async def _show(failure: uuid.UUID) -> dict[str, Any] | None:
    async with database() as pool:
        return await query.show_failure(pool, failure)


def _must_be_known(customer: str | None, found: list[dict[str, Any]]) -> None:
    """Wrong usage where nothing was found of a customer who is not there; failures outlive a customer's file."""
    if customer is not None and not found:
        one_of(customer, load_customers(settings().customers), "customer")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Failures: what a person has to mend.", no_args_is_help=True)
    app.add_typer(group, name="failures")

    @group.command("list")
    def list_failures(
        customer: CustomerOption = None,
        stream: StreamOption = None,
        code: CodeOption = None,
        stage: StageOption = None,
        key: KeyOption = None,
        since: SinceOption = None,
        all_: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
        limit: Annotated[int, typer.Option("--limit", help="At most so many.", min=1, max=MOST)] = 100,
    ) -> None:
        """Open failures, newest first."""
        wanted = Filter(customer, stream, code, stage, key, moment(since))
        found = run(_list(wanted, None if all_ else "open", limit))
        _must_be_known(customer, found)
        emit({"failures": found}, query.lines(found) or "no open failures")

    @group.command("stats")
    def stats(customer: CustomerOption = None, since: SinceOption = None) -> None:
        """How many, by code, stage and stream."""
        found = run(_stats(Filter(customer=customer, since=moment(since)), None))
        _must_be_known(customer, found)
        lines = [
            f"{row['n']:>7}  {row['state']:<8} {row['code']:<16} {row['stage']:<12} {row['stream']}" for row in found
        ]
        emit({"failures": found}, "\n".join(lines) or "no failures")

    @group.command("show")
    def show(failure: Annotated[str, typer.Argument(help="Its id.")]) -> None:
        """One failure, with the bytes that failed."""
        found = run(_show(identity(failure)))
        emit(
            {"failures": [] if found is None else [found]}, json.dumps(found, indent=2) if found else "no such failure"
        )
        if found is None:
            raise typer.Exit(EXIT_FINDING)
