"""`python -m oracle READY [--answers]`: what the Exact emulator's records come to, and what does not hold in them.

READY is the emulator's ready file. Prints each table's rows and each finding, then one line of JSON; status 1 where
something does not hold.
"""

from __future__ import annotations

import argparse
import json
import sys
from itertools import islice
from pathlib import Path

from oracle import findings, group_invariants, ledger_invariants, trade_invariants
from oracle.answers import answers
from oracle.books import Books
from oracle.model import Model
from oracle.packs import ALL
from oracle.transaction_types import unknown

MOST_SHOWN = 10
CHECKS = (*ledger_invariants.CHECKS, *group_invariants.CHECKS, *trade_invariants.CHECKS)


def main() -> int:
    """Look through all tables and checks once."""
    parser = argparse.ArgumentParser(prog="oracle", description=__doc__)
    parser.add_argument("ready", type=Path)
    parser.add_argument("--answers", action="store_true", help="with the answers of day one")
    chosen = parser.parse_args()
    ready = json.loads(chosen.ready.read_text())
    model = Model(Books.at_port(ready["control"], ready["divisions"]))
    rows = {name: len(model.table(name)) for name in ALL}
    for name, count in rows.items():
        print(f"{count:>9,} {name}", file=sys.stderr)
    found = {check.__name__: list(check(model)) for check in CHECKS}
    for name, texts in found.items():
        print(f"{len(texts):>9,} findings: {name}", file=sys.stderr)
        for text in islice(texts, MOST_SHOWN):
            print(f"          {text}", file=sys.stderr)
    document = {
        "schema": "exactbi.oracle/1",
        "ok": not any(found.values()),
        "rows": rows,
        "findings": {name: len(texts) for name, texts in found.items()},
        "unmatched": {
            company: {column: len(keys) for column, keys in columns.items()}
            for company, columns in findings.unmatched(model.books).items()
        },
        "rounded": findings.rounded_values(model.books),
        "unknown_types": sorted(unknown(model.books)),
        "answers": answers(model) if chosen.answers else None,
    }
    print(json.dumps(document))
    return 0 if document["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
