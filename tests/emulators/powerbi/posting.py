"""From the body of POST rows to a checked batch."""

from __future__ import annotations

from typing import Any

from emulators.powerbi import settings
from emulators.powerbi.datasets import Table
from emulators.powerbi.documents import JsonError, decoded, repeats
from emulators.powerbi.fitting import encoder, fit
from emulators.powerbi.posted import Bodies, rows_decoder
from emulators.powerbi.rules import Refused, Rulebook, error
from emulators.powerbi.settings import Settings
from emulators.powerbi.store import Batch, trimmed
from emulators.powerbi.values import BLANK, Wrong, encode, has_parts


def check_rows(rules: Rulebook, chosen: Settings, bodies: Bodies, table: Table, body: bytes) -> Batch:
    """The batch in a body for this table, kept among `bodies`; Refused says which rule it breaks."""
    if rules.broken("rows.body", len(body) > settings.BODY_BYTES):
        raise Refused("rows.body", 413, error("RequestEntityTooLarge", "The request is larger than 16 MB"))
    try:
        rows = decoded(rows_decoder, body).rows
    except JsonError as wrong:
        raise Refused("rows.json", 400, error("BadRequest", str(wrong))) from wrong
    if rules.broken("rows.once", repeats(body, 1 + sum(map(len, rows)))):
        raise Refused("rows.once", 400, error("BadRequest", "Multiple properties with one name were detected in a row"))
    if rules.broken("rows.count", len(rows) > settings.ROWS_PER_POST):
        raise Refused("rows.count", 400, error("BadRequest", f"At most {settings.ROWS_PER_POST} rows in a request"))
    unknown = set().union(*rows) - {column.name for column in table.schema.columns}
    if rules.broken("rows.column", bool(unknown)):
        message = f"Column '<pi>{min(unknown)}</pi>' not found in table '<pi>{table.schema.name}</pi>'"
        raise Refused("rows.column", 400, error("BadRequest", message))
    changed = fit(rules, chosen, table, rows)
    codes, keys = _encode(rules, table, rows)
    return Batch(bodies.keep(encoder.encode({"rows": rows}) if changed else body, len(rows)), codes, keys)


def _encode(rules: Rulebook, table: Table, rows: list[dict[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Codes of all but text columns, and folded keys, by column."""
    codes, keys = {}, {}
    for column in table.schema.columns:
        name = column.name
        values = [row.get(name) for row in rows]
        found = encode(column.kind, values)
        if isinstance(found, Wrong):
            if rules.broken(found.rule, True):
                raise Refused(found.rule, 400, error("BadRequest", f"Column '<pi>{name}</pi>': {found.message}"))
            found = [BLANK] * len(rows)
        if column.kind == "DateTime" and not rules.broken("rows.ticks", True) and any(map(has_parts, values)):
            raise Refused("rows.ticks", 400, error("BadRequest", "The engine keeps no finer part of a second"))
        if column.kind != "String":
            codes[name] = found
        if name in table.keys:
            keys[name] = [trimmed(one, table.trims).casefold() if isinstance(one, str) else one for one in found]
    return codes, keys
