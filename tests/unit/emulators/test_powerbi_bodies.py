"""Whatever a client sends, the answer is the vendor's; nothing is met with an error of the emulator itself."""

from __future__ import annotations

from typing import Any

import pytest

from emulators.powerbi.identities import CLIENT, REFRESHABLE, TENANT
from emulators.powerbi.rules import RULES
from emulators.proof import proves
from fakes.power_bi_emulator import GROUP, JSON, SCOPE, Twin, column, table

T = table("T", i="Int64", d="Decimal", f="Double", t="DateTime", s="String")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
DEEP = b'{"x":' + b"[" * 100_000
BROKEN = [b"", b"  ", b"{", b"null", b"[]", b'"x"', b"\xff", b'{"rows":[{"s":"\xff"}]}', b"\xef\xbb\xbf{}", DEEP]


@pytest.mark.parametrize("body", BROKEN)
async def test_a_body_that_is_no_document_is_refused_in_the_vendors_shape(power_bi: Twin, body: bytes) -> None:
    await power_bi.set(create_switch=True, capacity="premium")
    await power_bi.create(T)
    posts = [f"{GROUP}/datasets", f"{power_bi.at}/tables/T/rows", f"{power_bi.at}/executeQueries", "/v1.0/myorg/groups"]
    answers = [await power_bi.data.post(at, content=body, headers=JSON) for at in posts]
    answers.append(await power_bi.data.put(f"{power_bi.at}/tables/T", content=body, headers=JSON))
    if body:
        at = f"{GROUP}/datasets/{REFRESHABLE}/refreshes"
        answers.append(await power_bi.data.post(at, content=body, headers=JSON))

    assert {answer.status_code for answer in answers} == {400}
    assert all(answer.json()["error"]["code"] == "BadRequest" for answer in answers)


@proves(RULES["rows.once"])
@pytest.mark.parametrize(
    "body",
    [
        '{"rows":[{"i":1,"i":2}]}',
        '{"rows":[],"rows":[]}',
        '{"rows":[{"i" :1, "i":2}]}',
        '{"rows":[{"s":"a\\":","s":"b"}]}',
    ],
)
async def test_a_member_that_comes_twice_is_refused(power_bi: Twin, body: str) -> None:
    await power_bi.create(T)
    fine = await power_bi.post("T", {"s": 'a":b', "i": 1}, {"s": '"', "i": 2})
    refused = await power_bi.data.post(f"{power_bi.at}/tables/T/rows", content=body, headers=JSON)

    assert (fine.status_code, refused.status_code, len(await power_bi.rows("T"))) == (200, 400, 2)


async def test_a_schema_names_each_member_once(power_bi: Twin) -> None:
    body = '{"name":"a","name":"b","tables":[{"name":"T","columns":[{"name":"c","dataType":"String"}]}]}'

    assert (await power_bi.data.post(f"{GROUP}/datasets", content=body, headers=JSON)).status_code == 400


@proves(RULES["rows.json"])
async def test_beside_the_rows_a_body_has_nothing(power_bi: Twin) -> None:
    await power_bi.create(T)
    answer = await power_bi.data.post(f"{power_bi.at}/tables/T/rows", json={"rows": [], "more": 1})

    assert answer.status_code == 400


@proves(RULES["query.one"])
@pytest.mark.parametrize(
    "more", [{"x": 1}, {"serializerSettings": {"x": True}}, {"queries": [{"query": "EVALUATE T", "x": 1}]}]
)
async def test_a_query_has_no_unknown_members(power_bi: Twin, more: dict[str, Any]) -> None:
    await power_bi.create(T)
    body = {"queries": [{"query": "EVALUATE T"}], **more}

    assert (await power_bi.data.post(f"{power_bi.at}/executeQueries", json=body)).status_code == 400


@proves(RULES["call.media"])
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml", ""])
async def test_a_body_that_is_not_said_to_be_json_is_refused(power_bi: Twin, kind: str) -> None:
    await power_bi.create(T)
    at, body = f"{power_bi.at}/tables/T/rows", '{"rows":[{"i":1}]}'
    refused = await power_bi.data.post(at, content=body, headers={"Content-Type": kind} if kind else {})
    taken = await power_bi.data.post(at, content=body, headers={"Content-Type": "application/json; charset=utf-8"})

    assert (refused.status_code, taken.status_code) == (415, 200)
    assert refused.json()["Message"].startswith("The request entity's media type")


@proves(RULES["call.method"])
async def test_an_address_that_is_read_has_no_head(power_bi: Twin) -> None:
    assert (await power_bi.data.head(f"{GROUP}/datasets")).status_code == 405


@pytest.mark.parametrize("words", ["(" * 3_000, "not " * 3_000 + "true", "name eq 'x", ""])
async def test_a_filter_that_makes_no_sense_is_refused(power_bi: Twin, words: str) -> None:
    assert (await power_bi.data.get("/v1.0/myorg/groups", params={"$filter": words})).status_code == 400


@proves(RULES["refresh.top"])
@pytest.mark.parametrize("top", ["0", "-1", "x"])
async def test_a_history_has_one_entry_at_least(power_bi: Twin, top: str) -> None:
    answer = await power_bi.data.get(f"{GROUP}/datasets/{REFRESHABLE}/refreshes", params={"$top": top})

    assert answer.status_code == 400


@pytest.mark.parametrize(
    "text",
    ["2026-W01-1", "20260101", "2026-01-01T10", "2026-01-01T00:00:00+01:00:30", "2026-01-01T00:00:00.12345678",
     "\u0662026-01-01", "\u0660\u0667/30/2014", "2026-01-01T24:00:00", " 2026-01-01", "2026-02-30", "now", ""],
)  # fmt: skip
async def test_a_date_is_written_as_net_reads_it(power_bi: Twin, text: str) -> None:
    await power_bi.create(T)

    assert (await power_bi.post("T", {"t": text})).status_code == 400


@proves(RULES["rows.ticks"])
async def test_a_datetime_is_kept_to_a_three_hundredth_of_a_second(power_bi: Twin) -> None:
    await power_bi.create(T)
    posted = [await power_bi.post("T", {"t": f"2026-01-01T00:00:00.{part}"}) for part in ("001", "002", "0083", "998")]
    rows = await power_bi.result("EVALUATE 'T'")

    assert [answer.status_code for answer in posted] == [200] * 4
    assert [row["T[t]"][17:] for row in rows] == ["00", "00.003", "00.007", "00.997"]


@proves(RULES["schema.push"])
@pytest.mark.parametrize(
    ("of_table", "of_dataset"),
    [({"rows": [{"i": 1}]}, {}), ({"source": [{"x": 1}]}, {}), ({}, {"datasources": [{"x": 1}]})],
)
async def test_a_push_models_schema_brings_no_data(
    power_bi: Twin, of_table: dict[str, Any], of_dataset: dict[str, Any]
) -> None:
    assert (await power_bi.create(T | of_table, **of_dataset)).status_code == 400


@proves(RULES["schema.name"])
@pytest.mark.parametrize("name", ["", "  ", "a\nb"])
async def test_a_dataset_has_a_name(power_bi: Twin, name: str) -> None:
    assert (await power_bi.create(T, name=name)).status_code == 400


@proves(RULES["schema.sort"])
async def test_a_column_is_not_sorted_by_itself(power_bi: Twin) -> None:
    assert (await power_bi.create({"name": "T", "columns": [column("a", sortByColumn="a")]})).status_code == 400


@proves(RULES["schema.unique"])
async def test_relationships_have_names_of_their_own(power_bi: Twin) -> None:
    ends = [{"fromTable": a, "fromColumn": "k", "toTable": b, "toColumn": "k"} for a, b in ("AB", "BC")]
    tables = [table(name, k="String") for name in "ABC"]

    assert (await power_bi.create(*tables, relationships=[{"name": "r", **one} for one in ends])).status_code == 400


async def test_the_retention_policy_is_found_in_any_case(power_bi: Twin) -> None:
    at = f"{GROUP}/datasets?DefaultRetentionPolicy=basicFIFO"

    assert (await power_bi.data.post(at, json={"name": "d", "tables": [T]})).json()[
        "defaultRetentionPolicy"
    ] == "basicFIFO"


@proves(RULES["token.form"])
async def test_a_token_request_is_said_to_be_a_form(power_bi: Twin) -> None:
    sent = f"grant_type=client_credentials&client_id={CLIENT}&scope={SCOPE}&client_secret={power_bi.credentials.secret}"
    at = f"/{TENANT}/oauth2/v2.0/token"
    answers = [await power_bi.data.post(at, content=sent, headers=kind) for kind in (JSON, {}, FORM)]

    assert [answer.json().get("error_codes") for answer in answers] == [[900144], [900144], None]


@proves(RULES["token.once"])
async def test_a_parameter_of_a_token_request_comes_once(power_bi: Twin) -> None:
    sent = f"grant_type=client_credentials&client_id={CLIENT}&scope={SCOPE}&client_secret={power_bi.credentials.secret}"
    answer = await power_bi.data.post(f"/{TENANT}/oauth2/v2.0/token", content=f"{sent}&scope={SCOPE}", headers=FORM)

    assert answer.json()["error_codes"] == [9000411]


@proves(RULES["token.one-credential"])
async def test_an_application_proves_itself_in_one_way(power_bi: Twin) -> None:
    answer = await power_bi.ask_token(client_assertion="a.b.c")

    assert (answer.json()["error"], answer.json()["error_codes"]) == ("invalid_request", [90013])


async def test_an_applications_id_is_read_in_any_case(power_bi: Twin) -> None:
    assert (await power_bi.ask_token(client_id=CLIENT.upper())).status_code == 200
