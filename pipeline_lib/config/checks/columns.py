"""Columns of the CSVs, by their final names: if two are the same, readers keep one or rename one."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pipeline_lib.config.coding_plans import CodingEntry, CodingPlansFile, Placed
from pipeline_lib.config.files import ReadModel
from pipeline_lib.config.findings import Finding, error
from pipeline_lib.config.name_rules import normal
from pipeline_lib.config.pipeline import PipelineConfig
from pipeline_lib.config.source_document import WrittenFile
from pipeline_lib.model.code_scheme import CodeScheme
from pipeline_lib.model.coding_plan import CodingMode, DatasetKind

OWN_COLUMNS = ("uid", "sent_on", "consent_withdrawn")
"""Columns that the messages, individuals and production CSVs have, whatever the plans."""

OWN_ICR_COLUMNS = ("message_id",)
"""Those that every ICR file has."""

_EVERY_CSV = "a column of every CSV"
_EVERY_ICR_FILE = "a column of every ICR file"

Schemes = Mapping[str, ReadModel[CodeScheme]]


class _Column(NamedTuple):
    name: str
    place: str
    """Where the name, or its beginning, comes from."""
    code: tuple[WrittenFile, int] | None = None
    """The scheme, and the number in it, of the code that its end comes from."""

    @property
    def code_place(self) -> str | None:
        """Where its end comes from. Most columns are like no other, and nobody asks."""
        if self.code is None:
            return None
        scheme, number = self.code
        return scheme.at("Codes", number, "StringValue")


def findings(
    config: ReadModel[PipelineConfig], plans: ReadModel[CodingPlansFile], schemes: Schemes
) -> Iterator[Finding]:
    """One error for each column that has the same name as an earlier one of its file."""
    if plans.model is None:
        return
    datasets = list(plans.model.datasets())
    own = [*(_Column(name, _EVERY_CSV) for name in OWN_COLUMNS), *_of_channels(config)]
    columns = [column for placed in datasets for column in _of_dataset(placed, plans, schemes)]
    yield from _alike([*own, *columns])
    shares = [
        column
        for placed in datasets
        if placed.kind is not DatasetKind.RESEARCH_QUESTION
        for column in _of_shares(placed, plans, schemes)
    ]
    yield from _alike(shares)
    for placed in datasets:
        if placed.entry.icr_filename is not None:
            yield from _alike(_of_icr_file(placed, plans))


def _of_channels(config: ReadModel[PipelineConfig]) -> Iterator[_Column]:
    channels = config.model.channels if config.model is not None else None
    if channels is None:
        return
    for number, channel in enumerate(channels.channels):
        yield _Column(channel.key, config.file.at("Channels", "Channels", number, "Key"))
    if channels.no_channel_key is not None:
        yield _Column(channels.no_channel_key, config.file.at("Channels", "NoChannelKey"))
    for number, week in enumerate(channels.weeks):
        yield _Column(week.key, config.file.at("Channels", "Weeks", number, "Key"))


def _of_dataset(placed: Placed, plans: ReadModel[CodingPlansFile], schemes: Schemes) -> Iterator[_Column]:
    """What a dataset shows in the messages and individuals CSVs."""
    separator = plans.model.analysis_file_key_separator if plans.model is not None else "_"
    yield _Column(placed.entry.raw_field, plans.file.at(placed.kind, placed.number, "RawField"))
    for key, coding, place in _keyed(placed, plans):
        if coding.coding_mode is CodingMode.MULTIPLE:
            for value, code in _string_values(coding, schemes):
                yield _Column(f"{key}{separator}{value}", place, code)
        else:
            yield _Column(key, place)


def _of_shares(placed: Placed, plans: ReadModel[CodingPlansFile], schemes: Schemes) -> Iterator[_Column]:
    """What a survey shows in theme_distributions.csv: a number and a share of each code."""
    for key, coding, place in _keyed(placed, plans):
        for value, code in _string_values(coding, schemes):
            yield _Column(f"{key}:{value}", place, code)
            yield _Column(f"{key}:{value} %", place, code)


def _of_icr_file(placed: Placed, plans: ReadModel[CodingPlansFile]) -> list[_Column]:
    entry = placed.entry
    own = [_Column(name, _EVERY_ICR_FILE) for name in OWN_ICR_COLUMNS]
    chosen = (("RunIDField", entry.run_id_field or "run_id"), ("RawField", entry.raw_field))
    return [*own, *(_Column(name, plans.file.at(placed.kind, placed.number, key)) for key, name in chosen)]


def _keyed(placed: Placed, plans: ReadModel[CodingPlansFile]) -> Iterator[tuple[str, CodingEntry, str]]:
    """The codings that have columns: the key, the coding, and where the key stands."""
    for number, coding in enumerate(placed.entry.codings):
        if coding.analysis_file_key is not None:
            place = plans.file.at(placed.kind, placed.number, "Codings", number, "AnalysisFileKey")
            yield coding.analysis_file_key, coding, place


def _string_values(coding: CodingEntry, schemes: Schemes) -> Iterator[tuple[str, tuple[WrittenFile, int]]]:
    """The codes' StringValues, each once, and the scheme and the number of the code."""
    scheme = schemes.get(coding.code_scheme)
    if scheme is None or scheme.model is None:
        return
    seen = set()
    for number, code in enumerate(scheme.model.codes):
        if code.string_value not in seen:
            seen.add(code.string_value)
            yield code.string_value, (scheme.file, number)


def _alike(columns: list[_Column]) -> Iterator[Finding]:
    first: dict[str, _Column] = {}
    for column in columns:
        earlier = first.setdefault(normal(column.name), column)
        if earlier is column or _is_told_of_names(earlier, column):
            continue
        made = f"with {column.code_place} it" if column.code_place else "it"
        other = f"{earlier.place} with {earlier.code_place}" if earlier.code_place else earlier.place
        right = "give one of them another name, so that no two columns have the same"
        yield error(column.place, f'{made} makes the column "{column.name}", which is already {other}', right)


def _is_told_of_names(one: _Column, other: _Column) -> bool:
    """Whether `datasets` reports that these two are alike, as it does for raw fields and keys in the plans."""
    is_chosen = one.place.endswith(("RawField", "AnalysisFileKey"))
    return one.code is None and other.code is None and (is_chosen or other.place.endswith("AnalysisFileKey"))
