"""PostgreSQL and Kafka as containers, where a Docker or podman socket answers (`PARTS=containers`).

Images are named by EXACTBI_POSTGRES_IMAGE and EXACTBI_KAFKA_IMAGE. The Kafka image must be laid out as `apache/kafka`
is: settings by KAFKA_* variables. With podman, DOCKER_HOST names its socket, and TESTCONTAINERS_RYUK_DISABLED=true.
"""

from __future__ import annotations

import os
from typing import Any

from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.container import DockerContainer

from launcher.processes import TAIL_LINES, PartError, free_port
from launcher.tansu import wait_for_cluster

POSTGRES_IMAGE = "postgres:18"
KAFKA_IMAGE = "apache/kafka:4.3.1"
POSTGRES_PORT = 5432
KAFKA_PORT = 9092
SESSIONS = "max_connections=300"
KAFKA_SETTINGS = {
    "KAFKA_NODE_ID": "1",
    "KAFKA_PROCESS_ROLES": "broker,controller",
    "KAFKA_LISTENERS": f"BROKER://0.0.0.0:{KAFKA_PORT},CONTROLLER://127.0.0.1:9093",
    "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "KAFKA_INTER_BROKER_LISTENER_NAME": "BROKER",
    "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
    "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@127.0.0.1:9093",
    "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
    "KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS": "1",
    "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
    "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
}


class Contained:
    """A started container, as something to wait for."""

    child = None

    def __init__(self, name: str, container: DockerContainer) -> None:
        self.name = name
        self._container = container
        try:
            container.start()
        except Exception as error:
            raise PartError(f"{name}: the container did not start: {error}") from error

    def must_be_alive(self) -> None:
        wrapped = self._wrapped()
        wrapped.reload()
        if wrapped.status not in ("created", "running"):
            raise PartError(f"{self.name} ended ({wrapped.status}); its log says:\n{self.tail()}")

    def tail(self) -> str:
        """The last lines of its log."""
        return str(self._wrapped().logs(tail=TAIL_LINES).decode(errors="replace"))

    def kill_and_start(self) -> None:
        """As after a crash; data and port stay."""
        wrapped = self._wrapped()
        wrapped.kill(signal="SIGKILL")
        wrapped.wait()
        wrapped.start()

    def close(self) -> None:
        """Remove the container, and close the connections to the engine, which testcontainers leaves open."""
        engine = self._container.get_docker_client().client
        self._container.stop()
        engine.close()

    def _wrapped(self) -> Any:
        return self._container.get_wrapped_container()


class ContainerPostgres(Contained):
    """PostgreSQL in a container; testcontainers waits until a query is answered."""

    def __init__(self) -> None:
        image = os.environ.get("EXACTBI_POSTGRES_IMAGE", POSTGRES_IMAGE)
        container = PostgresContainer(image, driver=None).with_command(f"postgres -c {SESSIONS}")
        container.with_bind_ports(POSTGRES_PORT, free_port())
        super().__init__("postgres", container)
        self._postgres = container
        self.dsn = container.get_connection_url()

    def restart(self) -> None:
        """Kill it and start it again on the same data; returns when it is ready."""
        self.kill_and_start()
        self._postgres._connect()


class ContainerKafka(Contained):
    """Apache Kafka in a container."""

    profile = "cluster"

    def __init__(self) -> None:
        port = free_port()
        self.bootstrap = f"127.0.0.1:{port}"
        container = DockerContainer(os.environ.get("EXACTBI_KAFKA_IMAGE", KAFKA_IMAGE)).with_bind_ports(
            KAFKA_PORT, port
        )
        for name, value in KAFKA_SETTINGS.items():
            container.with_env(name, value)
        container.with_env("KAFKA_ADVERTISED_LISTENERS", f"BROKER://{self.bootstrap}")
        super().__init__("kafka", container)
        wait_for_cluster(self, self.bootstrap)

    def restart(self) -> None:
        """Kill it and start it again on the same data; returns when it is ready."""
        self.kill_and_start()
        wait_for_cluster(self, self.bootstrap)
