"""Employees, employments, their place in the organisation, and internal rates as Exact's records."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from emulators.books.documents import fixed_text
from emulators.books.firm import Firm
from emulators.books.ids import guid_of
from emulators.books.staff import Employee, Rate
from emulators.exact.shapes import MASTERS_CREATED, ZERO, Author, Rendered, Shape
from emulators.exact.values import NULL, boolean, day, day_ms, guid, text

_NINE_O_CLOCK: Final = 9 * 3_600_000


SOCIAL_SECURITY: Final = "9999"
"""How the made-up numbers begin: whoever finds one elsewhere has found a leak."""


class StaffRender:
    """Renders people."""

    def __init__(self, firm: Firm) -> None:
        self._firm, self._author = firm, Author(firm)
        self._employees = Shape("Employees", firm, {"IsAnonymised": ZERO, "NameComposition": "1", "Language": '"NL"'})
        self._employments, self._organizations = Shape("Employments", firm), Shape("EmploymentOrganizations", firm)
        self._rates = Shape("EmploymentInternalRates", firm)
        self._centers = {one.code: text(one.description) for one in firm.cost_centers}

    def records(self, one: Employee) -> Iterator[Rendered]:
        """The employee, the employment, the organisation, and each rate."""
        at = max(MASTERS_CREATED, _entered(one.start)) if one.start.year >= 2024 else MASTERS_CREATED
        stamp = self._author.stamp(at)
        ends = {"StartDate": day(one.start), "EndDate": day(one.end)}
        whose = {"Employee": guid(one.id), "EmployeeFullName": text(one.name), "EmployeeHID": str(one.hid)}
        yield self._employee(one, stamp | ends)
        job = stamp | ends | whose | {
            "ID": guid(one.employment), "EmploymentNumber": "1", "HID": str(one.hid),
            "StartDateOrganization": day(one.start), "ReasonEnd": "1" if one.end else NULL,
            "ReasonEndDescription": text("Ontslag op eigen verzoek") if one.end else NULL,
        }  # fmt: skip
        yield self._employments.of(one.employment, None, job)
        place = guid_of(self._firm.seed, f"organization {self._firm.key}", str(one.hid))
        where = stamp | ends | whose | {
            "ID": guid(place), "Employment": guid(one.employment), "EmploymentHID": str(one.hid),
            "EmploymentNumber": "1", "CostCenter": text(one.cost_center),
            "CostCenterDescription": self._centers.get(one.cost_center, NULL),
        }  # fmt: skip
        yield self._organizations.of(place, None, where)
        for rate in one.rates:
            yield self.rate(one, rate)

    def _employee(self, one: Employee, shared: dict[str, str]) -> Rendered:
        found = shared | {
            "ID": guid(one.id), "Code": text(f"{one.hid:>8}"), "HID": str(one.hid), "EmployeeHID": str(one.hid),
            "FirstName": text(one.first), "LastName": text(one.last), "FullName": text(one.name),
            "BirthName": text(one.last), "Initials": text(one.first[:1]), "IsActive": boolean(one.end is None),
            "BirthDate": day(date(1965 + one.hid % 35, 1 + one.hid % 12, 1 + one.hid % 28)),
            "SocialSecurityNumber": text(f"{SOCIAL_SECURITY}{one.hid:05d}"),
            "ActiveEmployment": ZERO if one.end else "1", "Country": text(f"{self._firm.country:<2}"),
        }  # fmt: skip
        return self._employees.of(one.id, None, found)

    def rate(self, one: Employee, rate: Rate) -> Rendered:
        """A rate, entered when it began; the one before was then ended."""
        at = max(MASTERS_CREATED, _entered(rate.start))
        ended = None if rate.end is None else max(at, _entered(rate.end))
        found = self._author.stamp(at, ended) | {
            "ID": guid(rate.id), "Employee": guid(one.id), "EmployeeFullName": text(one.name),
            "EmployeeHID": str(one.hid), "Employment": guid(one.employment), "EmploymentHID": str(one.hid),
            "StartDate": day(rate.start), "EndDate": day(rate.end), "InternalRate": fixed_text(rate.internal, 6),
            "IntercompanyRate": fixed_text(rate.intercompany, 6),
        }  # fmt: skip
        return self._rates.of(rate.id, None, found)


def _entered(on: date) -> int:
    return day_ms(on) + _NINE_O_CLOCK
