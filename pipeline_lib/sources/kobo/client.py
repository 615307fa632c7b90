"""A client of KoboToolbox's API v2, for the forms of one account.

Submissions are listed by their ids, oldest first: each page begins behind the last id of the page before, so that what
comes, goes or changes meanwhile neither hides a submission nor shows it twice. The API's own pages (`start`, `next`)
move when a submission is deleted.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from pipeline_lib.errors import FatalSourceError, Problem, RetriableSourceError, SourceError
from pipeline_lib.model.lenient_json import parse_leniently
from pipeline_lib.sources.http.client import Dialect, HttpApi, MalformedError, Traffic
from pipeline_lib.sources.http.rate_limiter import RateLimiter
from pipeline_lib.sources.http.retry_policy import RetryPolicy, Timing, TransientFailure
from pipeline_lib.sources.http.token_service import token_service

STAND_IN_SETTING = "KOBO_EMULATOR_HOST"
"""The setting that names a stand-in for KoboToolbox on this machine, whatever the config names: `127.0.0.1:8089`."""

PAGE_SIZE = 1000
"""The most that servers give at once since 2026; they may give less."""

_VERSION_KEYS = ("_uuid", "__version__", "_version_", "_version")
"""What may change with an edit: its uuid, and the version of its form, which older forms spell otherwise."""

IDS_AT_ONCE = 150
"""As many ids as a URL has room for."""

_SCOPE = "v2"


class Page(NamedTuple):
    """Some submissions of a listing."""

    results: list[dict[str, Any]]
    """JSON objects, as the server gave them, with ids that rise."""
    last_id: int
    """Where the next page begins: behind this id."""


class _Answered(NamedTuple):
    results: list[dict[str, Any]]
    submission_count: int
    """How many submissions the question has in all."""


class _KoboDialect(Dialect):
    """What the statuses of KoboToolbox mean beyond plain HTTP's."""

    def __init__(self, host: str, place: str) -> None:
        self._host, self._place = host, place

    def refusal(
        self,
        status: int,
        body: Callable[[], bytes],  # noqa: ARG002 - the base class's signature
        endpoint: str,
    ) -> TransientFailure | SourceError | None:
        """Words for a form that is not there or not shared, and for a question that the server does not take."""
        if status == HTTPStatus.NOT_FOUND:
            wrong = f"{self._host} has no {endpoint}, or the token's user may not see it"
            right = "correct its AssetUID, or share the form with the user, with the right to view submissions"
            return FatalSourceError(Problem(self._place, wrong, right))
        if status == HTTPStatus.BAD_REQUEST:
            wrong = f"{self._host} does not take the question for {endpoint}"
            return FatalSourceError(
                Problem(self._place, wrong, "deploy the form; if it is, the server's API has changed")
            )
        return None


def open_client(  # noqa: PLR0913 - the last three have defaults
    domain: str,
    token: str,
    *,
    place: str,
    requests_an_hour: int = 3600,
    policy: RetryPolicy | None = None,
    timing: Timing | None = None,
) -> "KoboClient":
    """A client of one account; nothing is sent to the server yet.

    Args:
        domain: The server's host name, with a port if it is not 443.
        token: The account's API token.
        place: How errors name the source: `pipeline.json: RawDataSources[0]`.
        requests_an_hour: The most requests an hour.
        policy: How long to wait for the server and how often to retry.
        timing: Clocks and random numbers.

    Raises:
        ConfigError: The domain is not a host name, the token is malformed, or the setting `KOBO_EMULATOR_HOST` names
            another machine.
    """
    timing = timing or Timing()
    service = token_service(domain, token, place, stand_in_setting=STAND_IN_SETTING, example="kf.kobotoolbox.org")
    budget = RateLimiter(requests_an_hour, timing.clock)
    return KoboClient(HttpApi(service, budget, policy or RetryPolicy(), timing, _KoboDialect(service.host, place)))


class KoboClient:
    """Reads the forms of one account, in one thread; `open_client` makes it.

    All methods raise RetriableSourceError if the server gave no usable answer to any try, and FatalSourceError if it
    refuses. Iterators raise while they are read; what they gave before is valid.
    """

    def __init__(self, api: HttpApi) -> None:
        self._api = api

    @property
    def traffic(self) -> Traffic:
        """What was sent and waited for so far."""
        return self._api.traffic

    def form(self, uid: str) -> dict[str, Any]:
        """A form, with its questions under `content`."""
        path = f"/api/v2/assets/{quote(uid)}/?format=json"
        return self._api.get(path, _read_object, endpoint=f"form {uid}", scope=_SCOPE)

    def submissions(self, uid: str, *, since: datetime | None = None, after: int = 0) -> Iterator[Page]:
        """A form's submissions by id.

        Args:
            uid: The form's.
            since: First instant of their `_submission_time`; None for all.
            after: Only those with higher ids: a page's `last_id`, to continue from there.
        """
        query = {} if since is None else {"_submission_time": {"$gte": _instant(since)}}
        return self._pages(uid, query, (), after)

    def versions(self, uid: str) -> dict[int, str]:
        """The version of each of a form's submissions, by id: all that there are, edited or not."""
        pages = self._pages(uid, {}, ("_id", *_VERSION_KEYS), 0)
        return {each["_id"]: version_of(each) for page in pages for each in page.results}

    def submissions_with(self, uid: str, ids: Sequence[int]) -> Iterator[Page]:
        """Submissions by their ids; those that are gone are left out."""
        for start in range(0, len(ids), IDS_AT_ONCE):
            yield from self._pages(uid, {}, (), 0, ids[start : start + IDS_AT_ONCE])

    def has_answers(self, uid: str, question: str) -> bool:
        """Whether any submission has an answer to a question, which the form may no longer have."""
        return self._asked(uid, {"query": json.dumps({question: {"$exists": True}}), "limit": "1"}).submission_count > 0

    def _pages(
        self, uid: str, query: Mapping[str, Any], fields: Collection[str], after: int, ids: Sequence[int] = ()
    ) -> Iterator[Page]:
        """The pages of a listing, until one is empty.

        A page may be shorter than was asked for, and the count may change meanwhile. At the end it must be 0: a server
        that gives nothing more though there is more would otherwise go unnoticed.
        """
        narrowed = {"$in": list(ids)} if ids else {}
        while True:
            asked = {
                "query": json.dumps({**query, "_id": {"$gt": after, **narrowed}}),
                "sort": '{"_id":1}',
                "limit": str(PAGE_SIZE),
                **({"fields": json.dumps(list(fields))} if fields else {}),
            }
            answered = self._asked(uid, asked)
            found = [each["_id"] for each in answered.results]
            if any(first >= second for first, second in zip([after, *found], found, strict=False)):
                raise self._retriable(f"gave submissions of form {uid} again, or in another order than by their ids")
            if not found:
                if answered.submission_count:
                    raise self._retriable(
                        f"has {answered.submission_count:,} more submissions of form {uid} but does not give them"
                    )
                return
            after = found[-1]
            yield Page(answered.results, after)

    def _asked(self, uid: str, question: Mapping[str, str]) -> _Answered:
        path = f"/api/v2/assets/{quote(uid)}/data/?{urlencode({'format': 'json', **question})}"
        return self._api.get(path, _read_page, endpoint=f"form {uid}", scope=_SCOPE)

    def _retriable(self, wrong: str) -> RetriableSourceError:
        service = self._api.service
        return RetriableSourceError(Problem(service.place, f"{service.host} {wrong}", "try again"))


def version_of(submission: Mapping[str, Any]) -> str:
    """What changes with every edit; empty if there is nothing of the kind."""
    given = (submission.get(key) for key in _VERSION_KEYS)
    return " ".join(each for each in given if isinstance(each, str) and each)


def _instant(at: datetime) -> str:
    """An instant as the server writes `_submission_time`: in UTC, whole seconds, without an offset."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _read_object(body: bytes) -> dict[str, Any]:
    try:
        answer = parse_leniently(body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise MalformedError
    return answer


def _read_page(body: bytes) -> _Answered:
    answer = _read_object(body)
    results, count = answer.get("results"), answer.get("count")
    if type(count) is not int or not isinstance(results, list):
        raise MalformedError
    if not all(isinstance(each, dict) and type(each.get("_id")) is int for each in results):
        raise MalformedError
    return _Answered(results, count)
