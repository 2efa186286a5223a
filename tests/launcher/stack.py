"""Everything at once: the parts, both emulators and the services, each a process of its own.

with Stack(Plan(name="mine"), say=print) as stack:
    stack.command("status")
    stack.kill("poller")
    stack.tend()
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from launcher import databases, onboarding, records, vendors
from launcher.control import answers_ok
from launcher.folders import alone, fresh, run_folder
from launcher.parts import EMBEDDED, Broker, Server, start_kafka, start_postgres
from launcher.processes import Child, Command, Deadline, child_environment, free_port

SERVICES: Mapping[str, str] = {
    "webhook-ingest": "webhook_ingest",
    "poller": "poller",
    "transformer": "transformer",
    "pbi-pusher": "pbi_pusher",
    "replay": "replay",
}
TOGETHER = "services"
EXACTBI = Path(sys.executable).with_name("exactbi")
COMMAND_S = 120.0
DRAIN_S = 15.0


@dataclass(frozen=True)
class Plan:
    """What to start. `name` tells stacks of one checkout apart; `kafka` is embedded or apache (None: the environment).

    `is_together`: all services in one process. `is_careless`: PostgreSQL does not wait for the disk.
    """

    name: str
    world: vendors.World = field(default_factory=vendors.World)
    kafka: str | None = None
    is_together: bool = False
    is_careless: bool = False


class Stack:
    """A started stack; a context manager that ends everything it started."""

    server: Server
    broker: Broker
    exact: vendors.Emulator
    powerbi: vendors.Emulator
    dsn: str

    def __init__(self, plan: Plan, say: Callable[[str], None] = lambda _: None) -> None:
        self.plan = plan
        self.folder = run_folder() / plan.name
        self.logs = run_folder() / "logs" / plan.name
        self.environment: dict[str, str] = {}
        self.services: dict[str, Child] = {}
        self.ports: dict[str, int] = {}
        self._say = say
        self._ending = ExitStack()

    def __enter__(self) -> Stack:
        try:
            self._ending.enter_context(alone(self.plan.name))
            fresh(self.folder, None)
            fresh(self.logs, None)
            self._start_parts()
            self._start_vendors()
            self._configure()
            self._start_services()
        except BaseException:
            self._ending.close()
            raise
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._ending.close()

    @property
    def children(self) -> dict[str, Child]:
        """Every process that is ours, by the part's name."""
        parts = {"postgres": self.server.child, "kafka": self.broker.child}
        emulators = {"exact-emulator": self.exact.child, "powerbi-emulator": self.powerbi.child}
        return {name: child for name, child in {**parts, **emulators, **self.services}.items() if child is not None}

    def addresses(self) -> dict[str, str]:
        """The settings that say where parts and vendors are."""
        return {
            "EXACTBI_POSTGRES": self.dsn,
            "EXACTBI_KAFKA": self.broker.bootstrap,
            "EXACTBI_KAFKA_PROFILE": self.broker.profile,
            "EXACTBI_TOPIC_PREFIX": "" if self.broker.child else f"{self.plan.name}-{os.getpid()}.",
            "EXACTBI_EXACT_URL": vendors.exact_url(self.exact.ready["sites"]),
            "EXACTBI_POWERBI_URL": self.powerbi.ready["api"],
            "EXACTBI_LOGIN_URL": self.powerbi.ready["login"],
            "EXACTBI_SCALE": f"{self.plan.world.scale:g}",
            "EXACTBI_LIMITS": self.plan.world.limits,
        }

    def health(self, service: str) -> str:
        """The base of a service's own addresses: /livez, /readyz, /health, /metrics."""
        return f"http://127.0.0.1:{self.ports[TOGETHER if self.plan.is_together else service]}"

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run `exactbi WORDS` against this stack to its end."""
        with self.opened(*words) as process:
            output, errors = process.communicate(timeout=COMMAND_S)
        return subprocess.CompletedProcess(process.args, process.returncode, output, errors)

    def opened(self, *words: str) -> subprocess.Popen[str]:
        """`exactbi WORDS` against this stack, running."""
        return subprocess.Popen(
            [str(EXACTBI), *words],
            env=child_environment(self.environment),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def asked(self, *words: str) -> dict[str, Any]:
        """The JSON that `exactbi WORDS --json` answers with."""
        lines = self.command(*words, "--json").stdout.strip().splitlines()
        found: dict[str, Any] = json.loads(lines[-1]) if lines else {}
        return found

    @contextmanager
    def doubled(self, *services: str) -> Iterator[None]:
        """A second process of each service, called `<service>-2`; ready from the start to the end of the context."""
        seconds = {f"{service}-2": [sys.executable, "-m", SERVICES[service]] for service in services}
        try:
            for name, words in seconds.items():
                self._start_service(name, words)
            self.wait_until_ready()
            yield
        finally:
            for name in seconds.keys() & self.services.keys():
                self._stop_service(name)

    def kill(self, name: str) -> None:
        """kill -9 of a part or service of ours."""
        self.children[name].kill()

    def tend(self) -> list[str]:
        """Start again what has ended; parts are ready afterwards, services soon. What was started again.

        When the embedded broker ends, its log is gone: all services end before it comes back, since a client that asks
        it for a topic that is not there yet makes one with another number of partitions.
        """
        ended = [name for name, child in self.children.items() if not child.is_alive]
        if "kafka" in ended and self.broker.profile == EMBEDDED:
            for name in self.services.keys() - set(ended):
                self.services[name].kill()
                ended.append(name)
        for name in ended:
            if name == "postgres":
                self.server.restart()
            elif name == "kafka":
                self.broker.restart()
            elif name in self.services:
                self.services[name] = self.services[name].restarted()
            else:
                self.children[name].must_be_alive()
        if ended:
            records.write_parts(self)  # their processes are others now
        return ended

    def wait_until_ready(self) -> None:
        """Until every service says so; PartError names the one that is late or has ended."""
        for name, child in self.services.items():
            deadline = Deadline(child)
            while not answers_ok(f"http://127.0.0.1:{self.ports[name]}/readyz"):
                deadline.step()

    def _start_parts(self) -> None:
        self._say("postgres")
        name = f"{self.plan.name}-postgres"
        self.server = start_postgres(name, self.logs, self.plan.is_careless)
        self._ending.callback(lambda: self.server.close())
        database = f"exactbi_{self.plan.name}_{os.getpid()}"
        self.dsn = databases.create(self.server.dsn, database)
        if self.server.child is None:
            self._ending.callback(databases.drop, self.server.dsn, database)
        self._say("kafka")
        self.broker = start_kafka(f"{self.plan.name}-kafka", self.logs, self.plan.kafka)
        self._ending.callback(lambda: self.broker.close())

    def _start_vendors(self) -> None:
        world = self.plan.world
        self._say("exact-emulator")
        self.exact = vendors.start("exact", world, self.folder, self.logs / "exact-emulator.log")
        self._ending.callback(self.exact.close)
        self._say("powerbi-emulator")
        self.powerbi = vendors.start("powerbi", world, self.folder, self.logs / "powerbi-emulator.log")
        self._ending.callback(self.powerbi.close)

    def _configure(self) -> None:
        self._say("configuration, secrets, consent")
        self.environment = self.addresses() | onboarding.files(self.folder)
        onboarding.onboard(self)
        self._ending.callback(records.withdraw, self)
        records.write_environment(self)

    def _start_services(self) -> None:
        apart = {name: [sys.executable, "-m", package] for name, package in SERVICES.items()}
        together = {TOGETHER: [str(EXACTBI), "up", "--all", "--no-migrate"]}
        for name, words in (together if self.plan.is_together else apart).items():
            self._say(name)
            self._start_service(name, words)
        self._ending.callback(self._ask_all_to_end)
        self.wait_until_ready()
        records.write_parts(self)

    def _start_service(self, name: str, words: list[str]) -> None:
        self.ports[name] = free_port()
        environment = {**self.environment, "EXACTBI_HTTP_PORT": str(self.ports[name])}
        self.services[name] = Child(Command(name, words, self.logs / f"{name}.log", environment, folder=self.folder))
        self._ending.callback(self._stop_service, name)

    def _ask_all_to_end(self) -> None:
        for child in self.services.values():
            child.send(signal.SIGTERM)

    def _stop_service(self, name: str) -> None:
        if child := self.services.pop(name, None):
            child.stop(within_s=DRAIN_S)
