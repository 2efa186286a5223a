"""Clients, suppliers and the companies of the group, as each company has them in its own relations."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from emulators.books.firm import Firm, pick
from emulators.books.ids import guid_of
from emulators.books.model import Relation

CLIENT, SUPPLIER, GROUP = "client", "supplier", "intercompany"
CLIENTS_OF_GROUP: Final = 45
SHARED: Final = 3
"""So many clients are clients of every trading company, under one VAT number each."""
_SUPPLIERS: Final = 30
_TERMS: Final = (30, 30, 14, 60)
_TERMS_ABROAD: Final = 65
"""Long enough for a balance in dollars to stand at the end of the month after, at another rate."""
_CITIES: Final = {
    "NL": ("Utrecht", "Rotterdam", "'s-Hertogenbosch", "Eindhoven"), "BE": ("Gent", "Antwerpen", "Liège", "Leuven"),
    "DE": ("Köln", "Düsseldorf", "München", "Münster"), "GB": ("Leeds", "London"), "US": ("New York", "Boston"),
}  # fmt: skip
_FORMS: Final = {"NL": "B.V.", "BE": "NV", "DE": "GmbH", "GB": "Ltd", "US": "Inc."}
_FIRST: Final = (
    "Van Dijk",
    "De Boer",
    "Janssens",
    "Peeters",
    "Müller",
    "Schäfer",
    "Bakker",
    "Visser",
    "Noord",
    "Delta",
)
_SECOND: Final = ("Logistiek", "Bouw", "Zorg", "Techniek", "Energie", "Onderwijs", "Voeding", "Media", "Transport")
_SUPPLIES: Final = ("Kantoor", "Software", "Advies", "Energie", "Reizen", "Verhuur", "Opleiding", "Onderhoud")
_ODD: Final = {0: "O'Brien\nBakkerijen 🥐", 1: 'Café "De Kroeg" & Zn.', 2: "Müller 'Söhne'", 4: "株式会社テスト"}


@dataclass(frozen=True, slots=True)
class Party(Relation):
    """A relation with what trading needs. `terms` are days; `weight` its share of the work; `partner` the key of the
    company of the group that it is; `status` as Exact has it (C client, S suspect, A none)."""

    kind: str = CLIENT
    country: str = "NL"
    city: str = "Utrecht"
    vat_number: str | None = None
    chamber: str | None = None
    currency: str = "EUR"
    terms: int = 30
    weight: float = 1.0
    partner: str | None = None
    status: str = "C"
    blocked: bool = False
    ended: date | None = None
    parent: str | None = None
    remarks: str | None = None
    renamed_from: str | None = None


def rename(party: Party, name: str) -> None:
    """Give a relation another name: documents written from now on carry it."""
    object.__setattr__(party, "name", name)


@dataclass(frozen=True)
class Parties:
    """One company's relations."""

    clients: tuple[Party, ...]
    suppliers: tuple[Party, ...]
    partners: tuple[Party, ...]
    others: tuple[Party, ...] = ()

    @property
    def all(self) -> list[Party]:
        return [*self.clients, *self.suppliers, *self.partners, *self.others]


def parties(firm: Firm, firms: Sequence[Firm], growth: float) -> Parties:
    """The relations of `firm`: its share of the group's clients (the shared three among them), suppliers, and the
    other companies. `growth` multiplies their numbers."""
    dice = random.Random(f"parties {firm.seed} {firm.key}")
    trading = [one.key for one in firms if one.codes and not _holds(one, firms)]
    clients = [] if firm.key not in trading else _clients(firm, trading, growth, dice)
    count = max(3, round(_SUPPLIERS * min(growth, 20.0) / (1 if firm.key in trading else 3)))
    suppliers = [_supplier(firm, at, dice) for at in range(count)]
    partners = tuple(_partner(firm, other, at) for at, other in enumerate(firms) if other.key != firm.key)
    merged = _merged(firm, clients)
    return Parties(tuple(clients), tuple(suppliers), partners, merged)


def _holds(firm: Firm, firms: Sequence[Firm]) -> bool:
    """The holding has no clients of its own."""
    return len(firms) > 1 and firm.holding


def _clients(firm: Firm, trading: list[str], growth: float, dice: random.Random) -> list[Party]:
    """Every trading company has the shared ones; the others are dealt out, most to the first company."""
    place = trading.index(firm.key)
    shared = [_client(firm, at, f"Groep {_SECOND[at]} International", at) for at in range(SHARED)]
    total = max(len(trading), round((CLIENTS_OF_GROUP - SHARED) * growth))
    own = [at for at in range(total) if (0, 0, 1, 2)[at % 4] % len(trading) == place]
    made = shared if growth >= 0.1 else shared[:1]
    names = (_ODD.get(at) or f"{pick(dice, _FIRST)} {pick(dice, _SECOND)} {at + 1}" for at in own)
    made += [_client(firm, at, name, None, SHARED + n) for n, (at, name) in enumerate(zip(own, names, strict=True))]
    if len(made) > 6:
        made[4] = replace(made[4], blocked=True, remarks="Geblokkeerd: betaalt niet")
        made[5] = replace(made[5], renamed_from=made[5].name, name=f"{made[5].name} Holding")
        made[6] = replace(
            made[6], country="US", city="Boston", currency="USD", vat_number=None, chamber=None, weight=made[1].weight,
            terms=_TERMS_ABROAD,
        )  # fmt: skip
    return made


def _client(firm: Firm, at: int, name: str, shared: int | None, rank: int | None = None) -> Party:
    """Pareto: the weight of the n-th falls with its rank."""
    rank = at if rank is None else rank
    country = "NL" if shared is not None else firm.country
    number = f"{810_000_000 + 97 * at + (0 if shared is not None else 13_000 + firm.division % 997)}"
    vat = _vat_number(country, number)
    key = f"shared client {at}" if shared is not None else f"client {at}"
    found = guid_of(firm.seed, f"relation {firm.key}", key)
    code, city = f"{1000 + (at if shared is not None else SHARED + at):>18}", _CITIES[country][at % 2]
    full = f"{name} {_FORMS[country]}" if at not in _ODD or shared is not None else name
    return Party(
        found, code, full, CLIENT, country, city, vat, number[-8:], "EUR", _TERMS[at % 4], 1.0 / (1 + rank) ** 1.1
    )


def _vat_number(country: str, number: str) -> str:
    return {"NL": f"NL{number}B01", "BE": f"BE0{number}", "DE": f"DE{number}"}.get(country, f"{country}{number}")


def _supplier(firm: Firm, at: int, dice: random.Random) -> Party:
    found = guid_of(firm.seed, f"relation {firm.key}", f"supplier {at}")
    abroad = at % 9 == 8
    country = ("DE" if firm.country == "NL" else "NL") if abroad else firm.country
    number = f"{820_000_000 + 89 * at + firm.division % 997}"
    name = f"{pick(dice, _SUPPLIES)} {pick(dice, _FIRST)} {at + 1} {_FORMS[country]}"
    city, vat = _CITIES[country][at % 2], _vat_number(country, number)
    return Party(found, f"{5000 + at:>18}", name, SUPPLIER, country, city, vat, number[-8:], "EUR", 30, status="A")


def _partner(firm: Firm, other: Firm, at: int) -> Party:
    """A company of the group, client and supplier in one."""
    found = guid_of(firm.seed, f"relation {firm.key}", f"group {other.key}")
    city, number = _CITIES[other.country][0], other.vat_number
    chamber = f"{30_000_000 + other.division}"
    return Party(found, f"{9000 + at:>18}", other.name, GROUP, other.country, city, number, chamber, partner=other.key)


def _merged(firm: Firm, clients: Sequence[Party]) -> tuple[Party, ...]:
    """A client that was entered twice: the second record is blocked, ended, and points to the one that stayed."""
    if len(clients) < 3:
        return ()
    kept = clients[2]
    found = guid_of(firm.seed, f"relation {firm.key}", "merged client")
    code, why = f"{1999:>18}", f"Samengevoegd met {kept.code.strip()}"
    return (
        replace(
            kept, id=found, code=code, name=f"{kept.name} (oud)", blocked=True, ended=date(2025, 6, 30),
            parent=kept.id, remarks=why, weight=0.0,
        ),
    )  # fmt: skip
