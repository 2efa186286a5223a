"""`make demo`: the main job on embedded parts, both sides compared to the cent, then changes.

Status: 0 all equal, 1 a difference, 3 the environment does not say enough, 4 a part failed or was late.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass, field
from typing import Any, NoReturn

from launcher import both_sides, figures, screens, vendors
from launcher.arrivals import arrivals, quantiles
from launcher.both_sides import DATASET, StalledError
from launcher.onboarding import notice_address
from launcher.processes import PartError, PrerequisiteError, end_on_signals
from launcher.stack import Plan, Stack
from launcher.vendors import World
from oracle.compare import Net, Verdict
from oracle.control_ports import sink_journal, sink_rows
from oracle.tables import TABLES

CHANGES = 50
TEND_S = 1.0
FINDING, MISSING, UNREACHABLE = 1, 3, 4


@dataclass
class Outcome:
    """What the demo found, step by step."""

    wall_s: dict[str, float] = field(default_factory=dict)
    tables: list[dict[str, Any]] = field(default_factory=list)
    changes: dict[str, Any] = field(default_factory=lambda: {"n": 0, "arrival_s": quantiles([])})
    is_equal: bool = True

    def note(self, step: str, seconds: float) -> None:
        """How long a step took."""
        self.wall_s[step] = round(seconds, 1)

    def judge(self, found: list[Verdict]) -> None:
        """The newest comparison; one that was unequal stays a finding."""
        self.tables = both_sides.tables(found)
        self.is_equal = self.is_equal and all(verdict.equal for verdict in found)


def main(arguments: list[str] | None = None) -> int:
    """Run the demo; it stays up until Ctrl-C unless `--once` is given."""
    chosen = _options(arguments)
    end_on_signals()
    world = World(chosen.size, chosen.seed, chosen.scale)
    screens.err.print(f"exactbi demo: {chosen.size} books, seed {chosen.seed}, time {chosen.scale:g} times faster")
    try:
        return _run(Plan("demo", world), chosen.once)
    except PartError as error:
        screens.err.print(str(error), style="red", markup=False, highlight=False)
        return MISSING if isinstance(error, PrerequisiteError) else UNREACHABLE
    except KeyboardInterrupt:
        screens.err.print("ended")
        return 0


def _run(plan: Plan, once: bool) -> int:
    outcome, began = Outcome(), time.monotonic()
    with Stack(plan, screens.starting) as stack:
        outcome.note("setup", time.monotonic() - began)
        both_sides.must_know_all(stack)
        load(stack, outcome)
        if outcome.is_equal:
            change(stack, outcome)
        if once:
            sys.stdout.write(json.dumps(document(stack, outcome)) + "\n")
            sys.stdout.flush()
        else:
            _stay(stack)
    return 0 if outcome.is_equal else FINDING


def load(stack: Stack, outcome: Outcome) -> None:
    """Wait until everything that Exact holds is in Power BI, and show both sides."""
    wanted, began = both_sides.source(stack), time.monotonic()
    outcome.judge(_settle(stack, wanted))
    outcome.note("load", time.monotonic() - began)
    screens.both_sides("Loaded", outcome.tables)


def change(stack: Stack, outcome: Outcome) -> None:
    """Let people work in Exact, which sends its notices; wait until Power BI has it all, and show how long it took."""
    began = time.monotonic()
    made = stack.exact.control.post("/control/change", {"entity": None, "n": CHANGES})["changed"]
    stack.exact.control.post("/control/notify", {"n": CHANGES, "callback": notice_address(stack)})
    screens.replaced(both_sides.replaced_every(stack))
    outcome.judge(_settle(stack, both_sides.source(stack)))
    outcome.note("changes", time.monotonic() - began)
    control = stack.powerbi.control.base
    journal = [entry for table in TABLES for entry in sink_journal(control, DATASET, table.name)]
    seconds = arrivals(made, journal)
    outcome.changes = {"n": len(made), "arrival_s": quantiles(seconds)}
    screens.both_sides("After the changes", outcome.tables)
    screens.changed(len(made), len(seconds), quantiles(seconds))


def document(stack: Stack, outcome: Outcome) -> dict[str, Any]:
    """`exactbi.demo/1`."""
    world = stack.plan.world
    vendor = {"exact": stack.exact, "powerbi": stack.powerbi}
    return {
        "schema": "exactbi.demo/1",
        "ok": outcome.is_equal,
        "seed": world.seed,
        "size": world.size,
        "scale": world.scale,
        "wall_s": {"setup": None, "load": None, "changes": None, **outcome.wall_s},
        "tables": outcome.tables,
        "changes": outcome.changes,
        "vendor": {name: figures.vendor(one.control.get("/control/stats")) for name, one in vendor.items()},
        "rss_mb": figures.memory(stack),
        "answers": dict.fromkeys(("billable_hours_by_client", "project_profitability", "monthly_gl_by_cost_centre")),
    }


def _settle(stack: Stack, wanted: dict[str, Net]) -> list[Verdict]:
    counts = {name: net.rows for name, net in wanted.items()}
    with screens.bars(counts) as bars:
        try:
            return both_sides.wait_until_equal(stack, wanted, bars.look)
        except StalledError as error:
            screens.err.print(str(error), style="red")
            return both_sides.verdicts(stack, wanted)


def _stay(stack: Stack) -> NoReturn:
    row = next((row["_row"] for row in sink_rows(stack.powerbi.control.base, DATASET, "GL Lines")), "N")
    screens.look_further(stack, row)
    screens.out.print("\nIt goes on working. Ctrl-C ends all it started.")
    while True:
        time.sleep(TEND_S)
        for name in stack.tend():
            screens.err.print(f"{name} had ended and was started again")


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end by itself, with a JSON line")
    vendors.add_options(parser)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
