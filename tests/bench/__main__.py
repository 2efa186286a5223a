"""`python -m bench`: figures, one `exactbi.bench/1` a line; asserts nothing."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.emulators import emulators
from bench.freshness import freshness
from bench.ingest import ingest
from bench.measure import Figure, printed
from bench.memory import memory
from bench.pipeline import pipeline
from launcher.processes import PartError

BENCHES: dict[str, Callable[[int, int], Iterator[Figure]]] = {
    "pipeline": pipeline,
    "freshness": freshness,
    "ingest": ingest,
    "memory": memory,
    "emulators": emulators,
}
UNREACHABLE = 4


def main() -> int:
    """Run what is asked for, or everything."""
    chosen = _options()
    try:
        for name in [chosen.only] if chosen.only else BENCHES:
            for figure in BENCHES[name](chosen.rows, chosen.runs):
                line = printed(figure)
                sys.stdout.write(line + "\n")
                sys.stdout.flush()
                if chosen.out:
                    with chosen.out.open("a") as out:
                        out.write(line + "\n")
    except PartError as error:
        sys.stderr.write(f"{error}\n")
        return UNREACHABLE
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", choices=list(BENCHES))
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--out", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
