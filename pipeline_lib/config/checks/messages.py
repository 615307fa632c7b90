"""What the fields of one source say together: who sent a message, when, and which field is its text.

A run stops at the first message without a sender or a time, and silently drops what no research question reads, so both
are reported here.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline_lib.config.answer_field_names import SEPARATOR
from pipeline_lib.config.checks.remappings import RECOVERED_FIELDS
from pipeline_lib.config.coding_plans import CodingPlansFile, DatasetEntry
from pipeline_lib.config.files import ReadModel
from pipeline_lib.config.findings import Finding, error, warning
from pipeline_lib.config.pipeline import PipelineConfig, SourceKeyRemapping
from pipeline_lib.config.sources import GCloudBucketSource, PageSource, RecoveryCSVSource
from pipeline_lib.model.coding_plan import DatasetKind

_UID = "uid"
_PHONE, _ACCOUNT = "avf_phone_id", "avf_facebook_id"

_RESULT = re.compile(r"(?P<result>.+) \((?:Text|Value|Category)\)(?P<flow> - .+)", re.DOTALL)
"""A flow's answer, which a run has in several fields."""

_NO_TEXT = re.compile(
    r".+ \((?:Time|Run ID|Name)\) - .+|(?:received_on|run_id)(?: - .+)?|.+\.(?:created_time|id)", re.DOTALL
)
"""A field that stands beside a text."""


@dataclass(frozen=True)
class _Part:
    """What stands together in one raw object: a flow's fields, a CSV's row, a comment."""

    name: str
    """What its fields' names begin or end with; empty for a recovery CSV."""
    text: str
    """Its field of texts; empty where the author chose the names."""
    time: str
    """Its field of times."""
    is_activation: bool
    is_certain: bool
    """Whether the source always gives these fields; a file of a bucket may be anything."""

    def holds(self, source_key: str) -> bool:
        """Whether a raw field is one of these."""
        if not self.name:
            return source_key in RECOVERED_FIELDS
        return source_key.startswith(f"{self.name}.") or source_key.endswith(f"{SEPARATOR}{self.name}")

    def is_text(self, source_key: str) -> bool:
        """Whether a field of it is what somebody wrote."""
        return source_key == self.text if self.text else _RESULT.fullmatch(source_key) is not None

    def time_of(self, source_key: str) -> str:
        """The field that holds the time of a field's value."""
        return self.time or re.sub(r" \([^()]*\)(?= - )", " (Time)", source_key, count=1)


@dataclass(frozen=True)
class _Fields:
    """The remappings, each with its number, and the datasets that they give messages to."""

    remappings: list[tuple[int, SourceKeyRemapping]]
    datasets: Mapping[str, tuple[DatasetKind, DatasetEntry]]
    by_time: tuple[str, ...]
    """Raw fields of the questions that messages move to by their time."""

    def targets(self, remapping: SourceKeyRemapping) -> list[str]:
        """The raw fields of the datasets whose texts a remapping gives."""
        key = remapping.pipeline_key
        if key in self.datasets:
            return [key]
        return list(self.by_time) if remapping.is_activation_message else []

    def is_question(self, raw_field: str) -> bool:
        """Whether messages to shows answer it."""
        kind, _ = self.datasets[raw_field]
        return kind is DatasetKind.RESEARCH_QUESTION


def findings(config: ReadModel[PipelineConfig], plans: ReadModel[CodingPlansFile]) -> Iterator[Finding]:
    """Sources whose messages stop a run, or vanish from it."""
    damaged = {"SourceKeyRemappings", "TimestampRemappings", "WSTextRemappings", "RawDataSources"} & config.damaged
    if config.model is None or plans.model is None or damaged or plans.damaged:
        return
    yield from _identities(config, config.model)
    datasets = {entry.raw_field: (kind, entry) for kind, _, entry in plans.model.datasets()}
    shows = config.model.remapped_shows()
    fields = _Fields(
        list(enumerate(config.model.source_key_remappings)), datasets, tuple(show for show in shows if show in datasets)
    )
    read = {
        *(field for _, entry in datasets.values() for field in entry.fields()),
        *(coding.raw_field for _, entry in datasets.values() for coding in entry.codings),
    }
    told: dict[Finding, None] = {}  # two sources may have flows of the same name
    for part in _parts(config.model):
        own = _Fields([(n, r) for n, r in fields.remappings if part.holds(r.source_key)], datasets, fields.by_time)
        told |= dict.fromkeys(_without(config, part, own, fields.remappings))
        told |= dict.fromkeys(_not_messages(config, config.model, part, own, read))
    yield from told
    yield from _several(config, fields)
    yield from _objects(config, config.model, fields)


def _identities(read: ReadModel[PipelineConfig], config: PipelineConfig) -> Iterator[Finding]:
    """One field says who sent everything, so processing stops at messages of a source that lacks it."""
    remapped = [(index, r) for index, r in enumerate(config.source_key_remappings) if r.pipeline_key == _UID]
    place = read.file.at("SourceKeyRemappings", *((remapped[0][0], "SourceKey") if remapped else ()))
    identity = remapped[0][1].source_key if remapped else _PHONE
    asked: dict[str, str] = {}
    for source in config.raw_data_sources:
        if not isinstance(source, GCloudBucketSource):
            asked.setdefault(_ACCOUNT if isinstance(source, PageSource) else _PHONE, source.source_type)
    for field, source_type in asked.items():
        if field != identity:
            wrong = f'"{identity}" says who sent everything, but {source_type} has it in "{field}": processing stops'
            right = f'map {{"SourceKey": "{field}", "PipelineKey": "{_UID}"}} first'
            if len(asked) > 1:
                right = "make a project of each: nothing tells that a phone and an account are one person's"
            yield error(place, wrong, right)


def _parts(config: PipelineConfig) -> Iterator[_Part]:
    for source in config.raw_data_sources:
        if isinstance(source, PageSource):
            for dataset in source.datasets:
                name = dataset.name
                yield _Part(name, f"{name}.message", f"{name}.created_time", is_activation=True, is_certain=True)
            continue
        is_certain = not isinstance(source, GCloudBucketSource)
        if isinstance(source, RecoveryCSVSource):
            if source.activation_names:
                yield _Part("", "message", "received_on", is_activation=True, is_certain=True)
            for name in source.survey_names:
                text, time = f"message{SEPARATOR}{name}", f"received_on{SEPARATOR}{name}"
                yield _Part(name, text, time, is_activation=False, is_certain=True)
            continue
        for names, is_activation in ((source.activation_names, True), (source.survey_names, False)):
            yield from (_Part(name, "", "", is_activation=is_activation, is_certain=is_certain) for name in names)


def _without(
    read: ReadModel[PipelineConfig], part: _Part, own: _Fields, remappings: list[tuple[int, SourceKeyRemapping]]
) -> Iterator[Finding]:
    """Texts for which the same source gives no time, or no id."""
    filled = {remapping.pipeline_key for _, remapping in own.remappings}
    anywhere = {remapping.pipeline_key for _, remapping in remappings}
    sources = read.model.raw_data_sources if read.model is not None else ()
    may_have_any_field = any(isinstance(source, GCloudBucketSource) for source in sources)
    for number, remapping in own.remappings:
        for target in own.targets(remapping):
            _, entry = own.datasets[target]
            needed = {entry.time_field: "processing stops at messages without a time"}
            if entry.message_id_field is not None:
                needed[entry.message_id_field] = "its messages cannot be told apart"
            for field, consequence in needed.items():
                if field in filled or (field not in anywhere and not may_have_any_field):
                    continue  # `remappings` reports a field that nothing fills at all
                wrong = f'"{remapping.source_key}" gives "{target}", but its source gives no "{field}": {consequence}'
                right = f'map another field of the same source to "{field}"'
                if field == entry.time_field:
                    time = part.time_of(remapping.source_key)
                    right = f'add {{"SourceKey": "{time}", "PipelineKey": "{field}"}}'
                found = error if part.is_certain else warning
                yield found(read.file.at("SourceKeyRemappings", number), wrong, right)


def _not_messages(
    read: ReadModel[PipelineConfig], config: PipelineConfig, part: _Part, own: _Fields, known: set[str | None]
) -> Iterator[Finding]:
    """Texts of an activation that are no messages, since `IsActivationMessage` was forgotten."""
    if not part.is_activation:
        return
    if any(remapping.is_activation_message for _, remapping in own.remappings):
        return
    found = error if part.is_certain else warning
    moved_by = {time.time_key for time in config.timestamp_remappings}
    for number, remapping in own.remappings:
        place = read.file.at("SourceKeyRemappings", number, "IsActivationMessage")
        if not part.is_text(remapping.source_key):
            continue
        if remapping.pipeline_key not in known:
            wrong = f'is not true, and no dataset reads "{remapping.pipeline_key}": its messages are dropped'
            yield found(place, wrong, "write true, or name the dataset's RawField")
        elif own.targets(remapping) and part.time_of(remapping.source_key) in moved_by:
            wrong = "is not true, so that TimestampRemappings move none of its messages"
            yield found(place, wrong, "write true, or take those out")


def _several(read: ReadModel[PipelineConfig], fields: _Fields) -> Iterator[Finding]:
    """Remappings that make a second message of one text, at which processing stops."""
    first: dict[tuple[str, ...], tuple[int, SourceKeyRemapping]] = {}
    for number, remapping in fields.remappings:
        if remapping.is_activation_message and _NO_TEXT.fullmatch(remapping.source_key):
            place = read.file.at("SourceKeyRemappings", number, "IsActivationMessage")
            yield error(place, f'is true, and "{remapping.source_key}" is not the text of a message', "take it out")
            continue
        targets = [target for target in fields.targets(remapping) if fields.is_question(target)]
        if not targets and not remapping.is_activation_message:
            continue
        match = _RESULT.fullmatch(remapping.source_key)
        text = match.group("result", "flow") if match else (remapping.source_key,)
        earlier_number, earlier = first.setdefault(text, (number, remapping))
        both_flagged = earlier.is_activation_message and remapping.is_activation_message
        if earlier is not remapping and (both_flagged or earlier.pipeline_key != remapping.pipeline_key):
            place, earlier_place = (read.file.at("SourceKeyRemappings", each) for each in (number, earlier_number))
            wrong = f"gives the text of {earlier_place.split(': ', 1)[-1]} again: processing stops at two messages"
            yield error(place, wrong, "keep one of them")


def _objects(read: ReadModel[PipelineConfig], config: PipelineConfig, fields: _Fields) -> Iterator[Finding]:
    """Objects of a comment, which only a cleaner can read, in the place of a text."""
    names = [dataset.name for s in config.raw_data_sources if isinstance(s, PageSource) for dataset in s.datasets]
    objects = {f"{name}.{key}" for name in names for key in ("parent", "post")}
    texts = {field for _, entry in fields.datasets.values() for field in entry.fields()}
    for number, remapping in fields.remappings:
        if remapping.source_key in objects and (remapping.is_activation_message or remapping.pipeline_key in texts):
            wrong = f'is an object, and "{remapping.pipeline_key}" is to be a text: processing stops'
            right = "map it to the RawField of a coding"
            yield error(read.file.at("SourceKeyRemappings", number, "SourceKey"), wrong, right)
