"""`make rehearsal`: PostgreSQL, a broker and both vendors: all that an installation needs but exactbi itself.

An operator then installs exactbi against them as if they were the real ones (docs/rehearsal.md).
Status: 0 ended by Ctrl-C, 3 the environment does not say enough, 4 a part failed or was late.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from urllib.parse import urlencode

from rich.console import Console

from launcher import records, vendors
from launcher.folders import CHECKOUT, fresh
from launcher.processes import PartError, PrerequisiteError, end_on_signals
from launcher.stack import Plan, Stack
from launcher.vendors import BOOKS, World

NAME = "rehearsal"
SECRETS = "secrets"
LOOK_S = 1.0
MISSING, UNREACHABLE = 3, 4
out, err = Console(), Console(stderr=True)


class Surroundings(Stack):
    """A stack without exactbi: its environment says where the parts are, and nothing of keys and customers."""

    def _configure(self) -> None:
        controls = {"EXACT_CONTROL": self.exact.control.base, "POWERBI_CONTROL": self.powerbi.control.base}
        self.environment = self.addresses() | controls
        self._ending.callback(records.withdraw, self)
        self._ending.callback(shutil.rmtree, self.folder / SECRETS, ignore_errors=True)
        records.write_environment(self)

    def _start_services(self) -> None:
        _write_secrets(self)
        records.write_parts(self)


def main(arguments: list[str] | None = None) -> int:
    """Start the surroundings, say where they are, stay until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="make rehearsal")
    vendors.add_options(parser)
    parser.add_argument("--books", choices=BOOKS, default=BOOKS[0], help="one company, or the group on its sites")
    chosen = parser.parse_args(arguments)
    end_on_signals()
    plan = Plan(NAME, World(chosen.size, chosen.seed, chosen.scale, books=chosen.books))
    try:
        with Surroundings(plan, lambda what: err.print(f"  starting {what}")) as stack:
            _tell(stack)
            while True:
                stack.tend()
                time.sleep(LOOK_S)
    except PartError as error:
        err.print(str(error), style="red", markup=False, highlight=False)
        return MISSING if isinstance(error, PrerequisiteError) else UNREACHABLE
    except KeyboardInterrupt:
        err.print("ended")
        return 0


def _write_secrets(stack: Stack) -> None:
    """What the vendors' portals show once, a file each; `nl_user` is the form of that site's consent page."""
    found = {"power_bi_client": stack.powerbi.ready["apps"][0]["client_secret"]}
    for app in stack.exact.ready["apps"]:
        found[f"{app['site']}_client"] = app["client_secret"]
        found[f"{app['site']}_webhook"] = app["webhook_secret"]
    for user in stack.exact.ready["users"]:
        found[f"{user['site']}_user"] = urlencode({"user": user["user"], "password": user["password"]})
    folder = fresh(stack.folder / SECRETS, None)
    for name, value in found.items():
        (folder / name).write_text(value)


def _tell(stack: Stack) -> None:
    """Where to go on from here."""
    folder = stack.folder.relative_to(CHECKOUT)
    for text in (
        f"Settings and control ports: {folder}/env   secrets: {folder}/secrets/",
        "The steps from here: docs/rehearsal.md. Ctrl-C ends all of it.",
    ):
        out.print(text, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
