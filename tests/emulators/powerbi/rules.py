"""Every rule of the vendor that this emulator enforces: id, what, source; and how a refusal is raised."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from emulators.clock import retry_after

_REST = "https://learn.microsoft.com/rest/api/power-bi/push-datasets"
_LIMITS = "https://learn.microsoft.com/power-bi/developer/embedded/push-datasets-limitations"
_TYPES = "https://learn.microsoft.com/power-bi/developer/automation/api-dataset-properties"
_STREAMING = "https://learn.microsoft.com/power-bi/connect-data/service-real-time-streaming"
_QUERIES = "https://learn.microsoft.com/rest/api/power-bi/datasets/execute-queries-in-group"
_ENTRA = "https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow"
_ASSERTION = "https://learn.microsoft.com/entra/identity-platform/certificate-credentials"
_CODES = "https://learn.microsoft.com/entra/identity-platform/reference-error-codes"
_TROUBLE = "https://learn.microsoft.com/power-bi/developer/embedded/embedded-troubleshoot"
_THROTTLE = "https://msdn.microsoft.com/library/dn950053.aspx"


@dataclass(frozen=True)
class Rule:
    """`rate` rules are what EXACTBI_LIMITS=off lifts."""

    id: str
    what: str
    source: str
    rate: bool = False


RULES: Final = {
    rule.id: rule
    for rule in [
        Rule("token.form", "the grant is client_credentials, in a form", _ENTRA),
        Rule("token.tenant", "the tenant exists (AADSTS90002)", _CODES),
        Rule("token.scope", "the scope is Power BI's .default (AADSTS70011)", _CODES),
        Rule("token.client", "the application is in the tenant (AADSTS700016)", _CODES),
        Rule("token.credential", "a secret or an assertion is sent (AADSTS7000218)", _CODES),
        Rule("token.secret", "the secret is right (AADSTS7000215)", _CODES),
        Rule("token.assertion", "the application's certificate signed the assertion (AADSTS50012)", _ASSERTION),
        Rule("auth.bearer", "calls carry a bearer token", _REST),
        Rule("auth.expired", "tokens end after expires_in (TokenExpired)", _TROUBLE),
        Rule("auth.tenant-switch", "the tenant lets service principals use the APIs", _TROUBLE),
        Rule("auth.role", "writing needs Contributor, reading needs Build", _TROUBLE),
        Rule("workspace.found", "the workspace exists (PowerBIEntityNotFound)", _TROUBLE),
        Rule("dataset.found", "the dataset exists (PowerBIEntityNotFound)", _TROUBLE),
        Rule("table.found", "the table exists, with this case (ItemNotFound)", "https://github.com/microsoft/PowerBI-CSharp/issues/127"),
        Rule("schema.json", "the body is JSON of the documented shape", _REST),
        Rule("schema.unknown", "unknown properties are refused (BadRequest)", "https://github.com/sql-bi/Pbi-PushDataset/issues/1"),
        Rule("schema.mode", "the model is a push model", _STREAMING),
        Rule("schema.name", "names of tables and columns have 1 to 100 characters of the allowed set", _REST),
        Rule("schema.unique", "names of tables, columns and measures are unique without regard to case", _REST),
        Rule("schema.type", "data types are Int64, Double, Boolean, DateTime, String or Decimal", _TYPES),
        Rule("schema.summarize", "summarizeBy is one of its eight values", _TYPES),
        Rule("schema.columns", "at most 75 columns", _LIMITS),
        Rule("schema.tables", "at most 75 tables", _LIMITS),
        Rule("schema.relationships", "at most 75 relationships", _LIMITS),
        Rule("schema.relationship", "relationships join existing columns of one type, one per pair of tables", _REST),
        Rule("schema.sort", "sortByColumn names a column of the table", _TYPES),
        Rule("schema.destructive", "no column is dropped or changes its type", _REST),
        Rule("rows.body", "a request has at most 16 MB", _STREAMING),
        Rule("rows.json", 'the body is {"rows": [{...}]}', _REST),
        Rule("rows.count", "at most 10,000 rows in a request", _LIMITS),
        Rule("rows.column", "columns exist", _REST),
        Rule("rows.type", "values have their column's type", _TYPES),
        Rule("rows.int64", "Int64 without its smallest and largest value", _TYPES),
        Rule("rows.scale", "Decimal has at most four decimals", _TYPES),
        Rule("rows.string", "at most 4,000 characters in a text", _LIMITS),
        Rule("rows.key", "the one-side of a relationship has each value once", _STREAMING),
        Rule("rows.fifo", "a table with basicFIFO keeps its newest 200,000 rows", _LIMITS),
        Rule("rows.stored", "at most 5,000,000 rows in a table without retention", _LIMITS),
        Rule("rows.pending", "at most 5 POST rows requests pending for a model", _LIMITS, rate=True),
        Rule("rows.minute", "120 POST rows requests a minute for a model", _LIMITS, rate=True),
        Rule("rows.hour", "120 POST rows requests an hour once a table has 250,000 rows", _LIMITS, rate=True),
        Rule("rows.hourly", "1,000,000 rows an hour for a model", _THROTTLE, rate=True),
        Rule("refresh.push", "a push model cannot be refreshed (415)", _STREAMING),
        Rule("query.one", "one query in a call", _QUERIES),
        Rule("query.dax", "the query is DAX that can be evaluated", _QUERIES),
        Rule("query.rows", "at most 100,000 rows or 1,000,000 values of one table are returned", _QUERIES),
        Rule("query.bytes", "at most 15 MB are returned", _QUERIES),
        Rule("query.minute", "120 queries a minute for a user", _QUERIES, rate=True),
    ]
}  # fmt: skip


class Refused(Exception):  # noqa: N818 (an answer of the vendor, not an error of ours)
    """A call that breaks a rule, with the answer that the vendor gives."""

    def __init__(self, rule: str, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{rule}: {status} {body}")
        self.rule = RULES[rule].id
        self.status = status
        self.body = body
        self.headers = headers or {}


@dataclass
class Rulebook:
    """Which rules are off, and how often each has refused a call."""

    limits: bool = True
    off: set[str] = field(default_factory=set)
    refusals: Counter[str] = field(default_factory=Counter)

    def broken(self, rule: str, broken: bool) -> bool:
        """Whether the rule is on and broken."""
        return broken and rule not in self.off and (self.limits or not RULES[rule].rate)

    def switch(self, off: list[str]) -> None:
        """Switch these rules off and all others on; KeyError for an unknown id."""
        self.off = {RULES[name].id for name in off}


def error(code: str, message: str | None = None) -> dict[str, Any]:
    """The error envelope of the Power BI API."""
    inner: dict[str, Any] = {"code": code}
    if message is not None:
        inner["message"] = message
    return {"error": inner}


def detailed(message: str, target: str) -> dict[str, Any]:
    """The envelope of a body that does not fit the service's contract."""
    details = [{"message": message, "target": target}]
    return {"error": {"code": "BadRequest", "message": "Bad Request", "details": details}}


def throttled(rule: str, wait: float) -> Refused:
    """The service's general throttle: not in the usual envelope (https://github.com/RuiRomano/pbimonitor/issues/58)."""
    seconds = retry_after(wait)
    message = (
        "You have exceeded the amount of requests allowed in the current time frame and further requests will fail. "
        f"Retry in {seconds} seconds."
    )
    return Refused(rule, 429, {"message": message}, {"Retry-After": str(seconds)})
