"""`python -m chaos`: a line a kill, then `exactbi.chaos/1`; status 1 where anything was lost, doubled or off."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from chaos.campaign import campaign
from launcher.processes import PartError
from launcher.stack import Plan, Stack
from launcher.vendors import World

SIZE = "3000"
SCALE = 60.0
FINDING, UNREACHABLE = 1, 4


def main() -> int:
    """Run the campaign; with an OUT that holds kills already, only those that are missing."""
    chosen = _options()
    done = _done(chosen.out)
    left = max(chosen.kills - done, 1)

    def emit(line: dict[str, Any]) -> None:
        text = json.dumps(line)
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
        if chosen.out:
            with chosen.out.open("a") as out:
                out.write(text + "\n")

    try:
        with Stack(Plan("chaos", World(SIZE, chosen.seed, SCALE), kafka=chosen.kafka), _say) as stack:
            summary = campaign(stack, left, chosen.seed, done + 1, emit)
    except PartError as error:
        _say(str(error))
        return UNREACHABLE
    emit(summary.line())
    return 0 if summary.ok else FINDING


def _done(out: Path | None) -> int:
    if out is None or not out.exists():
        return 0
    lines = [json.loads(line) for line in out.read_text().splitlines() if line]
    return sum(1 for line in lines if line.get("recovered_s") is not None and "n" in line)


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--kafka", choices=["embedded", "apache"], default="embedded")
    parser.add_argument("--out", type=Path, help="append here; a campaign with an OUT goes on where it ended")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
