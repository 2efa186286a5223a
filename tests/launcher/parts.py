"""PostgreSQL and Kafka: outside ones that the environment names, or embedded ones, containers, Apache Kafka.

`EXACTBI_POSTGRES` and `EXACTBI_KAFKA` name outside parts. Else `PARTS=containers` takes both from Docker or podman, and
`KAFKA=apache` takes Kafka's own broker; without them the embedded parts are started.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from launcher import apache, postgres, tansu
from launcher.processes import Child

EMBEDDED, CLUSTER = "embedded", "cluster"


class Server(Protocol):
    """A PostgreSQL server; `child` is None where we did not start a process for it."""

    @property
    def child(self) -> Child | None: ...
    @property
    def dsn(self) -> str: ...
    def restart(self) -> None: ...
    def close(self) -> None: ...


class Broker(Protocol):
    """A Kafka broker and the settings profile that fits it."""

    @property
    def child(self) -> Child | None: ...
    @property
    def bootstrap(self) -> str: ...
    @property
    def profile(self) -> str: ...
    def restart(self) -> None: ...
    def close(self) -> None: ...


class NotOursError(Exception):
    """An outside part can't be restarted by us."""


@dataclass(frozen=True)
class OutsidePostgres:
    """A server that somebody else runs."""

    dsn: str
    child: None = None

    def restart(self) -> None:
        raise NotOursError("EXACTBI_POSTGRES names a server that is not ours to restart")

    def close(self) -> None:
        """Leave it as it is."""


@dataclass(frozen=True)
class OutsideKafka:
    """A broker that somebody else runs."""

    bootstrap: str
    profile: str
    child: None = None

    def restart(self) -> None:
        raise NotOursError("EXACTBI_KAFKA names a broker that is not ours to restart")

    def close(self) -> None:
        """Leave it as it is."""


def start_postgres(name: str, logs: Path, careless: bool = False) -> Server:
    """The PostgreSQL server that the environment asks for; `name` tells several embedded ones apart."""
    if outside := os.environ.get("EXACTBI_POSTGRES"):
        return OutsidePostgres(outside)
    if os.environ.get("PARTS") == "containers":
        from launcher.containers import ContainerPostgres

        return ContainerPostgres()
    return postgres.start(name, logs / f"{name}.log", careless)


def start_kafka(name: str, logs: Path, kind: str | None = None) -> Broker:
    """The broker that the environment asks for; `kind` (embedded or apache) beats the variable KAFKA."""
    if outside := os.environ.get("EXACTBI_KAFKA"):
        return OutsideKafka(outside, os.environ.get("EXACTBI_KAFKA_PROFILE", CLUSTER))
    if os.environ.get("PARTS") == "containers":
        from launcher.containers import ContainerKafka

        return ContainerKafka()
    if (kind or os.environ.get("KAFKA", EMBEDDED)) == "apache":
        return apache.start(name, logs / f"{name}.log")
    return tansu.start(logs / f"{name}.log")
