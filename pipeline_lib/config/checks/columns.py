"""Columns of the CSVs, by their final names: if two are the same, readers keep one or rename one."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from pipeline_lib.config.coding_plans import CodingEntry, CodingPlansFile, Placed
from pipeline_lib.config.files import KEPT_FILES, ReadModel
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
    code_place: str | None
    """Where its end comes from, if from a code."""
    key: str | None = None
    """The AnalysisFileKey that such a name begins with."""


class _Codes(NamedTuple):
    """The codes of a scheme that differ in their StringValues."""

    file: WrittenFile
    values: list[str]
    numbers: list[int]
    """The number of each in the scheme."""

    def place_of(self, index: int) -> str:
        return self.file.at("Codes", self.numbers[index], "StringValue")


class _Columns(NamedTuple):
    """The columns that a place of the config gives: one, or one for each code of a scheme."""

    names: list[str]
    place: str
    codes: _Codes | None = None
    key: str | None = None

    def each(self) -> Iterator[_Column]:
        for index, name in enumerate(self.names):
            yield _Column(name, self.place, self.codes.place_of(index) if self.codes is not None else None, self.key)


def findings(
    config: ReadModel[PipelineConfig], plans: ReadModel[CodingPlansFile], schemes: Schemes
) -> Iterator[Finding]:
    """One error for each column that has the same name as an earlier one of its file."""
    if plans.model is None:
        return
    datasets = plans.model.datasets()
    own = [_Columns([*OWN_COLUMNS], _EVERY_CSV), *_of_channels(config)]
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


def _of_channels(config: ReadModel[PipelineConfig]) -> Iterator[_Columns]:
    channels = config.model.channels if config.model is not None else None
    if channels is None:
        return
    for number, channel in enumerate(channels.channels):
        yield _Columns([channel.key], config.file.at("Channels", "Channels", number, "Key"))
    if channels.no_channel_key is not None:
        yield _Columns([channels.no_channel_key], config.file.at("Channels", "NoChannelKey"))
    for number, week in enumerate(channels.weeks):
        yield _Columns([week.key], config.file.at("Channels", "Weeks", number, "Key"))


def _of_dataset(placed: Placed, plans: ReadModel[CodingPlansFile], schemes: Schemes) -> Iterator[_Columns]:
    """What a dataset shows in the messages and individuals CSVs."""
    separator = plans.model.analysis_file_key_separator if plans.model is not None else "_"
    yield _Columns([placed.entry.raw_field], plans.file.at(placed.kind, placed.number, "RawField"))
    for key, coding, place in _keyed(placed, plans):
        if coding.coding_mode is CodingMode.MULTIPLE:
            codes = _codes(schemes.get(coding.code_scheme))
            yield _Columns([f"{key}{separator}{value}" for value in codes.values], place, codes, key)
        else:
            yield _Columns([key], place)


def _of_shares(placed: Placed, plans: ReadModel[CodingPlansFile], schemes: Schemes) -> Iterator[_Columns]:
    """What a survey shows in theme_distributions.csv: a number and a share of each code."""
    for key, coding, place in _keyed(placed, plans):
        codes = _codes(schemes.get(coding.code_scheme))
        yield _Columns([f"{key}:{value}" for value in codes.values], place, codes, key)
        yield _Columns([f"{key}:{value} %" for value in codes.values], place, codes, key)


def _of_icr_file(placed: Placed, plans: ReadModel[CodingPlansFile]) -> list[_Columns]:
    entry = placed.entry
    own = _Columns([*OWN_ICR_COLUMNS], _EVERY_ICR_FILE)
    chosen = (("RunIDField", entry.run_id_field or "run_id"), ("RawField", entry.raw_field))
    return [own, *(_Columns([name], plans.file.at(placed.kind, placed.number, key)) for key, name in chosen)]


def _keyed(placed: Placed, plans: ReadModel[CodingPlansFile]) -> Iterator[tuple[str, CodingEntry, str]]:
    """The codings that have columns: the key, the coding, and where the key stands."""
    for number, coding in enumerate(placed.entry.codings):
        if coding.analysis_file_key is not None:
            place = plans.file.at(placed.kind, placed.number, "Codings", number, "AnalysisFileKey")
            yield coding.analysis_file_key, coding, place


@lru_cache(maxsize=KEPT_FILES)
def _codes(scheme: ReadModel[CodeScheme] | None) -> _Codes:
    if scheme is None or scheme.model is None:
        return _Codes(WrittenFile("", None), [], [])
    first: dict[str, int] = {}
    for number, code in enumerate(scheme.model.codes):
        first.setdefault(code.string_value, number)
    return _Codes(scheme.file, [*first], [*first.values()])


def _alike(columns: list[_Columns]) -> Iterator[Finding]:
    names = [name for several in columns for name in several.names]
    if len(set(names if "".join(names).isascii() else map(normal, names))) == len(names):
        return  # as nearly always: to look at each takes much longer
    first: dict[str, _Column] = {}
    for column in (column for several in columns for column in several.each()):
        earlier = first.setdefault(normal(column.name), column)
        if earlier is column or _is_told_of_names(earlier, column):
            continue
        made = f"with {column.code_place} it" if column.code_place else "it"
        other = f"{earlier.place} with {earlier.code_place}" if earlier.code_place else earlier.place
        right = "give one of them another name, so that no two columns have the same"
        yield error(column.place, f'{made} makes the column "{column.name}", which is already {other}', right)


def _is_told_of_names(one: _Column, other: _Column) -> bool:
    """Whether `datasets` reports that these two are alike, as it does for raw fields and keys in the plans.

    The columns of two codings with the same key are alike, code by code.
    """
    if one.key is not None and other.key is not None and one.place != other.place:
        return normal(one.key) == normal(other.key)
    if one.code_place is not None or other.code_place is not None:
        return False
    return one.place.endswith(("RawField", "AnalysisFileKey")) or other.place.endswith("AnalysisFileKey")
