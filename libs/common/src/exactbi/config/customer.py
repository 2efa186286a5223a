"""A customer: the `config:` block of its YAML file, checked, with packs and overrides resolved."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from exactbi.config import document
from exactbi.config.checks import check_datasets
from exactbi.config.dataset import Column, Dataset, Measure, Part, Relationship, Table
from exactbi.config.document import Place, Section
from exactbi.config.mapping import resolve

__all__ = [
    "Column",
    "Connection",
    "Customer",
    "Dataset",
    "Limits",
    "Measure",
    "PowerBi",
    "Relationship",
    "Schedules",
    "Table",
    "load_customer",
    "load_customers",
]

Site = Literal["nl", "be", "de", "fr", "es", "uk", "us"]
"""Exact Online's sites (https://developers.exactonline.com)."""


class Connection(Part):
    """A consent: an app of one site, and the divisions that it reads."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    site: Site
    client_id: str
    redirect_uri: str
    divisions: tuple[int, ...] | Literal["all"]
    webhook_path: str = Field(pattern=r"^[A-Za-z0-9_-]{16,}$")
    """The unguessable part of the address that Exact notifies."""


class PowerBi(Part):
    """The service principal and the workspace that hold the datasets."""

    tenant: str
    client_id: str
    workspace: str
    certificate: bool = False
    """Whether the app proves itself by a certificate instead of a secret."""


class Schedules(Part):
    """Nominal seconds between two runs; a time scale shortens them."""

    default: float = Field(default=900.0, gt=0)
    streams: dict[str, float] = Field(default_factory=dict)
    """By stream, where it differs from `default`."""
    second_look: float = Field(default=1800.0, gt=0)
    late: float = Field(default=600.0, gt=0)
    """How long a commit of Exact may stay invisible after its timestamp was taken."""
    snapshot: float = Field(default=86_400.0, gt=0)
    """Passes over streams whose deletes are not logged."""
    passes: dict[str, float] = Field(default_factory=dict)
    """Passes by stream: over any stream that is named, and where it differs from `snapshot`."""
    settle: float = Field(default=120.0, ge=0)
    """When a POST without an answer may be judged: twice the request timeout."""
    census: float = Field(default=3600.0, gt=0)
    replace_window: float = Field(default=3600.0, gt=0)
    """The shortest time between two clearings of a replace table."""
    republish: float = Field(default=60.0, gt=0)

    def interval(self, stream: str) -> float:
        """The nominal seconds between two runs of a stream."""
        return self.streams.get(stream, self.default)


class Limits(Part):
    """Where we stop earlier than the vendors' limits."""

    exact_calls_per_day: int = Field(default=5000, gt=0)
    """What the contract with Exact allows per division and day, where its headers do not say."""


class Customer(Part):
    """All that the services need to know of one customer; secrets are kept apart."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    connections: tuple[Connection, ...] = Field(min_length=1)
    power_bi: PowerBi
    datasets: tuple[Dataset, ...] = Field(min_length=1)
    schedules: Schedules = Schedules()
    limits: Limits = Limits()

    @property
    def streams(self) -> frozenset[str]:
        """The streams that some dataset reads; others are not fetched."""
        return frozenset[str]().union(*(dataset.streams for dataset in self.datasets))


def load_customers(directory: Path) -> dict[str, Customer]:
    """All customers of a directory, by id; ConfigurationError (CONFIG_INVALID) with file, line and column."""
    files = sorted(directory.glob("*.yaml"))
    if not files:
        raise document.invalid(str(directory), "no customer's file (*.yaml) is there")
    customers: dict[str, Customer] = {}
    for path in files:
        customer = load_customer(path)
        if customer.id in customers:
            raise document.invalid(str(path), f"customer {customer.id!r} is configured twice")
        customers[customer.id] = customer
    return customers


def load_customer(path: Path) -> Customer:
    """One customer's file: its `config:` block; what stands beside it are values of the Helm chart."""
    whole = document.read_file(path)
    config = whole.get("config")
    if not isinstance(config, Section):
        raise document.invalid(whole.place, "the block `config:` is missing")
    resolved = Section(config.place)
    for key, value in config.items():
        resolved.put(key, resolve(value, config.places[key]) if key == "datasets" else value, config.places[key])
    return _checked(resolved)


def _checked(config: Section) -> Customer:
    try:
        customer = Customer.model_validate(config)
    except ValidationError as error:
        raise _located(error, config) from error
    check_datasets(customer.datasets, config)
    return customer


def _located(error: ValidationError, config: Section) -> Exception:
    first = error.errors(include_url=False, include_input=False)[0]
    path: tuple[Any, ...] = first["loc"]
    place: Place = document.place_of(config, path, config.place)
    named = ".".join(str(step) for step in path)
    return document.invalid(place, f"{named}: {first['msg'].removeprefix('Value error, ')}")
