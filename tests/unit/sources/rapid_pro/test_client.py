"""The client against a server that answers as a test tells it to."""

import gzip
import hashlib
import logging
import traceback
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import islice
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pipeline_lib.errors import ConfigError, DataError, FatalSourceError, PipelineError, RetriableSourceError
from pipeline_lib.sources.http.retry_policy import RetryPolicy
from pipeline_lib.sources.rapid_pro.archives import Archive
from pipeline_lib.sources.rapid_pro.client import Page, RapidProClient, open_client

PLACE = "pipeline.json: RawDataSources[0]"
TOKEN = "canary0token0canary"  # noqa: S105 - invented
FLOW = "f5901b62-0000-4000-8000-00000000000a"
HIDDEN_FLOW = "canary-flow"
AFTER = datetime(2025, 5, 1, tzinfo=UTC)
BEFORE = datetime(2025, 6, 1, 3, 0, 0, 5, tzinfo=timezone(timedelta(hours=3)))
QUESTION = {
    "flow": FLOW,
    "after": "2025-05-01T00:00:00.000000Z",
    "before": "2025-06-01T00:00:00.000005Z",
    "reverse": "true",
    "paths": "false",
}


@pytest.fixture
def client(server: Any, fake_time: Any, monkeypatch: pytest.MonkeyPatch) -> RapidProClient:
    monkeypatch.setenv("RAPIDPRO_EMULATOR_HOST", server.host)
    return open_client("textit.example", TOKEN, place=PLACE, timing=fake_time.timing, policy=RetryPolicy(most_tries=2))


def runs(client: RapidProClient, resume: str | None = None) -> list[Page]:
    return list(islice(client.runs(FLOW, after=AFTER, before=BEFORE, resume=resume), 150))  # it might have no end


def link(server: Any, cursor: str, **changes: str) -> str:
    query = "&".join(f"{name}={value}" for name, value in {"cursor": cursor, **QUESTION, **changes}.items())
    return f"http://{server.host}/api/v2/runs.json?{query}"


def page(*results: dict[str, Any], next: str | None = None, **rest: Any) -> dict[str, Any]:  # noqa: A002 - as theirs
    return {"next": next, "previous": None, "results": list(results), **rest}


def asked(server: Any) -> list[tuple[str, dict[str, str]]]:
    split = [urlsplit(path) for path in server.paths]
    return [(each.path, {name: values[0] for name, values in parse_qs(each.query).items()}) for each in split]


def refusal(call: Callable[[], Any], kind: type[PipelineError]) -> str:
    with pytest.raises(kind) as raised:
        call()
    assert (raised.value.__cause__, raised.value.__context__) == (None, None)
    return str(raised.value)


def test_runs_are_asked_for_oldest_first_and_without_paths_in_instants_that_the_server_can_read(
    server: Any, client: RapidProClient
) -> None:
    server.answers_with(page({"uuid": "1"}))
    assert runs(client) == [Page([{"uuid": "1"}], None)]
    assert asked(server) == [("/api/v2/runs.json", QUESTION)]
    assert server.asked[0].headers["Authorization"] == f"Token {TOKEN}"


@pytest.mark.parametrize(
    ("call", "endpoint", "questions"),
    [
        (lambda client: client.workspace(), "workspace", [{}]),
        (lambda client: client.flows(), "flows", [{}]),
        (
            lambda client: list(client.contacts(after=AFTER, before=BEFORE)),
            "contacts",
            [{"after": QUESTION["after"], "before": QUESTION["before"], "reverse": "true"}],
        ),
        (
            lambda client: list(client.contacts(after=None, before=BEFORE)),
            "contacts",
            [{"before": QUESTION["before"], "reverse": "true"}],
        ),
        (
            lambda client: list(client.deleted_contacts(after=AFTER, before=BEFORE)),
            "contacts",
            [{"deleted": "true", "after": QUESTION["after"], "before": QUESTION["before"], "reverse": "true"}],
        ),
        (
            lambda client: list(client.incoming_messages(after=AFTER, before=BEFORE)),
            "messages",
            [
                {"folder": "flows", "after": QUESTION["after"], "before": QUESTION["before"]},
                {"folder": "archived", "after": QUESTION["after"], "before": QUESTION["before"]},
            ],
        ),
        (lambda client: client.run_archives(), "archives", [{"type": "run", "archive_type": "run"}]),
    ],
)
def test_each_listing_is_asked_for_as_both_generations_take_it(
    server: Any, client: RapidProClient, call: Callable[[RapidProClient], Any], endpoint: str, questions: list[Any]
) -> None:
    server.answers_with(page())
    call(client)
    assert asked(server) == [(f"/api/v2/{endpoint}.json", question) for question in questions]


@pytest.mark.parametrize("name", ["after", "before"])
def test_an_instant_without_an_offset_is_refused_before_anything_is_asked(
    server: Any, client: RapidProClient, name: str
) -> None:
    window: dict[str, Any] = {"after": AFTER, "before": BEFORE} | {name: datetime(2025, 5, 1)}  # noqa: DTZ001 - naive on purpose
    for listing in (client.contacts, client.deleted_contacts, client.incoming_messages):
        with pytest.raises(ValueError, match="offset"):
            listing(**window)
    with pytest.raises(ValueError, match="offset"):
        client.runs(FLOW, **window)
    assert server.paths == []


def test_pages_are_followed_to_the_end_even_beyond_an_empty_one(server: Any, client: RapidProClient) -> None:
    server.answers_with(page({"uuid": "1"}, next=link(server, "cD0x")))
    server.answers_with(page(next=link(server, "cD0y%3D")))
    server.answers_with(page({"uuid": "2"}))

    pages = runs(client)

    assert [each.results for each in pages] == [[{"uuid": "1"}], [], [{"uuid": "2"}]]
    assert [question.get("cursor") for _, question in asked(server)] == [None, "cD0x", "cD0y="]
    assert client.traffic.request_counts == {"runs": 3}


def test_where_a_page_begins_can_be_stored_and_gone_on_from(server: Any, client: RapidProClient) -> None:
    server.answers_with(page(next=link(server, "cD0x"))).answers_with(page({"uuid": "2"}))
    place = next(client.runs(FLOW, after=AFTER, before=BEFORE)).next
    assert place is not None
    assert place.startswith("/api/v2/runs.json?cursor=cD0x&flow=")

    assert runs(client, resume=place) == [Page([{"uuid": "2"}], None)]
    assert asked(server)[1] == ("/api/v2/runs.json", {"cursor": "cD0x", **QUESTION})


@pytest.mark.parametrize(
    "resume",
    [
        "/api/v2/contacts.json?cursor=cD0x",
        "/api/v2/runs.json?cursor=cD0x&flow=another",
        "//other.example/api/v2/runs.json?canary",
        "canary",
        "",
        "http://[canary",
    ],
)
def test_a_place_in_another_listing_is_not_gone_on_from(server: Any, client: RapidProClient, resume: str) -> None:
    message = refusal(lambda: client.runs(FLOW, after=AFTER, before=BEFORE, resume=resume), DataError)
    assert message == (
        f"{PLACE}: the stored position of a listing of runs belongs to another listing; start the listing again"
    )
    assert server.paths == []


@pytest.mark.parametrize(
    "to",
    [
        "https://other.example/api/v2/runs.json?{query}",
        "//other.example/api/v2/runs.json?{query}",
        "http://{host}/api/v2/contacts.json?{query}",
        "http://{host}/api/v2/runs.json?cursor=canary",
        "http://{host}/api/v2/../v3/runs.json?{query}",
        "http://[canary/api/v2/runs.json",
        "",
    ],
)
def test_a_link_out_of_the_listing_is_refused_before_its_page_is_given(
    server: Any, client: RapidProClient, to: str
) -> None:
    query = urlsplit(link(server, "canary")).query
    server.answers_with(page({"uuid": "1"}, next=to.format(host=server.host, query=query)))
    message = refusal(lambda: runs(client), FatalSourceError)
    assert message == (
        f"{PLACE}: {server.host}: a page of runs links to something other than a page of the same listing; "
        "ask who runs the server: its API is at fault"
    )
    assert len(server.paths) == 1


@pytest.mark.parametrize("origin", ["https://127.0.0.1", "http://127.0.0.1:80", "https://127.0.0.1:8443", ""])
def test_a_proxy_that_confuses_scheme_and_port_does_no_harm(server: Any, client: RapidProClient, origin: str) -> None:
    split = urlsplit(link(server, "cD0x"))
    server.answers_with(page(next=f"{origin}{split.path}?{split.query}")).answers_with(page())
    assert len(runs(client)) == 2


@pytest.mark.parametrize("cursors", [["a", "a"], ["a", "b", "a"], [None]])
def test_a_page_that_links_back_to_one_already_read_is_an_error(
    server: Any, client: RapidProClient, cursors: list[str | None]
) -> None:
    for cursor in cursors:
        to = link(server, cursor) if cursor else f"http://{server.host}/api/v2/runs.json?{_reordered(QUESTION)}"
        server.answers_with(page({"uuid": "1"}, next=to))
    message = refusal(lambda: runs(client), FatalSourceError)
    assert "the pages of runs go in circles" in message
    assert len(server.paths) == len(cursors)


def _reordered(question: dict[str, str]) -> str:
    return "&".join(f"{name}={value.replace(':', '%3A')}" for name, value in reversed(question.items()))


def test_half_a_character_does_not_cost_the_page(server: Any, client: RapidProClient) -> None:
    """SMS gateways cut texts between the halves of a pair."""
    server.answers_with(rb'{"next": null, "results": [{"uuid": "1", "name": "biyo \ud83d"}, {"uuid": "2", "n": NaN}]}')
    ((half, other),) = (each.results for each in runs(client))
    assert half == {"uuid": "1", "name": "biyo \ufffd"}
    assert other["uuid"] == "2"


def test_empty_pages_without_an_end_are_an_error(server: Any, client: RapidProClient) -> None:
    for number in range(21):
        server.answers_with(page(next=link(server, str(number))))
    assert "go in circles" in refusal(lambda: runs(client), FatalSourceError)
    assert len(server.paths) == 20


@pytest.mark.parametrize("period", [1, 2, 30])
def test_the_same_pages_under_ever_new_cursors_are_an_error(server: Any, client: RapidProClient, period: int) -> None:
    for number in range(period + 21):
        server.answers_with(page({"uuid": str(number % period)}, next=link(server, str(number))))
    assert "the pages of runs go in circles" in refusal(lambda: runs(client), FatalSourceError)
    assert len(server.paths) == period + 20


def test_pages_with_news_after_some_without_are_read(server: Any, client: RapidProClient) -> None:
    for number in range(60):
        server.answers_with(page({"uuid": "1", "modified_on": f"{number // 20}"}, next=link(server, str(number))))
    server.answers_with(page())
    assert len(runs(client)) == 61


@pytest.mark.parametrize(
    "body",
    [
        b"<html>canary</html>",
        b"[]",
        b'"canary"',
        {"detail": "canary"},
        {"results": {"canary": 1}, "next": None},
        {"results": ["canary"], "next": None},
        {"results": None},
        {"results": [], "next": 5},
        b'{"results": [], "next": null',
        b'{"results": ["\xff"]}',
    ],
)
def test_what_is_no_page_is_asked_for_again_and_then_an_error_that_passes(
    server: Any, client: RapidProClient, body: Any
) -> None:
    server.answers_with(body)
    assert refusal(lambda: runs(client), RetriableSourceError) == (
        f"{PLACE}: {server.host}, asked for runs, sent something else, or only a part of it (2 tries); "
        "wait and try again; what was fetched before stays"
    )
    assert (client.traffic.request_counts, client.traffic.retry_counts) == ({"runs": 2}, {"runs": 1})


def test_a_workspace_is_one_object(server: Any, client: RapidProClient) -> None:
    server.answers_with({"uuid": "w", "name": "Demo", "anon": False})
    assert client.workspace() == {"uuid": "w", "name": "Demo", "anon": False}


def test_all_flows_come_as_the_server_has_them(server: Any, client: RapidProClient) -> None:
    first = {"uuid": "1", "name": "a", "archived": True, "runs": {"completed": 1}, "results": [{"key": "k"}]}
    server.answers_with(page(first, next=f"http://{server.host}/api/v2/flows.json?cursor=x"))
    server.answers_with(page({"uuid": "2", "name": "b"}))
    assert client.flows() == [first, {"uuid": "2", "name": "b"}]


def test_each_scope_has_a_budget_of_its_own_and_waits_are_reported(
    server: Any, fake_time: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAPIDPRO_EMULATOR_HOST", server.host)
    client = open_client("textit.example", TOKEN, place=PLACE, timing=fake_time.timing, requests_an_hour=2)
    server.answers_with(page())
    client.workspace()
    client.flows()
    for _ in range(2):
        runs(client)
    list(client.contacts(after=None, before=BEFORE))
    list(client.incoming_messages(after=AFTER, before=BEFORE))
    assert client.requests_left == {"v2": 0, "v2.contacts": 1, "v2.messages": 0, "v2.runs": 0}
    assert fake_time.slept == []

    client.run_archives()

    assert fake_time.slept == [3600]
    assert client.traffic.waited_seconds == {"budget": 3600, "retry": 0}
    counts = {"workspace": 1, "flows": 1, "runs": 2, "contacts": 1, "messages": 2, "archives": 1}
    assert client.traffic.request_counts == counts


def item(day: int = 1, period: str = "daily", **changes: Any) -> dict[str, Any]:
    facts = {"type": "run", "start_date": f"2025-05-{day:02}", "period": period, "record_count": 1, "size": 1}
    return {**facts, "hash": "0" * 32, "download_url": "https://store.example/a", **changes}


def test_archives_of_messages_are_no_archives_of_runs(server: Any, client: RapidProClient) -> None:
    server.answers_with(page(item(1), item(1, type="message"), item(1, period="monthly"), count=3))
    assert [archive.key for archive in client.run_archives()] == ["run|daily|2025-05-01", "run|monthly|2025-05-01"]


def archive_pages(server: Any, *pages: tuple[Iterable[int], int]) -> None:
    for number, (days, count) in enumerate(pages):
        to = f"http://{server.host}/api/v2/archives.json?archive_type=run&limit=250&offset={number + 1}&type=run"
        is_last = number + 1 == len(pages)
        server.answers_with(page(*map(item, days), next=None if is_last else to, count=count))


@pytest.mark.parametrize(
    "changed",
    [
        [([1, 2], 3), ([2], 3)],  # one was added at the front meanwhile
        [([1, 2], 3), ([], 2)],  # one was taken away
        [([1, 2], 3), ([3], 4)],
    ],
)
def test_archives_that_change_while_they_are_listed_are_listed_again(
    server: Any, client: RapidProClient, changed: list[tuple[list[int], int]]
) -> None:
    archive_pages(server, *changed)
    archive_pages(server, ([1, 2], 3), ([3], 3))
    assert [archive.start_date.day for archive in client.run_archives()] == [1, 2, 3]
    assert client.traffic.request_counts == {"archives": 4}


def test_archives_that_never_stop_changing_are_an_error_that_passes(server: Any, client: RapidProClient) -> None:
    server.answers_with(page(item(1), item(1), count=2))
    message = refusal(client.run_archives, RetriableSourceError)
    assert message == f"{PLACE}: {server.host}: the list of archives changed while it was read, 3 times; try again"
    assert len(server.paths) == 3


def test_an_archive_of_another_shape_is_an_error(server: Any, client: RapidProClient) -> None:
    server.answers_with(page(item(1, period="canary")))
    message = refusal(client.run_archives, RetriableSourceError)
    assert "the list of archives has an item that is not an archive" in message
    assert "canary" not in message


LINES = b'{"flow": "f-1"}\n{"flow": "f-2"}\n'
ZIPPED = gzip.compress(LINES, mtime=0)


def archive(server: Any, **changes: Any) -> Archive:
    facts: dict[str, Any] = {
        "record_count": 2,
        "size": len(ZIPPED),
        "hash": hashlib.md5(ZIPPED, usedforsecurity=False).hexdigest(),
    }
    facts["download_url"] = f"http://{server.host}/archives/a.jsonl.gz?X-Amz-Signature=canary"
    return Archive(start_date=date(2025, 5, 1), period="daily", **(facts | changes))


def test_an_archives_lines_are_streamed_from_its_link_without_our_token(server: Any, client: RapidProClient) -> None:
    server.answers_with(ZIPPED)
    assert list(client.archive_lines(archive(server))) == [b'{"flow": "f-1"}', b'{"flow": "f-2"}']
    assert list(client.archive_lines(archive(server), only=[b"f-2"])) == [b'{"flow": "f-2"}']
    assert "Authorization" not in server.asked[0].headers
    assert client.traffic.request_counts == {"archive files": 2}
    assert client.requests_left == {}


def test_an_empty_archive_is_not_downloaded(server: Any, client: RapidProClient) -> None:
    assert list(client.archive_lines(archive(server, record_count=0, download_url=None, hash=None))) == []
    assert list(client.archive_lines(archive(server, record_count=0))) == []
    assert server.paths == []


def test_records_without_a_link_are_an_error(server: Any, client: RapidProClient) -> None:
    call = client.archive_lines(archive(server, download_url=None))
    assert "archive run|daily|2025-05-01 has 2 records but no link to them" in refusal(
        lambda: list(call), RetriableSourceError
    )


@pytest.mark.parametrize(
    "url", ["http://store.example/canary", "ftp://127.0.0.1/canary", "file:///canary", "canary", "http://[canary"]
)
def test_a_link_that_anybody_could_listen_to_is_refused(server: Any, client: RapidProClient, url: str) -> None:
    message = refusal(lambda: list(client.archive_lines(archive(server, download_url=url))), FatalSourceError)
    assert "archive run|daily|2025-05-01 has a link without https" in message
    assert "canary" not in message


def test_a_cut_archive_raises_and_reads_well_from_the_start(server: Any, client: RapidProClient) -> None:
    server.answers_with(ZIPPED, cut_at=len(ZIPPED) - 9).answers_with(ZIPPED)
    assert "the store, asked for archive run|daily|2025-05-01, broke the connection" in refusal(
        lambda: list(client.archive_lines(archive(server))), RetriableSourceError
    )
    assert len(list(client.archive_lines(archive(server)))) == 2


def test_leaving_an_archive_in_the_middle_lets_go_of_its_connection(server: Any, client: RapidProClient) -> None:
    server.answers_with(ZIPPED)
    reading = client.archive_lines(archive(server))
    next(reading)
    reading.close()  # type: ignore[attr-defined]
    assert len(list(client.archive_lines(archive(server)))) == 2


def test_a_stand_in_elsewhere_and_a_wrong_token_are_errors_of_the_config(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPIDPRO_EMULATOR_HOST", "textit.com:80")
    for domain, token in (("textit.com", TOKEN), ("textit.com/x", TOKEN)):
        with pytest.raises(ConfigError):
            open_client(domain, token, place=PLACE)
    monkeypatch.delenv("RAPIDPRO_EMULATOR_HOST")
    with pytest.raises(ConfigError):
        open_client("textit.com", "canary canary", place=PLACE)


def everything_about(error: BaseException | None) -> Iterable[str]:
    """An error's text, repr, arguments and trace, and those of all that it came from."""
    seen: list[BaseException] = []
    ahead = [error]
    while ahead:
        one = ahead.pop()
        if one is not None and one not in seen:
            seen.append(one)
            ahead += [one.__cause__, one.__context__]
            yield f"{one} {one!r} {one.args!r} {vars(one)!r}"
            yield "".join(traceback.format_exception(one))


@pytest.mark.slow
@pytest.mark.parametrize(
    "trouble",
    [
        {"status": 403},
        {"status": 400},
        {"status": 429},
        {"status": 500},
        {"status": 302, "headers": {"Location": "http://elsewhere.example/?canary"}},
        {"cut_at": 30},
        {"headers": {"Content-Length": "20"}},
        {"headers": {"Content-Encoding": "gzip"}},
        {"headers": {"Content-Encoding": "gzip", "canary canary": "x", "Content-Length": ""}},
        {"is_silent": True},
        {"headers": {"Content-Length": "canary"}},
        {"headers": {"Transfer-Encoding": "chunked", "Content-Length": ""}},
        {"headers": {"Retry-After": "canary"}, "status": 503},
    ],
)
def test_at_debug_nothing_of_token_query_or_body_is_told(
    server: Any,
    fake_time: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    trouble: dict[str, Any],
) -> None:
    monkeypatch.setenv("RAPIDPRO_EMULATOR_HOST", server.host)
    caplog.set_level(logging.DEBUG)
    # Whoever is told no length waits for an end that a kept connection does not have.
    has_no_end = not trouble.get("headers", {}).get("Content-Length", "0").isdecimal()
    policy = RetryPolicy(most_tries=2, silence_seconds=0.2 if trouble.get("is_silent") or has_no_end else 600)
    client = open_client("textit.example", TOKEN, place=PLACE, timing=fake_time.timing, policy=policy)
    body = {"results": [{"uuid": "canary", "urn": "tel:+252610canary"}], "next": "http://canary.example/?canary"}
    server.answers_with(body, **trouble)
    told: list[str] = []
    for call in (
        lambda: list(client.runs(HIDDEN_FLOW, after=None, before=BEFORE)),
        lambda: list(client.archive_lines(archive(server))),
    ):
        with pytest.raises(PipelineError) as raised:
            call()
        told += everything_about(raised.value)
    told += [repr(client), repr(client._api), repr(client._api.service)]

    assert any(HIDDEN_FLOW in path for path in server.paths)
    assert any("X-Amz-Signature=canary" in path for path in server.paths)
    assert len(caplog.records) > 2
    for record in caplog.records:
        told += [record.getMessage(), repr(record.args), str(record.exc_info), str(record.exc_text)]
    assert [text for text in told if "canary" in text] == []
    assert not any(TOKEN in text or "tel:" in text for text in told)
