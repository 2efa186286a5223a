"""One client's run: a fresh emulator of its vendor with HTTPS, its program, the judgement, the calls that were seen."""

from __future__ import annotations

import json
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clients.environments import HERE, environment
from launcher.control import Control
from launcher.folders import fresh, run_folder
from launcher.processes import Child, Command, Deadline, child_environment

PROGRAM_S = 60
SHOWN = 2_000
SIZE = "5000"


class ClientError(Exception):
    """A client did not come to its end, or got something else than the vendor holds."""


@dataclass(frozen=True)
class Run:
    """An emulator that serves one client: its ready file, its control port, a folder for the client's files."""

    ready: dict[str, Any]
    control: Control
    folder: Path


@dataclass(frozen=True)
class Client:
    """A published client.

    `task` makes what its program is told, `check` raises AssertionError, `calls` names what the vendor saw.
    `built`: packages of its lock that are published as source only.
    """

    name: str
    vendor: str
    task: Callable[[Run], dict[str, Any]]
    check: Callable[[dict[str, Any], Run], None]
    calls: Callable[[Run], list[str]]
    built: tuple[str, ...] = ()


def play(client: Client) -> dict[str, Any]:
    """Run it: `{"client","version","calls"}`; ClientError where something is not as it should be."""
    python = environment(client.name, client.built)
    with emulator(client.vendor, fresh(run_folder() / "clients" / client.name / "run", None)) as run:
        found = _program(client, python, run)
        try:
            client.check(found["results"], run)
        except AssertionError as error:
            where = "".join(traceback.format_exception(error)[-2:])
            raise ClientError(f"{where}results: {json.dumps(found['results'])[:SHOWN]}") from error
        return {"client": client.name, "version": found["version"], "calls": client.calls(run)}


@contextmanager
def emulator(vendor: str, folder: Path) -> Iterator[Run]:
    """The vendor's emulator with HTTPS by a throwaway authority, in real time, with all its limits."""
    ready = folder / f"{vendor}.json"
    # One company's books: every list that a client pages through is longer than a page there.
    words = ["--ready", str(ready), "--size", SIZE, "--books", "single", "--tls", str(folder / "authority")]
    child = Child(Command(f"{vendor}-emulator", [sys.executable, "-m", f"emulators.{vendor}", *words], folder / "log"))
    try:
        deadline = Deadline(child)
        while not ready.exists():
            deadline.step()
        found = json.loads(ready.read_text())
        with closing(Control(found["control"])) as control:
            yield Run(found, control, folder)
    finally:
        child.stop(within_s=5)


def _program(client: Client, python: Path, run: Run) -> dict[str, Any]:
    """What the client's program printed, having been told the task in a file."""
    task = run.folder / "task.json"
    task.touch(mode=0o600)
    task.write_text(json.dumps(client.task(run)))
    authority = {"SSL_CERT_FILE": run.ready["ca"], "REQUESTS_CA_BUNDLE": run.ready["ca"]}
    done = subprocess.run(
        [str(python), str(HERE / f"{client.name}_run.py"), str(task)],
        capture_output=True, text=True, check=False, timeout=PROGRAM_S, cwd=run.folder,
        env=child_environment({**authority, "PYTHONDONTWRITEBYTECODE": "1"}),
    )  # fmt: skip
    if done.returncode:
        raise ClientError(f"{client.name} ended with status {done.returncode}:\n{done.stdout}{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
