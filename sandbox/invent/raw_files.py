"""Which raw data files a project reads, and which fields of them its remappings name."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from pipeline_lib.config import Project
from pipeline_lib.config.facebook_export import FacebookExportSource
from pipeline_lib.config.sources import (
    FacebookSource,
    GCloudBucketSource,
    RapidProSource,
    RecoveryCSVSource,
    Source,
)

_FLOW_FIELDS = ("Category", "Value", "Text", "Name", "Time", "Run ID")
_FLOW_KEY = re.compile(rf"(.+) \(({'|'.join(_FLOW_FIELDS)})\) - (.+)", re.DOTALL)
_ROW_FIELDS = ("message", "received_on", "run_id")
_COMMENT_FIELDS = ("message", "id", "created_time", "parent", "post")
_TIME_FIELDS = frozenset({"Time", "received_on", "created_time"})
_ID_FIELDS = frozenset({"Run ID", "run_id", "id"})

Values = dict[str, Any]


@dataclass(frozen=True)
class Result:
    """One answer that objects of a file may hold, such as a flow's result, a CSV's row or a comment."""

    raw_field: str
    """The pipeline's field of its text."""
    is_message: bool
    """Whether it is a message to a show."""
    keys: tuple[tuple[str, str], ...]
    """What the source calls each of its fields, and the raw field's whole name."""
    text_key: str
    """The raw field that the pipeline takes the text from."""
    place: int
    """Of that field's remapping: of several answers to one survey, the one of the last remapping counts."""

    @property
    def time_keys(self) -> list[str]:
        """The raw fields of its time."""
        return [key for field, key in self.keys if field in _TIME_FIELDS]

    def values(self, text: str | None, time: str, own_id: str) -> Values:
        """Its fields as a source fills them; a null text is a question that was asked and not answered."""
        return {key: self._value(field, text, time, own_id) for field, key in self.keys} | {self.text_key: text}

    @staticmethod
    def _value(field: str, text: str | None, time: str, own_id: str) -> Any:
        if field in _TIME_FIELDS:
            return time
        if field in _ID_FIELDS:
            return own_id
        others: Values = {"Category": "All Responses", "Name": "Answer", "parent": {}, "post": {"id": "1_1"}}
        return others.get(field, text)


@dataclass(frozen=True)
class RawFile:
    """A file of raw data, before anything is in it."""

    name: str
    is_activation: bool
    is_of_flow: bool
    """Whether its objects are runs, which say of test contacts and networks."""
    results: tuple[Result, ...]

    @property
    def messages(self) -> list[Result]:
        """What may be a message to a show; an object has only one."""
        return [result for result in self.results if result.is_message] if self.is_activation else []

    @property
    def answers(self) -> list[Result]:
        """What may be a survey's answer."""
        return [result for result in self.results if not result.is_message]


def raw_files(project: Project) -> list[RawFile]:
    """The raw data files of all sources, activations first in each.

    A bucket's file may hold other flows than its name says: flows that nothing else holds are in the first that may.
    """
    files = [file for source in project.config.raw_data_sources for file in _files_of(source, project)]
    named = {key for file in files for result in file.results for _, key in result.keys}
    left = {
        match[3]
        for remapping in project.config.source_key_remappings
        if (match := _FLOW_KEY.fullmatch(remapping.source_key)) and remapping.source_key not in named
    }
    more = [result for flow in sorted(left) for result in _results(project, _flow_namer(flow))]
    for index, file in enumerate(files):
        if file.is_of_flow and not file.results and more:
            files[index] = replace(file, results=tuple(r for r in more if r.is_message == file.is_activation))
            more = [result for result in more if result.is_message != file.is_activation]
    return files


Namer = Callable[[str], tuple[str, tuple[tuple[str, str], ...]] | None]
"""From a raw field's name to a title, the same for all fields of a result, and those fields; None: it is another's."""


def _files_of(source: Source, project: Project) -> Iterator[RawFile]:
    match source:
        case RecoveryCSVSource():
            for name, is_activation in _named(source):
                yield RawFile(
                    name, is_activation, False, _results(project, _row_namer("" if is_activation else f" - {name}"))
                )
        case FacebookSource() | FacebookExportSource():
            for name, dataset in zip(source.activation_names, source.datasets, strict=True):
                yield RawFile(name, True, False, _results(project, _comment_namer(dataset.name)))
        case _:
            is_of_flow = isinstance(source, RapidProSource | GCloudBucketSource)
            for name, is_activation in _named(source):
                yield RawFile(name, is_activation, is_of_flow, _results(project, _flow_namer(name)))


def _named(source: Source) -> Iterator[tuple[str, bool]]:
    yield from ((name, True) for name in source.activation_names)
    yield from ((name, False) for name in source.survey_names)


def _flow_namer(flow: str) -> Namer:
    def title_of(key: str) -> tuple[str, tuple[tuple[str, str], ...]] | None:
        match = _FLOW_KEY.fullmatch(key)
        if match is None or match[3] != flow:
            return None
        return match[1], tuple((field, f"{match[1]} ({field}) - {flow}") for field in _FLOW_FIELDS)

    return title_of


def _row_namer(suffix: str) -> Namer:
    keys = tuple((field, f"{field}{suffix}") for field in _ROW_FIELDS)
    return lambda key: ("", keys) if key in dict(keys).values() else None


def _comment_namer(dataset: str) -> Namer:
    keys = tuple((field, f"{dataset}.{field}") for field in _COMMENT_FIELDS)
    return lambda key: ("", keys) if key in dict(keys).values() else None


def _results(project: Project, title_of: Namer) -> tuple[Result, ...]:
    """The results whose text some remapping takes, in the order of the remappings."""
    questions = {dataset.raw_field for dataset in project.plans.research_questions}
    surveys = {dataset.raw_field for dataset in project.plans.surveys}
    found: dict[str, Result] = {}
    for place, remapping in enumerate(project.config.source_key_remappings):
        titled = title_of(remapping.source_key)
        field = remapping.pipeline_key
        is_message = remapping.is_activation_message or field in questions
        if titled is not None and (is_message or field in surveys):
            title, keys = titled
            found.setdefault(title, Result(field, is_message, keys, remapping.source_key, place))
    return tuple(found.values())


def time_keys(results: Iterable[Result]) -> set[str]:
    """The raw fields of all their times."""
    return {key for result in results for key in result.time_keys}
