"""A customer: the `config:` block of its YAML file, checked, with packs and overrides resolved."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, ValidationError, field_validator

from exactbi.config import document
from exactbi.config.checks import check_datasets, check_streams, refuse_doubles
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

GUID: Final = r"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"
YEAR_S: Final = 366 * 86_400.0

NAME: Final = r"^[a-z0-9][a-z0-9-]*$"
HTTPS: Final = r"^https://[^\s/]+"
UNGUESSABLE: Final = r"^[A-Za-z0-9_-]{16,}$"
ASKED: Final = {
    GUID: "an id is expected, such as 97af3137-ae79-5661-92af-1f6b2ea4f910",
    NAME: "lower-case letters, digits and hyphens are expected",
    HTTPS: "an address that begins with https:// is expected",
    UNGUESSABLE: "16 or more letters, digits, hyphens and underscores are expected: any long random text",
}
"""What each pattern asks for."""

Name = Annotated[str, Field(pattern=NAME)]
Text = Annotated[str, Field(min_length=1)]
Division = Annotated[int, Field(strict=True, gt=0, lt=2**31)]
Seconds = Annotated[float, Field(gt=0, le=YEAR_S)]


class Connection(Part):
    """A consent: an app of one site, and the divisions that it reads."""

    name: Name
    site: Site
    client_id: Text
    redirect_uri: str = Field(pattern=HTTPS)
    divisions: tuple[Division, ...] | Literal["all"]
    webhook_path: str = Field(pattern=UNGUESSABLE)
    """The unguessable part of the address that Exact notifies."""

    @field_validator("divisions", mode="before")
    @classmethod
    def _divisions_are_listed(cls, given: object) -> object:
        if given != "all" and not (isinstance(given, list | tuple) and given):
            raise ValueError("a list of divisions' numbers is expected, such as [100001], or all")
        return given


class PowerBi(Part):
    """The service principal and the workspace that hold the datasets."""

    tenant: Text
    client_id: str = Field(pattern=GUID)
    workspace: str = Field(pattern=GUID)
    """Its id, from its address in Power BI; not its name."""
    certificate: bool = False
    """Whether the app proves itself by a certificate instead of a secret."""


class Schedules(Part):
    """Nominal seconds between two runs; a time scale shortens them."""

    default: Seconds = 900.0
    streams: dict[str, Seconds] = Field(default_factory=dict)
    """By stream, where it differs from `default`."""
    second_look: Seconds = 1800.0
    late: Seconds = 600.0
    """How long a commit of Exact may stay invisible after its timestamp was taken."""
    snapshot: Seconds = 86_400.0
    """Passes over streams whose deletes are not logged."""
    passes: dict[str, Seconds] = Field(default_factory=dict)
    """Passes by stream: over any stream that is named, and where it differs from `snapshot`."""
    settle: float = Field(default=120.0, ge=0, le=YEAR_S)
    """When a POST without an answer may be judged: twice the request timeout."""
    census: Seconds = 3600.0
    replace_window: Seconds = 3600.0
    """The shortest time between two clearings of a replace table."""
    republish: Seconds = 60.0

    def interval(self, stream: str) -> float:
        """The nominal seconds between two runs of a stream."""
        return self.streams.get(stream, self.default)


class Limits(Part):
    """Where we stop earlier than the vendors' limits."""

    exact_calls_per_day: int = Field(default=5000, gt=0, le=1_000_000)
    """What the contract with Exact allows per division and day, where its headers do not say."""


class Customer(Part):
    """All that the services need to know of one customer; secrets are kept apart."""

    id: Name
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
    if not directory.is_dir():
        raise document.invalid(str(directory), "there is no such directory of customers' files (EXACTBI_CUSTOMERS)")
    if others := sorted(directory.glob("*.yml")):
        raise document.invalid(str(others[0]), "customers' files end in .yaml: this one would not be read")
    files = sorted(directory.glob("*.yaml"))
    if not files:
        raise document.invalid(str(directory), "no customer's file (*.yaml) is there")
    customers: dict[str, Customer] = {}
    paths: dict[str, str] = {}
    for path in files:
        customer = load_customer(path)
        if customer.id in customers:
            raise document.invalid(str(path), f"customer {customer.id!r} is configured twice")
        customers[customer.id] = customer
        for connection in customer.connections:
            if connection.webhook_path in paths:
                other = paths[connection.webhook_path]
                raise document.invalid(
                    str(path), f"the webhook_path of {connection.name!r} is {other}'s: choose another"
                )
            paths[connection.webhook_path] = customer.id
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
    _check_connections(customer.connections, config)
    check_streams(customer.schedules.streams, config, ("schedules", "streams"))
    check_streams(customer.schedules.passes, config, ("schedules", "passes"))
    check_datasets(customer.datasets, config)
    return customer


def _check_connections(connections: tuple[Connection, ...], config: Section) -> None:
    """Names, webhook paths and divisions each belong to one connection."""
    numbered = list(enumerate(connections))
    refuse_doubles(((one.name, ("connections", n, "name")) for n, one in numbered), config)
    refuse_doubles(((one.webhook_path, ("connections", n, "webhook_path")) for n, one in numbered), config)
    divisions = (
        (f"division {one.site}/{code}", ("connections", n, "divisions", place))
        for n, one in numbered
        for place, code in enumerate(one.divisions)
        if one.divisions != "all"
    )
    refuse_doubles(divisions, config)


SAID: Final = {
    "extra_forbidden": "there is no such setting",
    "missing": "is missing",
    "tuple_type": "a list is expected",
    "dict_type": "a mapping is expected",
    "model_type": "a mapping is expected",
    "model_attributes_type": "a mapping is expected",
    "string_type": "a text is expected (a number or a date in quotes)",
}
"""What a person is told where pydantic speaks of Python."""


def _located(error: ValidationError, config: Section) -> Exception:
    """The first problem; a name that is none goes before the one that it was meant to be, which is missing then."""
    found = error.errors(include_url=False, include_input=False)
    first = next((one for one in found if one["type"] == "extra_forbidden"), found[0])
    path = document.known(config, first["loc"])
    place: Place = document.place_of(config, path, config.place)
    named = ".".join(str(step) for step in path)
    said = SAID.get(first["type"]) or ASKED.get(first.get("ctx", {}).get("pattern", ""))
    message = said or first["msg"].removeprefix("Value error, ")
    return document.invalid(place, f"{named}: {message}")
