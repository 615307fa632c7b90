"""Fetching the forms of one KoboToolbox account: into the raw store, and from there into the run's Raw Data."""

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline_lib.config.kobo_source import KoboForm, KoboToolboxSource
from pipeline_lib.errors import DataError, Problem, counted
from pipeline_lib.model.shrink_limit import DEFAULT_LIMIT, ShrinkLimit
from pipeline_lib.model.step_counts import StepCount, step_counts, step_counts_by_kind
from pipeline_lib.sources.base import FetchedFile, FetchResult, Participants
from pipeline_lib.sources.forget_queues import participants_to_forget
from pipeline_lib.sources.kobo.client import KoboClient
from pipeline_lib.sources.kobo.deidentify import FormReader, Quarantined
from pipeline_lib.sources.kobo.form_log import FormLog
from pipeline_lib.sources.kobo.questions import gone_questions, questions_of, renamed_to, several_answers
from pipeline_lib.sources.kobo.read_form import FormContents, read_form
from pipeline_lib.sources.record_counts import RecordCount, RecordCounts
from pipeline_lib.sources.submissions import Published, publish_submissions
from pipeline_lib.sources.targets import Targets, raw_data_file_name
from pipeline_lib.storage import Located, Storage

_REVISION = 1
"""Increased whenever the same submission and settings give another record."""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Account:
    """One source's side of a fetch: its server, and the stores to use."""

    source: KoboToolboxSource
    place: str
    """How errors name the source: `pipeline.json: RawDataSources[0]`."""
    client: KoboClient
    participants: Participants
    """From addresses to participant uuids."""
    storage: Storage
    """The project's data, which has the raw store."""


@dataclass(frozen=True)
class _FetchedForm:
    form: KoboForm
    place: str
    log: FormLog
    contents: FormContents
    gone: list[str]
    """Declared questions that the form no longer has."""
    is_unchanged: bool

    @property
    def record_count(self) -> int:
        """The submissions that are there, including those set aside."""
        return len({int(each.id) for each in self.contents.submissions} | {q.id for q in self.contents.quarantined})


def fetch_forms(
    account: Account,
    *,
    targets: Targets,
    quarantine_share_limit: float,
    shrink_limit: ShrinkLimit = DEFAULT_LIMIT,
) -> FetchResult:
    """Fetch the forms of an account into the raw data.

    Data later than a run's as-of time are fetched too: processing leaves them out.

    Args:
        account: The source.
        targets: The folders to fill.
        quarantine_share_limit: Share of all submissions (0 to 1) that may be set aside.
        shrink_limit: How many submissions a form must still have.

    Raises:
        ConfigError: A form has not, and never had, a question that the config names.
        SourceError: The server refuses or does not answer; what was fetched before stays.
        DataError: Too many submissions cannot be used, or too few are left; what was fetched stays.
        StorageConflictError: Another fetch of the same form was quicker.
    """
    forms = sorted(enumerate(account.source.forms), key=lambda numbered: not numbered[1].messages)  # activations first
    fetched = [_fetch(account, form, f"{account.place}.Forms[{number}]") for number, form in forms]
    _check_quarantine(fetched, account.place, quarantine_share_limit)
    found = [RecordCount(each.place, each.form.name, each.record_count) for each in fetched]
    record_counts = RecordCounts(account.storage, shrink_limit)
    record_counts.check(found, "submission")
    to_forget = participants_to_forget(account.storage)
    files: list[FetchedFile] = []
    counts: list[StepCount] = []
    for each in fetched:
        name, contents = each.form.name, each.contents
        published = publish_submissions(targets.raw_data_file(name), contents.submissions, each.form.names, to_forget)
        _publish_quarantine(targets.quarantine_file(name), contents.quarantined)
        files.append(_file(each, published))
        counts += _counts(each, published)
    record_counts.keep(found)
    return FetchResult(tuple(files), (*counts, *_traffic(account.client)))


def _fetch(account: Account, form: KoboForm, place: str) -> _FetchedForm:
    client, uid = account.client, form.asset_uid
    questions = questions_of(client.form(uid))
    log = FormLog(account.storage, uid, _settings(account.source, form), several_answers(form, questions))
    answered = {title for submission in log.submissions.values() for title in submission.answers}
    gone = gone_questions(
        form, questions, lambda question: question in answered or client.has_answers(uid, question), place
    )
    for title in gone:
        meant = renamed_to(title, questions.keys() - set(form.names.titles))
        _logger.warning(
            '%s: the form no longer has the question "%s"; the answers from before are still read%s',
            place,
            title,
            f'; is it "{meant}" now? Then list that with the same Field' if meant is not None else "",
        )
    before = log.state.parts
    contents = read_form(uid, log, client, FormReader(account.source, form, log.state.several, account.participants))
    return _FetchedForm(form, place, log, contents, gone, is_unchanged=log.state.parts == before)


def _settings(source: KoboToolboxSource, form: KoboForm) -> str:
    """All that decides what is stored of a submission; what its raw fields are called does not."""
    return json.dumps(
        {
            "reader": f"KoboToolbox {_REVISION}",
            "address": form.address,
            "address_type": source.address_type,
            "country": source.country,
            "questions": sorted(form.names.titles),
        }
    )


def _check_quarantine(fetched: Sequence[_FetchedForm], place: str, limit: float) -> None:
    set_aside = Counter(each.reason for form in fetched for each in form.contents.quarantined)
    all_count = sum(form.record_count for form in fetched)
    if set_aside.total() > limit * all_count:
        reasons = ", ".join(f"{count:,} x {reason}" for reason, count in set_aside.most_common())
        wrong = f"{set_aside.total():,} of {counted(all_count, 'submission')} cannot be used: {reasons}"
        right = f"correct them on the server; at most {limit:.1%} may be set aside (QuarantineShareLimit)"
        raise DataError(Problem(place, wrong, right))


def _publish_quarantine(target: Located, quarantined: Iterable[Quarantined]) -> None:
    """Write the submissions that were set aside, one line each: their id and the reason, without any text."""
    lines = [json.dumps({"submission": each.id, "reason": each.reason}) + "\n" for each in quarantined]
    if not lines and not target.storage.exists(target.name):
        return  # where an earlier try of this task set some aside, an empty file takes its place
    with target.storage.publish_file(target.name) as path:
        path.write_text("".join(lines), encoding="utf-8")


def _file(fetched: _FetchedForm, published: Published) -> FetchedFile:
    identity = " ".join(f"{each.id} {each.version}" for each in fetched.contents.submissions)
    return FetchedFile(
        name=fetched.form.name,
        uri=published.uri,
        record_count=published.line_count,
        is_unchanged=fetched.is_unchanged,
        quarantined_counts=dict(Counter(each.reason for each in fetched.contents.quarantined)),
        fingerprint=hashlib.sha256(identity.encode()).hexdigest(),
        replaced_count=published.replaced_count,
    )


def _counts(fetched: _FetchedForm, published: Published) -> tuple[StepCount, ...]:
    """The manifest's counts of a form; logs them too."""
    contents = fetched.contents
    counts = {
        "submissions": len(contents.submissions),
        "submissions_new": contents.new_count,
        "submissions_edited": contents.edited_count,
        "submissions_deleted": contents.deleted_count,
        "submissions_without_answers": published.unanswered_count,
        "submissions_of_unknown_people": published.anonymous_count,
        "messages": published.message_count,
        "questions_gone": len(fetched.gone),
    }
    _logger.info(
        "%s: %s, %s new, %s edited, %s deleted; %s set aside",
        fetched.form.name,
        counted(len(contents.submissions), "submission"),
        f"{contents.new_count:,}",
        f"{contents.edited_count:,}",
        f"{contents.deleted_count:,}",
        f"{len(contents.quarantined):,}",
    )
    return step_counts("fetch", counts, file=raw_data_file_name(fetched.form.name))


def _traffic(client: KoboClient) -> tuple[StepCount, ...]:
    """The manifest's counts of requests."""
    return (
        *step_counts_by_kind("fetch", "requests_for", client.traffic.request_counts),
        *step_counts("fetch", {"requests_repeated": client.traffic.retry_counts.total()}),
    )
