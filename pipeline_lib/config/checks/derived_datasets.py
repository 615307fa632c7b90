"""Datasets that nobody is asked about, and the codes of what they hold."""

from collections.abc import Collection, Iterator, Mapping

from pipeline_lib.config.coding_plans import CodingPlansFile, DatasetEntry, Placed
from pipeline_lib.config.files import ReadModel
from pipeline_lib.config.findings import Finding, error, warning
from pipeline_lib.config.pipeline import PipelineConfig
from pipeline_lib.errors import listed
from pipeline_lib.model.code_scheme import CodeScheme
from pipeline_lib.model.coding_plan import SEVERAL, CodingMode, DatasetKind, DerivedFrom
from pipeline_lib.model.mobile_operators import operator_names

OTHER_THAN_NETWORKS = ("facebook", "instagram", "telegram", "twitter", "viber", "whatsapp")
"""What an operator may be for who has no number: how they write."""

_NOUNS = {DerivedFrom.OPERATOR: "operator", DerivedFrom.SOURCE: "source", DerivedFrom.SENT_ON: "range"}

Schemes = Mapping[str, ReadModel[CodeScheme]]


def findings(
    config: ReadModel[PipelineConfig], plans: ReadModel[CodingPlansFile], schemes: Schemes
) -> Iterator[Finding]:
    """Keys that mean nothing there, sources without a name, and names without a code."""
    if plans.model is None:
        return
    for placed in plans.model.datasets():
        entry = placed.entry
        if entry.ranges and entry.derived_from is not DerivedFrom.SENT_ON:
            place = plans.file.at(placed.kind, placed.number, "Ranges")
            yield error(place, "is for a dataset derived from sent_on only", 'write "DerivedFrom": "sent_on"')
        if entry.derived_from is not None:
            yield from _of_dataset(placed, config, plans, schemes)


def _of_dataset(
    placed: Placed, config: ReadModel[PipelineConfig], plans: ReadModel[CodingPlansFile], schemes: Schemes
) -> Iterator[Finding]:
    kind = placed.entry.derived_from
    yield from _meaningless(placed, plans)
    if kind is None or config.model is None or {"RawDataSources", "SourceKeyRemappings"} & config.damaged:
        return
    yield from _filled_otherwise(placed, plans, config.model)
    match kind:
        case DerivedFrom.OPERATOR:
            names = [*operator_names()]
        case DerivedFrom.SOURCE:
            yield from _unnamed_sources(config, config.model)
            names = [source.source_name for source in config.model.raw_data_sources if source.source_name is not None]
        case DerivedFrom.SENT_ON:
            names = [*dict.fromkeys(each.match_value for each in placed.entry.ranges)]
            if not names:
                right = 'write entries such as {"MatchValue": "show", "RangeStartInclusive": …, "RangeEndExclusive": …}'
                yield error(plans.file.at(placed.kind, placed.number, "Ranges"), "is missing", right)
                return
    for coding in placed.entry.codings:
        read = schemes.get(coding.code_scheme)
        if read is not None and "Codes" not in read.damaged:
            yield from _uncoded(names, kind, coding.coding_mode, read)


def _meaningless(placed: Placed, plans: ReadModel[CodingPlansFile]) -> Iterator[Finding]:
    place, entry = plans.file.at(placed.kind, placed.number), placed.entry
    if placed.kind is DatasetKind.RESEARCH_QUESTION:
        wrong = f'"{entry.derived_from}" says something about people, and a research question holds their messages'
        yield error(f"{place}.DerivedFrom", wrong, "put the dataset into Demographics")
        return
    why = f"means nothing for a dataset derived from the {entry.derived_from}: no coder sees it"
    for key in _keys_of_coders(entry):
        yield error(f"{place}.{key}", why, "take it out")


def _keys_of_coders(entry: DatasetEntry) -> Iterator[str]:
    values = {
        "ICRFilename": entry.icr_filename,
        "Imputation": entry.imputation,
        "MessageIDField": entry.message_id_field,
        "WSCodeMatchValue": entry.ws_code_match_value,
    }
    yield from (key for key, value in values.items() if value is not None)
    yield from (f"Codings[{number}].Cleaner" for number, coding in enumerate(entry.codings) if coding.cleaner)


def _filled_otherwise(placed: Placed, plans: ReadModel[CodingPlansFile], config: PipelineConfig) -> Iterator[Finding]:
    """A field that people are asked for, and that has a name which stands for something else."""
    entry = placed.entry
    if entry.derived_from is not DerivedFrom.OPERATOR and any(
        remapping.pipeline_key == entry.raw_field for remapping in config.source_key_remappings
    ):
        wrong = f'"{entry.raw_field}" is derived from the {entry.derived_from}, and a remapping fills it too'
        right = 'write "DerivedFrom": null if people are asked for it'
        yield error(plans.file.at(placed.kind, placed.number, "RawField"), wrong, right)


def _unnamed_sources(read: ReadModel[PipelineConfig], config: PipelineConfig) -> Iterator[Finding]:
    for number, source in enumerate(config.raw_data_sources):
        if source.source_name is None and source.activation_names:
            wrong = "is missing, and a dataset is derived from the source of messages"
            right = "name the source as the code scheme does"
            yield error(read.file.at("RawDataSources", number, "SourceName"), wrong, right)


def _uncoded(
    names: Collection[str], kind: DerivedFrom, mode: CodingMode, read: ReadModel[CodeScheme]
) -> Iterator[Finding]:
    """Names that no code stands for, and codes that stand for no name."""
    if (scheme := read.model) is None:
        return
    coded = {value.casefold(): code for code in scheme.codes for value in code.match_values if code.is_normal}
    lacking = [name for name in names if name.casefold() not in coded]
    if kind is DerivedFrom.OPERATOR:
        # A scheme need not have the networks of other countries.
        countries = {country for name, country in operator_names().items() if name in coded}
        lacking = [name for name in lacking if operator_names()[name] in countries]
    place = read.file.at("Codes")
    if lacking:
        wrong = f"no code has the match value{'s' if len(lacking) > 1 else ''} {listed(lacking)}"
        yield warning(place, f"{wrong}: the {_NOUNS[kind]} is NC", f"add a code for each {_NOUNS[kind]}")
    given = {name.casefold() for name in (*names, *(OTHER_THAN_NETWORKS if kind is DerivedFrom.OPERATOR else SEVERAL))}
    used = {code.code_id for value, code in coded.items() if value in given}
    for index, code in enumerate(scheme.codes):
        if code.is_normal and code.code_id not in used:
            wrong = f"no match value names a known {_NOUNS[kind]}: nobody gets this code"
            yield warning(f"{place}[{index}]", wrong, f"known: {listed([*names])}")
    may_be_several = kind is not DerivedFrom.OPERATOR and len(names) > 1 and mode is CodingMode.SINGLE
    if may_be_several and not any(name in coded for name in SEVERAL):
        wrong = f'no code has the match value "both" or "several": who has more than one {_NOUNS[kind]} is NC'
        yield warning(place, wrong, "add one")
