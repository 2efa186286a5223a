"""Apache Kafka itself: one KRaft node from jars that Maven gets, for the suites that must also hold on it."""

from __future__ import annotations

import hashlib
import shutil
import signal
import subprocess
from pathlib import Path

from launcher.folders import CHECKOUT, fresh, run_folder
from launcher.processes import READY_S, Child, Command, PartError, free_port
from launcher.tansu import wait_for_cluster

HOME = CHECKOUT / "tests" / "kafka"
LIBRARIES = HOME / "target" / "libs"
SUMS = HOME / "SHA256SUMS"

CLUSTER_ID = "exactbiExactbiExactbi0"
"""Literal: a random id may begin with a hyphen, which Kafka's tool takes for an option."""

JAVA = ("java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m")
MAVEN = ("mvn", "-B", "-q", "-C", "dependency:copy-dependencies")
MAVEN_S = 600.0

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=BROKER://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=BROKER://127.0.0.1:{port}
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=BROKER
controller.listener.names=CONTROLLER
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
"""
"""The last three serve tests: no wait before a group's first assignment; a killed broker is soon forgotten."""


class ApacheKafka:
    """A running broker; what it holds survives `restart`."""

    profile = "cluster"

    def __init__(self, child: Child, bootstrap: str, folder: Path) -> None:
        self.child = child
        self.bootstrap = bootstrap
        self._folder = folder

    def restart(self) -> None:
        """Start again on the same data and port, killing it first where it still runs; returns when it is ready."""
        self.child = self.child.restarted()
        wait_for_cluster(self.child, self.bootstrap)

    def close(self) -> None:
        self.child.stop(signal.SIGTERM)
        shutil.rmtree(self._folder, ignore_errors=True)


def start(name: str, log: Path) -> ApacheKafka:
    """Start an empty broker on free ports; PartError names what is missing."""
    _require_programs()
    _require_jars()
    folder = fresh(run_folder() / name, None)
    port = free_port()
    settings = folder / "server.properties"
    settings.write_text(PROPERTIES.format(port=port, controller=free_port(), data=folder / "data"))
    java = [*JAVA, f"-Dlog4j2.configurationFile={HOME / 'log4j2.properties'}", "-cp", str(LIBRARIES / "*")]
    _format([*java, "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(settings)])
    child = Child(Command("kafka", [*java, "kafka.Kafka", str(settings)], log, folder=folder))
    bootstrap = f"127.0.0.1:{port}"
    wait_for_cluster(child, bootstrap)
    return ApacheKafka(child, bootstrap, folder)


def _require_programs() -> None:
    for program in ("java", "mvn"):
        if shutil.which(program) is None:
            raise PartError(
                f"kafka: {program} is missing; install Java 17 or newer and Maven (Debian: default-jre-headless maven)"
            )


def _require_jars() -> None:
    """Have exactly the jars of SHA256SUMS in place; Maven is asked only where they are not."""
    if not _differences():
        return
    shutil.rmtree(LIBRARIES, ignore_errors=True)
    done = subprocess.run(MAVEN, cwd=HOME, capture_output=True, text=True, timeout=MAVEN_S, check=False)
    if done.returncode:
        raise PartError(f"kafka: Maven could not get the jars:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    if differing := _differences():
        raise PartError(f"kafka: jars that differ from SHA256SUMS: {', '.join(sorted(differing))}")


def _differences() -> set[str]:
    """Names of jars that are missing, too many or of another content."""
    wanted = {name: digest for digest, name in (line.split() for line in SUMS.read_text().splitlines())}
    found = {jar.name: hashlib.sha256(jar.read_bytes()).hexdigest() for jar in LIBRARIES.glob("*.jar")}
    return {name for name, _ in wanted.items() ^ found.items()}


def _format(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=READY_S, check=False)
    if done.returncode:
        raise PartError(f"kafka: formatting its folder failed:\n{done.stdout}{done.stderr}")
