"""`make emulator-rules`: every rule of both vendors, its source and its test, which fails once the rule is off.

Last a line of `exactbi.rules/1`. Status 0 where all are proved, 1 where a rule has no test, or one that proves nothing.
"""

from __future__ import annotations

import argparse
import json
import sys

from emulators.proof import proofs
from emulators.proving import Verdict, all_rules, verdicts

FINDING = 1


def main() -> int:
    """Prove all rules, or those whose id begins as it is said."""
    parser = argparse.ArgumentParser(prog="make emulator-rules")
    parser.add_argument("--only", default="", help="the beginning of ids: exact.oauth, rows")
    only = parser.parse_args().only
    rules = [rule for rule in all_rules() if rule.id.startswith(only)]
    found = []
    for verdict in verdicts(rules, proofs()):
        found.append(verdict)
        tell(verdict)
    wrong = sum(not verdict.proved for verdict in found)
    print(f"{len(found)} rules, {len(found) - wrong} proved, {wrong} not")
    ok = bool(found) and not wrong
    print(json.dumps({"schema": "exactbi.rules/1", "ok": ok, "rules": [verdict.shown() for verdict in found]}))
    return 0 if ok else FINDING


def tell(verdict: Verdict) -> None:
    """A rule in four lines."""
    rule = verdict.rule
    print(f"{rule.vendor:8} {rule.id:24} {rule.what}\n{'':10}source: {rule.source}")
    for test in verdict.tests:
        print(f"{'':10}test:   {test}")
    print(f"{'':10}{'fails when off' if verdict.proved else 'NOT PROVED: ' + verdict.why}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
