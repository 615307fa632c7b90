"""The client against a server that answers as it is told."""

import logging
from collections.abc import Callable
from typing import Any

import pytest

from pipeline_lib.errors import ConfigError, FatalSourceError, RetriableSourceError
from pipeline_lib.sources.facebook.client import STAND_IN_SETTING, FacebookClient, open_client
from pipeline_lib.sources.facebook.graph_errors import GraphRefusedError

PLACE = "pipeline.json: RawDataSources[0]"
TOKEN = "EAAkanaari0token"  # noqa: S105 - invented


@pytest.fixture
def client(server: Any, fake_time: Any, monkeypatch: pytest.MonkeyPatch) -> FacebookClient:
    monkeypatch.setenv(STAND_IN_SETTING, server.host)
    return open_client(f"{TOKEN}\n", place=PLACE, version="v26.0", timing=fake_time.timing)


def error(code: int, subcode: int | None = None, **more: Any) -> dict[str, Any]:
    told = {"message": f"kanaari {TOKEN}", "type": "OAuthException", "code": code, "fbtrace_id": "x"}
    return {"error": told | ({"error_subcode": subcode} if subcode else {}) | more}


def page(*ids: str, after: str | None = None, link: str | None = None) -> dict[str, Any]:
    paging: dict[str, Any] = {"cursors": {"before": "b", "after": after or "end"}}
    if after or link:
        host = "https://elsewhere.example/v1.0/99/comments"
        paging["next"] = link or f"{host}?access_token={TOKEN}&limit=1&fields=from&after={after}"
    return {"data": [{"id": each} for each in ids], "paging": paging}


def read_all(client: FacebookClient) -> list[list[str]]:
    return [[item["id"] for item in each.items] for each in client.comments("1_2")]


def test_the_token_stands_in_the_header_and_never_in_a_url(server: Any, client: FacebookClient) -> None:
    server.answers_with({"data": {"is_valid": True}}).answers_with(page("1", after="c")).answers_with(page("2"))
    assert client.token_facts() == {"is_valid": True}
    assert read_all(client) == [["1"], ["2"]]
    assert [asked.headers["Authorization"] for asked in server.asked] == [f"Bearer {TOKEN}"] * 3
    assert not [path for path in server.paths if "EAA" in path]
    assert TOKEN not in repr(client._api.service)


def test_of_a_link_to_the_next_page_only_the_cursor_is_taken(server: Any, client: FacebookClient) -> None:
    server.answers_with(page("1", after="Qx%2Fy==")).answers_with(page("2"))
    read_all(client)
    question = "filter=stream&fields=id%2Ccreated_time%2Cmessage%2Cfrom%7Bid%7D%2Cparent%7Bid%7D%2Cattachment%7Btype%7D"
    assert server.paths == [
        f"/v26.0/1_2/comments?{question}&limit=100",
        f"/v26.0/1_2/comments?{question}&limit=100&after=Qx%2Fy%3D%3D",
    ]


def test_only_a_missing_link_ends_a_list(server: Any, client: FacebookClient) -> None:
    server.answers_with(page(after="a")).answers_with(page("1", after="b")).answers_with(page(after="c"))
    server.answers_with(page("2"))
    pages = list(client.comments("1_2"))
    assert [len(each.items) for each in pages] == [0, 1, 0, 1]
    assert [each.is_last for each in pages] == [False, False, False, True]


@pytest.mark.parametrize("links", [["a", "b", "a"], ["a", "a"]])
def test_a_list_that_leads_back_to_a_page_that_was_read_ends(
    server: Any, client: FacebookClient, links: list[str]
) -> None:
    for number, cursor in enumerate(links):
        server.answers_with(page(str(number), after=cursor))
    pages = list(client.comments("1_2"))
    assert len(pages) == len(links)
    assert [each.is_stuck for each in pages] == [False] * (len(links) - 1) + [True]


def test_a_link_without_a_cursor_leads_nowhere(server: Any, client: FacebookClient) -> None:
    answer = page("1", link="https://graph.facebook.com/v26.0/1_2/comments")
    del answer["paging"]["cursors"]
    server.answers_with(answer)
    assert [each.is_stuck for each in client.comments("1_2")] == [True]


def test_empty_pages_without_end_end(server: Any, client: FacebookClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(120):
        server.answers_with(page(after=str(number)))
    pages = list(client.comments("1_2"))
    assert (len(pages), pages[-1].is_stuck) == (100, True)


@pytest.mark.parametrize(
    ("code", "subcode", "advice"),
    [
        (190, 463, "it has expired"),
        (190, 460, "the account's password has changed"),
        (190, None, "make a new one"),
        (10, None, "pages_read_engagement and pages_read_user_content"),
        (100, 33, "check that it exists"),
        (100, None, "try another APIVersion"),
        (200, None, "give the token the permissions"),
        (299, None, "give the token the permissions"),
        (803, None, "check that it exists"),
        (368, None, "Page Quality"),
        (12345, None, "docs/facebook.md"),
    ],
)
@pytest.mark.parametrize("status", [400, 403, 500])
def test_a_refusal_that_stays_is_asked_exactly_once(
    server: Any, fake_time: Any, client: FacebookClient, code: int, subcode: int | None, advice: str, status: int
) -> None:
    server.answers_with(error(code, subcode), status=status)
    with pytest.raises(GraphRefusedError) as raised:
        client.read_edge("1_2", "insights", {"metric": "a"}, endpoint="insights")
    told = str(raised.value)
    assert (len(server.asked), fake_time.slept) == (1, [])
    assert f"error {code}" in told
    assert advice in told
    assert "kanaari" not in told
    assert (raised.value.__cause__, raised.value.__context__) == (None, None)
    assert (raised.value.error.code, raised.value.error.subcode) == (code, subcode)


def test_a_permanent_error_is_asked_once_even_where_meta_calls_it_transient(
    server: Any, client: FacebookClient
) -> None:
    server.answers_with(error(100, is_transient=True), status=400)
    with pytest.raises(GraphRefusedError):
        read_all(client)
    assert len(server.asked) == 1


@pytest.mark.parametrize("body", [error(1), error(2), error(1200, is_transient=True)])
def test_what_passes_is_asked_again(server: Any, client: FacebookClient, body: dict[str, Any]) -> None:
    server.answers_with(body, status=500).answers_with(body, status=400).answers_with(page("1"))
    assert read_all(client) == [["1"]]
    assert client.traffic.retry_counts == {"comments": 2}


def test_what_does_not_pass_ends_after_six_tries(server: Any, client: FacebookClient) -> None:
    server.answers_with(error(2), status=500)
    with pytest.raises(RetriableSourceError, match=r"answered 500 with error 2 \(6 tries\)"):
        read_all(client)
    assert len(server.asked) == 6


@pytest.mark.parametrize("code", [4, 17, 32, 613, 80001])
@pytest.mark.parametrize("status", [400, 403])
def test_a_limit_that_is_reached_is_waited_for_as_long_as_meta_says(
    server: Any,
    fake_time: Any,
    client: FacebookClient,
    caplog: pytest.LogCaptureFixture,
    code: int,
    status: int,
) -> None:
    caplog.set_level(logging.INFO)
    usage = '{"371": [{"type": "pages", "call_count": 100, "estimated_time_to_regain_access": 19}]}'
    server.answers_with(error(code, 2446079), status=status, headers={"X-Business-Use-Case-Usage": usage})
    server.answers_with(page("1"))
    assert read_all(client) == [["1"]]
    assert 19 * 60 <= sum(fake_time.slept) < 19 * 60 + 2
    assert f"error {code} (subcode 2446079)); trying again in 1,141 s" in caplog.text


def test_a_limit_of_which_meta_tells_no_time_is_waited_for_in_steps(
    server: Any, fake_time: Any, client: FacebookClient
) -> None:
    for _ in range(3):
        server.answers_with(error(4), status=403)
    server.answers_with(page("1"))
    read_all(client)
    assert [seconds // 300 for seconds in fake_time.slept] == [1, 1, 1]


@pytest.mark.parametrize(
    ("headers", "waited"),
    [
        ({"X-App-Usage": '{"call_count": 89, "total_time": 20, "total_cputime": 3}'}, 0),
        ({"X-App-Usage": '{"call_count": 28, "total_time": 90, "total_cputime": 3}'}, 300),
        ({"X-Business-Use-Case-Usage": '{"1": [{"type": "pages", "total_cputime": 97}]}'}, 300),
        ({"X-Business-Use-Case-Usage": '{"1": [{"type": "pages", "estimated_time_to_regain_access": 2}]}'}, 120),
        ({"X-Business-Use-Case-Usage": '{"1": [{"type": "ads_management", "call_count": 100}]}'}, 0),
        ({"X-App-Usage": "no JSON", "X-Business-Use-Case-Usage": '["a"]'}, 0),
        ({"X-App-Usage": '{"call_count": "many"}', "X-Business-Use-Case-Usage": '{"1": {"a": 1}}'}, 0),
    ],
)
def test_limits_are_obeyed_before_they_are_reached(
    server: Any,
    fake_time: Any,
    client: FacebookClient,
    caplog: pytest.LogCaptureFixture,
    headers: dict[str, str],
    waited: int,
) -> None:
    caplog.set_level(logging.INFO)
    server.answers_with(page("1", after="a"), headers=headers).answers_with(page("2"))
    read_all(client)
    assert sum(fake_time.slept) == waited
    assert client.traffic.waited_seconds["budget"] == waited
    assert ("of Meta's limit is used up" in caplog.text) == bool(waited)


def test_a_version_that_serves_in_anothers_place_is_warned_of_once_and_counted(
    server: Any, client: FacebookClient, caplog: pytest.LogCaptureFixture
) -> None:
    old = {"facebook-api-version": "v25.0"}
    server.answers_with(page("1", after="a"), headers=old).answers_with(page("2"), headers=old)
    read_all(client)
    assert client.other_version_counts == {"v25.0": 2}
    assert caplog.messages == [f"{PLACE}.APIVersion: {server.host} answers as version v25.0, not as v26.0; correct it"]


def test_half_a_character_spoils_one_text_and_not_the_page(server: Any, client: FacebookClient) -> None:
    server.answers_with(b'{"data": [{"id": "1", "message": "\\ud83d"}, {"id": "2"}]}')
    assert read_all(client) == [["1", "2"]]


@pytest.mark.parametrize("body", [b"", b"<html>kanaari</html>", b'{"data": [1]}', b'{"data": {}}', b"[" * 100_000])
def test_what_is_no_page_is_asked_for_again(server: Any, client: FacebookClient, body: bytes) -> None:
    server.answers_with(body).answers_with(page("1"))
    assert read_all(client) == [["1"]]


@pytest.mark.parametrize("token", ["", " ", "two words", "broken\nline", "kanaarí"])
def test_what_is_no_token_is_refused_before_anything_is_asked(token: str) -> None:
    with pytest.raises(ConfigError) as raised:
        open_client(token, place=PLACE, version="v26.0")
    assert str(raised.value) == (
        f"{PLACE}.TokenFileURL: does not lead to a token, which is a single word of letters and digits; "
        "let the file hold the page's token alone"
    )


def test_a_stand_in_on_another_machine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STAND_IN_SETTING, "graph.example:80")
    with pytest.raises(ConfigError, match="is not a host and port of this machine"):
        open_client(TOKEN, place=PLACE, version="v26.0")


def test_without_a_stand_in_metas_own_server_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(STAND_IN_SETTING, raising=False)
    service = open_client(TOKEN, place=PLACE, version="v26.0")._api.service
    assert (service.origin, service.is_emulator) == ("https://graph.facebook.com", False)


def test_nothing_at_debug_tells_the_token_a_link_or_what_people_said(
    server: Any, client: FacebookClient, caplog: pytest.LogCaptureFixture, serve: Callable[[], Any]
) -> None:
    caplog.set_level(logging.DEBUG)
    server.answers_with(error(4), status=403).answers_with({"data": [{"message": "kanaari"}], "paging": {}})
    server.answers_with(error(190, 463), status=400)
    assert len(read_all_pages := list(client.comments("1_2"))) == 1
    with pytest.raises(FatalSourceError) as raised:
        client.token_facts()
    told = f"{caplog.text} {raised.value!r} {raised.value}"
    assert not [secret for secret in (TOKEN, "kanaari", "access_token") if secret in told]
    assert read_all_pages[0].is_last
