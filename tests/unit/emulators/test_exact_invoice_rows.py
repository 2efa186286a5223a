"""How the sync stream of sales invoices shows its rows, by rule and by setting."""

from __future__ import annotations

import pytest

from emulators.exact.invoice_rows import ENTITY, shown_as
from emulators.exact.rules import INVOICE_ROWS, INVOICE_SIGN, Rules
from emulators.exact.settings import Settings
from emulators.exact.values import NULL
from emulators.proof import proves
from fakes.exact_emulator import OFF


def row(number: int, **texts: str) -> list[str]:
    values = [NULL] * len(ENTITY.fields)
    for name, value in ({"LineNumber": str(number)} | texts).items():
        values[ENTITY.at(name)] = value
    return values


def shown(values: list[str], settings: Settings | None = None) -> list[str] | None:
    found = shown_as(ENTITY, settings or Settings(), Rules(OFF))
    return found(values) if found else values


def value(values: list[str] | None, name: str) -> str:
    assert values is not None
    return values[ENTITY.at(name)]


@proves(INVOICE_SIGN)
def test_a_sale_is_negative_in_the_sync_stream() -> None:
    found = shown(row(0, AmountDC="-121", Quantity=NULL))
    assert (value(found, "AmountDC"), value(found, "Quantity")) == ("-121", NULL)


@proves(INVOICE_ROWS)
def test_rows_from_9000_are_shown() -> None:
    assert shown(row(9999, AmountDC="-21")) is not None


@pytest.mark.parametrize(("stored", "turned"), [("-121", "121"), ("12.5", "-12.5"), ("0", "0"), (NULL, NULL)])
def test_a_site_may_show_the_sign_of_the_normal_endpoint(stored: str, turned: str) -> None:
    found = shown(row(1, AmountDC=stored, UnitPrice="7"), Settings(invoice_sign="normal"))
    assert (value(found, "AmountDC"), value(found, "UnitPrice")) == (turned, "7")


def test_a_site_may_leave_out_the_special_rows() -> None:
    settings = Settings(invoice_special_rows=False)
    assert shown(row(9999), settings) is None
    assert shown(row(1), settings) is not None


def test_lines_may_be_without_the_headers_fields() -> None:
    settings = Settings(invoice_lines_carry_header=False)
    assert value(shown(row(1, Currency='"EUR"', AmountFC="-1"), settings), "Currency") == NULL
    assert value(shown(row(1, Currency='"EUR"', AmountFC="-1"), settings), "AmountFC") == "-1"
    assert value(shown(row(0, Currency='"EUR"'), settings), "Currency") == '"EUR"'
