"""A notice: what is wrong with a project, in words that hold nothing of anybody's."""

import json
import urllib.request
from dataclasses import dataclass
from html import escape
from http import HTTPStatus
from time import monotonic, sleep
from typing import Any
from urllib.error import HTTPError

from pipeline_lib.concurrency import call_within
from pipeline_lib.errors import Problem
from pipeline_lib.model.notices import NoticeKind

SECONDS = 15.0
"""How long an address has to answer."""
_MOST_PROBLEMS = 5


@dataclass(frozen=True)
class Notice:
    """One thing that people should know, and where to look."""

    kind: NoticeKind
    project: str
    """The DAG's id."""
    summary: str
    """What happened, in a few words: `fetch failed`."""
    problems: tuple[Problem, ...]
    """What is wrong, and what to do."""
    link: str
    """Where to look in Airflow."""

    @property
    def title(self) -> str:
        """One line: `water: fetch failed`."""
        return f"{self.project}: {self.summary}"

    @property
    def sentences(self) -> list[str]:
        """What is wrong and what to do, a line each.

        Of a file's name that is not UTF-8, nothing could send the bytes that are not: they are question marks.
        """
        more = len(self.problems) - _MOST_PROBLEMS
        lines = (" ".join(str(problem).split()) for problem in self.problems[:_MOST_PROBLEMS])
        told = [line.encode(errors="replace").decode() for line in lines]
        return [*told, f"and {more} more"] if more > 0 else told

    @property
    def text(self) -> str:
        """All of it as plain text."""
        return "\n".join([self.title, *self.sentences, self.link])

    @property
    def html(self) -> str:
        """All of it for an e-mail."""
        lines = "".join(f"<p>{escape(line)}</p>" for line in self.sentences)
        return f'<p><b>{escape(self.title)}</b></p>{lines}<p><a href="{escape(self.link)}">{escape(self.link)}</a></p>'

    @property
    def document(self) -> dict[str, Any]:
        """All of it as JSON; `text` is what Slack shows, and systems that are like it."""
        return {
            "text": self.text,
            "kind": self.kind.value,
            "project": self.project,
            "summary": self.summary,
            "problems": self.sentences,
            "link": self.link,
        }


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: Any, **_options: Any) -> None:
        """Follows none: the next address would get the token."""


def post_json(url: str, document: dict[str, Any], token: str | None = None, seconds: float = SECONDS) -> None:
    """Send a document to an address.

    This is the standard library's client because it logs nothing: the address itself may be a secret, as Slack's is.

    Args:
        url: The address, http or https.
        document: What to send.
        token: Sent as a bearer token.
        seconds: How long to wait for the answer.

    An address that says it is told too much at once is asked again when it says, if that is in time.

    Raises:
        OSError: The address cannot be reached, refuses, or takes longer. The error may quote it.
        ValueError: It is no address.
    """
    if not url.startswith(("https://", "http://")):
        raise ValueError("no address of the web")
    headers = {"Content-Type": "application/json", "User-Agent": "pipeline-lib"}
    headers |= {"Authorization": f"Bearer {token}"} if token else {}
    body = json.dumps(document, ensure_ascii=False).encode()
    request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310 - the scheme was looked at

    ends = monotonic() + seconds

    def post() -> None:
        while True:
            try:
                with urllib.request.build_opener(_NoRedirects).open(request, timeout=seconds):
                    return
            except HTTPError as error:
                after = error.headers.get("Retry-After", "")
                wait = max(int(after), 1) if after.isascii() and after.isdigit() else seconds
                if error.code != HTTPStatus.TOO_MANY_REQUESTS or monotonic() + wait >= ends:
                    raise
                sleep(wait)

    call_within(seconds, post)  # the client's own limit is for each piece of an answer, and none for all
