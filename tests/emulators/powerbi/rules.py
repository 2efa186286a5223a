"""Every rule of the vendor that this emulator enforces: id, what, source; and how a refusal is raised."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from emulators.clock import retry_after
from emulators.declared import Table

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
_ASSERTED = "https://learn.microsoft.com/azure/developer/java/sdk/troubleshooting-authentication-service-principal"
_ADMIN = "https://learn.microsoft.com/fabric/admin/service-admin-portal-developer"
_PRINCIPAL = "https://learn.microsoft.com/power-bi/developer/embedded/embed-service-principal"
_WORKSPACES = "https://learn.microsoft.com/fabric/fundamentals/workspaces"
_ROLES = "https://learn.microsoft.com/power-bi/collaborate-share/service-roles-new-workspaces"
_GROUPS = "https://learn.microsoft.com/rest/api/power-bi/groups/get-groups"
_MEDIA = "https://learn.microsoft.com/aspnet/web-api/overview/formats-and-model-binding/media-formatters"
_ODATA = "https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html"
_OAUTH = "https://www.rfc-editor.org/rfc/rfc6749#section-2.3"
_GENERAL = "https://github.com/RuiRomano/pbimonitor/issues/58"
_MODEL = "https://learn.microsoft.com/power-bi/transform-model/desktop-relationships-understand"
_ENGINE = "https://learn.microsoft.com/power-bi/connect-data/desktop-data-types"
_REBIND = "https://learn.microsoft.com/rest/api/power-bi/reports/rebind-report-in-group"
_REFRESH = "https://learn.microsoft.com/rest/api/power-bi/datasets/refresh-dataset-in-group"
_SEQUENCE = "https://github.com/DataBooster/PyWebApi"


# fmt: off
RULES: Final = Table("powerbi")
RULES.rule("token.form", "grant, client and scope come in a form (AADSTS900144)", _ENTRA)
RULES.rule("token.once", "a parameter comes once (AADSTS9000411)", _OAUTH)
RULES.rule("token.one-credential", "one way of client authentication in a request", _OAUTH)
RULES.rule("token.grant", "the grant is client_credentials (AADSTS70003)", _ENTRA)
RULES.rule("token.common", "the tenant is named, not common (AADSTS50059)", _ENTRA)
RULES.rule("token.tenant", "the tenant exists (AADSTS90002)", _CODES)
RULES.rule("token.scope", "the scope is .default of one resource (AADSTS70011)", _CODES)
RULES.rule("token.resource", "the resource is known in the tenant (AADSTS500011)", _CODES)
RULES.rule("token.client", "the application is in the tenant (AADSTS700016)", _CODES)
RULES.rule("token.credential", "a secret or an assertion is sent (AADSTS7000218)", _CODES)
RULES.rule("token.secret", "the secret is right (AADSTS7000215)", _CODES)
RULES.rule("token.secret-age", "the secret has not expired (AADSTS7000222)", _CODES)
RULES.rule("token.assertion-type", "an assertion says that it is a JWT", _ASSERTION)
RULES.rule("token.assertion-form", "an assertion is a JWT with the claims that it needs (AADSTS50027)", _ASSERTION)
RULES.rule("token.assertion-algorithm", "an assertion is signed with PS256 or RS256", _ASSERTION)
RULES.rule("token.assertion", "the application's certificate signed the assertion (AADSTS700027)", _ASSERTED)
RULES.rule("token.assertion-subject", "iss and sub are the application (AADSTS700021)", _ASSERTED)
RULES.rule("token.assertion-audience", "aud is the token endpoint (AADSTS700023)", _ASSERTED)
RULES.rule("token.assertion-time", "it is between nbf and exp (AADSTS700024)", _ASSERTED)
RULES.rule("token.assertion-life", "an assertion lives ten minutes at most", _ASSERTION)
RULES.rule("token.assertion-jti", "an assertion has a jti", _ASSERTION)
RULES.rule("token.assertion-again", "as a setting, an assertion is presented once", _ASSERTION)
RULES.rule("auth.bearer", "calls carry a bearer token", _REST)
RULES.rule("auth.audience", "the token is for Power BI", "https://github.com/MicrosoftDocs/powerbi-docs/issues/65")
RULES.rule("auth.expired", "tokens end after expires_in (TokenExpired)", _TROUBLE)
RULES.rule("auth.tenant-switch", "the tenant lets service principals use the APIs", _TROUBLE)
RULES.rule("auth.role", "writing and querying need Contributor", _ROLES)
RULES.rule("auth.queries", "the tenant has executeQueries switched on", _QUERIES)
RULES.rule("call.address", "an address that the API has: 404 else", _REST)
RULES.rule("call.method", "an address takes its own methods: 405 else", _REST)
RULES.rule("call.media", "a body is said to be JSON: 415 else", _MEDIA)
RULES.rule("calls.hour", "as a setting, so many calls an hour for a caller", _GENERAL, rate=True)
RULES.rule("workspace.found", "the workspace exists in the tenant (PowerBIEntityNotFound)", _TROUBLE)
RULES.rule("workspace.member", "the caller has a role in the workspace", _ROLES)
RULES.rule("workspace.personal", "service principals have no My workspace", _PRINCIPAL)
RULES.rule("workspace.create", "service principals create workspaces only where the tenant lets them", _ADMIN)
RULES.rule("workspace.many", "nobody is in more than 1,000 workspaces", _WORKSPACES)
RULES.rule("groups.query", "$top from 1, $skip from 0, $filter a boolean condition", _GROUPS)
RULES.rule("dataset.creation", "datasets may be created (FeatureDeprecatedError)", _STREAMING)
RULES.rule("dataset.many", "at most 1,000 datasets in a workspace", _WORKSPACES)
RULES.rule("dataset.push", "rows and tables are a push model's only (ItemNotFound)", "https://github.com/microsoft/PowerBI-CSharp/issues/105")
RULES.rule("dataset.reports", "a dataset's reports go with it", "https://learn.microsoft.com/power-bi/create-reports/service-delete")
RULES.rule("dataset.found", "the dataset exists (PowerBIEntityNotFound)", _TROUBLE)
RULES.rule("table.found", "the table exists, with this case (ItemNotFound)", "https://github.com/microsoft/PowerBI-CSharp/issues/127")
RULES.rule("schema.json", "the body is JSON of the documented shape", _REST)
RULES.rule("schema.unknown", "unknown properties are refused (BadRequest)", "https://github.com/sql-bi/Pbi-PushDataset/issues/1")
RULES.rule("schema.push", "a push model's schema has no rows, sources or data sources", _STREAMING)
RULES.rule("schema.mode", "the model is a push model", _STREAMING)
RULES.rule("schema.streaming", "streaming modes take a column's name and type only", "https://github.com/MicrosoftDocs/powerbi-docs/issues/899")
RULES.rule("schema.retention", "the retention policy is None or basicFIFO", _REST)
RULES.rule("schema.date", "as a setting, no table is called Date", "https://github.com/sql-bi/Pbi-PushDataset")
RULES.rule("schema.name", "names of tables and columns have 1 to 100 characters of the allowed set", _REST)
RULES.rule("schema.unique", "names of tables, columns and measures are unique without regard to case", _REST)
RULES.rule("schema.type", "data types are Int64, Double, Boolean, DateTime, String or Decimal", _TYPES)
RULES.rule("schema.summarize", "summarizeBy is one of its eight values", _TYPES)
RULES.rule("schema.columns", "at most 75 columns", _LIMITS)
RULES.rule("schema.tables", "at most 75 tables", _LIMITS)
RULES.rule("schema.relationships", "at most 75 relationships", _LIMITS)
RULES.rule("schema.relationship", "relationships join existing columns of one type, one per pair of tables", _REST)
RULES.rule("schema.direction", "crossFilteringBehavior is one of its three values", _REST)
RULES.rule("schema.path", "filters reach a table by one path only", _MODEL)
RULES.rule("schema.sort", "sortByColumn names a column of the table", _TYPES)
RULES.rule("schema.destructive", "no column is dropped or changes its type", _REST)
RULES.rule("rows.body", "a request has at most 16 MB", _STREAMING)
RULES.rule("rows.json", 'the body is {"rows": [{...}]}', _REST)
RULES.rule("rows.once", "an object names a member once", _ODATA)
RULES.rule("rows.count", "at most 10,000 rows in a request", _LIMITS)
RULES.rule("rows.column", "columns exist", _REST)
RULES.rule("rows.type", "values have their column's type", _TYPES)
RULES.rule("rows.int64", "Int64 without its smallest and largest value", _TYPES)
RULES.rule("rows.double", "Double without infinity, its smallest and its largest value", _TYPES)
RULES.rule("rows.date", "DateTime from the year 1900 to 9999", _ENGINE)
RULES.rule("rows.ticks", "DateTime is kept to 1/300 s", _TYPES)
RULES.rule("rows.scale", "Decimal has at most four decimals", _TYPES)
RULES.rule("rows.string", "at most 4,000 characters in a text", _LIMITS)
RULES.rule("rows.key", "the one-side of a relationship has each value once", _STREAMING)
RULES.rule("rows.null", "as a setting, no JSON null", _REST)
RULES.rule("rows.zone", "as a setting, no DateTime with a zone", _REST)
RULES.rule("rows.trim", "the engine drops spaces at the end of a text", _ENGINE)
RULES.rule("rows.sequence", "as a setting, a sequence number counts once", _SEQUENCE)
RULES.rule("rows.sequence-form", "a sequence number is a whole number", _SEQUENCE)
RULES.rule("rows.fifo", "a table with basicFIFO keeps its newest 200,000 rows", _LIMITS)
RULES.rule("rows.stored", "at most 5,000,000 rows in a table without retention", _LIMITS)
RULES.rule("rows.pending", "at most 5 POST rows requests pending for a model", _LIMITS, rate=True)
RULES.rule("rows.second", "as a setting, so many POST rows requests a second for a model", _STREAMING, rate=True)
RULES.rule("rows.minute", "120 POST rows requests a minute for a model", _LIMITS, rate=True)
RULES.rule("rows.hour", "120 POST rows requests an hour once a table has 250,000 rows", _LIMITS, rate=True)
RULES.rule("rows.hourly", "1,000,000 rows an hour for a model", _THROTTLE, rate=True)
RULES.rule("refresh.push", "a push model cannot be refreshed (415)", _STREAMING)
RULES.rule("refresh.body", "notifyOption is one of its three values", _REFRESH)
RULES.rule("refresh.mail", "a service principal gets no mail", _REFRESH)
RULES.rule("refresh.enhanced", "enhanced refreshes need a capacity", _REFRESH)
RULES.rule("refresh.busy", "one refresh at a time", "https://learn.microsoft.com/power-bi/connect-data/asynchronous-refresh")
RULES.rule("refresh.day", "8 refreshes a day on shared capacity", _REFRESH, rate=True)
RULES.rule("refresh.top", "$top is a whole number from 1", _REFRESH)
RULES.rule("refresh.found", "the refresh exists", _REFRESH)
RULES.rule("refresh.cancel", "only enhanced refreshes under way can be cancelled", _REFRESH)
RULES.rule("report.found", "the report exists (PowerBIEntityNotFound)", _TROUBLE)
RULES.rule("report.many", "at most 1,000 reports on a dataset", _WORKSPACES)
RULES.rule("report.body", "the body names a dataset", _REBIND)
RULES.rule("report.target", "the dataset that a report is bound to exists and may be read", _REBIND)
RULES.rule("report.paginated", "paginated reports are not rebound", _REBIND)
RULES.rule("query.one", "one query in a call", _QUERIES)
RULES.rule("query.roles", "service principals do not query models with row-level security", _QUERIES)
RULES.rule("query.dax", "the query is DAX that can be evaluated", _QUERIES)
RULES.rule("query.moments", "as a setting, no DateTime equals one with a part of a second", _STREAMING)
RULES.rule("query.rows", "at most 100,000 rows or 1,000,000 values of one table are returned", _QUERIES)
RULES.rule("query.bytes", "at most 15 MB are returned", _QUERIES)
RULES.rule("query.minute", "120 queries a minute for a user", _QUERIES, rate=True)
# fmt: on


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


def check(rules: Rulebook, rule: str, holds: object, message: str) -> None:
    """Refused as an invalid request unless it holds, or the rule is off."""
    if rules.broken(rule, not holds):
        raise Refused(rule, 400, error("InvalidRequest", message))


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


def throttled(rule: str, wait: float, status: int = 429) -> Refused:
    """The service's general throttle: not in the usual envelope (https://github.com/RuiRomano/pbimonitor/issues/58)."""
    seconds = retry_after(wait)
    message = (
        "You have exceeded the amount of requests allowed in the current time frame and further requests will fail. "
        f"Retry in {seconds} seconds."
    )
    return Refused(rule, status, {"message": message}, {"Retry-After": str(seconds)})
