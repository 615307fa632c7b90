"""Names in the coding plans that must differ: fields, files, columns."""

from collections.abc import Callable, Iterator
from itertools import chain

from pipeline_lib.config.checks.columns import OWN_COLUMNS
from pipeline_lib.config.coding_plans import CodingPlansFile, Placed
from pipeline_lib.config.files import ReadModel
from pipeline_lib.config.findings import Finding, error, warning
from pipeline_lib.config.name_rules import compared, normal
from pipeline_lib.errors import did_you_mean

OWN_FRAME_COLUMNS = ("participant", "dataset", "sent_at", "text", "record_key")
"""Columns that the frames of the analysis have in any case."""

_Named = tuple[str, str | None]
"""A place, and the name that stands there."""


def findings(plans: ReadModel[CodingPlansFile]) -> Iterator[Finding]:
    """Names that two datasets share, or that cannot be what they should name."""
    if plans.model is None:
        return
    datasets = list(plans.model.datasets())
    if not datasets and not plans.damaged:
        right = "name what shows asked, or the Demographics of a project with surveys only"
        yield error(plans.file.at("ResearchQuestions"), "there is no dataset at all", right)
    raw = _of_datasets(plans, datasets, "RawField", "raw_field")
    coded = _of_codings(plans, datasets, "CodedField", "coded_field")
    yield from _repeated(raw + coded)
    yield from _repeated(_of_datasets(plans, datasets, "DatasetName", "dataset_name"))
    keys = _of_codings(plans, datasets, "AnalysisFileKey", "analysis_file_key")
    own = [("a column of every CSV", column) for column in OWN_COLUMNS]
    own += [("a column of every frame of the analysis", column) for column in OWN_FRAME_COLUMNS]
    yield from _repeated(own + raw + keys, only=keys)
    for key, attribute, suffix in (("CodaFilename", "coda_filename", ".json"), ("ICRFilename", "icr_filename", ".csv")):
        files = _of_datasets(plans, datasets, key, attribute)
        yield from _repeated(files, as_one=compared)
        yield from chain.from_iterable(_filename(place, name, suffix) for place, name in files if name is not None)
    for placed in datasets:
        yield from _codings(plans, placed)
    yield from _maps(plans, plans.model)


def _of_datasets(plans: ReadModel[CodingPlansFile], datasets: list[Placed], key: str, attribute: str) -> list[_Named]:
    return [(plans.file.at(kind, index, key), getattr(entry, attribute)) for kind, index, entry in datasets]


def _of_codings(plans: ReadModel[CodingPlansFile], datasets: list[Placed], key: str, attribute: str) -> list[_Named]:
    return [
        (plans.file.at(kind, index, "Codings", number, key), getattr(coding, attribute))
        for kind, index, entry in datasets
        for number, coding in enumerate(entry.codings)
    ]


def _repeated(
    named: list[_Named], only: list[_Named] | None = None, as_one: Callable[[str], str] = normal
) -> Iterator[Finding]:
    """One error for each name that stands at an earlier place too, however its accents are written."""
    first: dict[str, str] = {}
    for place, name in named:
        if name is None:
            continue
        same = as_one(name)
        if same in first and (only is None or (place, name) in only):
            yield error(place, f'"{name}" is already {first[same].split(": ", 1)[-1]}', "give each a name of its own")
        first.setdefault(same, place)


def _filename(place: str, name: str, suffix: str) -> Iterator[Finding]:
    if not name.endswith(suffix) or name == suffix:
        yield error(place, f"must end in {suffix}")


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
