"""The records of all companies at one moment, by entity, and which company each belongs to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import httpx

from oracle.control_ports import exact_records
from oracle.settings import Settings
from oracle.values import Record, code_key, reference

T = TypeVar("T")
Read = Callable[[str], Iterable[Record]]


class Books:
    """Records are read when they are first asked for, and once. `sites`: the site of each division."""

    def __init__(self, read: Read, sites: Mapping[int, str], settings: Settings | None = None) -> None:
        self._read = read
        self.sites = dict(sites)
        self.settings = settings or Settings()
        self._records: dict[str, Sequence[Record]] = {}
        self._made: dict[Any, Any] = {}

    @classmethod
    def at_port(cls, control: str, divisions: Iterable[Mapping[str, Any]], settings: Settings | None = None) -> Books:
        """What a control port shows; `divisions` as the ready file has them: site and code.

        An entity that the emulator does not keep has no records.
        """

        def read(entity: str) -> Iterable[Record]:
            try:
                return list(exact_records(control, entity))
            except httpx.HTTPStatusError as error:
                if error.response.status_code != httpx.codes.NOT_FOUND:
                    raise
                return []

        return cls(read, {one["code"]: one["site"] for one in divisions}, settings)

    @classmethod
    def of(
        cls, records: Mapping[str, Sequence[Record]], sites: Mapping[int, str], settings: Settings | None = None
    ) -> Books:
        """Records at hand; an entity that is not given has none."""
        return cls(lambda entity: records.get(entity, ()), sites, settings)

    def __getitem__(self, entity: str) -> Sequence[Record]:
        if entity not in self._records:
            self._records[entity] = tuple(self._read(entity))
        return self._records[entity]

    def once(self, make: Callable[[Books], T]) -> T:
        """What `make` makes of these books, made once."""
        if make not in self._made:
            self._made[make] = make(self)
        made: T = self._made[make]
        return made

    def found(self, entity: str, guid: str | None) -> Record | None:
        """The record that a reference by GUID means, if there is one."""
        return None if guid is None else self.once(_BY_ID[entity]).get(guid.lower())

    @staticmethod
    def division(record: Record) -> int:
        """The division of a record; entities without that field carry it beside their fields."""
        code = record.get("Division")
        return int(record["division"] if code is None else code)

    def site(self, record: Record) -> str:
        """The site of a record's division."""
        named: str | None = record.get("site")
        return named or self.sites[self.division(record)]

    def company(self, record: Record) -> str:
        """The company's key."""
        return f"{self.site(record)}-{self.division(record)}"

    def is_ours(self, division: Record) -> bool:
        """Whether a division of Exact's list is one that is read."""
        return int(division["Code"]) in self.sites

    def company_of(self, division: Record) -> str:
        """The key of the company that a division of Exact's list is."""
        return f"{self.sites[int(division['Code'])]}-{int(division['Code'])}"

    def code(self, record: Record, code: str | None) -> str:
        """A reference by code to something of the record's own company."""
        return code_key(self.site(record), {"Division": self.division(record)}, code)

    def period(self, record: Record, year: int, number: int) -> str:
        """The key of a booked period of the record's company."""
        return f"{self.company(record)}|{year}-{number:02d}"


def _by_id(entity: str) -> Callable[[Books], dict[str, Record]]:
    def index(books: Books) -> dict[str, Record]:
        return {reference(record["ID"]): record for record in books[entity]}

    return index


_BY_ID = {
    entity: _by_id(entity)
    for entity in ("Accounts", "GLClassifications", "Items", "ProjectWBS", "Projects", "PurchaseInvoices")
}
