"""A client of RapidPro's and TextIt's API v2 (sources.md A.1 to A.6), for both generations of servers.

Listings are read oldest first if the server supports it, so that a page's newest `modified_on` can be the watermark.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pipeline_lib.errors import DataError, FatalSourceError, Problem, RetriableSourceError
from pipeline_lib.model.times import iso_utc_microseconds
from pipeline_lib.sources.http.client import HttpApi, Traffic
from pipeline_lib.sources.http.emulators import is_this_machine
from pipeline_lib.sources.http.rate_limiter import RateLimiter
from pipeline_lib.sources.http.retry_policy import RetryPolicy, Timing
from pipeline_lib.sources.http.shared_budget import SharedBudget
from pipeline_lib.sources.http.token_service import token_service
from pipeline_lib.sources.rapid_pro.archives import Archive, archive_of, verified_lines
from pipeline_lib.sources.rapid_pro.listing import Answered, Page, path_of, place_in, read_object, read_page
from pipeline_lib.storage import Storage

__all__ = ["Page", "RapidProClient", "open_client"]

REQUESTS_AN_HOUR = 2500
"""The limit of the stricter generation of servers; the other accepts 3,600."""

STAND_IN_SETTING = "RAPIDPRO_EMULATOR_HOST"
"""The setting that names a stand-in for RapidPro on this machine, whatever the config names: `127.0.0.1:8087`."""

_BUDGETS = ".budgets"
"""Folder of the data root: all its projects may use one workspace."""

_SCOPES = {"contacts": "v2.contacts", "messages": "v2.messages", "runs": "v2.runs"}
_OTHER_SCOPE = "v2"
_FOLDERS_OF_FLOW_MESSAGES = ("flows", "archived")
_MOST_PAGES_WITHOUT_NEWS = 20
_MOST_LISTINGS = 3
_SERVER_FAULT = "ask who runs the server: its API is at fault"


def open_client(  # noqa: PLR0913 - the last three have defaults
    domain: str,
    token: str,
    *,
    place: str,
    requests_an_hour: int = REQUESTS_AN_HOUR,
    policy: RetryPolicy | None = None,
    timing: Timing | None = None,
) -> "RapidProClient":
    """A client of one workspace; nothing is sent to the server yet.

    Args:
        domain: The server's host name, with a port if it is not 443.
        token: The workspace's API token.
        place: How errors name the source: `pipeline.json: RawDataSources[0]`.
        requests_an_hour: How many requests the server accepts in each scope.
        policy: How long to wait for the server and how often to retry.
        timing: Clocks and random numbers.

    Raises:
        ConfigError: The domain is not a host name, the token is malformed, or the setting `RAPIDPRO_EMULATOR_HOST`
            names another machine.
    """
    timing = timing or Timing()
    service = token_service(domain, token, place, stand_in_setting=STAND_IN_SETTING, example="textit.com")
    budget = RateLimiter(requests_an_hour, timing.clock)
    return RapidProClient(HttpApi(service, budget, policy or RetryPolicy(), timing), budget, timing.now)


class RapidProClient:
    """Reads one workspace, in one thread; `open_client` makes it.

    All methods raise RetriableSourceError if the server gave no usable answer to any try, and FatalSourceError if it
    refuses. Iterators raise while they are read; what they gave before is valid, except for `archive_lines`.
    """

    def __init__(self, api: HttpApi, budget: RateLimiter, now: Callable[[], datetime] = Timing.now) -> None:
        self._api, self._budget, self._now = api, budget, now

    @property
    def traffic(self) -> Traffic:
        """What was sent and waited for so far."""
        return self._api.traffic

    def share_budget(self, storage: Storage, workspace_uuid: str) -> None:
        """From now on, count the hour's requests together with all that use this workspace and the same storage."""
        name = f"{_BUDGETS}/RapidPro {workspace_uuid}.json"
        self._api.budget = SharedBudget(storage, name, self._budget, self._now)

    @property
    def requests_left(self) -> dict[str, int]:
        """How many requests are left of the hourly budget, by scope, as far as this client knows."""
        return self._budget.left()

    def workspace(self) -> dict[str, Any]:
        """The workspace, with `uuid`, `name` and `anon`: whether addresses are masked."""
        return self._api.get(path_of("workspace", {}), read_object, endpoint="workspace", scope=_OTHER_SCOPE)

    def flows(self) -> list[dict[str, Any]]:
        """All flows, archived ones too, newest first, with `uuid`, `name`, `results` and `runs` (counts by status)."""
        return [flow for page in self._pages("flows", {}) for flow in page.results]

    def runs(
        self, flow_uuid: str, *, after: datetime | None, before: datetime, resume: str | None = None
    ) -> Iterator[Page]:
        """A flow's runs by when they were modified, oldest first, without their paths.

        A flow that does not exist has none, without an error: resolve it first.

        Args:
            flow_uuid: The flow's.
            after: First instant of `modified_on`; None for all.
            before: Last instant. The same for the whole of a listing, resumed or not.
            resume: A page's `next`, to continue from there.
        """
        question = {"flow": flow_uuid, **_window(after, before), "reverse": "true", "paths": "false"}
        return self._pages("runs", question, resume)

    def contacts(self, *, after: datetime | None, before: datetime | None, resume: str | None = None) -> Iterator[Page]:
        """Contacts by when they were modified, oldest first; the arguments are those of `runs`.

        Without `before`, the listing includes contacts that are modified meanwhile: they move to its end.
        """
        return self._pages("contacts", {**_window(after, before), "reverse": "true"}, resume)

    def contact(self, uuid: str) -> Iterator[Page]:
        """One contact, if the server has it."""
        return self._pages("contacts", {"uuid": uuid})

    def deleted_contacts(self, *, after: datetime | None, before: datetime) -> Iterator[Page]:
        """Deleted contacts by their time of deletion, oldest first; they have only a uuid and times."""
        return self._pages("contacts", {"deleted": "true", **_window(after, before), "reverse": "true"})

    def incoming_messages(self, *, after: datetime, before: datetime) -> Iterator[Page]:
        """Messages that flows received: newest first by creation, then the archived ones, also newest first.

        The folder `incoming` is not used: newer servers lack it, and answer with no messages.
        """
        window = _window(after, before)
        folders = [self._pages("messages", {"folder": folder, **window}) for folder in _FOLDERS_OF_FLOW_MESSAGES]
        return chain.from_iterable(folders)

    def run_archives(self) -> list[Archive]:
        """All archives of runs, as one listing that did not change while it was read.

        Raises:
            RetriableSourceError: It kept changing.
        """
        for _ in range(_MOST_LISTINGS):
            answers = list(self._answers("archives", {"type": "run", "archive_type": "run"}))
            archives = self._archives(item for answer in answers for item in answer.page.results)
            listed_count = sum(len(answer.page.results) for answer in answers)
            is_whole = all(answer.total in {None, listed_count} for answer in answers)
            if is_whole and len({archive.key for archive in archives}) == len(archives):
                return archives
        raise self._retriable(f"the list of archives changed while it was read, {_MOST_LISTINGS} times")

    def archive_lines(self, archive: Archive, *, only: Collection[bytes] = ()) -> Iterator[bytes]:
        """An archive's JSON lines, streamed, without line ends.

        Only at the end is it known whether the lines are complete and as listed: if this raises, discard the lines that
        it gave before, and read the archive again from the start.

        Args:
            archive: As `run_archives` listed it, within the last day.
            only: If not empty, only lines that contain one of these byte strings, such as a flow's uuid.
        """
        if archive.record_count == 0:
            return
        url, name = self._download_url(archive), f"archive {archive.key}"
        with self._api.download(url, name, endpoint="archive files") as pieces:
            yield from verified_lines(archive, pieces, place=self._api.service.place, only=only)

    def _archives(self, items: Iterable[Mapping[str, Any]]) -> list[Archive]:
        try:
            return [archive for item in items if (archive := archive_of(item)) is not None]
        except (AttributeError, KeyError, TypeError, ValueError):
            pass
        raise self._retriable("the list of archives has an item that is not an archive")

    def _download_url(self, archive: Archive) -> str:
        if archive.download_url is None:
            raise self._retriable(f"archive {archive.key} has {archive.record_count:,} records but no link to them")
        try:
            url = urlsplit(archive.download_url)
            is_of_emulator = self._api.service.is_emulator and is_this_machine(url.hostname or "")
            is_safe = url.scheme == "https" or (url.scheme == "http" and is_of_emulator)
        except ValueError:
            is_safe = False
        if not is_safe:
            wrong = f"archive {archive.key} has a link without https"
            raise FatalSourceError(
                Problem(self._api.service.place, wrong, "have the server store archives behind https")
            )
        return archive.download_url

    def _pages(self, endpoint: str, question: Mapping[str, str], resume: str | None = None) -> Iterator[Page]:
        return (answer.page for answer in self._answers(endpoint, question, resume))

    def _answers(self, endpoint: str, question: Mapping[str, str], resume: str | None = None) -> Iterator[Answered]:
        first = path_of(endpoint, question)
        start = first if resume is None else self._linked(first, resume)
        if start is None:
            wrong = f"the stored position of a listing of {endpoint} belongs to another listing"
            raise DataError(Problem(self._api.service.place, wrong, "start the listing again"))
        return self._followed(endpoint, first, start)

    def _followed(self, endpoint: str, first: str, start: str) -> Iterator[Answered]:
        """The pages from one on. A page is returned only if its link is to a page of the listing that was not read yet.

        A server may return the same page, or an empty one, under ever new links: several in a row are an error.
        """
        path: str | None = start
        read: set[frozenset[tuple[str, str]]] = set()
        given: set[int] = {_contents_of([])}
        without_news = 0
        while path is not None:
            read.add(_question_of(path))
            answer = self._api.get(path, read_page, endpoint=endpoint, scope=_SCOPES.get(endpoint, _OTHER_SCOPE))
            link = answer.page.next
            path = None if link is None else self._linked(first, link)
            contents = _contents_of(answer.page.results)
            without_news = without_news + 1 if contents in given else 0
            given.add(contents)
            if link is not None and path is None:
                raise self._fatal(f"a page of {endpoint} links to something other than a page of the same listing")
            if path is not None and (_question_of(path) in read or without_news == _MOST_PAGES_WITHOUT_NEWS):
                raise self._fatal(f"the pages of {endpoint} go in circles")
            yield Answered(Page(answer.page.results, path), answer.total)

    def _linked(self, first: str, link: str) -> str | None:
        return place_in(first, link, urlsplit(self._api.service.origin).hostname or "")

    def _fatal(self, wrong: str) -> FatalSourceError:
        return FatalSourceError(Problem(self._api.service.place, f"{self._api.service.host}: {wrong}", _SERVER_FAULT))

    def _retriable(self, wrong: str) -> RetriableSourceError:
        return RetriableSourceError(Problem(self._api.service.place, f"{self._api.service.host}: {wrong}", "try again"))


def _window(after: datetime | None, before: datetime | None) -> dict[str, str]:
    return {name: _instant(at) for name, at in (("after", after), ("before", before)) if at is not None}


def _instant(at: datetime) -> str:
    """An instant as the servers read it. To an invalid one they answer with an empty listing, not with an error."""
    if at.tzinfo is None:
        raise ValueError("a timestamp needs a UTC offset")
    return iso_utc_microseconds(at).replace("+00:00", "Z")


_IDENTITY = ("uuid", "id", "modified_on", "start_date", "period", "hash")
"""The keys that identify an item of any listing, or its version; links to archives' files are new each time."""


def _contents_of(results: Sequence[Mapping[str, Any]]) -> int:
    """A hash of a page's items: equal for pages with the same items, and hardly ever for others."""
    return hash(repr([[item.get(key) for key in _IDENTITY] for item in results]))


def _question_of(path: str) -> frozenset[tuple[str, str]]:
    return frozenset(parse_qsl(urlsplit(path).query, keep_blank_values=True))
