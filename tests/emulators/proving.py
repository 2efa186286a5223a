"""Proves the tests of the vendors' rules: each must fail once its rule is off, and pass while all are on.

A test that passes either way proves nothing; one that fails either way neither. Only a failure of the test's own body
counts: a fixture that breaks says nothing of the rule. A test with several cases fails when one of them does.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any, Final, Literal

from emulators.declared import Rule
from emulators.exact import rules as exact_rules
from emulators.powerbi import rules as power_bi_rules

Outcome = Literal["passed", "failed", "broken"]
"""`broken`: a fixture failed, or the test was skipped or not found."""

OFF: Final = "EMULATOR_RULES_OFF"
PRELOADED: Final = ["pytest", "anyio.pytest_plugin", "httpx", "emulators.exact.world", "emulators.powerbi.app"]
"""What no rule changes is loaded once; each proof then runs in a fresh fork."""
_PLUGINS_OFF: Final = ("cacheprovider", "xdist", "hypothesispytest", "unraisableexception", "threadexception")
"""The last two speak of what a broken-off test leaves behind, at the session's end: no outcome of a test's body."""
_QUIET: Final = ["-q", "--assert=plain", *(word for name in _PLUGINS_OFF for word in ("-p", f"no:{name}"))]


@dataclass(frozen=True)
class Verdict:
    """What came of one rule's tests; `why` is empty where they prove it."""

    rule: Rule
    tests: tuple[str, ...]
    why: str

    @property
    def proved(self) -> bool:
        """Whether every test that claims to prove the rule does."""
        return not self.why

    def shown(self) -> dict[str, Any]:
        """As `exactbi.rules/1` has it."""
        rule = self.rule
        named = {"id": rule.id, "vendor": rule.vendor, "what": rule.what, "source": rule.source}
        tests = {"test": self.tests[0] if self.tests else None, "tests": list(self.tests)}
        return named | tests | {"fails_when_off": self.proved} | ({"why": self.why} if self.why else {})


def all_rules() -> list[Rule]:
    """Every rule that the two emulators enforce."""
    return [*exact_rules.RULES.values(), *power_bi_rules.RULES.values()]


def judge(rule: Rule, tests: Sequence[str], on: Mapping[str, Outcome], off: Mapping[str, Outcome]) -> Verdict:
    """Whether the tests prove the rule, from their outcomes with all rules on and with this one off."""
    why = [] if tests else ["no test is marked @proves for it"]
    for test in tests:
        name = test.rsplit("::", 1)[-1]
        if on.get(test, "broken") != "passed":
            why.append(f"{name}: {_SAID[on.get(test, 'broken')]} with all rules on")
        elif off.get(test, "broken") != "failed":
            why.append(f"{name}: {_SAID[off.get(test, 'broken')]} with the rule off")
    return Verdict(rule, tuple(tests), "; ".join(why))


_SAID: Final[dict[Outcome, str]] = {"passed": "passes", "failed": "fails", "broken": "does not get to run"}


def of_test(cases: Iterable[Outcome]) -> Outcome:
    """A test's outcome from those of its cases."""
    found = set(cases)
    return "failed" if "failed" in found else "broken" if "broken" in found or not found else "passed"


def verdicts(rules: Sequence[Rule], tests: Mapping[str, Sequence[str]]) -> Iterator[Verdict]:
    """Prove all rules, in their order, on as many processes as there are processors."""
    context = get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context, max_tasks_per_child=1) as pool:
        off = {rule.id: pool.submit(outcomes, rule.id, tests[rule.id]) for rule in rules if tests.get(rule.id)}
        on = _all_on(pool, {test for rule in rules for test in tests.get(rule.id, ())})
        for rule in rules:
            held = off[rule.id].result() if rule.id in off else {}
            yield judge(rule, tests.get(rule.id, ()), on(), held)


def _all_on(pool: Executor, tests: set[str]) -> Any:
    """A function that gives the outcomes of all tests with every rule on; each file's tests run in one process."""
    files: dict[str, list[str]] = {}
    for test in sorted(tests):
        files.setdefault(test.split("::")[0], []).append(test)
    running = [pool.submit(outcomes, "", group) for group in files.values()]
    return lambda: {test: outcome for one in running for test, outcome in one.result().items()}


def outcomes(off: str, tests: Sequence[str]) -> dict[str, Outcome]:
    """Run tests in this process, which must be fresh, with a rule off (none where it is empty)."""
    os.environ[OFF] = off
    import pytest

    recorder = _Recorder()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        pytest.main([*_QUIET, *tests], plugins=[recorder])
    return {test: of_test(recorder.cases.get(test, ())) for test in tests}


class _Recorder:
    """Remembers what became of each case, under its test's name without the parameters."""

    def __init__(self) -> None:
        self.cases: dict[str, list[Outcome]] = {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.when == "call" or report.outcome != "passed":
            outcome: Outcome = report.outcome if report.when == "call" and report.outcome != "skipped" else "broken"
            self.cases.setdefault(report.nodeid.split("[")[0], []).append(outcome)
