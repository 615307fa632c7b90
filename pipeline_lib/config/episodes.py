"""Templates of episodes: each number gives a flow, the remappings of its fields, and a research question.

They are written out before the models read a config, so that nothing behind knows of templates. What they gave points
to them: a problem's place is the template's.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import StrictInt, field_validator

from pipeline_lib.config.coding_plans import CodingEntry, DatasetEntry
from pipeline_lib.config.files import as_model
from pipeline_lib.config.model_introspection import Step, keys_of, written_key
from pipeline_lib.config.source_document import WrittenFile
from pipeline_lib.config.sources import name_of_url
from pipeline_lib.errors import Problem, did_you_mean
from pipeline_lib.model.frozen import Frozen

EPISODES = "Episodes"

_QUESTIONS, _REMAPPINGS, _SOURCES = "ResearchQuestions", "SourceKeyRemappings", "RawDataSources"
_FLOWS = "ActivationFlowNames"
_NUMBER = re.compile(r"\{n(?::0([1-9]))?\}")
_BRACES = re.compile(r"\{[^{}]*\}")


class _Numbered(Frozen):
    """What a template says beside its research question."""

    flow: str
    """The flow, such as `show_s01e{n:02}_activation`: `{n}` is the number, `{n:02}` the number with two digits. If no
    source names it, it is added to the ActivationFlowNames of the project's RapidPro source."""
    numbers: tuple[StrictInt, StrictInt]
    """The first and the last number, such as `[1, 12]`."""
    field: str
    """The flow's result, such as `Rqa_S01E{n:02}` where the fields are `Rqa_S01E01 (Text) - …` and so on."""
    part: Literal["Text", "Value"] = "Text"
    """Which part of the result is the message."""

    @field_validator("numbers")
    @classmethod
    def _are_in_order(cls, numbers: tuple[int, int]) -> tuple[int, int]:
        first, last = numbers
        if not 0 <= first <= last <= _MOST:
            raise ValueError(f"must be the first and the last number, from 0 to {_MOST}")
        return numbers


_MOST = 999


class EpisodeTemplate(DatasetEntry, _Numbered):
    """Episodes that are alike but for a number: `{n}` in all texts. It also has the keys of a research question."""

    codings: tuple[CodingEntry, ...] = ()
    """The schemes that its messages are labelled with. Default: one, called as the raw field without `_raw`."""


@dataclass(frozen=True)
class WrittenOut:
    """What templates give, each with the template that gave it."""

    flows: Sequence[tuple[str, WrittenFile]] = ()
    """Those that no source names, each once."""
    remappings: Sequence[tuple[dict[str, Any], WrittenFile]] = ()
    questions: Sequence[tuple[dict[str, Any], WrittenFile]] = ()
    problems: tuple[Problem, ...] = ()


def written_out(file: WrittenFile) -> WrittenOut:
    """What the templates of a config give, and what is wrong with them."""
    templates = file.content.get(EPISODES) if isinstance(file.content, dict) else None
    if templates is None:
        return WrittenOut()
    if not isinstance(templates, list):
        return WrittenOut(problems=(Problem(file.at(EPISODES), "must be a list"),))
    flows, remappings, questions, problems = dict[str, WrittenFile](), [], [], list[Problem]()
    for index, content in enumerate(templates):
        template = WrittenFile(file.name, content, (EPISODES, index))
        found = _problems_of(template)
        problems += found
        if found:
            continue
        numbered = _Numbered.model_validate({key: content[key] for key in keys_of(_Numbered) if key in content})
        first, last = numbered.numbers
        for number in range(first, last + 1):
            entry = _with_number(content, number)
            flows.setdefault(entry["Flow"], template)
            questions.append((question := _question(entry), template))
            remappings += [(remapping, template) for remapping in _remappings(entry, question)]
    known = {flow for source in _sources(file) for flow in _flows_of(source)}
    new = [(flow, template) for flow, template in flows.items() if flow not in known]
    if len(_workspaces(file)) > 1:
        right = "name it in the ActivationFlowNames of the right one"
        problems += [
            Problem(template.at("Flow"), f'"{flow}" may be of any of several RapidPro sources', right)
            for flow, template in new
        ]
    return WrittenOut(new, remappings, questions, tuple(problems))


def with_sources(file: WrittenFile, written: WrittenOut) -> WrittenFile:
    """The config with the flows and the remappings of its templates before its own, and without the templates."""
    if not isinstance(file.content, dict) or EPISODES not in file.content:
        return file
    content = {key: value for key, value in file.content.items() if key != EPISODES}
    file = replace(file, content=content).with_items_before((written_key(_REMAPPINGS, content),), written.remappings)
    workspaces = _workspaces(file)
    return file.with_items_before((_SOURCES, workspaces[0], _FLOWS), written.flows) if len(workspaces) == 1 else file


def with_questions(file: WrittenFile, written: WrittenOut) -> WrittenFile:
    """Coding plans with the research questions of the templates before their own."""
    return file.with_items_before((_QUESTIONS,), written.questions)


def _sources(file: WrittenFile) -> list[dict[str, Any]]:
    """The sources, with empty objects for what is none, so that each keeps its index."""
    sources = file.content.get(_SOURCES)
    return [source if isinstance(source, dict) else {} for source in sources] if isinstance(sources, list) else []


def _workspaces(file: WrittenFile) -> list[int]:
    """The indexes of the RapidPro sources."""
    return [index for index, source in enumerate(_sources(file)) if source.get("SourceType") == "RapidPro"]


def _flows_of(source: dict[str, Any]) -> Iterator[str]:
    """The flows that a source names, a bucket's by their files."""
    flows, urls = source.get(_FLOWS), source.get("ActivationFlowURLs")
    yield from (flow for flow in (flows if isinstance(flows, list) else ()) if isinstance(flow, str))
    yield from (name_of_url(url) for url in (urls if isinstance(urls, list) else ()) if isinstance(url, str))


def _problems_of(template: WrittenFile) -> list[Problem]:
    content = template.content
    if not isinstance(content, dict):
        return [Problem(template.at(), "must be an object")]
    known = keys_of(EpisodeTemplate)
    found = [
        Problem(template.at(key), "is not a known key", did_you_mean(key, known)) for key in content if key not in known
    ]
    own = {key: content[key] for key in keys_of(_Numbered) if key in content}
    read = as_model(_Numbered, replace(template, content=own))
    found += read.problems
    if not isinstance(content.get("RawField"), str):
        found.append(Problem(template.at("RawField"), "is missing" if "RawField" not in content else "must be a text"))
    found += [
        Problem(template.at(*path), f'has "{braces}", which stands for nothing', "write {n}, or {n:02} for two digits")
        for path, text in _texts(content)
        for braces in _BRACES.findall(text)
        if not _NUMBER.fullmatch(braces)
    ]
    if read.model is not None and read.model.numbers[0] < read.model.numbers[1]:
        found += [
            Problem(template.at(key), "is the same for each number", "write {n} where the number stands")
            for key in ("Flow", "RawField")
            if isinstance(content.get(key), str) and not _NUMBER.search(content[key])
        ]
    return found


def _texts(content: Any, path: tuple[Step, ...] = ()) -> Iterator[tuple[tuple[Step, ...], str]]:
    if isinstance(content, str):
        yield path, content
    items = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for step, value in items:
        yield from _texts(value, (*path, step))


def _with_number(content: Any, number: int) -> Any:
    """The content with the number in all its texts."""
    if isinstance(content, str):
        return _NUMBER.sub(lambda found: f"{number:0{found[1] or 1}}", content)
    if isinstance(content, dict):
        return {key: _with_number(value, number) for key, value in content.items()}
    return [_with_number(value, number) for value in content] if isinstance(content, list) else content


def _question(entry: dict[str, Any]) -> dict[str, Any]:
    question = {key: value for key, value in entry.items() if key not in keys_of(_Numbered)}
    stem = question["RawField"].removesuffix("_raw")
    return {"Codings": [{"CodeScheme": stem, "AnalysisFileKey": stem}], "RunIDField": f"{stem}_run_id"} | question


def _remappings(entry: dict[str, Any], question: dict[str, Any]) -> Iterator[dict[str, Any]]:
    fields = (
        (entry.get("Part", "Text"), question["RawField"]),
        ("Run ID", question["RunIDField"]),
        ("Time", question.get("TimeField", "sent_on")),
    )
    for part, field in fields:
        if field is not None:
            key = {"SourceKey": f"{entry['Field']} ({part}) - {entry['Flow']}", "PipelineKey": field}
            yield key | ({"IsActivationMessage": True} if field == question["RawField"] else {})
