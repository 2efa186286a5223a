"""What a rule of a vendor is, and a vendor's table of them: id, what it says, where that is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Vendor = Literal["exact", "powerbi"]


@dataclass(frozen=True)
class Rule:
    """One thing that a vendor enforces; `rate` rules are what EXACTBI_LIMITS=off lifts in Power BI."""

    id: str
    vendor: Vendor
    what: str
    source: str
    rate: bool = False


class Table(dict[str, Rule]):
    """A vendor's rules by id, in the order of their declaration; `prefix` begins each id."""

    def __init__(self, vendor: Vendor, prefix: str = "") -> None:
        super().__init__()
        self._vendor: Vendor = vendor
        self._prefix = prefix

    def rule(self, key: str, what: str, source: str, *, rate: bool = False) -> Rule:
        """Declare a rule; ValueError for an id that there is already."""
        made = Rule(f"{self._prefix}{key}", self._vendor, what, source, rate)
        if made.id in self:
            raise ValueError(f"{made.id} is declared twice")
        self[made.id] = made
        return made
