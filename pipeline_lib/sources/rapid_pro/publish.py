"""From a flow's log to its Raw Data: every run once, in the fields that the predecessors' fetch gave."""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from heapq import merge

from msgspec.structs import replace

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.model.lenient_json import count_replacements
from pipeline_lib.sources.rapid_pro.contact_participants import noted_contacts
from pipeline_lib.sources.rapid_pro.fields import Correction, Marked, corrected_line, raw_data_line
from pipeline_lib.sources.rapid_pro.flow_log import FlowLog
from pipeline_lib.sources.rapid_pro.flows import Flow
from pipeline_lib.sources.rapid_pro.known_words import with_known_words
from pipeline_lib.sources.rapid_pro.latest_versions import Newest, newest_versions
from pipeline_lib.sources.rapid_pro.records import Quarantined
from pipeline_lib.sources.rapid_pro.text_recovery import corrected, text_counts
from pipeline_lib.sources.record_counts import RecordCount, RecordCounts
from pipeline_lib.sources.targets import Targets
from pipeline_lib.storage import Located


@dataclass(frozen=True)
class Publishing:
    """How flows are published."""

    place: str
    """How errors name the source."""
    targets: Targets
    test_contact_uuids: frozenset[str]
    """Contacts whose runs are marked as tests."""
    deleted_contacts: frozenset[str]
    """Contacts to forget: to be recognised and marked."""
    quarantine_share_limit: float
    """Share of all runs (0 to 1) that may be set aside."""
    record_counts: RecordCounts
    """The record counts of each flow's Raw Data at the last publication."""


@dataclass
class Tally:
    """Counts of a flow's Raw Data."""

    uri: str
    """The URI of the Raw Data."""
    record_count: int = 0
    outdated_count: int = 0
    """Runs that are published in an older version, since the newest was set aside."""
    former_count: int = 0
    """Runs of other flows that had the flow's name before."""
    joined_count: int = 0
    """Runs from another number than their contact's first; they are published under the first one's participant."""
    texts: Counter[str] = field(default_factory=Counter)
    """Answers, by the source of their text."""
    taken_out: Counter[str] = field(default_factory=Counter)
    """Unknown words of the server's that were removed, by kind."""
    replaced_count: int = 0
    """Runs in which U+FFFD replaces an invalid character, such as half a surrogate pair."""
    corrected_count: int = 0
    """Answers whose text an archive has corrected."""
    quarantined: list[Quarantined] = field(default_factory=list)
    participants: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """The participants of deleted contacts."""

    @property
    def run_count(self) -> int:
        """Runs that are published, set aside, or both."""
        return self.record_count + len(self.quarantined) - self.outdated_count


def publish_flows(flows: Sequence[tuple[Flow, Sequence[FlowLog]]], how: Publishing) -> list[Tally]:
    """Write each flow's quarantine and Raw Data, oldest run first: for all flows or for none.

    Args:
        flows: Each with its log, preceded by the logs of flows that had its name before.
        how: Where to publish, and whom to mark.

    Raises:
        DataError: More runs are set aside than may be, a flow has far fewer runs than the last time, or a segment was
            changed; no Raw Data are published.
    """
    with ExitStack() as publishing:
        marked = Marked(how.test_contact_uuids, how.deleted_contacts)
        contacts = publishing.enter_context(noted_contacts())
        opened = [[publishing.enter_context(newest_versions(log, contacts)) for log in logs] for _, logs in flows]
        first_participants = contacts.first_participants()
        tallies = []
        for (flow, logs), (*former, own) in zip(flows, opened, strict=True):
            target = how.targets.raw_data_file(flow.name)
            path = publishing.enter_context(target.storage.publish_file(target.name))
            tally = Tally(target.storage.uri_of(target.name))
            stored = merge(_of_former(former, tally), own, key=_age)
            runs = _joined(_counted(stored, logs, how.deleted_contacts, tally), first_participants, tally)
            with path.open("wb") as lines:
                for run in runs:
                    line = _line(run, flow, marked, tally)
                    tally.replaced_count += count_replacements(line)
                    lines.write(line)
            tallies.append(tally)
            _publish_quarantine(how.targets.quarantine_file(flow.name), flow, tally.quarantined)
        _check_share(tallies, how)
        found = [
            RecordCount(f'{how.place}: flow "{flow.name}"', flow.name, tally.run_count)
            for (flow, _), tally in zip(flows, tallies, strict=True)
        ]
        how.record_counts.check(found, "run")
    how.record_counts.keep(found)
    return tallies


def _of_former(stored: Sequence[Iterable[Newest]], tally: Tally) -> Iterator[Newest]:
    """The runs of the flows that had a flow's name before, oldest first."""
    for run in merge(*stored, key=_age):
        tally.former_count += 1
        yield run


def _age(run: Newest) -> tuple[str, str]:
    return run.record.created_on, run.record.run


def _counted(
    runs: Iterable[Newest], logs: Iterable[FlowLog], deleted_contacts: Collection[str], tally: Tally
) -> Iterator[Newest]:
    """The runs; once they are all read, the tally has their counts and those of runs set aside."""
    all_set_aside = [each for log in logs for part in log.state.parts for each in part.quarantined]
    set_aside: dict[str, Quarantined] = {}
    for each in all_set_aside:
        if each.run and (each.modified_on or "") >= (set_aside.get(each.run, each).modified_on or ""):
            set_aside[each.run] = each
    for stored in runs:
        run = _with_known_words(stored)
        _count(run, deleted_contacts, tally)
        if run.record.run in set_aside:
            if run.record.modified_on >= (set_aside[run.record.run].modified_on or ""):
                del set_aside[run.record.run]  # this version or a newer one could be used
            else:
                tally.outdated_count += 1
        yield run
    tally.quarantined = [*set_aside.values(), *(each for each in all_set_aside if not each.run)]


def _with_known_words(run: Newest) -> Newest:
    """The run with known words only: an earlier version's fetch may have stored it unchecked."""
    record, live = with_known_words(run.record, None), run.live and with_known_words(run.live, None)
    return run if (record is run.record and live is run.live) else run._replace(record=record, live=live)


def _joined(runs: Iterable[Newest], first_participants: Mapping[str, str], tally: Tally) -> Iterator[Newest]:
    """The runs, with one participant for all runs of a contact."""
    for run in runs:
        participant = first_participants.get(run.record.contact, run.record.participant)
        if participant == run.record.participant:
            yield run
            continue
        tally.joined_count += 1
        if run.record.contact in tally.participants:
            tally.participants[run.record.contact].add(participant)
        record, live = run.record, run.live
        yield run._replace(
            record=replace(record, participant=participant), live=live and replace(live, participant=participant)
        )


def _line(run: Newest, flow: Flow, marked: Marked, tally: Tally) -> bytes:
    results = corrected(run.live, run.record) if run.live else []
    if run.live is None or not results:
        return raw_data_line(run.record, flow.name, tells_operator=flow.tells_operator, marked=marked)
    tally.corrected_count += len(results)
    _, period, day = run.origin.split("|")
    return corrected_line(
        run.live,
        Correction(results, f"{day} ({period})", run.record.modified_on),
        flow.name,
        tells_operator=flow.tells_operator,
        marked=marked,
    )


def _count(run: Newest, deleted_contacts: Collection[str], tally: Tally) -> None:
    tally.record_count += 1
    tally.texts += text_counts([run.record])
    tally.taken_out.update((run.live or run.record).taken_out)
    if run.record.contact in deleted_contacts:
        tally.participants[run.record.contact].add(run.record.participant)


def _check_share(tallies: Sequence[Tally], how: Publishing) -> None:
    """Checks all flows together: in a new one with few runs, one run would be a large share."""
    reasons = Counter(each.reason for tally in tallies for each in tally.quarantined)
    run_count = sum(tally.run_count for tally in tallies)
    if reasons.total() > how.quarantine_share_limit * run_count:
        counted = ", ".join(f"{count:,} x {reason}" for reason, count in reasons.most_common())
        wrong = f"{reasons.total():,} of its {run_count:,} runs cannot be used: {counted}"
        right = (
            f"at most {how.quarantine_share_limit:.1%} may be (QuarantineShareLimit); the run's Quarantine lists them"
        )
        raise DataError(Problem(how.place, wrong, right))


def _publish_quarantine(target: Located, flow: Flow, quarantined: Iterable[Quarantined]) -> None:
    lines = [json.dumps({"flow": flow.name, "run": each.run, "reason": each.reason}) + "\n" for each in quarantined]
    if not lines and not target.storage.exists(target.name):
        return  # where an earlier try of this task set runs aside, an empty file takes its place
    with target.storage.publish_file(target.name) as path:
        path.write_text("".join(lines), encoding="utf-8")
