"""Sources compared with each other: what they fetch becomes files of one folder."""

from collections.abc import Iterator

from pipeline_lib.config.answer_field_names import AnswerNames
from pipeline_lib.config.csv_source import CSVSource
from pipeline_lib.config.file_names import safe_file_name
from pipeline_lib.config.files import ReadModel
from pipeline_lib.config.findings import Finding, error, warning
from pipeline_lib.config.name_rules import RAW_DATA, compared
from pipeline_lib.config.pipeline import PipelineConfig
from pipeline_lib.config.source_document import WrittenFile
from pipeline_lib.config.sources import FormSource, PageSource, RapidProSource, Source


def findings(read: ReadModel[PipelineConfig]) -> Iterator[Finding]:
    """Names that two raw files share, and sources without any."""
    if read.model is None:
        return
    first: dict[str, tuple[str, str]] = {}
    for place, name, is_given in _raw_files(read.file, read.model):
        faults = [] if is_given else list(RAW_DATA.faults(name))
        if not name.strip():
            faults = [("is empty", "write a name")]
        yield from (error(place, wrong, right) for wrong, right in faults)
        if faults:
            continue
        first_place, first_name = first.setdefault(compared(name), (place, name))
        if first_place == place:
            continue
        shown, where = safe_file_name(name), first_place.split(": ", 1)[-1]
        if name == first_name:
            right = "the file names of all sources must differ, up to the first dot"
            yield error(place, f'"{shown}" is already the raw data of {where}', right)
        else:
            wrong = f'"{shown}" differs from {where} in capitals or accents alone'
            yield warning(place, wrong, "the disk of a Mac or of Windows would take their files for one")
    for index, source in enumerate(read.model.raw_data_sources):
        if not source.activation_names + source.survey_names and "RawDataSources" not in read.damaged:
            right = f"write {' or '.join(keys_of_names(source))}"
            yield warning(read.file.at("RawDataSources", index), "names nothing to fetch", right)


def _raw_files(file: WrittenFile, config: PipelineConfig) -> Iterator[tuple[str, str, bool]]:
    """For each raw file: where it is named, its name, and whether somebody outside the project chose that name."""
    for index, source in enumerate(config.raw_data_sources):
        if isinstance(source, FormSource):
            for place, form in forms_of(file, index, source):
                yield f"{place}.Name", form.name, False
            continue
        activations, surveys = keys_of_names(source)
        for key, names in ((activations, source.activation_names), (surveys, source.survey_names)):
            for number, name in enumerate(names):
                yield file.at("RawDataSources", index, key, number), name, not isinstance(source, PageSource)


def forms_of(file: WrittenFile, index: int, source: FormSource) -> Iterator[tuple[str, AnswerNames]]:
    """The forms of a source, and where each stands."""
    if isinstance(source, CSVSource):
        named = [("Datasets", dataset.names) for dataset in source.datasets]
    else:
        named = [("Forms", form.names) for form in source.forms]
    for number, (key, names) in enumerate(named):
        yield file.at("RawDataSources", index, key, number), names


def keys_of_names(source: Source) -> tuple[str, str]:
    """The keys of a source that name its activations and its surveys."""
    if isinstance(source, RapidProSource):
        return "ActivationFlowNames", "SurveyFlowNames"
    return ("Datasets", "Datasets") if isinstance(source, PageSource) else ("ActivationFlowURLs", "SurveyFlowURLs")
