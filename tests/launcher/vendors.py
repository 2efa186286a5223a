"""The two emulators as child processes, and what their ready files say."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from launcher.control import Control
from launcher.processes import Child, Command, Deadline


@dataclass(frozen=True)
class World:
    """What the emulators are made from. `size` is small, medium, large or a number of records.

    `books`: single (one company) or group.
    """

    size: str = "small"
    seed: int = 1
    scale: float = 60.0
    limits: str = "on"
    books: str = "single"


class Emulator:
    """A running emulator: `ready` is its ready file, `control` its control port."""

    def __init__(self, child: Child, ready: dict[str, Any]) -> None:
        self.child = child
        self.ready = ready
        self.control = Control(ready["control"])

    def close(self) -> None:
        self.control.close()
        self.child.stop(within_s=5)


def start(vendor: str, world: World, folder: Path, log: Path) -> Emulator:
    """Start `exact` or `powerbi`; its state is in `folder`. PartError where it fails or is late."""
    ready = folder / f"{vendor}.json"
    words = ["--port", "0", "--control-port", "0", "--ready", str(ready), "--size", world.size]
    words += [
        "--seed",
        str(world.seed),
        "--scale",
        f"{world.scale:g}",
        "--limits",
        world.limits,
        "--books",
        world.books,
    ]
    child = Child(Command(f"{vendor}-emulator", [sys.executable, "-m", f"emulators.{vendor}", *words], log))
    deadline = Deadline(child)
    while not ready.exists():
        deadline.step()
    return Emulator(child, json.loads(ready.read_text()))
