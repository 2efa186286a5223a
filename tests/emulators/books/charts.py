"""The charts of accounts of the group: Dutch (4 digits), Belgian MAR (6), German SKR04 (5) and British (4).

A line of a chart: code | description | Exact's account type | side | roles. An account of a type below 110 stands on
the balance sheet, but for 90 with side W. Roles say what the books use an account for; companies share them.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from emulators.books.chart import LONG_DESCRIPTION
from emulators.books.ids import guid_of
from emulators.books.model import Account


class ChartLine(NamedTuple):
    code: str
    description: str
    type: int
    side: str
    roles: tuple[str, ...]


DUTCH: Final = """
0200|Inventaris|30|D|assets
0210|Afschrijving inventaris|35|C|depreciated
0500|Aandelenkapitaal|50|C|capital
0510|Winstreserve|52|C|reserve
0700|Lening o/g|55|C|loan
1000|Kas|10|D|cash
1100|Bank|12|D|bank
1150|Creditcard|14|C|card
1300|Debiteuren|20|D|debtors
1305|Koersherwaardering debiteuren|26|D|revaluation
1310|Vooruitgefactureerde omzet|21|C|deferred_revenue
1400|Vooruitbetaalde kosten|26|D|prepaid
1410|Nog te factureren omzet|26|D|accrued_revenue
1500|Te betalen btw hoog|24|C|vat_high
1510|Te betalen btw laag|24|C|vat_low
1515|Te betalen btw verlegd|24|C|vat_eu
1520|Te vorderen btw|24|D|vat_claim
1530|Af te dragen btw|100|C|vat_due
1540|Af te dragen loonheffing|100|C|wage_tax
1550|Te betalen lonen|25|C|wages_due
1600|Crediteuren|22|C|creditors
1700|Nog te betalen kosten|27|C|accrued_costs
2000|Kruisposten|90|D|suspense
4000|Lonen en salarissen|125|D|wages
4010|Sociale lasten|126|D|social
4020|Pensioen|125|D|pension
4100|Huur|121|D|cost_rent
4110|Energie|121|D|cost_energy
4200|Kantoorkosten|121|D|cost_office
4210|Telefoon en internet|121|D|cost_fees
4220|Software|121|D|cost_software
4300|Reiskosten|121|D|cost_travel
4320|Representatie|121|D|entertainment
4400|Marketing|121|D|cost_marketing
4510|Verzekeringen|121|D|insurance
4700|Afschrijving inventaris|122|D|depreciation
4800|Rente|160|D|interest
4810|Koersverschillen|160|D|exchange
4820|Bankkosten|160|D|bank_costs
4900|Overige kosten|120|D|other
4910|Betalingsverschillen|120|D|differences
4920|Afschrijving dubieuze debiteuren|120|D|bad_debts
7000|Inkoop uitbesteed werk|111|D|cost_subcontractors
7010|Inkoop licenties|111|D|cost_licences
7020|Inhuur binnen de groep|111|D|cost_intercompany
8000|Omzet advies|110|C|revenue_services
8010|Omzet projecten|110|C|revenue_projects
8020|Omzet licenties|110|C|revenue_licences
8030|Omzet abonnementen|110|C|revenue_retainers
8040|Doorbelaste kosten|110|C|revenue_rebilled
8050|Management fees|110|C|revenue_fees
8060|Omzet binnen de groep|110|C|revenue_intercompany
9100|Vennootschapsbelasting|150|D|income_tax
"""

BELGIAN: Final = """
100000|Geplaatst kapitaal|50|C|capital
130000|Wettelijke reserve|52|C|
140000|Overgedragen winst|52|C|reserve
174000|Overige leningen|55|C|loan
240000|Meubilair en rollend materieel|30|D|assets
240900|Afschrijvingen meubilair|35|C|depreciated
400000|Handelsdebiteuren|20|D|debtors
400900|Koersherwaardering klanten|26|D|revaluation
411000|Terug te vorderen btw|24|D|vat_claim
440000|Leveranciers|22|C|creditors
451000|Te betalen btw 21%|24|C|vat_high
451100|Te betalen btw 6% en 12%|24|C|vat_low
451200|Te betalen btw verlegd|24|C|vat_eu
451900|Btw rekening-courant|100|C|vat_due
453000|Bedrijfsvoorheffing|100|C|wage_tax
455000|Bezoldigingen|25|C|wages_due
490000|Over te dragen kosten|26|D|prepaid
491000|Verkregen opbrengsten|26|D|accrued_revenue
492000|Toe te rekenen kosten|27|C|accrued_costs
493000|Over te dragen opbrengsten|21|C|deferred_revenue
499000|Wachtrekening|90|D|suspense
550000|Bank|12|D|bank
550900|Kredietkaart|14|C|card
570000|Kas|10|D|cash
604000|Onderaanneming|111|D|cost_subcontractors
604100|Inhuur binnen de groep|111|D|cost_intercompany
604200|Aankoop licenties|111|D|cost_licences
610000|Huur|121|D|cost_rent
611000|Energie|121|D|cost_energy
612000|Kantoorkosten|121|D|cost_office
612100|Software|121|D|cost_software
613000|Honoraria|121|D|cost_fees
613100|Verzekeringen|121|D|insurance
615000|Reiskosten|121|D|cost_travel
616000|Publiciteit|121|D|cost_marketing
617000|Representatie|121|D|entertainment
620000|Bezoldigingen|125|D|wages
621000|Patronale bijdragen|126|D|social
622000|Groepsverzekering|125|D|pension
630000|Afschrijvingen|122|D|depreciation
634000|Waardeverminderingen op vorderingen|120|D|bad_debts
640000|Andere bedrijfskosten|120|D|other
650000|Financiële kosten|160|D|interest
654000|Wisselresultaten|160|D|exchange
656000|Betalingsverschillen|120|D|differences
657000|Bankkosten|160|D|bank_costs
670000|Belastingen|150|D|income_tax
689000|Afsluiting kosten|90|W|closing_costs
700000|Omzet diensten|110|C|revenue_services
700100|Omzet projecten|110|C|revenue_projects
700200|Omzet licenties|110|C|revenue_licences
700300|Omzet abonnementen|110|C|revenue_retainers
740000|Doorgerekende kosten|110|C|revenue_rebilled
744000|Management fees|110|C|revenue_fees
748000|Omzet binnen de groep|110|C|revenue_intercompany
789000|Afsluiting opbrengsten|90|W|closing_revenue
"""

GERMAN: Final = """
06500|Büroeinrichtung|30|D|assets
06900|Abschreibung Büroeinrichtung|35|C|depreciated
12000|Forderungen aus Lieferungen und Leistungen|20|D|debtors
12050|Währungsbewertung Forderungen|26|D|revaluation
14060|Abziehbare Vorsteuer|24|D|vat_claim
14800|Noch nicht abgerechnete Leistungen|26|D|accrued_revenue
16000|Kasse|10|D|cash
18000|Bank|12|D|bank
18900|Kreditkarte|14|C|card
19000|Aktive Rechnungsabgrenzung|26|D|prepaid
29000|Gezeichnetes Kapital|50|C|capital
29700|Gewinnvortrag|52|C|reserve
31500|Verbindlichkeiten gegenüber Kreditinstituten|55|C|loan
33000|Verbindlichkeiten aus Lieferungen und Leistungen|22|C|creditors
35000|Sonstige Verbindlichkeiten|27|C|accrued_costs
37200|Verbindlichkeiten aus Lohn und Gehalt|25|C|wages_due
37300|Verbindlichkeiten aus Lohnsteuer|100|C|wage_tax
38010|Umsatzsteuer 7 %|24|C|vat_low
38060|Umsatzsteuer 19 %|24|C|vat_high
38370|Umsatzsteuer § 13b UStG|24|C|vat_eu
38200|Umsatzsteuervorauszahlungen|100|C|vat_due
39000|Passive Rechnungsabgrenzung|21|C|deferred_revenue
37900|Durchlaufende Posten|90|D|suspense
44000|Erlöse Beratung|110|C|revenue_services
44010|Erlöse Projekte|110|C|revenue_projects
44020|Erlöse Lizenzen|110|C|revenue_licences
44030|Erlöse Abonnements|110|C|revenue_retainers
44040|Weiterberechnete Kosten|110|C|revenue_rebilled
44050|Konzernumlagen|110|C|revenue_fees
44060|Erlöse verbundene Unternehmen|110|C|revenue_intercompany
59000|Fremdleistungen|111|D|cost_subcontractors
59010|Fremdleistungen verbundene Unternehmen|111|D|cost_intercompany
59020|Lizenzeinkauf|111|D|cost_licences
60200|Gehälter|125|D|wages
61100|Gesetzliche soziale Aufwendungen|126|D|social
61400|Aufwendungen für Altersversorgung|125|D|pension
62200|Abschreibungen auf Sachanlagen|122|D|depreciation
63100|Miete|121|D|cost_rent
63250|Gas, Strom, Wasser|121|D|cost_energy
64000|Versicherungen|121|D|insurance
66000|Werbekosten|121|D|cost_marketing
66400|Bewirtungskosten|121|D|entertainment
66500|Reisekosten|121|D|cost_travel
68150|Bürobedarf|121|D|cost_office
68250|Rechts- und Beratungskosten|121|D|cost_fees
68300|Software|121|D|cost_software
68550|Nebenkosten des Geldverkehrs|160|D|bank_costs
68800|Währungsdifferenzen|160|D|exchange
69000|Sonstige Aufwendungen|120|D|other
69100|Zahlungsdifferenzen|120|D|differences
69300|Forderungsverluste|120|D|bad_debts
73000|Zinsaufwand|160|D|interest
76000|Körperschaftsteuer|150|D|income_tax
"""

CHARTS: Final = {"NL": DUTCH, "BE": BELGIAN, "DE": GERMAN, "GB": DUTCH}
_HOLDING_MEANINGS: Final = {"4210": "Advieskosten", "7010": "Juridische kosten deelnemingen", "8020": "Huuropbrengsten"}
"""One code, another thing: what the holding's chart says where the consulting firm's says otherwise."""
_MANDATORY_TYPES: Final = frozenset(range(120, 127))
_FIRST_RESULT_TYPE: Final = 110


def chart_lines(text: str) -> list[ChartLine]:
    """A chart's lines."""
    rows = [row.split("|") for row in text.strip().splitlines()]
    return [ChartLine(code, name, int(kind), side, tuple(roles.split())) for code, name, kind, side, roles in rows]


def chart_of(key: str, country: str, *, holding: bool, odd: bool) -> tuple[list[Account], dict[str, Account]]:
    """A company's accounts, and those of each role; `odd` adds three that no mapping may stumble over."""
    accounts: list[Account] = []
    roles: dict[str, Account] = {}
    for line in chart_lines(CHARTS[country]):
        name = _HOLDING_MEANINGS.get(line.code, line.description) if holding else line.description
        result = line.type >= _FIRST_RESULT_TYPE or line.side == "W"
        side = "D" if line.side == "W" else line.side
        use = 1 if line.type in _MANDATORY_TYPES else (0 if result else 2)
        found = Account(_id(key, line.code), line.code, name, line.type, "W" if result else "B", side, use)
        accounts.append(found)
        roles |= dict.fromkeys(line.roles, found)
    return accounts + (_odd(key) if odd else []), roles


def _odd(key: str) -> list[Account]:
    """Leading blanks, a text of more than 4,000 characters, quotes and a blocked one."""
    return [
        Account(_id(key, "odd 1"), "  4950", "Kosten met spaties in de code", 120, "W", "D", 0),
        Account(_id(key, "odd 2"), "4960", LONG_DESCRIPTION, 120, "W", "D", 0),
        Account(_id(key, "odd 3"), "4970", 'Oud: "niet gebruiken"\nzie 4900', 120, "W", "D", 0, blocked=True),
    ]


def _id(key: str, code: str) -> str:
    return guid_of(0, f"account of {key}", code)
