"""Fetching the comments of one page's posts: into the raw store, and from there into the run's Raw Data."""

import hashlib
import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline_lib.config.sources import FacebookDataset, FacebookSource
from pipeline_lib.errors import ConfigError, Problem, counted
from pipeline_lib.model.shrink_limit import DEFAULT_LIMIT, ShrinkLimit
from pipeline_lib.model.step_counts import StepCount, step_counts, step_counts_by_kind
from pipeline_lib.progress import track
from pipeline_lib.sources.base import FetchedFile, FetchResult, Participants
from pipeline_lib.sources.facebook.client import FacebookClient
from pipeline_lib.sources.facebook.deletions import ForgetQueue, taken_back
from pipeline_lib.sources.facebook.graph_errors import GraphRefusedError
from pipeline_lib.sources.facebook.metrics import MetricsReader
from pipeline_lib.sources.facebook.metrics_file import PostMetrics, publish_metrics
from pipeline_lib.sources.facebook.post_log import PostLog
from pipeline_lib.sources.facebook.posts import Chosen, PostChoice, newest_first
from pipeline_lib.sources.facebook.preflight import check_access
from pipeline_lib.sources.facebook.publish import Publishing, SetAside, Tally, ToPublish, publish_datasets
from pipeline_lib.sources.facebook.reading import Post, Read, Reader, read_post
from pipeline_lib.sources.facebook.records import Audience
from pipeline_lib.sources.record_counts import RecordCounts
from pipeline_lib.sources.targets import Targets, raw_data_file_name
from pipeline_lib.storage import Located, Storage

_GONE = "the post is not there any more, or not to be seen; what was read of it before stays"
_IN_CIRCLES = "the list of the post's comments goes in circles: later ones may be missing"
_POSTS_IN_CIRCLES = "the list of the page's posts goes in circles: older ones may be missing"
_NOTHING_FOUND = "no post of the page has Search.Match in its text between StartDate and EndDate; capitals count"

_STEP = "fetch"

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PageToFetch:
    """One source's side of a fetch: its client of Meta, and the stores to use."""

    source: FacebookSource
    place: str
    """How errors name the source: `pipeline.json: RawDataSources[0]`."""
    client: FacebookClient
    participants: Participants
    """From addresses to participant uuids."""
    storage: Storage
    """The project's data, which has the raw store."""
    metrics: Located | None = None
    """The file of engagement metrics to write; None for none."""


def fetch_comments(
    page: PageToFetch,
    *,
    targets: Targets,
    quarantine_share_limit: float,
    now: datetime,
    shrink_limit: ShrinkLimit = DEFAULT_LIMIT,
) -> FetchResult:
    """Fetch the comments under a page's posts into the raw data.

    Args:
        page: The source.
        targets: The folders to fill.
        quarantine_share_limit: Share of all comments (0 to 1) that may be set aside.
        now: The time of the fetch.
        shrink_limit: How many comments a dataset's Raw Data must still have.

    Raises:
        ConfigError: PostIDs names posts that do not exist, or are of another page.
        SourceError: Meta refuses or does not answer; what was fetched before stays.
        DataError: Too many comments cannot be used, or too few are left; what was fetched stays.
        StorageConflictError: Another fetch of the same posts was quicker.
    """
    source, client = page.source, page.client
    access = check_access(client, source.page_id, now)
    audience = Audience(access.page_id, are_known=source.authors_are_known)
    chosen = _chosen(page, PostChoice(client, access.page_id, page.storage))
    posts = {post_id: post for each in chosen for post_id, post in each.posts.items()}
    logs = {post_id: PostLog(page.storage, access.page_id, post_id) for post_id in posts}
    before = {post_id: log.state.parts for post_id, log in logs.items()}
    reader = Reader(client, page.participants, audience, access.scopes, now)
    reads = _read_all(posts, logs, reader)
    queue = ForgetQueue(page.storage, access.page_id)
    forget_count = queue.add((comment for log in logs.values() for comment in taken_back(log)), now)
    record_counts = RecordCounts(page.storage, shrink_limit)
    how = Publishing(page.place, targets, audience.are_known, queue.participants, quarantine_share_limit, record_counts)
    to_publish = [
        ToPublish(name, dataset.name, [logs[post_id] for post_id in each.posts], _remarks(each, reads))
        for name, dataset, each in zip(source.activation_names, source.datasets, chosen, strict=True)
    ]
    tallies = publish_datasets(to_publish, how)
    counts = [*step_counts(_STEP, {"comments_taken_back_new": forget_count})]
    files = []
    for published, each, tally in zip(to_publish, chosen, tallies, strict=True):
        counts += _counts(published, each, reads, tally)
        files.append(_file(published, before, tally))
    _warn(page.place, to_publish, reads)
    if page.metrics is not None:
        metrics = MetricsReader(client, access.page_id, access.scopes, now)
        publish_metrics(page.metrics, _metrics(metrics, source.datasets, chosen, tallies))
    return FetchResult(tuple(files), (*counts, *_traffic(client)))


def _chosen(page: PageToFetch, choice: PostChoice) -> list[Chosen]:
    chosen: list[Chosen] = []
    problems: list[Problem] = []
    for number, dataset in enumerate(page.source.datasets):
        try:
            chosen.append(choice.of(dataset, f"{page.place}.Datasets[{number}]"))
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(*problems)
    return chosen


def _read_all(posts: Mapping[str, Post | None], logs: Mapping[str, PostLog], reader: Reader) -> dict[str, Read]:
    """The results of reading the posts that exist, newest first."""
    there = {post_id: post for post_id, post in posts.items() if post is not None}
    reads = {}
    order = newest_first((post_id, post.created_at) for post_id, post in there.items())
    for post_id in track(order, "Reading comments, posts"):
        try:
            reads[post_id] = read_post(logs[post_id], there[post_id], reader)
        except GraphRefusedError as error:
            if not error.is_missing:
                raise
    return reads


def _remarks(chosen: Chosen, reads: Mapping[str, Read]) -> list[SetAside]:
    """Remarks on a dataset's posts."""
    remarks = [SetAside("", "", _POSTS_IN_CIRCLES)] if not chosen.is_whole else []
    if not chosen.posts:
        return [*remarks, SetAside("", "", _NOTHING_FOUND)]
    remarks += [SetAside(post_id, "", _GONE) for post_id in chosen.posts if post_id not in reads]
    circles = [post_id for post_id in chosen.posts if post_id in reads and not reads[post_id].is_whole]
    return remarks + [SetAside(post_id, "", _IN_CIRCLES) for post_id in circles]


def _warn(place: str, published: Sequence[ToPublish], reads: Mapping[str, Read]) -> None:
    for number, dataset in enumerate(published):
        for remark in dataset.remarks:
            of_post = f": post {remark.post}" if remark.post else ""
            _logger.warning("%s", Problem(f"{place}.Datasets[{number}]{of_post}", remark.reason))
    unknown_count = sum(read.unknown_attachment_count for read in reads.values())
    if unknown_count:
        wrong = f"{counted(unknown_count, 'attachment')} of kinds that this version does not know are stored as other"
        _logger.warning("%s", Problem(place, wrong, "the comments are kept; ask for the kinds to be added"))


def _metrics(
    reader: MetricsReader, datasets: Sequence[FacebookDataset], chosen: Sequence[Chosen], tallies: Sequence[Tally]
) -> Iterator[PostMetrics]:
    """The metrics of all posts, the newest of each dataset first; for deleted posts, what is still known."""
    wanted = [
        (post_id, dataset.name, tally.by_post[post_id])
        for dataset, each, tally in zip(datasets, chosen, tallies, strict=True)
        for post_id in sorted(each.posts, reverse=True)
    ]
    for post_id, dataset, comment_count in track(wanted, "Reading engagement metrics, posts"):
        yield reader.read(post_id, dataset, comment_count)


def _file(published: ToPublish, before: Mapping[str, object], tally: Tally) -> FetchedFile:
    parts = [part.sha256 for log in published.logs for part in log.state.parts]
    reasons = Counter(each.reason for each in [*tally.remarks, *tally.set_aside])
    return FetchedFile(
        name=published.file_name,
        uri=tally.uri,
        record_count=tally.comment_count,
        is_unchanged=all(log.state.parts == before[log.post_id] for log in published.logs),
        quarantined_counts=dict(reasons),
        fingerprint=hashlib.sha256(" ".join(parts).encode()).hexdigest(),
        replaced_count=tally.replaced_count,
    )


def _counts(published: ToPublish, chosen: Chosen, reads: Mapping[str, Read], tally: Tally) -> tuple[StepCount, ...]:
    """The manifest's counts of a dataset; logs them too."""
    of_dataset = {post_id: read for post_id, read in reads.items() if post_id in chosen.posts}
    totals = {post.id: post.total_count for post in chosen.posts.values() if post is not None and post.id in reads}
    told = {post_id: total for post_id, total in totals.items() if total is not None}
    shown_count = sum(read.comment_count for read in of_dataset.values())
    total_count = sum(told.values())
    counts = {
        "posts": len(chosen.posts),
        "posts_read": len(of_dataset),
        "pages": sum(read.page_count for read in of_dataset.values()),
        "comments_shown": shown_count,
        "comments_counted_by_meta": total_count,
        "comments_not_shown": sum(total - reads[post_id].comment_count for post_id, total in told.items()),
        "comments_new": sum(read.new_count for read in of_dataset.values()),
        "comments_edited_since_last_fetch": sum(read.edited_count for read in of_dataset.values()),
        "comments_edited_ever": tally.edited_count,
        "comments_deleted": tally.gone_count,
        "comments_in_older_version": tally.outdated_count,
        "comments_by_page": tally.by_counts["page"],
        "comments_of_unknown_authors": tally.by_counts["unknown"],
        "attachments_of_unknown_kinds": sum(read.unknown_attachment_count for read in of_dataset.values()),
    }
    _logger.info(
        "%s: %s shown under %s, %s by Meta's own count; %s new, %s edited, %s deleted, %s set aside",
        published.file_name,
        counted(shown_count, "comment"),
        counted(len(of_dataset), "post"),
        f"{total_count:,}",
        f"{counts['comments_new']:,}",
        f"{counts['comments_edited_since_last_fetch']:,}",
        f"{tally.gone_count:,}",
        f"{len(tally.set_aside):,}",
    )
    if tally.by_counts["unknown"]:
        _logger.info(
            "%s: Facebook does not say who wrote %s: each counts as a participant of its own",
            published.file_name,
            counted(tally.by_counts["unknown"], "comment"),
        )
    return step_counts(_STEP, counts, file=raw_data_file_name(published.file_name))


def _traffic(client: FacebookClient) -> tuple[StepCount, ...]:
    """The manifest's counts of requests; logs them too."""
    by_endpoint = client.traffic.request_counts
    waited = {why: round(seconds) for why, seconds in client.traffic.waited_seconds.items()}
    _logger.info(
        "%s: %s; %s repeated, waited %s; at most %.0f%% of Meta's limit used up",
        counted(by_endpoint.total(), "request"),
        ", ".join(f"{count:,} for {endpoint}" for endpoint, count in by_endpoint.most_common()),
        f"{client.traffic.retry_counts.total():,}",
        ", ".join(f"{seconds:,} s for {why}" for why, seconds in waited.items() if seconds) or "0 s",
        client.most_usage_percent,
    )
    counts = {
        "requests_repeated": client.traffic.retry_counts.total(),
        "answers_by_another_version": client.other_version_counts.total(),
        "percent_of_limit_used": round(client.most_usage_percent),
    }
    return (
        *step_counts_by_kind(_STEP, "requests_for", by_endpoint),
        *step_counts(_STEP, counts),
        *step_counts_by_kind(_STEP, "seconds_waited_for", waited),
    )
