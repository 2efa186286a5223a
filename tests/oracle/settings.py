"""What a customer may choose that changes rows, each with the model's default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction


def _unit_hours() -> Mapping[str, Fraction]:
    return {"hour": Fraction(1), "day": Fraction(8), "minute": Fraction(1, 60)}


@dataclass(frozen=True)
class Settings:
    """`unit_hours`: hours in one of an item's units, by the unit's code in lower case; an unknown unit is an hour.

    `never_billable`: codes of hour types (travel, training). `time_cost`: `rates`, `ledger` or `none`; only `rates`
    fills Project Time Cost. `budget_sign`: `ledger` (debit positive) or `natural` (income positive).
    `standard_rate`: an hour's cost where an employee has no rate of his own. `scheme`: code of the ledger scheme that
    fills Classification 1 to 4. `sections`, `group_accounts`: result section, group account by `<company>|<CODE>` of an
    account; `group_cost_centers`, `group_cost_units` likewise; `group_tags`: a company's tag by company key.
    """

    unit_hours: Mapping[str, Fraction] = field(default_factory=_unit_hours)
    never_billable: frozenset[str] = frozenset()
    time_cost: str = "rates"
    budget_sign: str = "ledger"
    standard_rate: Decimal | None = None
    pseudonyms: bool = False
    scheme: str | None = None
    sections: Mapping[str, int] = field(default_factory=dict)
    group_accounts: Mapping[str, str] = field(default_factory=dict)
    group_cost_centers: Mapping[str, str] = field(default_factory=dict)
    group_cost_units: Mapping[str, str] = field(default_factory=dict)
    group_tags: Mapping[str, str] = field(default_factory=dict)
