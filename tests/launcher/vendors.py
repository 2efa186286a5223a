"""The two emulators as child processes, and what their ready files say."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from emulators.serve import SIZES
from launcher.control import Control
from launcher.processes import READY_S, Child, Command, Deadline, PrerequisiteError

BOOKS: Final = ("single", "group", "group-with-british")
"""Whose books the Exact emulator keeps."""


@dataclass(frozen=True)
class World:
    """What the emulators are made from. `size` is small, medium, large or a number of records.

    `books`: one of BOOKS.
    """

    size: str = "small"
    seed: int = 1
    scale: float = 60.0
    limits: str = "on"
    books: str = "single"

    @property
    def ready_s(self) -> float:
        """How long an emulator may take until it serves: what any part may, and the time that its records need."""
        return READY_S + (SIZES.get(self.size) or int(self.size)) / SLOWEST_SEEDING


def add_options(parser: argparse.ArgumentParser) -> None:
    """How large a world, which one, and how fast its windows pass."""
    parser.add_argument("--size", type=size, default="small", help="small, medium, large or a number of records")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scale", type=scale, default=MOST_SCALE, help="how many times faster vendor windows pass")


def size(text: str) -> str:
    """What may be asked for as a size; argparse.ArgumentTypeError else."""
    if text not in SIZES and not (text.isascii() and text.isdigit() and int(text) >= LEAST):
        raise argparse.ArgumentTypeError(f"{text} is none of {', '.join(SIZES)}, nor a number of records from {LEAST}")
    return text


def scale(text: str) -> float:
    """How many times shorter a vendor window may be; argparse.ArgumentTypeError else."""
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 1 <= found <= MOST_SCALE:
        raise argparse.ArgumentTypeError(f"{text} is not between 1 and {MOST_SCALE:g}")
    return found


LEAST: Final = 2
MOST_SCALE: Final = 60.0
SLOWEST_SEEDING = 2_500.0
"""Records a second: an eighth of what a free core makes."""

OUTSIDE: Mapping[str, tuple[str, str]] = {
    "exact": ("EXACTBI_EXACT_URL", "EXACTBI_EXACT_READY"),
    "powerbi": ("EXACTBI_POWERBI_URL", "EXACTBI_POWERBI_READY"),
}
"""The variables that name an emulator that somebody else runs: its address, and the ready file that it wrote."""


class Emulator:
    """A running emulator: `ready` is its ready file, `control` its control port; without `child` it is not ours."""

    def __init__(self, child: Child | None, ready: dict[str, Any]) -> None:
        self.child = child
        self.ready = ready
        self.control = Control(ready["control"])

    def close(self) -> None:
        self.control.close()
        if self.child is not None:
            self.child.stop(within_s=5)


def start(vendor: str, world: World, folder: Path, log: Path) -> Emulator:
    """Start `exact` or `powerbi`, or take the one that the environment names; its state is in `folder`.

    PartError where it fails or is late, PrerequisiteError where the environment does not say enough.
    """
    outside = _outside(vendor)
    if outside is not None:
        return Emulator(None, outside)
    ready = folder / f"{vendor}.json"
    words = ["--port", "0", "--control-port", "0", "--ready", str(ready), "--size", world.size]
    words += ["--seed", str(world.seed), "--scale", f"{world.scale:g}", "--limits", world.limits]
    words += ["--books", world.books]
    child = Child(Command(f"{vendor}-emulator", [sys.executable, "-m", f"emulators.{vendor}", *words], log))
    deadline = Deadline(child, world.ready_s)
    while not ready.exists():
        deadline.step()
    return Emulator(child, json.loads(ready.read_text()))


def exact_url(sites: Mapping[str, str]) -> str:
    """What EXACTBI_EXACT_URL says of the sites' addresses."""
    return sites["nl"] if len(sites) == 1 else ",".join(f"{site}={address}" for site, address in sites.items())


def _outside(vendor: str) -> dict[str, Any] | None:
    """The ready file of an emulator that is running already, its address replaced by the one that the caller gives."""
    address, file = (os.environ.get(name) for name in OUTSIDE[vendor])
    if not address:
        return None
    if not file or not Path(file).is_file():
        url, ready = OUTSIDE[vendor]
        why = "secrets and the control port stand there" if not file else "there is no such file"
        raise PrerequisiteError(
            f"{url} is set: set {ready} to the file that this emulator wrote ({why}), or unset {url}"
        )
    found: dict[str, Any] = json.loads(Path(file).read_text())
    if vendor == "exact":
        named = dict(pair.split("=", 1) for pair in address.split(",") if "=" in pair)
        return found | {"sites": {site: named.get(site, address).replace("{site}", site) for site in found["sites"]}}
    return found | {"api": address, "login": os.environ.get("EXACTBI_LOGIN_URL") or found["login"]}
