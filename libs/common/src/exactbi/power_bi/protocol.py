"""Power BI's REST API: addresses, bodies, and what its answers mean. No I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final
from urllib.parse import quote

import msgspec

from exactbi.errors import PBI_UNREACHABLE, TransientError
from exactbi.power_bi.limits import QUERY_TIMEOUT, REQUEST_TIMEOUT

_DECIMALS: Final = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER: Final = msgspec.json.Encoder(order="deterministic")


class Subject(StrEnum):
    """What a call asks for: it decides what a refusal of it means."""

    WORKSPACE = "workspace"
    DATASET = "dataset"
    QUERY = "query"


@dataclass(frozen=True)
class Request:
    """One call; `body` is JSON."""

    method: str
    url: str
    body: bytes | None = field(default=None, repr=False)
    timeout: float = REQUEST_TIMEOUT
    subject: Subject = Subject.DATASET


class Api:
    """Addresses below one workspace (https://learn.microsoft.com/rest/api/power-bi/)."""

    def __init__(self, base: str, workspace: str) -> None:
        self._root = f"{base.rstrip('/')}/v1.0/myorg/groups/{quote(workspace, safe='')}"

    def list_datasets(self) -> Request:
        return Request("GET", f"{self._root}/datasets", subject=Subject.WORKSPACE)

    def create_dataset(self, request: Mapping[str, Any]) -> Request:
        """Without retention: rows stay until we delete them."""
        url = f"{self._root}/datasets?defaultRetentionPolicy=None"
        return Request("POST", url, _ENCODER.encode(request), subject=Subject.WORKSPACE)

    def put_table(self, dataset: str, table: Mapping[str, Any]) -> Request:
        return Request("PUT", self._table(dataset, table["name"]), _ENCODER.encode(table))

    def post_rows(self, dataset: str, table: str, body: bytes) -> Request:
        return Request("POST", f"{self._table(dataset, table)}/rows", body)

    def delete_rows(self, dataset: str, table: str) -> Request:
        """Deletes all rows of the table; there is no other delete."""
        return Request("DELETE", f"{self._table(dataset, table)}/rows")

    def execute_query(self, dataset: str, query: str) -> Request:
        """One query a call; it is on by a switch of the tenant ("Dataset Execute Queries REST API")."""
        body = {"queries": [{"query": query}], "serializerSettings": {"includeNulls": True}}
        url = f"{self._root}/datasets/{quote(dataset, safe='')}/executeQueries"
        return Request("POST", url, _ENCODER.encode(body), QUERY_TIMEOUT, Subject.QUERY)

    def _table(self, dataset: str, table: str) -> str:
        return f"{self._root}/datasets/{quote(dataset, safe='')}/tables/{quote(table, safe='')}"


class Meaning(StrEnum):
    """What an answer says, grouped by what to do next."""

    DONE = "done"
    THROTTLED = "throttled"
    """429: after Retry-After."""
    EXPIRED = "expired"
    """The token: once more with a new one."""
    FORBIDDEN = "forbidden"
    """The operator mends rights or the tenant's switches."""
    NOT_FOUND = "not found"
    """404, 415: the address or the kind of dataset is wrong, or the rights are."""
    REFUSED = "refused"
    """400, 413: the request itself."""
    UNCLEAR = "unclear"
    """Anything else: it may have been done."""


@dataclass(frozen=True)
class Verdict:
    """An answer's meaning, with what Power BI said, at most 300 characters."""

    meaning: Meaning
    detail: str


# https://learn.microsoft.com/power-bi/developer/embedded/embedded-troubleshoot
_EXPIRED: Final = re.compile(rb"TokenExpired|token.{0,20}expired", re.IGNORECASE)
# Seen as 401, as 403 and once as 200: the text decides, not the status.
_CLOSED: Final = re.compile(rb"API is not accessible for application", re.IGNORECASE)
_BY_STATUS: Final = {
    400: Meaning.REFUSED,
    401: Meaning.FORBIDDEN,
    403: Meaning.FORBIDDEN,
    404: Meaning.NOT_FOUND,
    413: Meaning.REFUSED,
    415: Meaning.NOT_FOUND,
    429: Meaning.THROTTLED,
}


def verdict(status: int, body: bytes) -> Verdict:
    """What an answer means, by its text as well as its status."""
    head = body[:4_000]
    detail = f"{status} {head[:290].decode('utf-8', 'replace')}".strip()
    if _CLOSED.search(head):
        return Verdict(Meaning.FORBIDDEN, detail)
    if status in (401, 403) and (_EXPIRED.search(head) or (status == 401 and not head.strip())):
        return Verdict(Meaning.EXPIRED, detail)
    if 200 <= status < 300:
        return Verdict(Meaning.DONE, "")
    return Verdict(_BY_STATUS.get(status, Meaning.UNCLEAR), detail)


class _Listed(msgspec.Struct):
    id: str
    name: str


class _List(msgspec.Struct):
    value: list[_Listed]


def parse_datasets(body: bytes) -> list[tuple[str, str]]:
    """Id and name of each dataset; names are not unique. TransientError where the body is no such list."""
    try:
        return [(listed.id, listed.name) for listed in msgspec.json.decode(body, type=_List).value]
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise TransientError(PBI_UNREACHABLE, f"the list of datasets can't be read: {error}") from error


def parse_created(body: bytes) -> str:
    """The id of a dataset that was created; TransientError where the body does not tell it."""
    try:
        return msgspec.json.decode(body, type=_Listed).id
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise TransientError(PBI_UNREACHABLE, f"the id of the new dataset can't be read: {error}") from error


class AnswerError(TransientError):
    """A query's answer that is cut off or makes no sense; `truncated` where fewer rows may fit."""

    def __init__(self, message: str, *, truncated: bool) -> None:
        super().__init__(PBI_UNREACHABLE, message)
        self.truncated = truncated


def parse_rows(body: bytes) -> list[dict[str, Any]]:
    """The rows of a query's only table, by column: `Table[Column]` and `[Alias]`; fractions as Decimal.

    AnswerError where the answer carries an error: a result that was cut off comes as 200 with an error inside.
    """
    try:
        result = _DECIMALS.decode(body)["results"][0]
        if error := result.get("error") or result["tables"][0].get("error"):
            raise AnswerError(str(error)[:300], truncated=True)
        rows: list[dict[str, Any]] = result["tables"][0].get("rows", [])
    except (msgspec.DecodeError, LookupError, TypeError, AttributeError) as error:
        raise AnswerError(f"an answer that is not one: {error}", truncated=False) from error
    return rows


def rows_body(texts: Sequence[str]) -> bytes:
    """The body of a POST of rows, each given as its JSON object's text."""
    return ('{"rows":[' + ",".join(texts) + "]}").encode()
