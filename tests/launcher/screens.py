"""What a person sees of the demo: what starts, bars while it loads, the table of both sides, where to look further."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table as Screen

from launcher.records import parts
from launcher.stack import Stack
from oracle.tables import TABLES

out = Console()
err = Console(stderr=True)


def starting(what: str) -> None:
    """A line for each thing that starts."""
    err.print(f"  starting {what}")


class Bars:
    """A bar per stream: rows in Power BI of those that the stream should make."""

    def __init__(self, progress: Progress, wanted: dict[str, int]) -> None:
        self._progress = progress
        self._wanted = wanted
        self._tasks = {
            table.name: progress.add_task(f"{table.entity} → {table.name}", total=wanted[table.name])
            for table in TABLES
        }

    def look(self, rows: dict[str, int]) -> None:
        """Show how far it is."""
        for name, task in self._tasks.items():
            self._progress.update(task, completed=min(rows.get(name, 0), self._wanted[name]))


@contextmanager
def bars(wanted: dict[str, int]) -> Iterator[Bars]:
    """The bars, on stderr while they are needed."""
    columns = (TextColumn("  {task.description:<34}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err) as progress:
        yield Bars(progress, wanted)


def replaced(seconds: float) -> None:
    """Why a bar may stand still."""
    names = " and ".join(table.name for table in TABLES if table.mode == "replace")
    err.print(f"  {names} are replaced as a whole, at most every {seconds:.0f} s here: their bars may wait")


def both_sides(title: str, tables: list[dict[str, Any]]) -> None:
    """Rows and control totals, side by side."""
    screen = Screen(title=title, title_justify="left")
    screen.add_column("table")
    for heading in ("control", "Exact Online", "Power BI", "difference"):
        screen.add_column(heading, justify="right" if heading != "control" else "left")
    for table in tables:
        name = table["table"]
        for control in table["controls"]:
            colour = "green" if float(control["difference"]) == 0 else "bold red"
            screen.add_row(
                name, control["name"], control["source"], control["sink"], f"[{colour}]{control['difference']}[/]"
            )
            name = ""
        screen.add_section()
    out.print(screen)


def changed(n: int, arrived: int, seconds: dict[str, float | None]) -> None:
    """How long the changes took that can be followed by their key."""
    if seconds["p50"] is None:
        out.print(f"{n} changes in Exact; none of them changes a value that Power BI shows")
        return
    times = ", ".join(f"{name} {value:.1f} s" for name, value in seconds.items())
    out.print(f"{n} changes in Exact; {arrived} of them can be followed to a row in Power BI: after {times}")
    if arrived < n:
        out.print("(the others change no value there, or are of cost centres, whose rows go by code)")


def look_further(stack: Stack, row: object) -> None:
    """Commands and addresses."""
    out.print("\nLook further (these read .run/env):")
    for command in ("status", "verify", f'trace --table "GL Lines" --key {row}', "failures list", "--help"):
        out.print(f"  .venv/bin/exactbi {command}", highlight=False)
    out.print("Addresses (.run/demo.json):")
    for part in parts(stack):
        shown = [f"{what} {part[what]}" for what in ("data", "control", "health", "metrics") if part[what]]
        out.print(f"  {part['name']:<18} {'  '.join(shown)}", highlight=False, soft_wrap=True)
    out.print(f"Logs: {stack.logs}", highlight=False, soft_wrap=True)
