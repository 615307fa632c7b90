"""Remappings of messages by a coder's label of their text: what they name must be there."""

from collections.abc import Collection, Iterator, Mapping

from pipeline_lib.config.checks.remappings import RECOVERED_FIELDS
from pipeline_lib.config.coding_plans import CodingPlansFile
from pipeline_lib.config.files import ReadModel
from pipeline_lib.config.findings import Finding, error, warning
from pipeline_lib.config.pipeline import PipelineConfig
from pipeline_lib.errors import did_you_mean
from pipeline_lib.model.code_scheme import CodeScheme


def findings(
    config: ReadModel[PipelineConfig], plans: ReadModel[CodingPlansFile], schemes: Mapping[str, ReadModel[CodeScheme]]
) -> Iterator[Finding]:
    """Files, codes, shows and raw fields that the remappings name and that are not there."""
    if config.model is None or plans.model is None or not config.model.ws_text_remappings:
        return
    ws_scheme = plans.model.ws_correct_dataset_scheme
    if ws_scheme is None:
        yield error(plans.file.at("WSCorrectDatasetScheme"), "is missing; WSTextRemappings need it")
    scheme = schemes.get(ws_scheme) if ws_scheme is not None else None
    normal = scheme.model.normal_codes if scheme is not None and scheme.model else ()
    values = [value for code in normal for value in code.match_values]
    files = [placed.entry.coda_filename for placed in plans.model.datasets()]
    shows = [entry.raw_field for entry in plans.model.research_questions]
    source_keys = [*(remapping.source_key for remapping in config.model.source_key_remappings), *RECOVERED_FIELDS]
    for index, remapping in enumerate(config.model.ws_text_remappings):
        at = ("WSTextRemappings", index)
        if not plans.damaged:
            place = config.file.at(*at, "CodaFilename")
            yield from _unknown(place, remapping.coda_filename, files, "no dataset has the file")
            show = remapping.show_pipeline_key_to_remap_to
            wrong = "no research question has the raw field"
            yield from _unknown(config.file.at(*at, "ShowPipelineKeyToRemapTo"), show, shows, wrong)
        if scheme is not None and scheme.model is not None and "Codes" not in scheme.damaged:
            wrong = f"no normal code of {scheme.file.name} has the match value"
            place = config.file.at(*at, "WSCodeMatchValue")
            yield from _unknown(place, remapping.ws_code_match_value, values, wrong)
        if "SourceKeyRemappings" not in config.damaged and remapping.source_key not in source_keys:
            wrong = f'no remapping knows the raw field "{remapping.source_key}"'
            right = did_you_mean(remapping.source_key, source_keys)
            yield warning(config.file.at(*at, "SourceKey"), wrong, right)


def _unknown(place: str, name: str, known: Collection[str], wrong: str) -> Iterator[Finding]:
    if name not in known:
        yield error(place, f'{wrong} "{name}"', did_you_mean(name, known))
