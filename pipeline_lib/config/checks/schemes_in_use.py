"""Code schemes as the coding plans use them: those of one dataset beside each other, and what reads their numbers."""

from collections.abc import Iterator
from itertools import combinations

from pipeline_lib.config.checks.code_schemes import Schemes
from pipeline_lib.config.coding_plans import CodingPlansFile
from pipeline_lib.config.files import ReadModel
from pipeline_lib.config.findings import Finding, error
from pipeline_lib.config.pipeline import FirestoreLabelStore, PipelineConfig
from pipeline_lib.model.coding_plan import Imputation


def findings(plans: ReadModel[CodingPlansFile], schemes: Schemes) -> Iterator[Finding]:
    """Ids that would mix up the labels of a dataset; schemes of different datasets may share one."""
    if plans.model is not None:
        yield from dict.fromkeys(_ids_alike(plans.model, schemes))


def needs_of_numbers(config: PipelineConfig | None, plans: CodingPlansFile | None) -> Iterator[tuple[str, str]]:
    """The names of schemes whose codes must differ in their NumericValues, each with the reason."""
    if config is None or plans is None:
        return
    entries = [placed.entry for placed in plans.datasets()]
    if isinstance(config.label_store, FirestoreLabelStore):
        codings = (coding for entry in entries for coding in entry.codings)
        verified = [coding.code_scheme for coding in codings if coding.requires_manual_verification]
        ws_scheme = plans.ws_correct_dataset_scheme
        for name in [*verified, *([ws_scheme] if ws_scheme is not None else [])]:
            yield name, "Coda's own tools refuse such a scheme"
    if not config.keeps_predecessor_quirks:
        for entry in entries:
            if entry.imputation is Imputation.AGE_CATEGORY:
                yield entry.codings[0].code_scheme, "the imputation age_category goes by it"


def _ids_alike(plans: CodingPlansFile, schemes: Schemes) -> Iterator[Finding]:
    """Labels belong to every scheme of their dataset whose id theirs begins with.

    So no id may begin with that of another scheme of the dataset, of which the wrong-scheme scheme is always one.
    """
    ids = {name: (read.model.scheme_id, read) for name, read in schemes.items() if read.model is not None}
    for _, _, entry in plans.datasets():
        names = dict.fromkeys((*(coding.code_scheme for coding in entry.codings), plans.ws_correct_dataset_scheme))
        for (one, first), (other, second) in combinations([ids[name] for name in ids if name in names], 2):
            if not (one.startswith(other) or other.startswith(one)):
                continue
            same, where = f"is also the SchemeID of {first.file.name}", f'"{one}" of {first.file.name}'
            wrong = same if one == other else f"cannot be told apart from {where}: one begins with the other"
            yield error(second.file.at("SchemeID"), f'"{other}" {wrong}')
