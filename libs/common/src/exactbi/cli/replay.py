"""`exactbi replay`: run failed messages again, once their cause is mended."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from exactbi.cli.failures import (
    CodeOption,
    CustomerOption,
    IdOption,
    KeyOption,
    SinceOption,
    StageOption,
    StreamOption,
    identity,
    moment,
)
from exactbi.cli.frame import MOST, actor, customer_of, database, emit, one_of, run
from exactbi.failures import replays
from exactbi.failures.query import Filter

ReplayArgument = Annotated[int, typer.Argument(help="Its id.", min=1, max=MOST)]
MOST_RATE: Final = 10_000.0


def _known_mode(text: str) -> str:
    return one_of(text, replays.MODES, "mode")


async def _plan(wanted: Filter, mode: str, reason: str) -> list[dict[str, Any]]:
    async with database() as pool, pool.acquire() as connection:
        return await replays.show(connection, await replays.plan(connection, wanted, mode, reason, actor()))


async def _move(replay: int, verb: str, canary: int | None = None, rate: float | None = None) -> list[dict[str, Any]]:
    async with database() as pool, pool.acquire() as connection:
        await replays.move(connection, replay, verb, actor(), canary, rate)
        return await replays.show(connection, replay)


async def _status(replay: int | None) -> list[dict[str, Any]]:
    async with database() as pool:
        return await replays.show(pool, replay)


def _answer(found: list[dict[str, Any]], one: bool = True) -> None:
    lines = [
        f"replay {row['id']} of {row['customer']}: {row['state']}, {row['mode']}, {row['total']} failures, "
        f"{row['done']} mended, {row['failed']} failed again  {row['filter']}"
        for row in found
    ]
    newest: dict[str, object] = {"replay": found[0] if found else None}
    emit(newest if one else newest | {"replays": found}, "\n".join(lines) or "no replays")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Replays of failures.", no_args_is_help=True)
    app.add_typer(group, name="replay")

    @group.command("plan")
    def plan(
        customer: CustomerOption = None,
        stream: StreamOption = None,
        code: CodeOption = None,
        stage: StageOption = None,
        key: KeyOption = None,
        since: SinceOption = None,
        failure: IdOption = None,
        mode: Annotated[
            str, typer.Option("--mode", help="as-is, or refetch from Exact.", callback=_known_mode)
        ] = "as-is",
        reason: Annotated[str, typer.Option("--reason", help="For the audit trail.")] = "",
    ) -> None:
        """Freeze a set of open failures; at least one filter. Nothing is sent yet."""
        one = identity(failure) if failure else None
        wanted = Filter(customer_of(customer).id, stream, code, stage, key, moment(since), one)
        if wanted.is_empty:
            raise typer.BadParameter("name at least one filter: which failures shall run again?")
        _answer(run(_plan(wanted, mode, reason)))

    @group.command("run")
    def run_replay(
        replay: ReplayArgument,
        canary: Annotated[
            int | None,
            typer.Option("--canary", help="So many first; the rest if they are mended.", min=1, max=MOST),
        ] = None,
        rate: Annotated[float | None, typer.Option("--rate", help="Messages a second.", min=0.1, max=MOST_RATE)] = None,
    ) -> None:
        """Let the replay service begin, or go on."""
        _answer(run(_move(replay, "run", canary, rate)))

    @group.command("pause")
    def pause(replay: ReplayArgument) -> None:
        """Send no more for now."""
        _answer(run(_move(replay, "pause")))

    @group.command("cancel")
    def cancel(replay: ReplayArgument) -> None:
        """Send no more for good; what was sent goes on."""
        _answer(run(_move(replay, "cancel")))

    @group.command("status")
    def status(
        replay: Annotated[int | None, typer.Argument(help="One, or the latest.", min=1, max=MOST)] = None,
    ) -> None:
        """How far replays are."""
        found = run(_status(replay))
        if replay is not None and not found:
            raise typer.BadParameter(f"there is no replay {replay}")
        _answer(found, one=replay is not None)
