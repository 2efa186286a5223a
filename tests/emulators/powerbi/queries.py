"""executeQueries: DAX evaluated on what the dataset's tables held at one moment, within the endpoint's limits."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import isfinite, isnan
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from emulators.faults import Fault
from emulators.powerbi import settings
from emulators.powerbi.datasets import Dataset, Table
from emulators.powerbi.dax.parser import parse
from emulators.powerbi.dax.relation import Relation
from emulators.powerbi.dax.run import run
from emulators.powerbi.dax.syntax import DaxError
from emulators.powerbi.dax.views import ColumnView, Link, Model, TableView, Texts
from emulators.powerbi.documents import JsonError, read
from emulators.powerbi.model import Column
from emulators.powerbi.rules import Refused, Rulebook, error, throttled
from emulators.powerbi.store import Segment
from emulators.powerbi.values import BLANK
from emulators.powerbi.world import World

_encoder = msgspec.json.Encoder(decimal_format="number")


class _Query(msgspec.Struct, forbid_unknown_fields=True):
    query: str


class _Serializer(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    include_nulls: bool = False


class _Body(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    queries: list[_Query]
    serializer_settings: _Serializer | None = None
    impersonated_user_name: str | None = None


async def execute(world: World, request: Request, client: str, fault: Fault | None) -> Response:
    """The answer to one query."""
    dataset = world.dataset(request.path_params["workspace"], request.path_params["dataset"])
    _admit(world, client)
    body = _body(world.rules, await request.body())
    seconds = fault.seconds if fault and fault.kind == "stale" else 0.0
    try:
        model = model_of(dataset, world.clock.now() - seconds, world.settings.dates_clear)
        model.moments = world.settings.moments_equal if world.rules.broken("query.moments", True) else "match"
        relations = run(parse(body.queries[0].query), model)
    except (DaxError, RecursionError) as wrong:
        rule = getattr(wrong, "rule", DaxError.rule)
        if world.rules.broken(rule, True):
            raise Refused(rule, 400, _failed(str(wrong))) from wrong
        relations = [Relation([], 0)]
    nulls = body.serializer_settings is not None and body.serializer_settings.include_nulls
    return Response(rendered(world.rules, relations, nulls), media_type="application/json")


def model_of(dataset: Dataset, at: float, dates_clear: str = "both") -> Model:
    """The dataset as it was at a time; `dates_clear` is the setting."""
    tables = {name.casefold(): _view(table, at) for name, table in dataset.tables.items()}
    measures = {
        one.name.casefold(): one.expression for table in dataset.tables.values() for one in table.schema.measures
    }
    if any(one.cross_filtering_behavior == "BothDirections" for one in dataset.relationships):
        raise DaxError("Relationships that filter in both directions are not evaluated here.")
    links = [
        Link(one.from_table.casefold(), one.from_column.casefold(), one.to_table.casefold(), one.to_column.casefold())
        for one in dataset.relationships
    ]
    now = datetime.fromtimestamp(at, UTC).replace(tzinfo=None)
    return Model(tables, measures, links, _clearing(dataset, dates_clear), now)


def _clearing(dataset: Dataset, dates_clear: str) -> frozenset[tuple[str, str]]:
    """The DateTime columns of relationships, on the sides that the setting names."""
    found = set()
    for one in dataset.relationships:
        kinds = {column.name: column.kind for column in dataset.tables[one.to_table].schema.columns}
        if kinds.get(one.to_column) == "DateTime":
            found |= {(one.to_table.casefold(), one.to_column.casefold())} if dates_clear != "none" else set()
            found |= {(one.from_table.casefold(), one.from_column.casefold())} if dates_clear == "both" else set()
    return frozenset(found)


def _view(table: Table, at: float) -> TableView:
    segment, rows = table.state(at)
    makers = {one.name.casefold(): _maker(table.schema.name, segment, rows, one) for one in table.schema.columns}
    return TableView(table.schema.name, len(rows), makers)


def _maker(table: str, segment: Segment, rows: range, column: Column) -> Callable[[], ColumnView]:
    name, kind = column.name, column.kind

    def make_text() -> ColumnView:
        def load() -> Texts:
            text = segment.text(name)
            return Texts(_part(text.codes, rows), text.texts, text.code)

        return ColumnView(
            table, name, kind, [], -1, load, lambda chosen: segment.texts_at(name, [rows[row] for row in chosen])
        )

    def make_number() -> ColumnView:
        blank = float("nan") if kind == "Double" else BLANK
        codes = segment.numbers.get(name)
        if codes is None:
            return ColumnView(table, name, kind, [blank] * len(rows), blank)
        return ColumnView(table, name, kind, _part(codes, rows), blank if name in segment.blank else None)

    return make_text if kind == "String" else make_number


def _part(codes: array[Any], rows: range) -> Sequence[Any]:
    return codes if len(codes) == len(rows) else codes[rows.start : rows.stop]


def _admit(world: World, client: str) -> None:
    now, window = world.clock.now(), world.query_window(client)
    wait = window.wait(now)
    if world.rules.broken("query.minute", wait > 0):
        raise throttled("query.minute", wait)
    window.use(now)


def _body(rules: Rulebook, content: bytes) -> _Body:
    try:
        body = read(_Body, content)
    except JsonError as wrong:
        raise Refused("query.one", 400, error("BadRequest", str(wrong))) from wrong
    if not body.queries or rules.broken("query.one", len(body.queries) != 1):
        raise Refused("query.one", 400, error("BadRequest", "The request must have exactly one query"))
    return body


def _failed(message: str) -> dict[str, Any]:
    detail = {"code": "DetailsMessage", "detail": {"type": 1, "value": message}}
    inner = {"code": "DatasetExecuteQueriesError", "parameters": {}, "details": [detail]}
    return {"error": {"code": "DatasetExecuteQueriesError", "pbi.error": inner}}


def rendered(rules: Rulebook, relations: list[Relation], nulls: bool) -> bytes:
    """The answer's body: the first table, as much of it as is allowed; 200 also where something is cut off."""
    relation, complaint = relations[0], None
    if rules.broken("query.rows", len(relations) > 1):
        complaint = "More than one result table in a query"
    most = min(settings.QUERY_ROWS, settings.QUERY_VALUES // max(1, len(relation.columns)))
    if rules.broken("query.rows", relation.size > most):
        relation, complaint = relation.chosen(range(most)), f"More than {most} rows in a query result"
    rows, whole = _within(rules, _encoded(relation, nulls))
    if not whole:
        complaint = f"More than {settings.QUERY_BYTES} bytes in a query result"
    result: dict[str, Any] = {"tables": [{"rows": [msgspec.Raw(row) for row in rows]}]}
    if complaint is not None:
        result["error"] = {"code": "DatasetExecuteQueriesError", "message": complaint}
    return _encoder.encode({"results": [result]})


def _encoded(relation: Relation, nulls: bool) -> list[bytes]:
    labels = [column.label for column in relation.columns]
    shown = [[_shown(value) for value in row] for row in relation.tuples()]
    if nulls:
        return [_encoder.encode(dict(zip(labels, row, strict=True))) for row in shown]
    return [
        _encoder.encode({label: value for label, value in zip(labels, row, strict=True) if value is not None})
        for row in shown
    ]


def _within(rules: Rulebook, rows: list[bytes]) -> tuple[list[bytes], bool]:
    """Rows are written until 15 MB are exceeded: the current row is completed."""
    total = 0
    for at, row in enumerate(rows):
        total += len(row)
        if rules.broken("query.bytes", total > settings.QUERY_BYTES) and at + 1 < len(rows):
            return rows[: at + 1], False
    return rows, True


def _shown(value: Any) -> Any:
    """A value as the answer has it: Decimal without needless zeros, dates without a zone, no number as its name."""
    if isinstance(value, float) and not isfinite(value):
        return "NaN" if isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, Decimal):
        return value.normalize() if value != value.to_integral_value() else value.quantize(Decimal(1))
    if isinstance(value, datetime):
        rounded = value + timedelta(microseconds=500)
        return rounded.isoformat(timespec="seconds" if value.microsecond == 0 else "milliseconds")
    return value
