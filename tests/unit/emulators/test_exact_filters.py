"""Filters drawn at random, evaluated by the emulator and by plain Python: both must agree on every record."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.exact.evaluate import Compiler
from emulators.exact.grammar import parse, parse_key, parse_list
from emulators.exact.tokens import GrammarError
from fakes.odata_filters import ITEMS, Row, Term, body, conditions, rows


@settings(max_examples=200, deadline=None)
@given(conditions, st.lists(rows, min_size=1, max_size=4))
def test_filters_hold_for_the_records_for_which_they_hold_in_python(condition: Term, records: list[Row]) -> None:
    ask = Compiler(ITEMS, types=True, pairs=True).condition(parse(condition.text))

    assert [ask(body(row)) for row in records] == [bool(condition.value(row)) for row in records]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="()',= aeqndtorguid0123456789-.LTimestampCode", max_size=40))
def test_any_text_is_a_filter_or_refused_and_never_fails(text: str) -> None:
    for read in (parse, parse_key, parse_list):
        try:
            read(text)
        except GrammarError:
            continue


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Code eq 'x", "Unterminated string literal"),
        ("Code eq", "Expression expected at position 7"),
        ("(Code eq 'x'", "')' or operator expected"),
        ("Account/Name eq 'x'", "Syntax error at position 7"),
        ("isof(Code)", "Unknown function 'isof'"),
        ("SecurityLevel add 1 eq 2", "Syntax error"),
        ("startswith(Code)", "No applicable function found for 'startswith'"),
        ("startswith(SecurityLevel,'x')", "startswith(System.String, System.String)"),
        ("substring(Code,'x') eq 'a'", "No applicable function found for 'substring'"),
        ("not Code eq 'x'", "Operator 'not' incompatible with operand type 'System.String'"),
        ("Code and IsSalesItem", "Operator 'and' incompatible with operand type 'System.String'"),
        ("ID eq 'x'", "Operator 'eq' incompatible with operand types 'System.Guid' and 'System.String'"),
        ("StartDate gt '2020-01-01'", "'System.DateTime' and 'System.String'"),
        ("IsSalesItem eq 1", "'System.Boolean' and 'System.Int32'"),
        ("IsSalesItem gt false", "Operator 'gt' incompatible"),
        ("Code", "Expression of type 'System.Boolean' expected"),
        ("Nothing eq 1", "No property 'Nothing' exists in type 'Exact.Web.Api.Models.Logistics.Item'"),
        ("ID eq guid'123'", "Unrecognized 'Edm.Guid' literal"),
        ("StartDate gt datetime'2020-13-01'", "Unrecognized 'Edm.DateTime' literal"),
        ("StartDate gt datetime'2020-01-01T00:00:00Z'", "Unrecognized 'Edm.DateTime' literal"),
        ("SecurityLevel eq 99999999999999999999", "Unrecognized 'Edm.Int64' literal"),
        ("(" * 60 + "true" + ")" * 60, "Recursion limit"),
    ],
)
def test_what_is_outside_the_grammar_is_refused_in_the_vendors_words(text: str, said: str) -> None:
    with pytest.raises(GrammarError) as refused:
        Compiler(ITEMS, types=True, pairs=True).condition(parse(text))

    assert said in str(refused.value)


def test_and_binds_tighter_than_or_and_relations_tighter_than_equality() -> None:
    row = body(dict.fromkeys(("Code", "Notes", "CostPriceStandard", "SecurityLevel", "StartDate", "ItemGroup")) | {
        "IsMakeItem": 0, "IsSalesItem": True})  # fmt: skip

    def holds(text: str) -> bool:
        return Compiler(ITEMS, types=True, pairs=True).condition(parse(text))(row)

    assert holds("true or false and false")
    assert holds("IsMakeItem lt 1 eq true")
    assert not holds("not IsSalesItem")
