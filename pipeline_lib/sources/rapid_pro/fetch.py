"""Fetching the flows of one workspace: into the raw store, and from there into the run's Raw Data (sources.md A.10)."""

import hashlib
import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from itertools import chain
from typing import Any

from pipeline_lib.config.sources import RapidProSource
from pipeline_lib.errors import FatalSourceError, Problem, counted
from pipeline_lib.model.calling_codes import CALLING_CODES
from pipeline_lib.model.shrink_limit import DEFAULT_LIMIT, ShrinkLimit
from pipeline_lib.model.step_counts import StepCount, step_counts, step_counts_by_kind
from pipeline_lib.sources.base import FetchedFile, FetchResult, Participants
from pipeline_lib.sources.rapid_pro.archive_choice import missing_since
from pipeline_lib.sources.rapid_pro.archive_fetch import FlowToFetch, fetch_archives
from pipeline_lib.sources.rapid_pro.client import RapidProClient
from pipeline_lib.sources.rapid_pro.contact_cache import KnownPersons
from pipeline_lib.sources.rapid_pro.deletions import ForgetQueue
from pipeline_lib.sources.rapid_pro.flow_log import FlowLog, FlowState, Part
from pipeline_lib.sources.rapid_pro.flow_names import FlowNames
from pipeline_lib.sources.rapid_pro.flows import Flow, flows_named
from pipeline_lib.sources.rapid_pro.json_values import uuid_of
from pipeline_lib.sources.rapid_pro.live_fetch import OVERLAP, Listed, fetch_live
from pipeline_lib.sources.rapid_pro.publish import Publishing, Tally, publish_flows
from pipeline_lib.sources.record_counts import RecordCounts
from pipeline_lib.sources.targets import Targets, raw_data_file_name
from pipeline_lib.storage import Storage

_STEP = "fetch"

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Workspace:
    """One source's side of a fetch: its server, and the stores to use."""

    source: RapidProSource
    place: str
    """How errors name the source: `pipeline.json: RawDataSources[0]`."""
    client: RapidProClient
    participants: Participants
    """From addresses to participant uuids."""
    storage: Storage
    """The project's data, which has the raw store."""
    budgets: Storage | None = None
    """Where the hour's requests are counted with others; None to count them alone."""
    is_full_fetch: bool = False
    """Whether all runs are listed, and all archives wanted, as if nothing had been fetched before."""


def fetch_flows(
    workspace: Workspace,
    *,
    targets: Targets,
    quarantine_share_limit: float,
    now: datetime,
    shrink_limit: ShrinkLimit = DEFAULT_LIMIT,
) -> FetchResult:
    """Fetch a workspace's flows into the raw data.

    Data later than a run's as-of time are fetched too: processing leaves them out.

    Args:
        workspace: The source.
        targets: The folders to fill.
        quarantine_share_limit: Share of all runs (0 to 1) that may be set aside.
        now: The time until which to fetch.
        shrink_limit: How many runs a flow's Raw Data must still have.

    Raises:
        ConfigError: The server does not have a flow, or has it twice.
        SourceError: The server refuses or does not answer; what was fetched before stays.
        DataError: Too many runs cannot be used, or too few are left; what was fetched stays.
        StorageConflictError: Another fetch of the same flows was quicker.
    """
    source, client, storage = workspace.source, workspace.client, workspace.storage
    about = client.workspace()
    uuid, calling_code = _uuid(about, workspace.place), _calling_code(source, about)
    if workspace.budgets is not None:
        client.share_budget(workspace.budgets, uuid)
    flows = flows_named(source.activation_flow_names, source.survey_flow_names, client.flows(), workspace.place)
    to_fetch = [_to_fetch(flow, FlowLog(storage, flow.uuid), workspace, now) for flow in flows]
    names = FlowNames(storage, uuid)
    former = _former_logs(storage, flows, names.former_uuids(flows))
    names.remember(flows)
    before = [each.log.state.parts for each in to_fetch]
    queue, persons = ForgetQueue(storage, uuid), KnownPersons(storage, uuid, calling_code)
    deleted_count = queue.read(client, before=now, overlap=OVERLAP, place=workspace.place)
    archive_count = fetch_archives(to_fetch, client, persons, workspace.participants)
    contacts = partial(persons.looked_up, server=client, participants=workspace.participants)
    listed = [
        fetch_live(
            each.flow,
            each.log,
            client,
            workspace.participants,
            now,
            calling_code=calling_code,
            contacts=contacts,
            from_the_beginning=workspace.is_full_fetch,
        )
        for each in to_fetch
    ]
    if any(each.missing_since != date.max for each in to_fetch):  # the server may have archived while it was listed
        archive_count += fetch_archives(to_fetch, client, persons, workspace.participants)
    for each in to_fetch:
        each.log.end_listing(now)
    how = Publishing(
        workspace.place,
        targets,
        frozenset(source.test_contact_uuids),
        frozenset(person.contact for person in queue.people),
        quarantine_share_limit,
        RecordCounts(storage, shrink_limit),
    )
    tallies = publish_flows([(each.flow, (*former[each.flow.name], each.log)) for each in to_fetch], how)
    queue.recognise(_participants(tallies))
    counts = [*step_counts(_STEP, {"contacts_to_forget_new": deleted_count, "archives_read": archive_count})]
    for each, of_flow, tally in zip(to_fetch, listed, tallies, strict=True):
        counts += _counts(each.flow, of_flow, tally)
    counts += _traffic(client)
    files = (
        _file(each, former[each.flow.name], parts, tally)
        for each, parts, tally in zip(to_fetch, before, tallies, strict=True)
    )
    return FetchResult(tuple(files), tuple(counts))


def _former_logs(
    storage: Storage, flows: Iterable[Flow], uuids: Mapping[str, Iterable[str]]
) -> dict[str, list[FlowLog]]:
    """The logs of other flows that had the flows' names before, by name."""
    logs = {flow.name: [FlowLog(storage, uuid) for uuid in uuids[flow.name]] for flow in flows}
    for flow in flows:
        if logs[flow.name]:
            _logger.info(
                "%s: is now the flow %s; the Raw Data also have the runs of %s, which had this name before",
                flow.name,
                flow.uuid,
                ", ".join(uuids[flow.name]),
            )
    return logs


def _file(fetched: FlowToFetch, former: Iterable[FlowLog], before: Sequence[Part], tally: Tally) -> FetchedFile:
    parts = fetched.log.state.parts
    all_parts = [part for log in (*former, fetched.log) for part in log.state.parts]
    return FetchedFile(
        name=fetched.flow.name,
        uri=tally.uri,
        record_count=tally.record_count,
        is_unchanged=parts == before,
        quarantined_counts=dict(Counter(each.reason for each in tally.quarantined)),
        fingerprint=hashlib.sha256(" ".join(part.sha256 for part in all_parts).encode()).hexdigest(),
        replaced_count=tally.replaced_count,
    )


def _uuid(workspace: Mapping[str, Any], place: str) -> str:
    if workspace.get("anon"):
        wrong = "the workspace is anonymous: it hides the addresses by which the pipeline knows people"
        raise FatalSourceError(Problem(place, wrong, "ask the server's administrators to make it not anonymous"))
    uuid = uuid_of(workspace)
    if not uuid:
        raise FatalSourceError(Problem(place, "the server does not give the workspace's uuid", "update the server"))
    return uuid


def _calling_code(source: RapidProSource, workspace: Mapping[str, Any]) -> str:
    """The calling code of the country in the config, or else of the workspace's; empty if the country is unknown."""
    return CALLING_CODES.get(str(source.country or workspace.get("country")), "")


def _to_fetch(flow: Flow, log: FlowLog, workspace: Workspace, now: datetime) -> FlowToFetch:
    retention = timedelta(days=workspace.source.retention_days)
    known = FlowState() if workspace.is_full_fetch else log.state
    since = missing_since(known, created_on=flow.created_on, now=now, retention=retention)
    return FlowToFetch(flow, log, since)


def _participants(tallies: Iterable[Tally]) -> dict[str, set[str]]:
    """The participants of deleted contacts, from all flows together."""
    participants: defaultdict[str, set[str]] = defaultdict(set)
    for tally in tallies:
        for contact, found in tally.participants.items():
            participants[contact] |= found
    return participants


def _counts(flow: Flow, listed: Listed, tally: Tally) -> tuple[StepCount, ...]:
    """The manifest's counts of a flow; logs them too."""
    stored_count = tally.run_count - tally.former_count
    file = raw_data_file_name(flow.name)
    counts = {
        "pages": listed.page_count,
        "runs_listed": listed.run_count,
        "runs_new_or_changed": listed.new_count,
        "runs_on_server": flow.run_count,
        "runs_not_given": flow.run_count - stored_count,
        **({"runs_of_former_flows": tally.former_count} if tally.former_count else {}),
        "runs_in_older_version": tally.outdated_count,
        "runs_joined_to_first_participant": tally.joined_count,
        "texts_corrected_from_archives": tally.corrected_count,
    }
    by_kind = {"unknown_words_taken_out": tally.taken_out, "texts_from": tally.texts}
    _logger.info(
        "%s: %s in %s, %s new or changed; %s stored, %s by the server's count",
        flow.name,
        counted(listed.run_count, "run"),
        counted(listed.page_count, "page"),
        f"{listed.new_count:,}",
        f"{stored_count:,}",
        f"{flow.run_count:,}",
    )
    _logger.info(
        "%s: texts %s; %s corrected, %s set aside (%s of them published in an older version); "
        "%s joined to their contact's first participant",
        flow.name,
        ", ".join(f"{count:,} from {source}" for source, count in tally.texts.most_common()) or "none",
        f"{tally.corrected_count:,}",
        counted(len(tally.quarantined), "run"),
        f"{tally.outdated_count:,}",
        counted(tally.joined_count, "run"),
    )
    if tally.taken_out:
        told = ", ".join(f"{count:,} {what}" for what, count in sorted(tally.taken_out.items()))
        _logger.info("%s: unknown words of the server's were removed: %s", flow.name, told)
    kinds = (step_counts_by_kind(_STEP, measure, found, file=file) for measure, found in by_kind.items())
    return (*step_counts(_STEP, counts, file=file), *chain.from_iterable(kinds))


def _traffic(client: RapidProClient) -> tuple[StepCount, ...]:
    """The manifest's counts of requests; logs them too."""
    by_endpoint = client.traffic.request_counts
    waited = {why: round(seconds) for why, seconds in client.traffic.waited_seconds.items()}
    _logger.info(
        "%s: %s",
        counted(by_endpoint.total(), "request"),
        ", ".join(f"{count:,} for {endpoint}" for endpoint, count in by_endpoint.most_common()),
    )
    _logger.info(
        "%s repeated, waited %s; left of the hour's budget: %s",
        f"{client.traffic.retry_counts.total():,}",
        ", ".join(f"{seconds:,} s for {why}" for why, seconds in waited.items() if seconds) or "0 s",
        ", ".join(f"{left:,} of {scope}" for scope, left in sorted(client.requests_left.items())),
    )
    return (
        *step_counts_by_kind(_STEP, "requests_for", by_endpoint),
        *step_counts(_STEP, {"requests_repeated": client.traffic.retry_counts.total()}),
        *step_counts_by_kind(_STEP, "seconds_waited_for", waited),
    )
