"""Checks of a configuration that need more than its shape: what refers to what, and what Power BI would refuse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from exactbi.config.dataset import Dataset, Table
from exactbi.config.document import Place, Section, invalid, place_of
from exactbi.config.expressions import Pool, parse
from exactbi.exact_online.streams import STREAMS, Stream
from exactbi.power_bi import model_rules

Path = tuple[int | str, ...]


def check_datasets(datasets: Sequence[Dataset], config: Section) -> None:
    """Refuse expressions that are none, streams and fields that are not read, and models that Power BI refuses.

    ConfigurationError (CONFIG_INVALID) with file, line and column.
    """
    refuse_doubles(((dataset.name, ("datasets", number, "name")) for number, dataset in enumerate(datasets)), config)
    for number, dataset in enumerate(datasets):
        for index, table in enumerate(dataset.tables):
            _check_table(table, config, ("datasets", number, "tables", index))
        for path, why in model_rules.problems(dataset):
            raise invalid(_place(config, ("datasets", number, *path)), why)


def refuse_doubles(named: Iterable[tuple[str, Path]], config: Section) -> None:
    """ConfigurationError (CONFIG_INVALID) where two things have one name; case does not tell them apart."""
    seen: set[str] = set()
    for name, path in named:
        if name.casefold() in seen:
            raise invalid(_place(config, path), f"{name} stands here twice")
        seen.add(name.casefold())


def check_streams(names: Iterable[str], config: Section, path: Path) -> None:
    """Refuse a name that no stream has; `path` leads to the mapping that it stands in."""
    for name in names:
        if name not in STREAMS:
            there = ", ".join(sorted(STREAMS))
            raise invalid(_place(config, (*path, name)), f"there is no stream {name!r}; there are: {there}")


def _check_table(table: Table, config: Section, path: Path) -> None:
    if table.stream is None:
        return
    stream = STREAMS.get(table.stream)
    if stream is None:
        raise invalid(_place(config, (*path, "stream")), f"there is no stream {table.stream!r}")
    _check_key(table, stream, config, path)
    for step, source in _expressions(table):
        place = _place(config, (*path, *step))
        unread = parse(source, Pool(), place).fields - frozenset(stream.fields)
        if unread:
            raise invalid(place, f"{stream.name} has no field {sorted(unread)[0]!r} (in {source[:80]!r})")


def _check_key(table: Table, stream: Stream, config: Section, path: Path) -> None:
    """Each record has a row of its own, and a key belongs to one row: lines of an entry can't share theirs."""
    if table.mode != "replace" or stream.parent_field is None:
        return
    column, key = next((place, column) for place, column in enumerate(table.columns) if column.name == table.key)
    if (key.source or "").replace(" ", "") != f"key({stream.id_field})":
        why = f"{stream.name} has several records to one {stream.parent_field}: the key must be key({stream.id_field})"
        raise invalid(_place(config, (*path, "columns", column)), why)


def _expressions(table: Table) -> Iterator[tuple[Path, str]]:
    if table.only_when is not None:
        yield ("only_when",), table.only_when
    if table.unit is not None:
        yield ("unit",), table.unit
    for index, column in enumerate(table.columns):
        if column.source is not None:
            yield ("columns", index, "source"), column.source


def _place(config: Section, path: Path) -> Place:
    return place_of(config, path, config.place)
