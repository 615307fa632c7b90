"""The fields that remappings fill, and the fields that the coding plans read (semantics.md 2)."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline_lib.config.coding_plans import CodingPlansFile, DatasetEntry, Placed
from pipeline_lib.config.files import ReadModel
from pipeline_lib.config.findings import Finding, error, warning
from pipeline_lib.config.pipeline import PipelineConfig
from pipeline_lib.config.source_document import WrittenFile
from pipeline_lib.config.sources import GCloudBucketSource
from pipeline_lib.errors import nearest
from pipeline_lib.model.coding_plan import DatasetKind

RECOVERED_FIELDS = ("message", "received_on", "run_id")
"""What a recovery CSV's rows have (sources.md A.7)."""

_OPERATOR = "operator_raw"
"""The only field that sources fill by the pipeline's own name."""

_PARTICIPANT = "uid"


@dataclass(frozen=True)
class _Fields:
    """The pipeline's fields."""

    filled: frozenset[str]
    read: frozenset[str]

    def hint(self, unfilled: str) -> str:
        """How the remappings may spell a field that nothing fills: a similar name that nothing reads."""
        return _hint(unfilled, self.filled - self.read)


def findings(config: ReadModel[PipelineConfig], plans: ReadModel[CodingPlansFile]) -> Iterator[Finding]:
    """Fields that nothing fills, and fields that are filled for nothing."""
    if config.model is None:
        return
    if "SourceKeyRemappings" not in config.damaged:
        yield from _unknown_times(config.file, config.model)
    if plans.model is None:
        return
    remappings = config.model.source_key_remappings
    filled = {r.pipeline_key for r in remappings} | config.model.remapped_shows().keys() | {_OPERATOR}
    read = {field for placed in plans.model.datasets() for field in _fields_of(placed.entry)} | {_PARTICIPANT}
    fields = _Fields(frozenset(filled), frozenset(read))
    if not {"SourceKeyRemappings", "TimestampRemappings", "WSTextRemappings"} & config.damaged:
        may_have_any_field = any(isinstance(s, GCloudBucketSource) for s in config.model.raw_data_sources)
        for placed in plans.model.datasets():
            yield from _unfilled(placed, plans, fields, may_have_any_field=may_have_any_field)
    if not plans.damaged:
        yield from _unread(config.file, config.model, fields.read)
    if DatasetKind.RESEARCH_QUESTION not in plans.damaged:
        yield from _unknown_shows(config.file, config.model, plans.model)


def _unfilled(
    placed: Placed, plans: ReadModel[CodingPlansFile], fields: _Fields, *, may_have_any_field: bool
) -> Iterator[Finding]:
    kind, index, entry = placed
    if entry.derived_from is not None:
        return
    if entry.raw_field not in fields.filled:
        right = fields.hint(entry.raw_field)
        yield warning(plans.file.at(kind, index, "RawField"), f'no remapping fills "{entry.raw_field}"', right)
        return
    needed = [("TimeField", entry.time_field, "messages have no time")]
    if entry.message_id_field is not None:
        needed.append(("MessageIDField", entry.message_id_field, "messages cannot be told apart"))
    found = warning if may_have_any_field else error
    for key, field, consequence in needed:
        if field not in fields.filled:
            wrong = f'no remapping fills "{field}": {consequence}'
            yield found(plans.file.at(kind, index, key), wrong, fields.hint(field))
    if entry.icr_filename is not None and entry.run_id_field not in {None, *fields.filled}:
        wrong = f'no remapping fills "{entry.run_id_field}": the first column of its ICR file stays empty'
        yield warning(plans.file.at(kind, index, "RunIDField"), wrong)
    for number, coding in enumerate(entry.codings):
        if coding.raw_field is not None and coding.raw_field not in fields.filled:
            place = plans.file.at(kind, index, "Codings", number, "RawField")
            yield warning(place, f'no remapping fills "{coding.raw_field}"', fields.hint(coding.raw_field))


def _unknown_times(file: WrittenFile, config: PipelineConfig) -> Iterator[Finding]:
    source_keys = {r.source_key for r in config.source_key_remappings} | {*RECOVERED_FIELDS}
    for index, time in enumerate(config.timestamp_remappings):
        if time.time_key not in source_keys:
            wrong = f'no remapping knows the raw field "{time.time_key}"'
            yield warning(file.at("TimestampRemappings", index, "TimeKey"), wrong, _hint(time.time_key, source_keys))


def _unread(file: WrittenFile, config: PipelineConfig, known: frozenset[str]) -> Iterator[Finding]:
    for index, remapping in enumerate(config.source_key_remappings):
        key = remapping.pipeline_key
        if not remapping.is_activation_message and key not in known and (key.endswith("_raw") or _hint(key, known)):
            place = file.at("SourceKeyRemappings", index, "PipelineKey")
            yield warning(place, f'no dataset reads "{key}"', _hint(key, known))


def _unknown_shows(file: WrittenFile, config: PipelineConfig, plans: CodingPlansFile) -> Iterator[Finding]:
    shows = frozenset(entry.raw_field for entry in plans.research_questions)
    known = frozenset(placed.entry.raw_field for placed in plans.datasets())
    for index, remapping in enumerate(config.source_key_remappings):
        key = remapping.pipeline_key
        # Where times decide on shows, messages wait under a name that no dataset has.
        if remapping.is_activation_message and key not in known and not config.timestamp_remappings:
            place = file.at("SourceKeyRemappings", index, "PipelineKey")
            yield warning(place, f'no research question reads "{key}": its messages are dropped', _hint(key, shows))
    for index, time in enumerate(config.timestamp_remappings):
        show = time.show_pipeline_key_to_remap_to
        if show not in shows:
            place = file.at("TimestampRemappings", index, "ShowPipelineKeyToRemapTo")
            wrong = f'no research question reads "{show}": the messages of this range are dropped'
            yield warning(place, wrong, _hint(show, shows))


def _fields_of(entry: DatasetEntry) -> Iterator[str]:
    yield from entry.fields()
    yield from (coding.raw_field for coding in entry.codings if coding.raw_field is not None)


def _hint(unknown: str, known: frozenset[str] | set[str]) -> str:
    meant = nearest(unknown, known, likeness=0.85)
    return f'did you mean "{meant}"?' if meant is not None else ""
