"""The group: a Dutch holding, consulting firms in the Netherlands, Belgium and Germany, and if wanted a British one."""

from __future__ import annotations

from typing import Final

from emulators.books.company import Company, Profile

FIRM: Final = Profile(
    "nl", 100001, "Demo Advies B.V.", "NL", "EUR", "NL001234567B01", 1, (2024, 1), 0.5, module=True, main=True
)
HOLDING: Final = Profile(
    "nl", 100002, "Demo Holding B.V.", "NL", "EUR", "NL001234568B01", 2, (2024, 1), 0.1, holding=True
)
BELGIAN: Final = Profile(
    "be", 200001, "Demo Consult NV", "BE", "EUR", "BE0403170701", 1, (2024, 7), 0.2, fiscal_start=7, main=True
)
GERMAN: Final = Profile("de", 300001, "Demo Beratung GmbH", "DE", "EUR", "DE136695976", 1, (2025, 7), 0.2, main=True)
BRITISH: Final = Profile("uk", 400001, "Demo Advisory Ltd", "GB", "GBP", "GB123456789", 1, (2024, 1), 0.1, main=True)


def companies(seed: int, *, british: bool = False) -> list[Company]:
    """All companies of the group, the consulting firm first."""
    profiles = (FIRM, HOLDING, BELGIAN, GERMAN, *((BRITISH,) if british else ()))
    return [Company(profile, seed) for profile in profiles]
