"""Engagement metrics of posts from the Graph API (sources.md D.2).

Counts of comments and reactions come with the post itself. The rest are Meta's insights, each requested alone: one
invalid metric makes Meta refuse a request as a whole. A refused figure stays empty with a note, and never stops a
fetch: comments matter more.
"""

import logging
import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pipeline_lib.errors import Problem, SourceError
from pipeline_lib.model.facebook_metrics import POST_METRICS, REEL_METRICS, Metric, metric_on
from pipeline_lib.model.times import iso_utc
from pipeline_lib.sources.facebook.attachments import kinds_of
from pipeline_lib.sources.facebook.client import FacebookClient
from pipeline_lib.sources.facebook.graph_errors import GraphRefusedError
from pipeline_lib.sources.facebook.metrics_file import (
    CREATED,
    REACTIONS,
    TEXT,
    TOTAL,
    TYPE,
    PostMetrics,
    is_post_url,
    type_of_post,
    url_of_post,
)

SCOPE = "read_insights"
"""The permission that insights need."""

_FIELDS = "created_time,permalink_url,message,from{id},attachments{type,subattachments{type}}"
_LISTS = {
    TOTAL: "comments.filter(stream).limit(0).summary(true)",
    REACTIONS: "reactions.limit(0).summary(total_count)",
}
"""By column: the post's list whose length is requested."""

_MOST_REFUSALS = 2
"""A metric that was refused for so many posts, and returned for none, is not requested any more. One post alone may be
of a kind without such a figure."""

_REEL = re.compile(r"https://www\.facebook\.com/(?:[\w.]+/)?reel/([0-9]{1,25})/?")

_NO_FIGURE = "Meta tells no figure: it does so of pages with 100 likes and more, for two years"
_NO_INSIGHTS = f"the token lacks {SCOPE}, or is of a person without the task ANALYZE on the page"
_UNTOLD = "Meta does not tell"
_UNANSWERED = "Meta did not answer"
_VISITORS = "it is not the page's own post, and people's words are not told"

_logger = logging.getLogger(__name__)


class MetricsReader:
    """Requests the metrics of one page's posts; a metric that Meta keeps refusing is not requested any more."""

    def __init__(self, client: FacebookClient, page_id: str, scopes: str, now: datetime) -> None:
        """Sends nothing yet; `scopes` are the token's, or `unknown`."""
        self._client, self._page_id, self._today = client, page_id, now.date()
        self._has_insights = scopes == "unknown" or SCOPE in scopes.split()
        self._refusal_counts: Counter[tuple[str, str]] = Counter()
        self._told: set[tuple[str, str]] = set()
        self._is_over = False

    def read(self, post_id: str, dataset: str, visible_comment_count: int) -> PostMetrics:
        """The metrics of one post; figures that Meta does not give are empty and noted.

        Args:
            post_id: `<page>_<post>`.
            dataset: The dataset of its comments.
            visible_comment_count: How many of them were read.
        """
        post = self._post(post_id)
        figures, notes = _figures(post, self._page_id)
        url = post.get("permalink_url")
        url = url if isinstance(url, str) and is_post_url(url) else url_of_post(post_id)
        reel = _REEL.fullmatch(url)
        subject, edge = (reel[1], "video_insights") if reel else (post_id, "insights")
        for column, metrics in (REEL_METRICS if reel else POST_METRICS).items():
            try:
                figures[column], note = self._insight(subject, edge, metrics)
            except _NoFigureError as error:
                note = error.note
            notes |= {column: note} if note else {}
        return PostMetrics(self._page_id, dataset, url, _time(post), visible_comment_count, figures, notes)

    def _post(self, post_id: str) -> dict[str, Any]:
        """The post with all fields that Meta returns."""
        try:
            try:
                return self._ask(post_id, "", {"fields": ",".join([_FIELDS, *_LISTS.values()])})
            except GraphRefusedError as error:
                if error.is_missing:
                    return {}
                # Meta may refuse one list, and with it the whole request.
                return self._ask(post_id, "", {"fields": _FIELDS})
        except (GraphRefusedError, _NoFigureError):
            return {}

    def _insight(self, subject: str, edge: str, metrics: tuple[Metric, ...]) -> tuple[int, str]:
        """The figure of the first metric that Meta still returns, and its note.

        Raises:
            _NoFigureError: Meta gives no figure.
        """
        metric = metric_on(metrics, self._today)
        if metric is None:
            raise _NoFigureError(_gone(metrics))
        if not self._has_insights:
            raise _NoFigureError(_NO_INSIGHTS)
        asked = (edge, metric.name)
        if self._refusal_counts[asked] >= _MOST_REFUSALS and asked not in self._told:
            raise _NoFigureError(f"Meta refuses {metric.name}")
        try:
            answer = self._ask(subject, edge, {"metric": metric.name})
        except GraphRefusedError as error:
            if _is_permission(error):
                self._has_insights = False
                self._warn(_NO_INSIGHTS)
                raise _NoFigureError(_NO_INSIGHTS) from None
            self._refusal_counts[asked] += not error.is_missing
            if self._refusal_counts[asked] == _MOST_REFUSALS and asked not in self._told:
                self._warn(f"Meta refuses {metric.name} ({error.error.told})")
            raise _NoFigureError(f"Meta refuses {metric.name}") from None
        self._told.add(asked)
        return _value(answer, metric.name), metric.is_another

    def _warn(self, wrong: str) -> None:
        problem = Problem(f"{self._client.place}: engagement metrics", wrong, "what is missing stays empty")
        _logger.warning("%s", problem)

    def _ask(self, subject: str, edge: str, question: Mapping[str, str]) -> dict[str, Any]:
        if self._is_over:
            raise _NoFigureError(_UNANSWERED)
        try:
            return self._client.read_edge(subject, edge, question, endpoint="metrics")
        except GraphRefusedError as error:
            if not error.is_dead_token:
                raise
        except SourceError:
            pass  # there were enough tries: each of the other posts would wait as long
        self._is_over = True
        self._warn(_UNANSWERED)
        raise _NoFigureError(_UNANSWERED)


class _NoFigureError(Exception):
    """There is no figure; the note says why."""

    def __init__(self, note: str) -> None:
        super().__init__(note)
        self.note = note


def _is_permission(error: GraphRefusedError) -> bool:
    return error.error.code in {3, 10, *range(200, 300)}


def _figures(post: Mapping[str, Any], page_id: str) -> tuple[dict[str, str | int], dict[str, str]]:
    """The figures in the post itself, by column, and notes for missing ones."""
    if not post:
        return {}, dict.fromkeys((CREATED, TEXT, TYPE, TOTAL, REACTIONS), _UNTOLD)
    figures: dict[str, str | int] = {}
    notes: dict[str, str] = {}
    for column, field in _LISTS.items():
        count = _total_count(post.get(field.partition(".")[0]))
        figures |= {} if count is None else {column: count}
        notes |= {column: _UNTOLD} if count is None else {}
    permalink, message, author = post.get("permalink_url"), post.get("message"), post.get("from")
    is_reel = isinstance(permalink, str) and _REEL.fullmatch(permalink) is not None
    figures[TYPE] = type_of_post([kind for kind, _ in kinds_of(post.get("attachments"))], is_reel=is_reel)
    if not isinstance(author, dict) or author.get("id") != page_id:
        notes[TEXT] = _VISITORS
    elif isinstance(message, str):
        figures[TEXT] = message
    return figures, notes


def _total_count(listed: Any) -> int | None:
    summary = listed.get("summary") if isinstance(listed, dict) else None
    count = summary.get("total_count") if isinstance(summary, dict) else None
    return count if type(count) is int else None


def _value(answer: Mapping[str, Any], name: str) -> int:
    """The one value of the one requested metric."""
    data = answer.get("data")
    for metric in data if isinstance(data, list) else []:
        values = metric.get("values") if isinstance(metric, dict) and metric.get("name") == name else None
        if isinstance(values, list) and values and isinstance(values[0], dict) and type(values[0].get("value")) is int:
            return int(values[0]["value"])
    raise _NoFigureError(_NO_FIGURE)


def _gone(metrics: tuple[Metric, ...]) -> str:
    if not metrics:
        return "Meta counts nothing like it of reels"
    return f"Meta has ended {metrics[-1].name} on {metrics[-1].ended_on}, and counts nothing like it any more"


def _time(post: Mapping[str, Any]) -> str:
    created = post.get("created_time")
    try:
        time = datetime.fromisoformat(created) if isinstance(created, str) else None
    except ValueError:
        return ""
    return iso_utc(time) if time is not None and time.tzinfo is not None else ""
