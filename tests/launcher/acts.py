"""What people and Exact do to a running stack, and waiting for what comes of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from launcher import both_sides
from launcher.onboarding import notice_address
from launcher.stack import Plan, Stack
from oracle.compare import Verdict

LOOK_S = 0.3


@contextmanager
def loaded(plan: Plan) -> Iterator[Stack]:
    """A stack of which both sides are equal."""
    with Stack(plan) as stack:
        settled(stack)
        yield stack


def change(stack: Stack, n: int) -> None:
    """Edits, deletes, new entries, late postings and re-stamps of the ledger, told by a signed notice."""
    stack.exact.control.post("/control/change", {"entity": "TransactionLines", "n": n, "kinds": None})
    stack.exact.control.post("/control/notify", {"n": 1, "callback": notice_address(stack)})


def settled(stack: Stack) -> list[Verdict]:
    """Wait until both sides are equal; StalledError where nothing moves any more."""
    return both_sides.wait_until_equal(stack, both_sides.source(stack), lambda _: None)


def until(holds: Callable[[], bool], within_s: float = 60.0) -> None:
    """Look until it holds; TimeoutError after `within_s`."""
    deadline = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"it did not come about within {within_s:g} s")
        time.sleep(LOOK_S)
