"""`make test-clients [ONLY=name]`: published clients against the emulators; last a line of `exactbi.clients/1`.

Status 0 where each got what the vendor holds, 1 where one did not, 3 where an environment could not be made.
"""

from __future__ import annotations

import argparse
import json
import sys
import time

from clients import exact, power_bi
from clients.environments import NotInstallableError
from clients.runs import Client, ClientError, play
from launcher.folders import alone
from launcher.processes import PartError

CLIENTS = {**exact.CLIENTS, **power_bi.CLIENTS}
FINDING, MISSING = 1, 3


def main() -> int:
    """Run all clients, or the one that is named, one after another."""
    parser = argparse.ArgumentParser(prog="make test-clients")
    parser.add_argument("--only", choices=sorted(CLIENTS))
    only = parser.parse_args().only
    chosen = [CLIENTS[only]] if only else list(CLIENTS.values())
    with alone("clients"):
        try:
            runs = [told(client) for client in chosen]
        except NotInstallableError as error:
            print(error, file=sys.stderr)
            return MISSING
    ok = all(run["ok"] for run in runs)
    print(json.dumps({"schema": "exactbi.clients/1", "ok": ok, "clients": runs}))
    return 0 if ok else FINDING


def told(client: Client) -> dict[str, object]:
    """Run one, and say what came of it."""
    began = time.monotonic()
    try:
        found = play(client)
    except (ClientError, PartError) as error:
        print(f"{client.name}: FAILED\n{error}", flush=True)
        return {"client": client.name, "ok": False, "error": str(error)}
    print(f"{client.name} {found['version']}: ok ({time.monotonic() - began:.1f} s), {len(found['calls'])} calls")
    for call in found["calls"]:
        print(f"    {call}")
    sys.stdout.flush()
    return {**found, "ok": True}


if __name__ == "__main__":
    sys.exit(main())
