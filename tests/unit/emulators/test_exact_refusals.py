"""What is no address, no record, no option, no app: each refused by a rule of its own, and counted under its id."""

from __future__ import annotations

import pytest

from emulators.exact import rules as rule
from emulators.proof import proves
from fakes.exact_emulator import ACCOUNTS, APP, CENTERS, DIVISION, LINES, Twin, flat, message

SIZE = 100
HERE = f"/api/v1/{DIVISION}"
NOWHERE = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"


async def refused(exact: Twin, option: str, at: str = f"{CENTERS}?$select=ID") -> str:
    """The words with which an option is refused."""
    answer = await exact.get(f"{at}&{option}")
    assert answer.status_code == 400
    return message(answer)


@proves(rule.ADDRESSES)
@pytest.mark.parametrize("path", ["crm/Nothing", "hrm", "sync/Financial/Journals", "webhooks/WebhookTopics"])
async def test_an_address_that_there_is_not_is_not_found(exact: Twin, path: str) -> None:
    answer = await exact.get(f"{HERE}/{path}")

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "")
    assert message(answer).startswith("Resource not found for the segment")


async def test_an_address_is_decoded_once_and_its_digits_are_ascii(exact: Twin) -> None:
    account = (await exact.get(f"{HERE}/financial/GLAccounts?$filter=Type gt 0&$select=ID&$top=1")).json()["d"][0]["ID"]
    statuses = [
        (await exact.get(f"{HERE}/financial/GLAccounts(guid{quote}{account}{quote})?$select=ID")).status_code
        for quote in ("'", "%27", "%2527")
    ]

    assert statuses == [200, 200, 400]
    arabic = "\u0661" + "\u0660" * 4 + "\u0661"
    assert (await exact.get(f"/api/v1/{arabic}/hrm/Costcenters?$select=ID")).status_code == 404


@proves(rule.METHODS)
async def test_a_stream_is_only_read_and_an_action_never(exact: Twin) -> None:
    token = {"Authorization": f"Bearer {exact.token}"}
    posted = await exact.data.post(ACCOUNTS, headers=exact.headers | token)
    read = await exact.get(f"{HERE}/crm/PrintQuotation")
    tokens = await exact.data.get("/api/oauth2/token")
    query = {"client_id": APP.client_id, "redirect_uri": APP.redirect_uri, "response_type": "code"}
    login = await exact.data.delete("/api/oauth2/auth", params=query)

    assert {posted.status_code, read.status_code, tokens.status_code, login.status_code} == {405}


@proves(rule.RECORDS)
async def test_a_key_that_no_record_has_is_not_found(exact: Twin) -> None:
    for path in ("financial/GLAccounts", "bulk/Financial/TransactionLines", "webhooks/WebhookSubscriptions"):
        assert (await exact.get(f"{HERE}/{path}(guid'{NOWHERE}')?$select=ID")).status_code == 404


@proves(rule.FILTER_FIELDS)
async def test_a_filter_on_a_field_that_there_is_not_is_refused(exact: Twin) -> None:
    assert "No property 'Nothing' exists" in await refused(exact, "$filter=Nothing eq 1")
    assert "No property 'code' exists" in await refused(exact, "$filter=startswith(code,'A')")


@proves(rule.FILTER_TYPES)
@pytest.mark.parametrize("text", ["Code", "startswith(Code,1)", "not Code", "length(Active) gt 1", "Code eq true"])
async def test_a_filter_of_types_that_do_not_go_together_is_refused(exact: Twin, text: str) -> None:
    await refused(exact, f"$filter={text}")


@proves(rule.ORDER)
async def test_an_order_names_fields_of_a_normal_endpoint(exact: Twin) -> None:
    assert "No property 'Nothing'" in await refused(exact, "$orderby=Nothing")
    assert "Syntax error" in await refused(exact, "$orderby=Code up")
    assert "not supported" in await refused(exact, "$orderby=ID", f"{LINES}?$filter=Timestamp gt 1")


@proves(rule.TOP)
@pytest.mark.parametrize("top", ["-1", "x", "1.5", ""])
async def test_top_is_a_whole_number(exact: Twin, top: str) -> None:
    assert "Incorrect format for $top" in await refused(exact, f"$top={top}")


@proves(rule.INLINE_COUNT)
async def test_an_inline_count_is_of_all_pages_or_none(exact: Twin) -> None:
    assert "'allpages' and 'none'" in await refused(exact, "$inlinecount=some")


@proves(rule.SKIP_TOKEN)
async def test_a_skip_token_names_a_place_in_the_order(exact: Twin) -> None:
    await refused(exact, "$skiptoken=abc", f"{LINES}?$filter=Timestamp gt 1")
    await refused(exact, "$skiptoken=17")
    await refused(exact, "$skiptoken='x'&$orderby=Modified")


@pytest.mark.parametrize(
    ("at", "order", "tokens"),
    [
        (f"{CENTERS}?$select=ID", "", ("'x'", "null", "", f"guid'{NOWHERE}',1", "99999999999999999999999", "1.5")),
        (f"{LINES}?$filter=Timestamp gt 1", "", ("99999999999999999999L", "-1L", "1,2", "1.5L", "true", "")),
        (f"{CENTERS}?$select=ID", "&$orderby=Modified", (f"5,guid'{NOWHERE}'", "null,null", "true", "1,2,3")),
        (f"{HERE}/hrm/Divisions?$select=Code", "", ("'x'", "1.5", "null", "100001L,1")),
    ],
)
async def test_a_skip_token_that_was_tampered_with_is_refused(
    exact: Twin, at: str, order: str, tokens: tuple[str, ...]
) -> None:
    for token in tokens:
        assert await refused(exact, f"$skiptoken={token}{order}", at) == "Error in query syntax."


@proves(rule.EXPAND_SELECTED)
async def test_selected_lines_must_be_expanded(exact: Twin) -> None:
    asked = f"{HERE}/salesinvoice/SalesInvoices?$filter=InvoiceID eq guid'{NOWHERE}'"

    assert "add it to $expand" in await refused(exact, "$select=SalesInvoiceLines/ID", asked)


@proves(rule.LOGIN_APP)
async def test_the_consent_page_is_for_apps_that_are_registered(exact: Twin) -> None:
    query = {"client_id": NOWHERE, "redirect_uri": APP.redirect_uri, "response_type": "code"}

    assert (await exact.data.get("/api/oauth2/auth", params=query)).status_code == 401


@proves(rule.LOGIN_TYPE)
async def test_the_consent_page_gives_codes_and_tokens_only(exact: Twin) -> None:
    query = {"client_id": APP.client_id, "redirect_uri": APP.redirect_uri, "response_type": "id_token"}

    assert (await exact.data.get("/api/oauth2/auth", params=query)).status_code == 401


@proves(rule.GRANT_TYPE)
async def test_tokens_are_given_for_codes_and_refresh_tokens_only(exact: Twin) -> None:
    answer = await exact.ask_token({"grant_type": "password", "username": "x", "password": "y"})

    assert (answer.status_code, answer.json()) == (400, {"error": "unsupported_grant_type"})


@proves(rule.CODE_KNOWN)
async def test_a_code_that_nobody_gave_is_refused(exact: Twin) -> None:
    answer = await exact.exchange("stampNL001.made up")

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


@proves(rule.REFRESH_KNOWN)
async def test_a_refresh_token_that_nobody_gave_is_refused(exact: Twin) -> None:
    answer = await exact.refresh("stampNL001.made up")

    assert (answer.status_code, answer.json()["error_description"]) == (400, "Refresh token is invalid.")


async def test_refused_calls_are_counted_under_the_rule_that_they_broke(exact: Twin) -> None:
    await refused(exact, "$top=x")
    await exact.get(f"{HERE}/crm/Nothing")
    await exact.refresh()
    found = (await exact.control.get("/control/stats")).json()["refused_by_rule"]

    assert found == {"exact.odata.top": 1, "exact.http.address": 1, "exact.oauth.570": 1}


async def test_a_call_that_cannot_be_served_without_a_rule_says_so_once_the_rule_is_off(exact: Twin) -> None:
    exact.off(rule.TOP.id)
    answer = await exact.get(f"{CENTERS}?$select=ID&$top=x")

    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "RuleIsOff")
    assert list(flat(await exact.read(f"{CENTERS}?$select=ID")))
