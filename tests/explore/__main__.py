"""`python -m explore`: runs the explorers named by CORE (all without it) with EDITS and FAULTS; one JSON line each."""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path

from explore.engine import Bounds

CORES = ("delivery", "source", "custodian", "outbox", "budget", "work")


def main() -> int:
    """The exit status: 1 when a core has a finding or a mistake was not caught."""
    named = os.environ.get("CORE", "")
    cores = [core for core in CORES if (named == core if named else (Path(__file__).parent / f"{core}.py").exists())]
    if not cores:
        print(f"CORE must be one of {', '.join(CORES)}", file=sys.stderr)
        return 2
    bounds = Bounds(edits=int(os.environ.get("EDITS", "2")), faults=int(os.environ.get("FAULTS", "2")))
    clean = True
    for core in cores:
        result = importlib.import_module(f"explore.{core}").explore(bounds)
        clean &= result.ok
        for step, label in enumerate(result.trace, 1):
            print(f"{core} {step:3}. {label}", file=sys.stderr)
        print(json.dumps(result.line()), flush=True)
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())
