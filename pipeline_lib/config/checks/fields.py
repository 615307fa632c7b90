"""Fields of datasets that must differ: from one another, and from the columns that processing has for itself."""

from collections.abc import Iterator

from pipeline_lib.config.coding_plans import CodingPlansFile, DatasetEntry, Placed
from pipeline_lib.config.files import ReadModel
from pipeline_lib.config.findings import Finding, error
from pipeline_lib.model.coding_plan import DatasetKind

OWN_FIELDS = frozenset(
    {
        "code_id",
        "correct_dataset",
        "dataset",
        "file",
        "file_row",
        "group",
        "is_late",
        "is_test",
        "key",
        "message_count",
        "message_id",
        "message_key",
        "moved_from",
        "operator",
        "origin",
        "participant",
        "position",
        "received later",
        "run_id",
        "run_id_field",
        "sent_at",
        "sent_on",
        "show",
        "target",
        "text",
        "text to show",
        "text_row",
        "uid",
    }
)
"""What processing calls the columns that every project has."""

_USUAL = {"TimeField": "sent_on", "RunIDField": "run_id", "MessageIDField": "message_key"}
"""Those that a key may name, because the key says which field becomes that column."""


def findings(plans: ReadModel[CodingPlansFile]) -> Iterator[Finding]:
    """Fields that would overwrite one another, or that nothing could read."""
    if plans.model is None:
        return
    datasets = plans.model.datasets()
    texts = {placed.entry.raw_field for placed in datasets}
    for placed in datasets:
        place, entry = plans.file.at(placed.kind, placed.number), placed.entry
        for key, field in _fields_of(placed):
            if field in OWN_FIELDS and field != _USUAL.get(key):
                yield error(f"{place}.{key}", f'"{field}" is a column of processing itself', "call it otherwise")
        if entry.time_field in texts:
            yield error(f"{place}.TimeField", f'"{entry.time_field}" is the RawField of a dataset', "name a time")
        if placed.kind is DatasetKind.RESEARCH_QUESTION:
            continue
        yield from _of_messages_only(place, entry)


def _of_messages_only(place: str, survey: DatasetEntry) -> Iterator[Finding]:
    """Keys that a survey cannot have, since it has one text per participant and nothing beside it."""
    if survey.message_id_field is not None:
        wrong = "is for messages only: a survey's answers are identified by their texts"
        yield error(f"{place}.MessageIDField", wrong, "take it out")
    for number, coding in enumerate(survey.codings):
        if coding.raw_field is not None:
            wrong = "is for messages only: a survey's codings all read its own RawField"
            yield error(f"{place}.Codings[{number}].RawField", wrong, "take it out, or make a dataset of the field")


def _fields_of(placed: Placed) -> Iterator[tuple[str, str]]:
    """What a dataset's fields are called, and which key says so."""
    entry = placed.entry
    own: list[tuple[str, str | None]] = [
        ("RawField", entry.raw_field),
        ("TimeField", entry.time_field),
        ("RunIDField", entry.run_id_field),
        ("MessageIDField", entry.message_id_field),
    ]
    for number, coding in enumerate(entry.codings):
        own.append((f"Codings[{number}].RawField", coding.raw_field))
        own.append((f"Codings[{number}].CodedField", coding.coded_field))
    yield from ((key, field) for key, field in own if field is not None)
