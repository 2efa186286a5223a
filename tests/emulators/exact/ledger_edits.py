"""Edits of one entry's records that keep it, and its term, in balance."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Final

from emulators.exact import values as json_text
from emulators.exact.change_rows import Rows
from emulators.exact.commits import Write
from emulators.exact.entities import ENTITIES, TRANSACTION_LINES
from emulators.exact.row import Row
from emulators.exact.values import NULL

LINES, TERMS = "TransactionLines", "PaymentTerms"
VAT_FROM: Final = 9000
_CENT: Final = Decimal("0.01")
_TERM_AMOUNTS: Final = ("AmountDC", "AmountFC", "TransactionAmountDC", "TransactionAmountFC")


def decimal(row: Row, field: str) -> Decimal:
    """A number of a ledger line."""
    text = row.values[TRANSACTION_LINES.at(field)]
    return Decimal(0 if text == NULL else text)


def plain(value: Decimal) -> str:
    """The shortest decimal text, without an exponent, zero without a sign."""
    return f"{value.normalize():f}" if value else "0"


def number(row: Row) -> int:
    return int(row.values[TRANSACTION_LINES.at("LineNumber")])


def changed(rows: Rows, found: Iterable[tuple[Row, dict[str, str]]]) -> list[Write]:
    """Ledger lines with new values, each its own."""
    return [write for row, texts in found for write in rows.edited(LINES, [row], texts)]


def amounts(value: Decimal) -> dict[str, str]:
    return {"AmountDC": plain(value), "AmountFC": plain(value)}


def moved(rows: Rows, lines: list[Row]) -> list[Write] | None:
    """Whole cents from one line of a general journal entry to another; None where there are not two plain ones."""
    fits = [row for row in lines if decimal(row, "AmountDC") % _CENT == 0 and _in_own_currency(row)]
    if len(fits) < 2:
        return None
    one, other = rows.dice.sample(fits, 2)
    shift = _CENT * rows.dice.randint(1, 50_000)
    return changed(
        rows,
        [
            (one, amounts(decimal(one, "AmountDC") + shift)),
            (other, amounts(decimal(other, "AmountDC") - shift)),
        ],
    )


def repriced(rows: Rows, lines: list[Row], term: Row | None) -> list[Write] | None:
    """A net line of an invoice gets another amount; its VAT, the VAT line, line 0 and the term follow."""
    net = [row for row in lines if 0 < number(row) < VAT_FROM]
    vat = [row for row in lines if number(row) >= VAT_FROM]
    header = [row for row in lines if number(row) == 0]
    if len(vat) != 1 or len(header) != 1 or term is None or not all(map(_in_own_currency, lines)):
        return None
    line = rows.dice.choice(net)
    sign = 1 if decimal(line, "AmountDC") >= 0 else -1
    shift = _CENT * rows.dice.randint(1, 20_000)
    base = decimal(line, "AmountVATBaseFC") + shift
    tax = (base * decimal(line, "VATPercentage")).quantize(_CENT, rounding="ROUND_HALF_UP")
    more = sign * (tax - decimal(line, "AmountVATFC"))
    found = [
        (line, amounts(decimal(line, "AmountDC") + sign * shift)
         | {"AmountVATBaseFC": plain(base), "AmountVATFC": plain(tax)}),
        (vat[0], amounts(decimal(vat[0], "AmountDC") + more)),
        (header[0], amounts(decimal(header[0], "AmountDC") - sign * shift - more)),
    ]  # fmt: skip
    owed = plain(decimal(header[0], "AmountDC") - sign * shift - more)
    return changed(rows, found) + rows.edited(TERMS, [term], dict.fromkeys(_TERM_AMOUNTS, owed))


def recoded(rows: Rows, lines: list[Row], codes: list[str], names: dict[str, str]) -> list[Write]:
    """Another cost centre on a line, or none. `names` are descriptions (JSON texts) by code."""
    row = rows.dice.choice(lines)
    now = row.values[TRANSACTION_LINES.at("CostCenter")]
    choice = rows.dice.choice([one for one in [*map(json_text.text, codes), NULL] if one != now])
    name = names.get(json_text.parsed(choice), NULL)
    return rows.edited(LINES, [row], {"CostCenter": choice, "CostCenterDescription": name})


def described(rows: Rows, lines: list[Row]) -> list[Write]:
    text = json_text.text(f'Gewijzigd "{rows.dice.randint(1, 99_999)}" ✏️')
    return rows.edited(LINES, [rows.dice.choice(lines)], {"Description": text})


def processed(rows: Rows, lines: list[Row], term: Row | None) -> list[Write]:
    """Status 20 becomes 50, on every line and on the term's transaction."""
    writes = rows.edited(LINES, lines, {"Status": "50"})
    return writes + (rows.edited(TERMS, [term], {"TransactionStatus": "50"}) if term else [])


def _in_own_currency(row: Row) -> bool:
    at: Callable[[str], int] = ENTITIES[LINES].at
    return row.values[at("AmountDC")] == row.values[at("AmountFC")]
