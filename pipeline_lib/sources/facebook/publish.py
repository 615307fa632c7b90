"""From the posts' logs to a dataset's Raw Data: every comment once, in its newest version."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import NamedTuple

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.model.lenient_json import count_replacements
from pipeline_lib.progress import track
from pipeline_lib.sources.facebook.deletions import gone
from pipeline_lib.sources.facebook.fields import post_json, raw_data_line
from pipeline_lib.sources.facebook.post_log import PostLog
from pipeline_lib.sources.facebook.posts import newest_first
from pipeline_lib.sources.facebook.records import NO_AUTHOR, Comment
from pipeline_lib.sources.record_counts import RecordCount, RecordCounts
from pipeline_lib.sources.targets import Targets
from pipeline_lib.storage import Located


class SetAside(NamedTuple):
    """Something that is not in the Raw Data, or not as it should be."""

    post: str
    """The post's id; empty if the remark is not about one post."""
    comment: str
    """The comment's id; empty if it has none, or if the remark is about a post."""
    reason: str
    """A fixed sentence, without any value."""


@dataclass(frozen=True)
class Publishing:
    """How datasets are published."""

    place: str
    """How errors name the source."""
    targets: Targets
    authors_are_known: bool
    to_forget: frozenset[str]
    """Participants to mark, since they must be forgotten."""
    quarantine_share_limit: float
    """Share of all comments (0 to 1) that may be set aside."""
    record_counts: RecordCounts
    """The record counts of each dataset's Raw Data at the last publication."""


@dataclass(frozen=True)
class ToPublish:
    """One dataset."""

    file_name: str
    """Name of its raw file."""
    dataset: str
    """Prefix of the fields."""
    logs: Sequence[PostLog]
    remarks: Sequence[SetAside] = ()
    """Remarks on posts, beside comments that are set aside."""


@dataclass
class Tally:
    """Counts of a dataset's Raw Data."""

    uri: str
    """The URI of the Raw Data."""
    comment_count: int = 0
    by_counts: Counter[str] = field(default_factory=Counter)
    """The comments, by kind of author: `person`, `page`, `unknown`."""
    by_post: Counter[str] = field(default_factory=Counter)
    """The comments, by the id of their post."""
    edited_count: int = 0
    """Comments whose text has changed since they were first read."""
    gone_count: int = 0
    """Comments that are left out, since they were deleted."""
    outdated_count: int = 0
    """Comments that are published in an older version, since the newest was set aside."""
    replaced_count: int = 0
    """Comments in which U+FFFD replaces an invalid character, such as half a surrogate pair."""
    set_aside: list[SetAside] = field(default_factory=list)
    """Comments that are set aside."""
    remarks: Sequence[SetAside] = ()
    """Posts that are."""

    @property
    def total_count(self) -> int:
        """Comments that are published, set aside, or both."""
        return self.comment_count - self.outdated_count + len(self.set_aside)


def publish_datasets(datasets: Sequence[ToPublish], how: Publishing) -> list[Tally]:
    """Write each dataset's quarantine and Raw Data, newest post first: for all datasets or for none.

    Raises:
        DataError: More comments are set aside than may be, or a segment was changed; no Raw Data are published.
    """
    with ExitStack() as publishing:
        tallies = []
        for dataset in track(datasets, "Publishing comments, datasets"):
            target = how.targets.raw_data_file(dataset.file_name)
            path = publishing.enter_context(target.storage.publish_file(target.name))
            tally = Tally(target.storage.uri_of(target.name), remarks=dataset.remarks)
            with path.open("wb") as lines:
                for log in _newest_first(dataset.logs):
                    lines.writelines(_lines(log, dataset.dataset, how, tally))
            tallies.append(tally)
            _publish_quarantine(how.targets.quarantine_file(dataset.file_name), dataset.dataset, tally)
        _check_share(tallies, how)
        found = [
            RecordCount(f"{how.place}.Datasets[{number}]", dataset.file_name, tally.total_count)
            for number, (dataset, tally) in enumerate(zip(datasets, tallies, strict=True))
        ]
        how.record_counts.check(found, "comment")
    how.record_counts.keep(found)
    return tallies


def _newest_first(logs: Sequence[PostLog]) -> Iterable[PostLog]:
    by_id = {log.post_id: log for log in logs}
    published = ((log.post_id, log.state.created_at) for log in logs)
    return (by_id[post_id] for post_id in newest_first((each, at) for each, at in published if at is not None))


def _lines(log: PostLog, dataset: str, how: Publishing, tally: Tally) -> Iterable[bytes]:
    """A post's comments by time; within one second, in Meta's order."""
    comments, post = log.comments(), post_json(log.post_id, log.state.attachments)
    left_out = gone(comments, log)
    tally.gone_count += len(left_out)
    nobodys = {each.id for each in comments.values() if how.authors_are_known and each.by == "unknown"} - left_out
    set_aside = {each.comment for each in log.state.quarantined}
    tally.set_aside += [SetAside(log.post_id, *each) for each in log.state.quarantined]
    tally.set_aside += [SetAside(log.post_id, each, NO_AUTHOR) for each in sorted(nobodys - set_aside)]
    tally.outdated_count += len(set_aside & (comments.keys() - nobodys - left_out))
    for comment in sorted(comments.values(), key=lambda each: each.created_at):
        if comment.id in left_out or comment.id in nobodys:
            continue
        _count(comment, tally)
        tally.by_post[log.post_id] += 1
        line = raw_data_line(comment, dataset, post, is_to_forget=comment.participant in how.to_forget)
        tally.replaced_count += count_replacements(line)
        yield line


def _count(comment: Comment, tally: Tally) -> None:
    tally.comment_count += 1
    tally.by_counts[comment.by] += 1
    tally.edited_count += bool(comment.edits)


def _check_share(tallies: Sequence[Tally], how: Publishing) -> None:
    """Checks all datasets together: in a new one with few comments, one comment would be a large share."""
    reasons = Counter(each.reason for tally in tallies for each in tally.set_aside)
    count = sum(tally.total_count for tally in tallies)
    if reasons.total() <= how.quarantine_share_limit * count:
        return
    counted = ", ".join(f"{number:,} x {reason}" for reason, number in reasons.most_common())
    wrong = f"{reasons.total():,} of its {count:,} comments cannot be used: {counted}"
    right = f"at most {how.quarantine_share_limit:.1%} may be (QuarantineShareLimit); the run's Quarantine lists them"
    if reasons[NO_AUTHOR]:
        right += '; have the app get Advanced Access, or write "Authors": "unknown" (docs/facebook.md, Who wrote)'
    raise DataError(Problem(how.place, wrong, right))


def _publish_quarantine(target: Located, dataset: str, tally: Tally) -> None:
    told = [*tally.remarks, *tally.set_aside]
    lines = [json.dumps({"dataset": dataset, **each._asdict()}) + "\n" for each in told]
    if not lines and not target.storage.exists(target.name):
        return  # where an earlier try of this task set comments aside, an empty file takes its place
    with target.storage.publish_file(target.name) as path:
        path.write_text("".join(lines), encoding="utf-8")
