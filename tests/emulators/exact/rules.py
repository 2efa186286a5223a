"""The vendor's rules that this emulator enforces: id, what it says, where that is written.

Code asks `rules.on(RULE)` where a rule bites, so that each can be switched off and its test be seen to fail.
Sources: KB = Exact's knowledge base (support.exactonline.com); docs = start.exactonline.nl/docs; forums.invantive.com;
else a public repository on GitHub (picqer = picqer/exact-php-client) or PyPI.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from emulators.declared import Rule, Table

RULES: Final = Table("exact", "exact.")
_rule = RULES.rule

LOGIN_APP: Final = _rule("oauth.app", "the consent page is for a registered app: 401", "KB OAuth step 1")
LOGIN_TYPE: Final = _rule(
    "oauth.response-type", "the consent page gives a code, or a token: 401 else", "KB OAuth step 2"
)
GRANT_TYPE: Final = _rule(
    "oauth.grant-type", "a token is asked for with a code or a refresh token: 400", "KB OAuth step 3"
)
CODE_KNOWN: Final = _rule("oauth.code", "a code is one that this app was given: 400", "KB OAuth step 3")
REFRESH_KNOWN: Final = _rule("oauth.refresh", "a refresh token is one of this app's: 400", "django_exact tests")
CODE_ONCE: Final = _rule(
    "oauth.code-once", "an authorization code can be exchanged once", "picqer/exact-php-client README"
)
CODE_LIFE: Final = _rule("oauth.code-life", "an authorization code lives 3 minutes", "KB OAuth step 2")
CODE_ENCODED: Final = _rule("oauth.code-encoded", "the code arrives percent-encoded", "KB OAuth step 3")
REDIRECT: Final = _rule("oauth.redirect", "the redirect URI must be the registered one", "KB OAuth step 1")
CLIENT: Final = _rule("oauth.client", "wrong client credentials: 400 invalid_request alone", "picqer #553")
NO_BEARER: Final = _rule("oauth.no-bearer", "a Bearer header on the token endpoint: 401", "django_exact api.py")
REFRESH_ONCE: Final = _rule(
    "oauth.refresh-once", "each refresh ends the refresh token: 401 when it comes again", "picqer #640"
)
REFRESH_LIFE: Final = _rule("oauth.refresh-life", "a refresh token unused for 30 days expires", "KB OAuth overview")
NEW_LOGIN: Final = _rule(
    "oauth.new-login", "a new login ends every earlier refresh token of the user", "KB troubleshooting"
)
TOO_EARLY: Final = _rule(
    "oauth.570", "no new access token within 570 s of the last: 400", "websmurf/laravel-exact-online #31"
)
TOKEN_QUOTA: Final = _rule("oauth.quota", "200 token calls per app, user and day", "forums.invantive.com/t/1040")
TOKEN_LIFE: Final = _rule("oauth.token-life", "an access token lives 600 s, then 401", "KB OAuth step 3")
EXPIRES_TEXT: Final = _rule("oauth.expires-in", "expires_in is a string", "KB OAuth step 3")
METHODS: Final = _rule("http.method", "an address takes the methods of its docs page: 405", "docs endpoint pages")
ADDRESSES: Final = _rule("http.address", "an address that there is not: 404", "docs, list of resources")
RECORDS: Final = _rule("http.record", "a key that no record has: 404", "odata.org v2")
ACCESS: Final = _rule("auth.required", "data calls need a Bearer token: 401", "KB OAuth step 3")
DIVISION_SCOPE: Final = _rule("auth.division", "a division that was not granted: 403", "picqer PR #451")
GRANTED: Final = _rule("auth.granted", "only the divisions that the consent grants are served", "docs HRMDivisions")
REASONS: Final = _rule("auth.reasons", "who or what is blocked: 401 or 403 with a Reason header", "picqer PR #451")
SCOPES: Final = _rule("auth.scopes", "an address outside the app's scopes: 403", "picqer #509")
RIGHTS: Final = _rule("auth.rights", "an address that the user may not read: 403", "docs endpoint pages (packages)")
ARCHIVED: Final = _rule("auth.archived", "an archived division is not served", "docs HRMDivisions, Status 1")
DIVISION_LISTS: Final = _rule(
    "divisions.licence", "hrm/Divisions and AllDivisions keep to one licence; system/Divisions does not",
    "docs HRMDivisions, SystemSystemDivisions, SystemSystemAllDivisions",
)  # fmt: skip
MINUTE_LIMIT: Final = _rule("limits.minute", "60 calls per app, division and clock minute, then 429", "KB API limits")
DAY_LIMIT: Final = _rule("limits.day", "5,000 calls per app, division and day, then 429", "KB API limits")
LIMIT_HEADERS: Final = _rule("limits.headers", "X-RateLimit headers on answers with a division", "KB API limits")
CONTRACT_LIMIT: Final = _rule(
    "limits.contract", "20,000 calls per contract and day (Premium: 30,000), then 429", "KB API limits"
)
IN_FLIGHT: Final = _rule("limits.in-flight", "one request at a time per app and division", "KB REST API restrictions")
ERROR_LIMIT: Final = _rule("limits.errors", "more than 10 errors per endpoint and hour block the app", "KB API limits")
BLOCK_GROWS: Final = _rule("limits.block-grows", "a repeated block lasts longer", "forums.invantive.com/t/1040")
PAGE_SIZE: Final = _rule(
    "odata.page", "60 records a page, 1,000 of a sync stream, then __next", "KB REST API restrictions"
)
SELECT_KNOWN: Final = _rule("odata.select", "$select names existing fields, never *, on sync", "docs sync pages")
SELECT_NEEDED: Final = _rule("odata.select-needed", "single and bulk endpoints want $select or $top=1", "picqer #315")
FILTER_NEEDED: Final = _rule(
    "odata.filter-needed", "collections with a sync twin want a listed $filter field", "picqer #591"
)
FILTER_LISTED: Final = _rule("odata.filter-listed", "a $filter field off the list is refused", "picqer #532")
FILTER_GRAMMAR: Final = _rule("odata.filter", "a $filter outside the grammar: 400", "odata.org v2")
FILTER_FIELDS: Final = _rule("odata.filter-field", "a $filter names fields that there are: 400", "odata.org v2")
FILTER_TYPES: Final = _rule(
    "odata.types",
    "operands have types that go together, a Guid and guid'...' say: 400",
    "docs; 400 incompatible operand types",
)
FILTER_PAIRS: Final = _rule(
    "odata.two-fields", "a field is compared with values only, not with another field", "KB OData best practices"
)
EXPAND_PLACES: Final = _rule("odata.expand", "$expand opens lines of normal endpoints, where they exist", "KB OData")
EXPAND_SELECTED: Final = _rule("odata.select-lines", "$select=Lines/Field wants $expand=Lines: 400", "odata.org v2")
ORDER: Final = _rule("odata.orderby", "$orderby names fields of a normal endpoint: 400", "KB OData best practices")
TOP: Final = _rule("odata.top", "$top is a whole number: 400", "odata.org v2")
INLINE_COUNT: Final = _rule("odata.inlinecount", "$inlinecount is allpages or none: 400", "odata.org v2")
SKIP_TOKEN: Final = _rule("odata.skiptoken", "a $skiptoken has the types of the key: 400", "KB REST API restrictions")
KEY_TYPES: Final = _rule(
    "odata.key", "a key is written as its type: guid'...', a number, names for several: 400 else", "odata.org v2"
)
OFFSET_NULL: Final = _rule(
    "odata.offset-null",
    "TransactionLines.OffsetID can't be compared with null: 400",
    "iwebdevnl/exact-online-ai-connect",
)
SYNC_FILTER: Final = _rule("sync.filter", "sync streams filter on Timestamp alone", "docs sync pages")
NO_SKIP: Final = _rule("odata.skip", "$skip is not supported", "docs query string options")
OPTIONS_KNOWN: Final = _rule(
    "odata.options", "an unknown $ option, or one given twice: 400; so is $format", "odata.org v2"
)
JSON_ASKED: Final = _rule("odata.json", "Atom XML unless Accept: application/json", "KB OData")
JSON_SENT: Final = _rule("odata.content-type", "a body is sent as application/json: 415", "KB OData")
NO_XML: Final = _rule("odata.accept-xml", "Accept: application/xml is refused: 415", "KB OData")
COUNT_PLAIN: Final = _rule("odata.count", "$count is plain text, asked without Accept", "KB OData")
URL_LENGTH: Final = _rule("odata.url", "a URL has at most 6,000 characters", "KB REST API restrictions")
DELETED_KEPT: Final = _rule("sync.deleted-kept", "the Deleted log keeps two months", "docs SyncDeleted")
INVOICE_SIGN: Final = _rule(
    "sync.invoice-sign", "a sale is negative in the sync stream of invoices", "forums.invantive.com/t/1855"
)
INVOICE_ROWS: Final = _rule(
    "sync.invoice-rows", "rows from 9000 of a synced invoice stand for its VAT", "forums.invantive.com/t/1222"
)
BODY_SIZE: Final = _rule("limits.body", "a request's body has at most 9.5 MB", "KB REST API restrictions")
HOOK_BODY: Final = _rule("webhooks.body", "a subscription is a JSON object: 400", "KB REST API FAQ")
HOOK_FIELDS: Final = _rule("webhooks.fields", "CallbackURL and Topic are mandatory: 400", "docs WebhookSubscriptions")
HOOK_INSTANT: Final = _rule("webhooks.instant", "IsInstant is for GoodsDeliveries: 400", "docs WebhookSubscriptions")
HOOK_HTTPS: Final = _rule("webhooks.https", "a callback is called over https only: 400", "forums.invantive.com/t/4541")
HOOK_DOMAIN: Final = _rule(
    "webhooks.domain", "a callback has the host of the app's redirect URI: 400", "forums.invantive.com/t/4541"
)
HOOK_VALIDATED: Final = _rule(
    "webhooks.validation", "a callback must accept an empty POST, or there is no subscription", "picqer #140, #438"
)
HOOK_TOPIC: Final = _rule("webhooks.topic", "topics are those of the docs: 400", "docs, list of webhook topics")
HOOK_ONCE: Final = _rule(
    "webhooks.once",
    "one subscription per app, division and topic: 500 Data already exists",
    "yusufkaracaburun/emeq-exact-api",
)
HOOK_OWN: Final = _rule(
    "webhooks.own", "an app sees and removes its own subscriptions only", "forums.invantive.com/t/287"
)
HOOK_FIXED: Final = _rule(
    "webhooks.fixed", "a subscription cannot be changed: 405", "exactonline-api-dotnet-client PR #63"
)
HOOK_SIGNED: Final = _rule(
    "webhooks.signed",
    "HashCode is the HMAC-SHA256 of Content with the app's webhook secret",
    "hookdeck/webhook-skills #152",
)
HOOK_RETRIES: Final = _rule("webhooks.retries", "10 retries, 2^n minutes apart, until 200 or 201", "KB webhooks")
DELETED_LOGGED: Final = _rule(
    "sync.deleted", "a deleted record of a sync stream leaves an entry in Deleted", "docs SyncDeleted"
)
SYNC_START: Final = _rule(
    "sync.timestamp", "SyncTimestamp wants a date and one of 24 named endpoints: 400", "docs ReadSyncSyncSyncTimestamp"
)
MOVE_RENUMBERS: Final = _rule(
    "sync.moved", "a move to another database, or a link to an HR division, makes all Timestamps of a division anew",
    "docs SystemSystemDivisions, DivisionMoveDate and DivisionHRLinkUnlinkDate",
)  # fmt: skip


class Rules:
    """Which rules are in force: all, but those switched off by id."""

    def __init__(self, off: Iterable[str] = ()) -> None:
        self._off = frozenset(off)
        unknown = self._off - RULES.keys()
        if unknown:
            raise ValueError(f"no such rules: {sorted(unknown)}")

    def on(self, rule: Rule) -> bool:
        return rule.id not in self._off
