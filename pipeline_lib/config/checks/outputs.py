"""Names of the outputs, and the codings that they show."""

from collections.abc import Iterator, Mapping

from pipeline_lib.config.coding_plans import CodingEntry, CodingPlansFile
from pipeline_lib.config.files import ReadModel
from pipeline_lib.config.findings import Finding, error
from pipeline_lib.config.name_rules import compared
from pipeline_lib.config.pipeline import PipelineConfig
from pipeline_lib.errors import did_you_mean
from pipeline_lib.model.code_scheme import CodeScheme

OWN_NAMES = (
    "auto_coded_traced_data.jsonl",
    "Coda Files",
    "coding_by_coder.csv",
    "coding_progress.csv",
    "ICR",
    "individuals_traced_data.jsonl",
    "messages_traced_data.jsonl",
    "Processed",
    "quality.csv",
    "wrong_scheme_moves.csv",
)
"""What lies in the folder of outputs under a name that no config chooses."""

_NAMES = (
    ("OutputFilenames", "Messages"),
    ("OutputFilenames", "Individuals"),
    ("OutputFilenames", "Production"),
    ("Interface", "InboxFilename"),
    ("Interface", "DemographicsFilename"),
)


def findings(
    config: ReadModel[PipelineConfig],
    plans: ReadModel[CodingPlansFile],
    schemes: Mapping[str, ReadModel[CodeScheme]],
) -> Iterator[Finding]:
    """Names that two outputs share, and codings that The Interface could not show."""
    if config.model is None:
        return
    yield from _filenames(config, config.model)
    if plans.model is not None and not plans.damaged:
        yield from _interface(config, config.model, plans.model, schemes)


def _filenames(read: ReadModel[PipelineConfig], config: PipelineConfig) -> Iterator[Finding]:
    taken = {compared(name): "an output of its own" for name in OWN_NAMES}
    names, interface = config.output_filenames, config.interface
    chosen = [names.messages, names.individuals, names.production]
    chosen += [interface.inbox_filename, interface.demographics_filename] if interface else []
    for path, name in zip(_NAMES, chosen, strict=False):
        place = read.file.at(*path)
        if name and compared(name) in taken:
            yield error(place, f'"{name}" is already {taken[compared(name)]}', "give each a name of its own")
        taken.setdefault(compared(name), ".".join(path))


def _interface(
    read: ReadModel[PipelineConfig],
    config: PipelineConfig,
    plans: CodingPlansFile,
    schemes: Mapping[str, ReadModel[CodeScheme]],
) -> Iterator[Finding]:
    if config.interface is None:
        return
    surveys = (*plans.demographics, *plans.follow_ups, *plans.engagement)
    codings: dict[str | None, CodingEntry] = {c.analysis_file_key: c for survey in surveys for c in survey.codings}
    for name in ("gender", "age", "county"):
        key = getattr(config.interface, name)
        if key is not None and key not in codings:
            wrong = f'no coding of a survey has the AnalysisFileKey "{key}"'
            yield error(read.file.at("Interface", name.capitalize()), wrong, did_you_mean(key, filter(None, codings)))
    age = codings.get(config.interface.age) if config.interface.age is not None else None
    scheme = schemes.get(age.code_scheme) if age is not None else None
    if scheme is not None and scheme.model is not None and "Codes" not in scheme.damaged:
        yield from _ages(read.file.at("Interface", "Age"), scheme.model)


def _ages(place: str, scheme: CodeScheme) -> Iterator[Finding]:
    """Ages are read from numbers: a scheme of age groups has other ones, and would be grouped wrongly."""
    others = [code.string_value for code in scheme.normal_codes if code.string_value != f"{code.numeric_value}"]
    if others:
        wrong = f'"{others[0]}" of the scheme "{scheme.name}" is no age in years'
        yield error(place, wrong, "name the coding whose codes are ages")
