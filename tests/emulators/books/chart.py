"""The chart of accounts, the cost centres, the relations and the journals of a Dutch consulting firm."""

from __future__ import annotations

from datetime import date
from typing import Final

from emulators.books.ids import guid_of
from emulators.books.model import Account, CostCenter, Journal, Relation

_BALANCE: Final = (
    ("0100", "Goodwill", 32, "D"), ("0200", "Inventaris", 30, "D"), ("0210", "Afschrijving inventaris", 35, "C"),
    ("0300", "Computers", 30, "D"), ("0310", "Afschrijving computers", 35, "C"), ("0500", "Aandelenkapitaal", 50, "C"),
    ("0510", "Winstreserve", 52, "C"), ("0700", "Lening o/g", 55, "C"), ("0710", "Kortlopend deel lening", 60, "C"),
    ("1000", "Kas", 10, "D"), ("1100", "Bank", 12, "D"), ("1110", "Spaarrekening", 12, "D"),
    ("1150", "Creditcard", 14, "C"), ("1160", "Betalingsdienst", 16, "D"), ("1300", "Debiteuren", 20, "D"),
    ("1310", "Vooruitgefactureerd", 21, "C"), ("1400", "Vooruitbetaalde kosten", 26, "D"),
    ("1500", "Te betalen btw hoog", 24, "C"), ("1510", "Te betalen btw laag", 24, "C"),
    ("1520", "Te vorderen btw", 24, "D"), ("1540", "Af te dragen loonheffing", 100, "C"),
    ("1550", "Te betalen lonen", 25, "C"), ("1600", "Crediteuren", 22, "C"), ("1700", "Nog te betalen kosten", 27, "C"),
    ("1800", "Vennootschapsbelasting", 29, "C"), ("2000", "Kruisposten", 90, "D"), ("3000", "Voorraad", 40, "D"),
)  # fmt: skip
_RESULT: Final = (
    ("4000", "Lonen en salarissen", 125, "D"), ("4010", "Sociale lasten", 126, "D"), ("4020", "Pensioen", 125, "D"),
    ("4030", "Opleiding", 125, "D"), ("4100", "Huur", 121, "D"), ("4110", "Energie", 121, "D"),
    ("4120", "Schoonmaak", 120, "D"), ("4200", "Kantoorkosten", 121, "D"), ("4210", "Telefoon en internet", 121, "D"),
    ("4220", "Software", 121, "D"), ("4300", "Reiskosten", 121, "D"), ("4310", "Auto's", 121, "D"),
    ("4320", "Representatie", 121, "D"), ("4400", "Marketing", 121, "D"), ("4500", "Accountant", 121, "D"),
    ("4510", "Verzekeringen", 121, "D"), ("4600", "Onderzoek en ontwikkeling", 123, "D"),
    ("4700", "Afschrijving inventaris", 122, "D"), ("4710", "Afschrijving computers", 122, "D"),
    ("4800", "Rente", 160, "D"), ("4810", "Rentebaten", 160, "C"), ("4900", "Overige kosten", 120, "D"),
    ("7000", "Inkoop uitbesteed werk", 111, "D"), ("7010", "Inkoop licenties", 111, "D"),
    ("8000", "Omzet advies", 110, "C"), ("8010", "Omzet projecten", 110, "C"), ("8020", "Omzet licenties", 110, "C"),
    ("8030", "Omzet buitenland", 110, "C"), ("9000", "Bijzondere lasten", 130, "D"),
    ("9010", "Bijzondere baten", 140, "C"), ("9100", "Vennootschapsbelasting resultaat", 150, "D"),
    ("9900", "Tussenrekening resultaat", 90, "D"),
)  # fmt: skip
_MANDATORY_FROM, _MANDATORY_BELOW = "4000", "5000"
LONG_DESCRIPTION: Final = "Rekening met een heel lange omschrijving 📚 " + "é" * 4_080
"""More than 4,000 characters: what a push dataset cannot hold."""

CENTERS_IN_USE: Final = (
    ("ADM", "Administratie"), ("DIR", "Directie"), ("HRM", "Personeel & organisatie"), ("ICT", "ICT"),
    ("MKT", 'Marketing "Noord"'), ("VK1", "Verkoop binnenland"), ("VK2", "Verkoop buitenland"),
    ("CON", "Consultancy"), ("DEV", "Ontwikkeling"), ("OPL", "Opleidingen"), ("SUP", "Support\r\nen beheer"),
    (" K10", "Kantine ☕"), ("hal", "Magazijn hal"), ("FIN", None), ("PRJ", "Projecten"),
)  # fmt: skip
SPARE_CENTERS: Final = 50
PAGE_END: Final = 60
"""The page of a normal endpoint; the cost centres around its end share one Modified."""
_FIRST_MODIFIED: Final = 1_735_725_600_000
_MINUTE: Final = 60_000


def accounts(seed: int) -> list[Account]:
    """About sixty accounts; the last three are odd: leading blanks, a long text, blocked."""
    made = [_account(seed, row, "B") for row in _BALANCE] + [_account(seed, row, "W") for row in _RESULT]
    odd = guid_of(seed, "account", "odd 1"), guid_of(seed, "account", "odd 2"), guid_of(seed, "account", "odd 3")
    made.append(Account(odd[0], "  4950", "Kosten met spaties in de code", 120, "W", "D", 0))
    made.append(Account(odd[1], "4960", LONG_DESCRIPTION, 120, "W", "D", 0))
    made.append(Account(odd[2], "4970", 'Oud: "niet gebruiken"\nzie 4900', 120, "W", "D", 0, blocked=True))
    return made


def _account(seed: int, row: tuple[str, str, int, str], balance_type: str) -> Account:
    code, description, kind, side = row
    use = 1 if _MANDATORY_FROM <= code < _MANDATORY_BELOW else (0 if balance_type == "W" else 2)
    return Account(guid_of(seed, "account", code), code, description, kind, balance_type, side, use)


def cost_centers(seed: int) -> list[CostCenter]:
    """Fifteen in use and fifty spare ones; by Modified, those around the 60th are equal."""
    rows = [*CENTERS_IN_USE, *((f"KP{n:03d}", f"Kostenplaats project {n}") for n in range(SPARE_CENTERS))]
    return [_center(seed, at, code, description) for at, (code, description) in enumerate(rows)]


def _center(seed: int, at: int, code: str, description: str | None) -> CostCenter:
    step = PAGE_END - 2 if PAGE_END - 2 <= at <= PAGE_END + 1 else at
    end = date(2025, 12, 31) if code == "KP007" else None
    return CostCenter(guid_of(seed, "cost center", code), code, description, _FIRST_MODIFIED + step * _MINUTE, end)


def relations(seed: int) -> list[Relation]:
    """Forty-five clients and thirty suppliers; codes are padded to eighteen characters, as Exact pads them."""
    odd = {3: "Bakker & Zn.", 7: 'Café "De Kroeg"', 11: "Müller GmbH", 19: "株式会社テスト"}
    clients = [(f"C{n}", f"{n:>18}", odd.get(n, f"Klant {n} B.V.")) for n in range(1, 46)]
    suppliers = [(f"S{n}", f"{5000 + n:>18}", f"Leverancier {n}") for n in range(1, 31)]
    return [Relation(guid_of(seed, "relation", key), code, name) for key, code, name in clients + suppliers]


CLIENTS: Final = 45
JOURNALS: Final = {
    code: Journal(code, description)
    for code, description in (
        ("70", "Verkoopboek"), ("60", "Inkoopboek"), ("20", "Bank"), ("90", "Memoriaal"), ("95", "Salarissen"),
        ("99", "Openingsbalans"), ("98", "Afsluiting"),
    )
}  # fmt: skip
