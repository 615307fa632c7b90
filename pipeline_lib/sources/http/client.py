"""HTTP for the clients of services: with time limits and retries, and without secrets or content in errors and logs.

No error, log line or `repr` holds a token, a URL's query or a body, and no exception has a cause or a context that
does: an exception is translated into our own words first, and the translation is raised outside its handler.
"""

import logging
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import urlsplit

import requests

from pipeline_lib.errors import FatalSourceError, Problem, RetriableSourceError, SourceError
from pipeline_lib.http_logs import hide_queries
from pipeline_lib.progress import SHORT_SECONDS
from pipeline_lib.sources.http.failures import FAILURES, is_untrusted, retry_after_seconds, what_failed
from pipeline_lib.sources.http.rate_limiter import Budget
from pipeline_lib.sources.http.retry_policy import RetryPolicy, Timing, TransientFailure

AnswerT = TypeVar("AnswerT")

HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?:\.(?!-)[A-Za-z0-9-]{1,63})*", re.ASCII)
"""A host by name or by IPv4 address, without a port."""

_CHUNK_BYTES = 1 << 16
_LARGEST_ANSWER_BYTES = 1 << 28
_PASSING = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS)
_TRY_AGAIN = "wait and try again; what was fetched before stays"

_logger = logging.getLogger(__name__)


class MalformedError(ValueError):
    """An answer is not what was requested, or was truncated. Its text is never shown."""


@dataclass(frozen=True)
class Service:
    """A service that takes requests with a header `Authorization`."""

    origin: str
    """`https://host`, with a port if it is not the default one."""
    authorization: str = field(repr=False)
    """The header's value."""
    place: str
    """How errors name the source: `pipeline.json: RawDataSources[0]`."""
    credential: str
    """The source's key that names the token: `TokenFileURL`."""
    is_emulator: bool = False
    """Whether it is a stand-in on this machine, to which requests go without a proxy."""

    @property
    def host(self) -> str:
        """Its host, with the port if it has one."""
        return urlsplit(self.origin).netloc


@dataclass
class Traffic:
    """Requests to a service so far; the counts grow while a client is in use."""

    request_counts: Counter[str] = field(default_factory=Counter)
    """Requests by endpoint, including retries."""
    retry_counts: Counter[str] = field(default_factory=Counter)
    """Retries by endpoint."""
    waited_seconds: dict[str, float] = field(default_factory=lambda: {"budget": 0.0, "retry": 0.0})
    """Waiting time by reason: the hourly budget, or a server in trouble."""


class Dialect:
    """What a service's answers mean beyond plain HTTP; this one adds nothing."""

    def hear(self, headers: Mapping[str, str]) -> None:
        """Takes notice of an answer's headers, whatever its status."""

    def refusal(self, status: int, body: Callable[[], bytes], endpoint: str) -> "TransientFailure | SourceError | None":
        """The meaning of an answer other than 200; None if its status says everything.

        Args:
            status: HTTP's.
            body: Reads the answer's body.
            endpoint: What was requested, as errors name it.
        """


_HTTP_ALONE = Dialect()


class HttpApi:
    """Calls one service, in one thread."""

    def __init__(
        self, service: Service, budget: Budget, policy: RetryPolicy, timing: Timing, dialect: Dialect = _HTTP_ALONE
    ) -> None:
        hide_queries()
        self.service = service
        self.traffic = Traffic()
        self.budget = budget
        self._dialect = dialect
        self._policy = policy
        self._timing = timing
        self._session = _Session()
        self._session.trust_env = not service.is_emulator
        self._session.headers["User-Agent"] = "pipeline-lib"

    def get(self, path: str, read: Callable[[bytes], AnswerT], *, endpoint: str, scope: str) -> AnswerT:
        """Sends a GET and returns the parsed answer.

        Args:
            path: Path and query.
            read: Parses the body; raises MalformedError if it cannot.
            endpoint: What is requested, as errors and counts name it.
            scope: The scope whose budget the request is taken from.

        Raises:
            RetriableSourceError: The server gave no usable answer to any try.
            FatalSourceError: It refuses the token or the request, redirects, or its certificate does not verify.
        """
        return self._asked(path, None, read, endpoint, scope)

    def post(
        self, path: str, form: Mapping[str, str], read: Callable[[bytes], AnswerT], *, endpoint: str, scope: str
    ) -> AnswerT:
        """Sends a POST that changes nothing, so that it may be repeated, and returns the parsed answer.

        Args:
            path: Path and query.
            form: Parameters that must not be in a URL.
            read: As for `get`.
            endpoint: The same.
            scope: The same.

        Raises:
            SourceError: As `get`.
        """
        return self._asked(path, form, read, endpoint, scope)

    def _asked(
        self, path: str, form: Mapping[str, str] | None, read: Callable[[bytes], AnswerT], endpoint: str, scope: str
    ) -> AnswerT:
        whom = f"{self.service.host}, asked for {endpoint},"

        def attempt() -> AnswerT | TransientFailure | SourceError:
            try:
                with self._sent(self.service.origin + path, self._authorized, form=form) as response:
                    self._dialect.hear(response.headers)
                    if response.status_code != HTTPStatus.OK:
                        said = self._dialect.refusal(response.status_code, lambda: self._body(response), endpoint)
                        return said or self._refusal(response, endpoint)
                    return read(self._body(response))
            except MalformedError:
                return TransientFailure("sent something else, or only a part of it")
            except FAILURES as error:
                return self._failure(error, whom)

        return self._persist(attempt, whom, endpoint, scope)

    @contextmanager
    def download(self, url: str, name: str, *, endpoint: str) -> Iterator[Iterator[bytes]]:
        """The file behind a URL of any host, unchanged and in pieces; the presigned URL is the only credential sent.

        Args:
            url: Presigned, or public.
            name: The file, as errors name it.
            endpoint: The file, as counts name it.

        Raises:
            RetriableSourceError: The file cannot be downloaded; raised while reading if the download breaks off.
            FatalSourceError: The host's certificate does not verify.
        """
        whom = f"the store, asked for {name},"

        def attempt() -> requests.Response | TransientFailure | SourceError:
            try:
                response = self._sent(url, _unchanged, {"Accept-Encoding": "identity"})
            except FAILURES as error:
                return self._failure(error, whom)
            if response.status_code == HTTPStatus.OK:
                return response
            with response:
                refused = f"{whom} answered {response.status_code}"
                right = "try again: links expire, and a new listing has new ones"
                return self._passing(response) or self._retriable(refused, right)

        with closing(self._persist(attempt, whom, endpoint, None)) as response:
            yield self._downloaded(response, whom)

    def _sent(
        self,
        url: str,
        authorize: Callable[[requests.PreparedRequest], requests.PreparedRequest],
        headers: dict[str, str] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> requests.Response:
        # Without `auth` requests would look for a name and a password in ~/.netrc, and send those instead of the token.
        timeout = (self._policy.connect_seconds, self._policy.silence_seconds)
        return self._session.request(
            "GET" if form is None else "POST",
            url,
            auth=authorize,
            headers=headers,
            data=form,
            timeout=timeout,
            stream=True,
            allow_redirects=False,
            verify=True,
        )

    def _authorized(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self.service.authorization
        return request

    def _persist(
        self,
        attempt: Callable[[], AnswerT | TransientFailure | SourceError],
        whom: str,
        endpoint: str,
        scope: str | None,
    ) -> AnswerT:
        """The first answer of an attempt; raises the error that an attempt returns, or our own after the last one."""
        try_number, waited = 1, 0.0
        while True:
            self._spend(scope)
            self.traffic.request_counts[endpoint] += 1
            outcome = attempt()
            if isinstance(outcome, SourceError):
                raise outcome
            if not isinstance(outcome, TransientFailure):
                return outcome
            wait = self._policy.wait_seconds(outcome, try_number, waited, self._timing.share())
            if wait is None:
                tries = f"{try_number} tries" if try_number > 1 else "one try"
                raise self._retriable(f"{whom} {outcome.reason} ({tries})", _TRY_AGAIN)
            self._wait(wait, "retry", f"{whom} {outcome.reason}; trying again in {wait:,.0f} s")
            self.traffic.retry_counts[endpoint] += 1
            try_number, waited = try_number + 1, waited + wait

    def _spend(self, scope: str | None) -> None:
        if scope is None:
            return
        # Others may take what came free while we waited.
        while (wait := self.budget.wait_seconds(scope)) > 0:
            what = self.budget.limit_told(scope)
            self._wait(wait, "budget", f"waiting {wait:,.0f} s for the budget of {self.service.host}: {what}")
        self.budget.spend(scope)

    def _wait(self, seconds: float, why: str, told: str) -> None:
        level = logging.INFO if seconds >= SHORT_SECONDS else logging.DEBUG
        _logger.log(level, told)
        self.traffic.waited_seconds[why] += seconds
        self._timing.sleep(seconds)

    def _refusal(self, response: requests.Response, endpoint: str) -> TransientFailure | SourceError:
        status, host, place = response.status_code, self.service.host, self.service.place
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            credential = self.service.credential
            wrong = f"{host} refuses the token: it answered {status} to {endpoint}"
            right = f"have {credential} name a token that is valid, of a user who may see {endpoint}"
            return FatalSourceError(Problem(f"{place}.{credential}", wrong, right))
        if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            wrong = f"{host} redirects {endpoint} to another URL"  # which is not quoted: it may hold anything
            return FatalSourceError(Problem(place, wrong, "name the server itself: a token is not sent to another one"))
        refused = Problem(
            place, f"{host}, asked for {endpoint}, answered {status}", "check which server the config names"
        )
        return self._passing(response) or FatalSourceError(refused)

    def _passing(self, response: requests.Response) -> TransientFailure | None:
        """The failure for an answer's status; None if another try would get the same answer."""
        status = response.status_code
        reason = f"answered {status}"
        if status == HTTPStatus.INTERNAL_SERVER_ERROR:
            return TransientFailure(reason, most_tries=self._policy.most_tries_after_500)
        passes = status in _PASSING or not HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.INTERNAL_SERVER_ERROR
        return TransientFailure(reason, retry_after_seconds(response.headers, self._timing.now())) if passes else None

    def _failure(self, error: Exception, whom: str) -> TransientFailure | SourceError:
        failed = what_failed(error)
        if not is_untrusted(error):
            return TransientFailure(failed)
        right = "fix its certificate, or name the issuer's file in the setting REQUESTS_CA_BUNDLE"
        return FatalSourceError(Problem(self.service.place, f"{whom} {failed}", right))

    def _retriable(self, wrong: str, right: str) -> RetriableSourceError:
        return RetriableSourceError(Problem(self.service.place, wrong, right))

    def _body(self, response: requests.Response) -> bytes:
        body = bytearray()
        for piece in self._pieces(response, self._policy.answer_seconds, decode=True):
            body += piece
            if len(body) > _LARGEST_ANSWER_BYTES:
                raise MalformedError
        return bytes(body)

    def _downloaded(self, response: requests.Response, whom: str) -> Iterator[bytes]:
        try:
            yield from self._pieces(response, self._policy.download_seconds, decode=False)
        except FAILURES as error:
            failed = what_failed(error)
        else:
            return
        raise self._retriable(f"{whom} {failed}", _TRY_AGAIN)

    def _pieces(self, response: requests.Response, seconds: float, *, decode: bool) -> Iterator[bytes]:
        """The bytes as soon as they come: else a server that sends one byte a minute would never time out."""
        until = self._timing.clock() + seconds
        while piece := response.raw.read1(_CHUNK_BYTES, decode_content=decode):
            yield piece
            if self._timing.clock() > until:
                raise TimeoutError


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: we follow no redirect, but requests would still read the answer and parse the target."""


def _unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
