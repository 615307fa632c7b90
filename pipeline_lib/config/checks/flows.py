"""The flows that sources fetch, and those that raw fields name, as in `Gender (Value) - demo_demographics`."""

from collections.abc import Iterator

from pipeline_lib.config.answer_field_names import SEPARATOR
from pipeline_lib.config.checks.sources import forms_of, keys_of_names
from pipeline_lib.config.csv_source import CSVSource
from pipeline_lib.config.facebook_export import FacebookExportSource
from pipeline_lib.config.files import ReadModel
from pipeline_lib.config.findings import Finding, warning
from pipeline_lib.config.kobo_source import KoboToolboxSource
from pipeline_lib.config.pipeline import PipelineConfig
from pipeline_lib.config.source_document import WrittenFile
from pipeline_lib.config.sources import (
    FacebookSource,
    FormSource,
    GCloudBucketSource,
    PageSource,
    RapidProSource,
    RecoveryCSVSource,
)
from pipeline_lib.errors import did_you_mean, nearest

_VERY_LIKE = 0.9


def findings(read: ReadModel[PipelineConfig]) -> Iterator[Finding]:
    """Flows that no remapping names, and remappings of flows that no source fetches."""
    if read.model is None or {"RawDataSources", "SourceKeyRemappings"} & read.damaged:
        return
    keys = [remapping.source_key for remapping in read.model.source_key_remappings]
    flows, opaque = _flows(read.model, keys)
    named = {flow for flow in flows for key in keys if key.endswith(SEPARATOR + flow)}
    yield from _flows_without_keys(read.file, read.model, keys, named)
    for index, key in enumerate(keys):
        if SEPARATOR not in key or any(key.endswith(SEPARATOR + flow) for flow in flows):
            continue
        flow = key.rsplit(SEPARATOR, 1)[1]
        # A bucket's file may hold other flows than its name says, so only a near miss is reported.
        if opaque and nearest(flow, opaque, likeness=_VERY_LIKE) is None:
            continue
        place = read.file.at("SourceKeyRemappings", index, "SourceKey")
        yield warning(place, f'no source fetches a flow "{flow}"', did_you_mean(flow, flows))
    yield from _comments_without_source(read.file, read.model, keys)


def _flows(config: PipelineConfig, keys: list[str]) -> tuple[set[str], set[str]]:
    """Names that may follow the separator, and those of bucket files that no key names."""
    flows: set[str] = set()
    opaque: set[str] = set()
    for source in config.raw_data_sources:
        match source:
            case RapidProSource() | CSVSource() | KoboToolboxSource():
                flows.update(source.activation_names, source.survey_names)
            case GCloudBucketSource():
                names = {*source.activation_names, *source.survey_names}
                flows |= names
                opaque |= {name for name in names if not any(key.endswith(SEPARATOR + name) for key in keys)}
            case RecoveryCSVSource():
                flows.update(source.survey_names)
            case FacebookSource() | FacebookExportSource():
                pass
    return flows, opaque


def _flows_without_keys(
    file: WrittenFile, config: PipelineConfig, keys: list[str], named: set[str]
) -> Iterator[Finding]:
    for index, source in enumerate(config.raw_data_sources):
        if isinstance(source, FormSource):
            yield from (
                warning(f"{place}.Name", f'no remapping names a field of "{form.name}": it is not used')
                for place, form in forms_of(file, index, source)
                if form.name not in named
            )
            continue
        activations, surveys = keys_of_names(source)
        here = ("RawDataSources", index)
        if isinstance(source, RecoveryCSVSource) and source.activation_names and "message" not in keys:
            wrong = 'no remapping names the raw field "message": the recovered messages are not used'
            yield warning(file.at(*here, activations), wrong)
        expected = {activations: source.activation_names, surveys: source.survey_names}
        if isinstance(source, GCloudBucketSource | PageSource):
            continue
        if isinstance(source, RecoveryCSVSource):
            del expected[activations]
        for key, names in expected.items():
            for number, name in enumerate(names):
                if name not in named:
                    wrong = f'no remapping names a field of "{name}": it is not used'
                    yield warning(file.at(*here, key, number), wrong)


def _comments_without_source(file: WrittenFile, config: PipelineConfig, keys: list[str]) -> Iterator[Finding]:
    """The same for comments, whose raw fields are called `<dataset>.<field>`."""
    sources = [(i, s) for i, s in enumerate(config.raw_data_sources) if isinstance(s, PageSource)]
    if not sources:
        return
    datasets = {dataset.name for _, source in sources for dataset in source.datasets}
    prefixes = {key.split(".", 1)[0] for key in keys if "." in key and SEPARATOR not in key}
    for index, source in sources:
        for number, dataset in enumerate(source.datasets):
            if dataset.name not in prefixes:
                place = file.at("RawDataSources", index, "Datasets", number, "Name")
                yield warning(place, f'no remapping names a field of "{dataset.name}": it is not used')
    for index, key in enumerate(keys):
        prefix, dot, _ = key.partition(".")
        if dot and SEPARATOR not in key and prefix not in datasets:
            place = file.at("SourceKeyRemappings", index, "SourceKey")
            yield warning(place, f'no source fetches a dataset "{prefix}"', did_you_mean(prefix, datasets))
