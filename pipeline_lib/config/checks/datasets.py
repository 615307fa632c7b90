"""Names in the coding plans that must differ: fields, files, columns."""

from collections.abc import Callable, Iterator

from pipeline_lib.config.checks.columns import OWN_COLUMNS
from pipeline_lib.config.coding_plans import CodingPlansFile, Placed
from pipeline_lib.config.files import ReadModel
from pipeline_lib.config.findings import Finding, error, warning
from pipeline_lib.config.model_introspection import Step
from pipeline_lib.config.name_rules import compared, normal
from pipeline_lib.errors import did_you_mean

OWN_FRAME_COLUMNS = ("participant", "dataset", "sent_at", "text", "record_key")
"""Columns that the frames of the analysis have in any case."""

_Place = str | tuple[Step, ...]
"""A path in the coding plans, or what to call something that is nowhere in them."""

_Named = tuple[_Place, str | None]
"""A place, and the name that stands there."""


def findings(plans: ReadModel[CodingPlansFile]) -> Iterator[Finding]:
    """Names that two datasets share, or that cannot be what they should name."""
    if plans.model is None:
        return
    datasets = plans.model.datasets()
    if not datasets and not plans.damaged:
        right = "name what shows asked, or the Demographics of a project with surveys only"
        yield error(plans.file.at("ResearchQuestions"), "there is no dataset at all", right)
    raw = _of_datasets(datasets, "RawField", "raw_field")
    coded = _of_codings(datasets, "CodedField", "coded_field")
    yield from _repeated(plans, raw + coded)
    yield from _repeated(plans, _of_datasets(datasets, "DatasetName", "dataset_name"))
    keys = _of_codings(datasets, "AnalysisFileKey", "analysis_file_key")
    own: list[_Named] = [("a column of every CSV", column) for column in OWN_COLUMNS]
    own += [("a column of every frame of the analysis", column) for column in OWN_FRAME_COLUMNS]
    yield from _repeated(plans, own + raw + keys, only=keys)
    for key, attribute, suffix in (("CodaFilename", "coda_filename", ".json"), ("ICRFilename", "icr_filename", ".csv")):
        files = _of_datasets(datasets, key, attribute)
        yield from _repeated(plans, files, as_one=compared)
        for place, name in files:
            if name is not None and (not name.endswith(suffix) or name == suffix):
                yield error(_said(plans, place), f"must end in {suffix}")
    for placed in datasets:
        yield from _codings(plans, placed)
    yield from _maps(plans, plans.model)


def _of_datasets(datasets: list[Placed], key: str, attribute: str) -> list[_Named]:
    return [((kind, index, key), getattr(entry, attribute)) for kind, index, entry in datasets]


def _of_codings(datasets: list[Placed], key: str, attribute: str) -> list[_Named]:
    return [
        ((kind, index, "Codings", number, key), getattr(coding, attribute))
        for kind, index, entry in datasets
        for number, coding in enumerate(entry.codings)
    ]


def _said(plans: ReadModel[CodingPlansFile], place: _Place) -> str:
    return place if isinstance(place, str) else plans.file.at(*place)


def _repeated(
    plans: ReadModel[CodingPlansFile],
    named: list[_Named],
    only: list[_Named] | None = None,
    as_one: Callable[[str], str] = normal,
) -> Iterator[Finding]:
    """One error for each name that stands at an earlier place too, however its accents are written."""
    first: dict[str, _Place] = {}
    for place, name in named:
        if name is None:
            continue
        same = as_one(name)
        if same in first and (only is None or (place, name) in only):
            earlier = _said(plans, first[same]).split(": ", 1)[-1]
            yield error(_said(plans, place), f'"{name}" is already {earlier}', "give each a name of its own")
        first.setdefault(same, place)


def _codings(plans: ReadModel[CodingPlansFile], placed: Placed) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for number, coding in enumerate(placed.entry.codings):
        place = plans.file.at(placed.kind, placed.number, "Codings", number)
        if coding.requires_manual_verification and coding.code_scheme in first:
            earlier = plans.file.at(placed.kind, placed.number, "Codings", first[coding.code_scheme]).split(": ", 1)[-1]
            wrong = f'"{coding.code_scheme}" is already the scheme of {earlier}: their labels cannot be told apart'
            yield error(f"{place}.CodeScheme", wrong)
        first.setdefault(coding.code_scheme, number)
        if coding.analysis_file_key is None:
            yield warning(f"{place}.AnalysisFileKey", "is missing: the codes have no column in the CSVs")
        gives_codes = coding.requires_manual_verification or coding.cleaner is not None
        if not gives_codes and placed.entry.imputation is None and placed.entry.derived_from is None:
            yield warning(f"{place}.Cleaner", "is missing: neither a cleaner nor Coda gives codes")


def _maps(plans: ReadModel[CodingPlansFile], model: CodingPlansFile) -> Iterator[Finding]:
    keys = {coding.analysis_file_key for placed in model.datasets() for coding in placed.entry.codings}
    for index, breakdown in enumerate(model.breakdown_maps):
        if breakdown.analysis_file_key not in keys and not plans.damaged:
            place = plans.file.at("BreakdownMaps", index, "AnalysisFileKey")
            right = did_you_mean(breakdown.analysis_file_key, {key for key in keys if key})
            yield error(place, f'no coding has the AnalysisFileKey "{breakdown.analysis_file_key}"', right)
