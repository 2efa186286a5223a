"""Every error that a person may meet: one list of codes, each with who acts and the remedy."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Acts(StrEnum):
    """Who ends the condition."""

    TIME = "time"
    PERSON = "person"
    OPERATOR = "operator"


@dataclass(frozen=True)
class Code:
    """What went wrong, who acts, and what they do."""

    name: str
    acts: Acts
    remedy: str


CODES: dict[str, Code] = {}


def _code(name: str, acts: Acts, remedy: str) -> Code:
    """Register a code; the list below is the only place that calls this."""
    assert name not in CODES, f"{name} is registered twice"
    CODES[name] = code = Code(name, acts, remedy)
    return code


# Exact Online
EXACT_UNREACHABLE = _code(
    "EXACT_UNREACHABLE",
    Acts.TIME,
    "Exact Online gave no usable answer (an outage, maintenance, the network): the call is tried again by itself.",
)
EXACT_SUSPENDED = _code(
    "EXACT_SUSPENDED", Acts.TIME, "A limit of Exact Online is used up; work goes on when it resets (exactbi status)."
)
EXACT_TOKEN_AWAITED = _code(
    "EXACT_TOKEN_AWAITED",
    Acts.TIME,
    "The last access token ended and a running poller fetches the next, within 10 minutes: start `exactbi up` where "
    "none runs.",
)
EXACT_TOKEN_UNCLEAR = _code(
    "EXACT_TOKEN_UNCLEAR",
    Acts.TIME,
    "Exact's token endpoint gave no clear answer; exactbi asks again by itself, 10 minutes after it asked. "
    "Do not log in anew unless `exactbi status` says revoked.",
)
EXACT_TOKEN_REFUSED = _code(
    "EXACT_TOKEN_REFUSED",
    Acts.TIME,
    "Exact refused an access token that should live: the next comes by itself within 10 minutes. If it goes on, "
    "a newer consent of the same user ended ours: use the app from one installation only, and `exactbi login`.",
)
EXACT_NO_CONSENT = _code(
    "EXACT_NO_CONSENT", Acts.OPERATOR, "Nobody gave consent for this connection yet: `exactbi login`."
)
EXACT_CODE_REFUSED = _code(
    "EXACT_CODE_REFUSED",
    Acts.OPERATOR,
    "The address that the browser ended at was used already or is minutes old: begin again with `exactbi login`.",
)
EXACT_REVOKED = _code(
    "EXACT_REVOKED", Acts.OPERATOR, "No usable refresh token is left: give consent again with `exactbi login`."
)
EXACT_CLIENT_REFUSED = _code(
    "EXACT_CLIENT_REFUSED",
    Acts.OPERATOR,
    "Exact refused the app's client id or secret: correct the id in the customer's file and start again, the secret "
    "with `exactbi secrets set exact/<connection>/client_secret`; either is tried at once.",
)
EXACT_FORBIDDEN = _code(
    "EXACT_FORBIDDEN",
    Acts.OPERATOR,
    "The app's scope, the user's rights or the division's state forbid this call; see the message, mend it in Exact.",
)
EXACT_REFUSED = _code(
    "EXACT_REFUSED", Acts.PERSON, "Exact refused the request itself; report it with the call's id (exactbi trace)."
)
EXACT_NOT_FOUND = _code(
    "EXACT_NOT_FOUND",
    Acts.PERSON,
    "Exact does not know the record or the endpoint; check the division and the package.",
)

# Power BI
PBI_UNREACHABLE = _code(
    "PBI_UNREACHABLE",
    Acts.TIME,
    "Power BI gave no clear answer: it is asked again by itself, and a batch in doubt is settled by a census.",
)
PBI_SUSPENDED = _code(
    "PBI_SUSPENDED", Acts.TIME, "A limit of Power BI is used up; work goes on when it resets (exactbi status)."
)
PBI_CLIENT_REFUSED = _code(
    "PBI_CLIENT_REFUSED",
    Acts.OPERATOR,
    "Microsoft Entra refused the app's secret or certificate: renew it with `exactbi secrets set power_bi/...`.",
)
PBI_APP_UNKNOWN = _code(
    "PBI_APP_UNKNOWN",
    Acts.OPERATOR,
    "Microsoft Entra knows no such tenant or app: correct `tenant` or `client_id` in the customer's file.",
)
PBI_QUERIES_FORBIDDEN = _code(
    "PBI_QUERIES_FORBIDDEN",
    Acts.OPERATOR,
    "The service principal may not query the dataset: allow the Dataset Execute Queries REST API in the tenant's "
    "settings, and make it a Contributor of the workspace.",
)
PBI_FORBIDDEN = _code(
    "PBI_FORBIDDEN",
    Acts.OPERATOR,
    "The service principal may not do this: allow service principals in the tenant, "
    "and make it a Contributor of the workspace.",
)
PBI_WORKSPACE = _code(
    "PBI_WORKSPACE",
    Acts.OPERATOR,
    "There is no such workspace, or the service principal is not in it: correct `workspace` in the customer's file, "
    "or make it a Contributor.",
)
PBI_NOT_FOUND = _code(
    "PBI_NOT_FOUND",
    Acts.OPERATOR,
    "The dataset or table was deleted in Power BI, or is not visible: see that the service principal is a Contributor "
    "of the workspace; a deleted dataset is made anew under another `name` in the customer's file.",
)
PBI_REFUSED = _code(
    "PBI_REFUSED", Acts.PERSON, "Power BI refused the rows; see the failure's message, mend the mapping, replay."
)
PBI_SCHEMA = _code(
    "PBI_SCHEMA", Acts.OPERATOR, "The change of schema would destroy rows: give the table or column a new name."
)
PBI_TABLE_NOT_WHOLE = _code(
    "PBI_TABLE_NOT_WHOLE", Acts.PERSON, "The table must be cleared and filled again: `exactbi approvals approve`."
)

# Records and mapping
MAP_FIELD = _code(
    "MAP_FIELD",
    Acts.PERSON,
    "A field has a value that the mapping can't use: mend the mapping or the record, then replay.",
)
UNDECODABLE = _code(
    "UNDECODABLE",
    Acts.PERSON,
    "The message can't be read: look at it with `exactbi failures show`, then replay or drop it.",
)
DUPLICATE_KEY = _code(
    "DUPLICATE_KEY", Acts.PERSON, "Two live records have the same dimension key: rename one of them in Exact."
)
NOT_ACTIVE = _code(
    "NOT_ACTIVE", Acts.OPERATOR, "The message names a dataset or division that is not active: run `exactbi migrate`."
)

# Configuration and parts
CONFIG_INVALID = _code(
    "CONFIG_INVALID",
    Acts.OPERATOR,
    "Correct what is named (a place in a customer's file, or a variable EXACTBI_...) and start again.",
)
PART_UNREACHABLE = _code(
    "PART_UNREACHABLE",
    Acts.TIME,
    "It does not answer: check that it runs, and its address (EXACTBI_POSTGRES, EXACTBI_KAFKA).",
)
POSTGRES_REFUSED = _code(
    "POSTGRES_REFUSED",
    Acts.OPERATOR,
    "PostgreSQL refused the user or the password: correct them in EXACTBI_POSTGRES, or the rights in PostgreSQL.",
)
DATABASE_MISSING = _code(
    "DATABASE_MISSING",
    Acts.OPERATOR,
    "PostgreSQL has no database of that name: create it, or correct EXACTBI_POSTGRES; then `exactbi migrate`.",
)
TOPICS_MISSING = _code(
    "TOPICS_MISSING", Acts.OPERATOR, "Kafka lacks topics of exactbi: make them with `exactbi topics apply`."
)
TOPICS_DIFFER = _code(
    "TOPICS_DIFFER",
    Acts.OPERATOR,
    "Topics have another number of partitions than planned: stop exactbi, delete them in Kafka, and run "
    "`exactbi topics apply`; what they held is published again from PostgreSQL.",
)
ADDRESS_TAKEN = _code(
    "ADDRESS_TAKEN",
    Acts.OPERATOR,
    "Another program listens there, or the address is not this machine's: "
    "end it, or set EXACTBI_HTTP_HOST and EXACTBI_HTTP_PORT.",
)
UNEXPECTED = _code(
    "UNEXPECTED",
    Acts.PERSON,
    "The program failed on this message: report it with the failure's id, replay once it is mended.",
)
FILE_UNUSABLE = _code(
    "FILE_UNUSABLE",
    Acts.OPERATOR,
    "A file or folder can't be read or written: correct its place, its rights, or the room on its volume.",
)
FAULT = _code(
    "FAULT",
    Acts.PERSON,
    "This is a mistake in exactbi: run the command again with EXACTBI_LOG_LEVEL=debug, and report what it prints.",
)
REPLAY_STATE = _code(
    "REPLAY_STATE",
    Acts.OPERATOR,
    "See `exactbi replay status`: one replay of a customer runs at a time, and one that ended is planned anew.",
)
LEASE_LOST = _code("LEASE_LOST", Acts.TIME, "Another process took this work over; it goes on there.")
POSTGRES_POOLED = _code(
    "POSTGRES_POOLED",
    Acts.OPERATOR,
    "The address leads to a transaction pooler: give PostgreSQL's own address, leases need a session.",
)
SCHEMA_BEHIND = _code(
    "SCHEMA_BEHIND", Acts.OPERATOR, "The database lacks tables of this version: bring it up with `exactbi migrate`."
)
SCHEMA_UNKNOWN = _code(
    "SCHEMA_UNKNOWN",
    Acts.OPERATOR,
    "The database was migrated by another version of exactbi: run that version, or restore the database.",
)
SECRET_MISSING = _code("SECRET_MISSING", Acts.OPERATOR, "Set each secret that is named: `exactbi secrets set NAME`.")
KEY_MISSING = _code(
    "KEY_MISSING",
    Acts.OPERATOR,
    "EXACTBI_KEY_FILE must lead to a readable file with 32 bytes in base64: make one for a new installation, restore "
    "the copy for one that has secrets.",
)
KEY_UNKNOWN = _code(
    "KEY_UNKNOWN",
    Acts.OPERATOR,
    "The key file is not the one that the secrets were encrypted with: restore that file from its copy.",
)


class ExactbiError(Exception):
    """An error with a code; `str()` gives what happened, `code.remedy` what to do."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code


class TransientError(ExactbiError):
    """Time mends it: try again later."""


class SuspendedError(TransientError):
    """A budget is spent until `until` (Unix seconds)."""

    def __init__(self, code: Code, message: str, until: float) -> None:
        super().__init__(code, message)
        self.until = until


class PermanentError(ExactbiError):
    """A person mends it later: it goes to failures, its neighbours go on."""


class ConfigurationError(ExactbiError):
    """The operator mends it now: that customer pauses, others go on."""


EXIT_FINDING = 1
EXIT_USAGE = 2
EXIT_CONFIGURATION = 3
EXIT_UNREACHABLE = 4
EXIT_REFUSED = 5


def exit_status(error: ExactbiError) -> int:
    """The exit status of a command or a process that ends with `error`."""
    if isinstance(error, TransientError):
        return EXIT_UNREACHABLE
    return EXIT_CONFIGURATION if isinstance(error, ConfigurationError) else EXIT_FINDING
