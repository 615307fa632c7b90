"""What is looked at before anything is read with a token."""

import logging
import math
from datetime import timedelta
from typing import Any

import pytest

from pipeline_lib.errors import FatalSourceError
from pipeline_lib.sources.facebook.preflight import Access, check_access
from sandbox.facebook.errors import GraphError
from sandbox.facebook.faults import Fault
from sandbox.facebook.synthetic import OTHER_PAGE, PAGE, TOKEN
from tests.unit.sources.facebook.page import NOW, PLACE, Fetcher

ALL = "pages_read_engagement pages_read_user_content pages_show_list read_insights"
NEW_TOKEN = "make a new one in time (docs/facebook.md, The token) and put it where TokenFileURL leads"  # noqa: S105


def refusal(fetcher: Fetcher, page: str = PAGE.id) -> str:
    with pytest.raises(FatalSourceError) as raised:
        check_access(fetcher.client(), page, NOW)
    return str(raised.value)


def warnings(fetcher: Fetcher, caplog: pytest.LogCaptureFixture) -> list[str]:
    check_access(fetcher.client(), PAGE.id, NOW)
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize(("page", "request_count"), [(PAGE.id, 2), (PAGE.username, 3)])
def test_a_good_token_opens_its_page(fetcher: Fetcher, page: str, request_count: int) -> None:
    assert check_access(fetcher.client(), page, NOW) == Access(PAGE.id, ALL)
    assert len(fetcher.server.requests) == request_count
    assert not [request for request in fetcher.server.requests if TOKEN in request.url]


@pytest.mark.parametrize("page", [OTHER_PAGE.id, OTHER_PAGE.username])
def test_a_page_that_is_not_ours_says_whose_the_token_must_be(fetcher: Fetcher, page: str) -> None:
    assert refusal(fetcher, page).startswith(f"{PLACE}")
    assert 'the token is not that of the page "' in refusal(fetcher, OTHER_PAGE.id)


def test_a_page_that_is_not_there_is_named(fetcher: Fetcher) -> None:
    assert refusal(fetcher, "NobodysPage") == (
        f'{PLACE}.PageID: there is no page "NobodysPage" that this token may see; '
        "write it as its address has it, or its id"
    )


@pytest.mark.parametrize(
    ("subcode", "advice"),
    [(463, "it has expired"), (460, "password has changed"), (467, "it is not valid any more"), (458, "was removed")],
)
def test_a_dead_token_says_why_and_is_asked_with_once(fetcher: Fetcher, subcode: Any, advice: str) -> None:
    fetcher.world.change_token(TOKEN, dead=subcode)
    told = refusal(fetcher)
    assert told.startswith(f"{PLACE}.TokenFileURL: ")
    assert advice in told
    assert len(fetcher.server.requests) == 1


@pytest.mark.parametrize("lost", ["pages_read_engagement", "pages_read_user_content"])
def test_a_permission_without_which_comments_are_not_shown_stops_the_fetch(fetcher: Fetcher, lost: str) -> None:
    fetcher.world.change_token(TOKEN, scopes=tuple(scope for scope in ALL.split() if scope != lost))
    assert f'"{lost}"' in refusal(fetcher) or "permission" in refusal(fetcher)


def test_a_permission_that_is_only_useful_is_warned_of(fetcher: Fetcher, caplog: pytest.LogCaptureFixture) -> None:
    fetcher.world.change_token(TOKEN, scopes=("pages_read_engagement", "pages_read_user_content"))
    assert warnings(fetcher, caplog) == [
        (
            f'{PLACE}.TokenFileURL: the token lacks "pages_show_list", "read_insights"; make a new token with all of '
            "docs/facebook.md, of a person with the task MODERATE on the page"
        )
    ]


@pytest.mark.parametrize("key", ["expires_at", "data_access_expires_at"])
@pytest.mark.parametrize(("days", "told"), [(15, None), (13, "expires in 13 days"), (0.5, "expires in 0 days")])
def test_the_end_of_a_token_is_warned_of_two_weeks_ahead(
    fetcher: Fetcher, caplog: pytest.LogCaptureFixture, key: str, days: float, told: str | None
) -> None:
    fetcher.world.change_token(TOKEN, **{key: int((NOW + timedelta(days=days)).timestamp())})
    what = "the token" if key == "expires_at" else "the token's access to people's data"
    assert warnings(fetcher, caplog) == ([f"{PLACE}.TokenFileURL: {what} {told}; {NEW_TOKEN}"] if told else [])


@pytest.mark.parametrize(("kind", "request_count"), [("error", 1), ("bad-gateway", 6)])
def test_what_meta_does_not_say_of_a_token_stops_nothing(fetcher: Fetcher, kind: Any, request_count: int) -> None:
    refused = GraphError(100, "kanaari")
    fetcher.server.faults.append(Fault(kind, "debug_token", times=math.inf, error=refused))
    assert check_access(fetcher.client(), PAGE.id, NOW) == Access(PAGE.id, "unknown")
    assert fetcher.requested()["debug_token"] == request_count
