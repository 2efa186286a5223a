"""Values that the documents say nothing of: made to fit, refused or taken as they are, each by its setting."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec

from emulators.powerbi.datasets import Table
from emulators.powerbi.rules import Refused, Rulebook, error
from emulators.powerbi.settings import TEXT_LENGTH, Settings
from emulators.powerbi.values import moment, zoned

encoder: Final = msgspec.json.Encoder(decimal_format="number")
_SCALE: Final = Decimal("0.0001")
_Change = Callable[[Any], Any]


def fit(rules: Rulebook, chosen: Settings, table: Table, rows: list[dict[str, Any]]) -> bool:
    """Change the rows as the settings have it, and say whether any was changed; Refused where they don't take one."""
    if chosen.null_values == "refuse":
        _refuse(rules, "rows.null", rows, [column.name for column in table.schema.columns], lambda value: value is None)
    if chosen.zoned_datetime == "refuse":
        _refuse(rules, "rows.zone", rows, _columns(table, "DateTime"), zoned)
    changes: list[tuple[str, _Change]] = []
    if chosen.long_text == "cut":
        changes += [(name, _cut) for name in _columns(table, "String")]
    if chosen.long_decimal == "round":
        changes += [(name, _round) for name in _columns(table, "Decimal")]
    if chosen.zoned_datetime == "as written":
        changes += [(name, _without_zone) for name in _columns(table, "DateTime")]
    changed = False
    for name, change in changes:
        for row in rows:
            before = row.get(name)
            if before is not None and (after := change(before)) != before:
                row[name] = after
                changed = True
    return changed


def _columns(table: Table, kind: str) -> list[str]:
    return [column.name for column in table.schema.columns if column.kind == kind]


def _refuse(
    rules: Rulebook, rule: str, rows: list[dict[str, Any]], names: list[str], wrong: Callable[[Any], bool]
) -> None:
    for name in names:
        if rules.broken(rule, any(name in row and wrong(row[name]) for row in rows)):
            raise Refused(rule, 400, error("BadRequest", f"Column '<pi>{name}</pi>': the value is not supported"))


def _cut(value: Any) -> Any:
    """The first 4,000 UTF-16 units."""
    if not isinstance(value, str) or len(value) <= TEXT_LENGTH // 2:
        return value
    return value.encode("utf-16-le")[: 2 * TEXT_LENGTH].decode("utf-16-le", "ignore")


def _round(value: Any) -> Any:
    try:
        return value.quantize(_SCALE) if isinstance(value, Decimal) else value
    except InvalidOperation:
        return value


def _without_zone(value: Any) -> Any:
    """The clock that was written, whatever its zone."""
    try:
        return moment(value, keep=True).isoformat() if zoned(value) else value
    except ValueError:
        return value
