"""OData as Exact speaks it: pages, options, filters, keys, and what it refuses."""

from __future__ import annotations

import pytest

from emulators.exact import rules as rule
from emulators.proof import proves
from fakes.exact_emulator import BASE, CENTERS, DELETED, DIVISION, LINES, Twin, flat, message

KNOWN = f"/api/v1/{DIVISION}/financial/GLAccounts"
KNOWN_LINES = f"/api/v1/{DIVISION}/financialtransaction/TransactionLines"
ME = "/api/v1/current/Me"
NOWHERE = "00000000-0000-0000-0000-000000000000"


@proves(rule.PAGE_SIZE)
async def test_a_sync_stream_comes_in_pages_of_a_thousand_and_a_full_page_promises_another(exact: Twin) -> None:
    pages = await exact.read(f"{LINES}?$filter=Timestamp gt 1&$select=ID,Timestamp")
    stamps = [int(row["Timestamp"]) for row in flat(pages)]

    assert [len(page) for page in pages] == [1000, 1000, 0]
    assert stamps == sorted(set(stamps))
    assert len({row["ID"] for row in flat(pages)}) == 2_000


async def test_the_next_page_repeats_the_query_and_ends_with_the_token(exact: Twin) -> None:
    first = (await exact.get(f"{LINES}?$filter=Timestamp%20gt%201&$select=ID")).json()["d"]

    following = first["__next"]
    assert following.startswith(f"{BASE}{LINES}?$filter=Timestamp%20gt%201&$select=ID&$skiptoken=")
    assert following.endswith("L")


async def test_by_id_the_skip_token_is_a_guid_with_plain_quotes(exact: Twin) -> None:
    exact.site.settings.page_order = "id"
    pages = await exact.read(f"{LINES}?$filter=Timestamp gt 1&$select=ID,Timestamp")
    first = (await exact.get(f"{LINES}?$filter=Timestamp gt 1&$select=ID")).json()["d"]
    ids = [row["ID"] for row in flat(pages)]

    assert first["__next"].rsplit("=", 1)[1].startswith("guid'")
    assert ids == sorted(ids)
    assert [int(row["Timestamp"]) for row in flat(pages)] != sorted(int(row["Timestamp"]) for row in flat(pages))


async def test_a_record_has_metadata_int64_as_text_and_only_what_was_selected(exact: Twin) -> None:
    row = (await exact.get(f"{LINES}?$filter=Timestamp gt 1L&$select=ID,Timestamp,Date,AmountDC")).json()["d"][
        "results"
    ][0]

    assert list(row) == ["__metadata", "ID", "Timestamp", "Date", "AmountDC"]
    assert isinstance(row["Timestamp"], str)
    assert row["__metadata"]["uri"] == f"{BASE}{LINES}({row['Timestamp']}L)"
    assert int(row["Date"][6:-2]) % 86_400_000 == 0


async def test_addresses_are_matched_without_regard_to_case(exact: Twin) -> None:
    assert (await exact.get(f"/api/v1/{DIVISION}/sync/financial/glaccounts?$filter=Timestamp gt 1")).status_code == 200


@proves(rule.SYNC_FILTER)
@pytest.mark.parametrize(
    "condition", ["Modified gt datetime'2024-01-01T00:00:00'", "Timestamp gt 1 and Type eq 20", "Type eq 20"]
)
async def test_sync_streams_filter_on_timestamp_alone(exact: Twin, condition: str) -> None:
    answer = await exact.get(f"{LINES}?$filter={condition}")

    assert (answer.status_code, message(answer)) == (400, "This $filter parameter is not supported for this resource")


@proves(rule.SELECT_KNOWN)
@pytest.mark.parametrize("select", ["*", "ID,Nothing", "ShopOrder"])
async def test_sync_streams_refuse_a_star_and_fields_they_do_not_have(exact: Twin, select: str) -> None:
    assert (await exact.get(f"{LINES}?$filter=Timestamp gt 1&$select={select}")).status_code == 400


@proves(rule.SELECT_NEEDED)
async def test_single_endpoints_want_a_selection_or_top_one(exact: Twin) -> None:
    refused = await exact.get(CENTERS)

    assert message(refused) == "Please add a $select or a $top=1 statement to the query string."
    assert len((await exact.get(f"{CENTERS}?$top=1")).json()["d"]) == 1


@proves(rule.FILTER_NEEDED, rule.FILTER_LISTED)
async def test_collections_with_a_sync_twin_want_a_filter_on_a_listed_field(exact: Twin) -> None:
    none = await exact.get(f"{KNOWN}?$select=ID")
    unlisted = await exact.get(f"{KNOWN}?$select=ID&$filter=BalanceType eq 'W'")
    listed = await exact.get(f"{KNOWN}?$select=ID,Code&$filter=Code eq '1300'")

    assert message(none).startswith("This endpoint has mandatory filtering applied.")
    assert message(unlisted) == "This $filter parameter is not supported for this resource"
    assert [row["Code"] for row in listed.json()["d"]["results"]] == ["1300"]


@proves(rule.FILTER_TYPES)
async def test_a_guid_must_be_written_as_one(exact: Twin) -> None:
    answer = await exact.get(f"{CENTERS}?$select=ID&$filter=ID eq '{NOWHERE}'")

    assert message(answer).startswith("Operator 'eq' incompatible with operand types 'System.Guid' and 'System.String'")


@proves(rule.FILTER_PAIRS)
async def test_a_field_is_not_compared_with_another(exact: Twin) -> None:
    assert (await exact.get(f"{CENTERS}?$select=ID&$filter=Created eq Modified")).status_code == 400


@proves(rule.FILTER_GRAMMAR)
@pytest.mark.parametrize(
    "text", ["Code eq", "Code like 'x'", "Code eq 'x", "eq 1", "drop(Code)", "Nothing eq 1 extra", ";"]
)
async def test_what_is_no_filter_is_refused(exact: Twin, text: str) -> None:
    assert (await exact.get(f"{CENTERS}?$select=ID&$filter={text}")).status_code == 400


@pytest.mark.parametrize(
    ("condition", "codes"),
    [
        ("Code eq 'ADM'", {"ADM"}),
        ("Code eq 'adm'", {"ADM"}),
        ("trim(Code) eq 'K10'", {" K10"}),
        ("startswith(Code,'VK') eq true", {"VK1", "VK2"}),
        ("(Code eq 'ADM' or Code eq 'DIR') and not (Code eq 'DIR')", {"ADM"}),
        ("EndDate ne null", {"KP007"}),
        ("EndDate ge datetime'2025-12-31T00:00:00' and Division eq 100001", {"KP007"}),
        ("substringof('noord',Description)", {"MKT"}),
    ],
)
async def test_filters_are_evaluated_on_the_records(exact: Twin, condition: str, codes: set[str]) -> None:
    rows = flat(await exact.read(f"{CENTERS}?$select=Code&$filter={condition}"))

    assert {row["Code"] for row in rows} == codes


@pytest.mark.parametrize("order", ["", "&$orderby=Modified", "&$orderby=Modified desc", "&$orderby=EndDate,Code desc"])
async def test_normal_endpoints_come_in_pages_of_sixty_in_any_order(exact: Twin, order: str) -> None:
    pages = await exact.read(f"{CENTERS}?$select=ID,Modified{order}")

    assert [len(page) for page in pages] == [60, 5]
    assert len({row["ID"] for row in flat(pages)}) == 65


async def test_equal_modified_stand_on_both_sides_of_a_page_end(exact: Twin) -> None:
    first, second = await exact.read(f"{CENTERS}?$select=ID,Modified&$orderby=Modified")

    assert first[-1]["Modified"] == second[0]["Modified"]


async def test_top_gives_a_bare_list_and_inlinecount_a_count(exact: Twin) -> None:
    bare = (await exact.get(f"{CENTERS}?$select=ID&$top=3")).json()["d"]
    counted = (await exact.get(f"{CENTERS}?$select=ID&$inlinecount=allpages")).json()["d"]
    more = (await exact.get(f"{CENTERS}?$select=ID&$top=63")).json()["d"]
    rest = (await exact.get(more["__next"])).json()["d"]

    assert len(bare) == 3
    assert counted["__count"] == "65"
    assert (len(more["results"]), len(rest)) == (60, 3)


@proves(rule.NO_SKIP)
async def test_skip_is_refused(exact: Twin) -> None:
    assert (await exact.get(f"{CENTERS}?$select=ID&$skip=1")).status_code == 400


@proves(rule.OPTIONS_KNOWN)
@pytest.mark.parametrize("option", ["$apply=x", "$format=json", "$select=Code", "$inlinecount=none&$inlinecount=none"])
async def test_an_unknown_option_is_refused_and_one_given_twice(exact: Twin, option: str) -> None:
    assert (await exact.get(f"{CENTERS}?$select=ID&{option}")).status_code == 400


async def test_a_stream_may_be_asked_between_two_timestamps(exact: Twin) -> None:
    stamps = [
        int(row["Timestamp"]) for row in flat(await exact.read(f"{LINES}?$filter=Timestamp gt 1&$select=Timestamp"))
    ]
    low, high = stamps[500], stamps[1800]
    asked = f"Timestamp ge {low} and {high}L gt Timestamp"
    pages = await exact.read(f"{LINES}?$filter={asked}&$select=Timestamp")

    assert [int(row["Timestamp"]) for row in flat(pages)] == stamps[500:1800]


async def test_the_delete_log_takes_an_entity_type_as_a_setting(exact: Twin) -> None:
    exact.change("Costcenters", "delete")
    exact.change("GLAccounts", "delete")
    asked = f"{DELETED}?$filter=Timestamp gt 1 and EntityType eq 7"

    assert (await exact.get(asked)).status_code == 400
    exact.site.settings.deleted_entity_type = True
    assert [row["EntityType"] for row in flat(await exact.read(asked))] == [7]


async def test_a_record_is_read_by_its_key(exact: Twin) -> None:
    line = next(flat(await exact.read(f"{LINES}?$filter=Timestamp gt 1&$select=ID,EntryID")))
    one = (await exact.get(f"{KNOWN_LINES}(guid'{line['ID']}')?$select=ID,EntryID")).json()["d"]
    siblings = flat(await exact.read(f"{KNOWN_LINES}?$select=ID,EntryID&$filter=EntryID eq guid'{line['EntryID']}'"))

    assert one["EntryID"] == line["EntryID"]
    assert line["ID"] in {row["ID"] for row in siblings}
    assert (await exact.get(f"{KNOWN_LINES}(guid'{NOWHERE}')?$select=ID")).status_code == 404


async def test_me_and_the_division_list_say_where_one_is(exact: Twin) -> None:
    me = (await exact.get(f"{ME}?$select=CurrentDivision")).json()["d"]["results"]
    listed = (await exact.get(f"/api/v1/{DIVISION}/hrm/Divisions?$select=Code,Currency,Status")).json()["d"]["results"]

    assert me[0]["CurrentDivision"] == DIVISION
    assert [(row["Code"], row["Currency"], row["Status"]) for row in listed] == [(DIVISION, "EUR", 0)]


@proves(rule.DIVISION_SCOPE)
async def test_a_division_that_was_not_granted_is_forbidden(exact: Twin) -> None:
    answer = await exact.get("/api/v1/999/hrm/Divisions")

    assert (answer.status_code, answer.headers["Reason"]) == (403, "NoDivisionAccess")


@proves(rule.URL_LENGTH)
async def test_an_endless_address_is_refused(exact: Twin) -> None:
    assert (await exact.get(f"{ME}?x={'y' * 6_000}")).status_code == 414


async def test_a_delete_log_without_entries_is_an_empty_collection(exact: Twin) -> None:
    assert await exact.read(f"{DELETED}?$filter=Timestamp gt 1") == [[]]
