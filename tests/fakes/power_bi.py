"""A Power BI that speaks the client's protocol over httpx.MockTransport, and fails as it is told."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import httpx

from exactbi.config.customer import PowerBi
from exactbi.connections.power_bi_gateway import Place

Row = dict[str, Any]
STATUSES = {
    "refused": 400,
    "refused_landed": 400,
    "again": 429,
    "again_landed": 429,
    "broken": 503,
    "gone": 404,
    "forbidden": 403,
}


@dataclass
class FakePowerBi:
    """Datasets in memory. `faults` are taken by the next POSTs of rows, None for a POST without one."""

    datasets: dict[str, dict[str, list[Row]]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    posted: list[tuple[str, list[Row]]] = field(default_factory=list)
    created: list[Any] = field(default_factory=list)
    faults: list[str | None] = field(default_factory=list)
    late: list[tuple[str, list[Row]]] = field(default_factory=list)
    poison: str | None = None
    """A POST with this text in its body is refused."""
    retry_after: str = "1"
    query_error: bool = False
    """Queries are answered 200 with an error inside."""

    secret = "s"

    def place(self) -> Place:
        configured = PowerBi(tenant="t", client_id=str(UUID(int=1)), workspace=str(UUID(int=2)))
        return Place("c", configured, "http://login", "http://api")

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._handle)

    def rows(self, table: str) -> list[Row]:
        return [row for dataset in self.datasets.values() for row in dataset.get(table, [])]

    def net(self, table: str) -> Counter[str]:
        """Rows that count, by their content without the technical columns."""
        counted: Counter[str] = Counter()
        for row in self.rows(table):
            sign = row["_sign"]
            shown = {name: value for name, value in row.items() if not name.startswith("_")}
            counted[json.dumps(shown, sort_keys=True)] += sign
        return Counter({shown: n for shown, n in counted.items() if n})

    def total(self, table: str, column: str) -> Decimal:
        return sum((Decimal(str(row[column])) for row in self.rows(table)), Decimal(0))

    def land_late(self) -> None:
        """What was on its way arrives."""
        while self.late:
            table, rows = self.late.pop()
            self._table(table).extend(rows)

    def _table(self, table: str) -> list[Row]:
        return next(dataset[table] for dataset in self.datasets.values() if table in dataset)

    def _handle(self, request: httpx.Request) -> httpx.Response:
        path = unquote(request.url.path)
        self.requests.append((request.method, path))
        if path.endswith("/token"):
            return httpx.Response(200, json={"access_token": "t", "expires_in": 3599, "token_type": "Bearer"})
        if path.endswith("/datasets"):
            return self._datasets(request)
        if path.endswith("/executeQueries") and self.query_error:
            return httpx.Response(200, json={"results": [{"tables": [], "error": {"code": "Busy"}}]})
        if path.endswith("/executeQueries"):
            query = json.loads(request.content)["queries"][0]["query"]
            return httpx.Response(200, text=_answer(list(self._query(query))))
        table = path.split("/tables/")[1].removesuffix("/rows")
        if request.method == "PUT":
            return httpx.Response(200, json={"name": table})
        if request.method == "DELETE":
            self._table(table).clear()
            return httpx.Response(200)
        return self._post(request, table, json.loads(request.content, parse_float=Decimal)["rows"])

    def _datasets(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json={"value": [{"id": i, "name": n} for i, n in self.names.items()]})
        asked = json.loads(request.content)
        self.created.append(asked)
        known = f"d{len(self.names) + 1}"
        self.names[known] = asked["name"]
        self.datasets[known] = {table["name"]: [] for table in asked["tables"]}
        return httpx.Response(201, json={"id": known, "name": asked["name"]})

    def _post(self, request: httpx.Request, table: str, rows: list[Row]) -> httpx.Response:
        fault = self.faults.pop(0) if self.faults else None
        if self.poison is not None and self.poison in request.content.decode():
            fault = "refused"
        if fault in (None, "lost", "twice", "refused_landed", "again_landed"):
            self._table(table).extend(rows)
            self.posted.append((table, rows))
        if fault == "partial":
            self._table(table).extend(rows[: max(1, len(rows) // 2)])
        if fault in ("late", "twice", "late_visible"):
            self.late.append((table, rows))
        if fault in ("not_landed", "lost", "partial", "late"):
            raise httpx.ReadTimeout("no answer", request=request)
        if fault in STATUSES:
            return httpx.Response(
                STATUSES[fault], headers={"Retry-After": self.retry_after}, json={"error": {"code": fault}}
            )
        return httpx.Response(200)

    def _query(self, query: str) -> Iterator[Row]:
        table = re.search(r"'([^']+)'", query).group(1)  # type: ignore[union-attr]
        rows = [row for row in self._table(table) if _matches(query, row)]
        if query.startswith("EVALUATE FILTER("):
            yield from ({f"{table}[{name}]": value for name, value in row.items()} for row in rows)
        elif "SUMMARIZECOLUMNS" in query:
            group = re.search(r"SUMMARIZECOLUMNS\('[^']+'\[(\w+)\]", query).group(1)  # type: ignore[union-attr]
            for key in sorted({row[group] for row in rows}):
                yield {f"{table}[{group}]": key} | _measures(query, [row for row in rows if row[group] == key])
        else:
            yield _measures(query, rows)


def _matches(query: str, row: Row) -> bool:
    batch = row["_batch"]
    if listed := re.search(r"NOT '[^']+'\[_batch\] IN \{([^}]*)\}", query):
        if batch in _numbers(listed.group(1)):
            return False
    elif (listed := re.search(r"\[_batch\] IN \{([^}]*)\}", query)) and batch not in _numbers(listed.group(1)):
        return False
    tests = {"=": lambda n: batch == n, ">=": lambda n: batch >= n, "<=": lambda n: batch <= n}
    return all(tests[sign](int(n)) for sign, n in re.findall(r"\[_batch\] (=|>=|<=) (\d+)", query))


def _numbers(text: str) -> set[int]:
    return {int(number) for number in text.split(",")}


def _measures(query: str, rows: list[Row]) -> Row:
    measured: Row = {}
    for alias, function, _, column in re.findall(
        r'"(\w[\w ]*)", (COUNTROWS|DISTINCTCOUNT|SUM)\((\'[^\']+\')(?:\[([^\]]+)\])?\)', query
    ):
        if not rows:
            measured[f"[{alias}]"] = None
        elif function == "COUNTROWS":
            measured[f"[{alias}]"] = len(rows)
        elif function == "DISTINCTCOUNT":
            measured[f"[{alias}]"] = len({row[column] for row in rows})
        else:
            measured[f"[{alias}]"] = sum((row[column] for row in rows), Decimal(0))
    return measured


def _answer(rows: list[Row]) -> str:
    """JSON with decimals as numbers, digit for digit."""
    text = json.dumps({"results": [{"tables": [{"rows": rows}]}]}, default=lambda value: f"#{value}#")
    return re.sub(r'"#(.*?)#"', r"\1", text)
