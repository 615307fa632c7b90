"""Sources whose fields a config declares, held against the remappings and the coding plans."""

from collections.abc import Iterator

from pipeline_lib.config.answer_field_names import SEPARATOR, AnswerNames
from pipeline_lib.config.checks.sources import forms_of
from pipeline_lib.config.coding_plans import CodingPlansFile
from pipeline_lib.config.files import ReadModel
from pipeline_lib.config.findings import Finding, error, warning
from pipeline_lib.config.pipeline import PipelineConfig
from pipeline_lib.config.sources import FormSource
from pipeline_lib.errors import did_you_mean


def findings(read: ReadModel[PipelineConfig], plans: ReadModel[CodingPlansFile]) -> Iterator[Finding]:
    """Remappings of fields that a form does not have, answers that no remapping names, and messages that are none."""
    if read.model is None or {"RawDataSources", "SourceKeyRemappings"} & read.damaged:
        return
    questions = {entry.raw_field for entry in plans.model.research_questions} if plans.model is not None else set()
    for index, source in enumerate(read.model.raw_data_sources):
        for place, form in forms_of(read.file, index, source) if isinstance(source, FormSource) else ():
            yield from _unknown_fields(read, read.model, form)
            yield from _unnamed(place, form, {r.source_key for r in read.model.source_key_remappings})
            yield from _no_messages(place, form, read.model, questions)


def _unknown_fields(read: ReadModel[PipelineConfig], config: PipelineConfig, form: AnswerNames) -> Iterator[Finding]:
    for number, remapping in enumerate(config.source_key_remappings):
        key = remapping.source_key
        if key.endswith(f"{SEPARATOR}{form.name}") and key not in form.raw_fields:
            place = read.file.at("SourceKeyRemappings", number, "SourceKey")
            yield error(place, f'"{form.name}" declares no field "{key}"', did_you_mean(key, form.raw_fields))


def _unnamed(place: str, form: AnswerNames, source_keys: set[str]) -> Iterator[Finding]:
    for key, names in (("Messages", form.messages), ("Answers", form.answers)):
        for number, name in enumerate(names):
            text = form.raw_field(name.field, "Text")
            if text not in source_keys:
                yield warning(f"{place}.{key}[{number}].Field", f'no remapping names "{text}": it is not used')


def _no_messages(place: str, form: AnswerNames, config: PipelineConfig, questions: set[str]) -> Iterator[Finding]:
    """Answers that a research question reads: processing takes messages to shows only from messages."""
    fields = {
        remapping.source_key
        for remapping in config.source_key_remappings
        if remapping.is_activation_message or remapping.pipeline_key in questions
    }
    for number, name in enumerate(form.answers):
        text = form.raw_field(name.field, "Text")
        if text in fields:
            wrong = f'"{text}" gives messages to a research question, which Answers are not'
            yield error(f"{place}.Answers[{number}]", wrong, "list it in Messages")
