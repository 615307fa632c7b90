"""From a flow's log to its Raw Data: every run once, in the fields that the predecessors' fetch gave."""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.sources.rapid_pro.fields import Correction, corrected_line, raw_data_line
from pipeline_lib.sources.rapid_pro.flow_log import FlowLog
from pipeline_lib.sources.rapid_pro.flows import Flow
from pipeline_lib.sources.rapid_pro.newest import Newest, newest_versions
from pipeline_lib.sources.rapid_pro.records import Quarantined
from pipeline_lib.sources.rapid_pro.texts import corrected, text_counts
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
    """Contacts to recognise, since they are to be forgotten."""
    quarantine_share_limit: float
    """Share of all runs (0 to 1) that may be set aside."""


@dataclass
class Tally:
    """What a flow's Raw Data are made of."""

    uri: str
    """Of the Raw Data."""
    record_count: int = 0
    texts: Counter[str] = field(default_factory=Counter)
    """Answers, by where their text is from."""
    corrected_count: int = 0
    """Answers whose text an archive has corrected."""
    quarantined: list[Quarantined] = field(default_factory=list)
    participants: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Who the deleted contacts were."""


def publish_flows(flows: Sequence[tuple[Flow, FlowLog]], how: Publishing) -> list[Tally]:
    """Write what was set aside of each flow, and its Raw Data, oldest run first: of all flows or of none.

    Raises:
        DataError: More runs are set aside than may be, or a segment is not what was added; no Raw Data are published.
    """
    with ExitStack() as publishing:
        tallies = []
        for flow, log in flows:
            target = how.targets.raw_data_file(flow.name)
            path = publishing.enter_context(target.storage.publish_file(target.name))
            tallies.append(_written(flow, log, path, how, Tally(target.storage.uri_of(target.name))))
            _publish_quarantine(how.targets.quarantine_file(flow.name), flow, tallies[-1].quarantined)
        _check_share(tallies, how)
    return tallies


def _written(flow: Flow, log: FlowLog, path: Path, how: Publishing, tally: Tally) -> Tally:
    all_set_aside = [each for part in log.state.parts for each in part.quarantined]
    set_aside = {each.run: each for each in all_set_aside if each.run}
    with path.open("wb") as lines, newest_versions(log) as runs:
        for run in runs:
            lines.write(_line(run, flow, how.test_contact_uuids, tally))
            _count(run, how.deleted_contacts, tally)
            set_aside.pop(run.record.run, None)  # another version of it could be used
    tally.quarantined = [*set_aside.values(), *(each for each in all_set_aside if not each.run)]
    return tally


def _line(run: Newest, flow: Flow, test_contact_uuids: frozenset[str], tally: Tally) -> bytes:
    results = corrected(run.live, run.record) if run.live else []
    if run.live is None or not results:
        return raw_data_line(
            run.record, flow.name, is_activation=flow.is_activation, test_contact_uuids=test_contact_uuids
        )
    tally.corrected_count += len(results)
    _, period, day = run.origin.split("|")
    return corrected_line(
        run.live,
        Correction(results, f"{day} ({period})", run.record.modified_on),
        flow.name,
        is_activation=flow.is_activation,
        test_contact_uuids=test_contact_uuids,
    )


def _count(run: Newest, deleted_contacts: Collection[str], tally: Tally) -> None:
    tally.record_count += 1
    tally.texts += text_counts([run.record])
    if run.record.contact in deleted_contacts:
        tally.participants[run.record.contact].add(run.record.participant)


def _check_share(tallies: Sequence[Tally], how: Publishing) -> None:
    """All flows together: of a new one with few runs, one run would be a large share."""
    reasons = Counter(each.reason for tally in tallies for each in tally.quarantined)
    run_count = sum(tally.record_count for tally in tallies) + reasons.total()
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
