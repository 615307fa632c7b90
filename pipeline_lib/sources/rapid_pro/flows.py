"""The flows that a source names, as the server knows them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipeline_lib.errors import ConfigError, FatalSourceError, Problem, did_you_mean
from pipeline_lib.model.deidentified import holds_address
from pipeline_lib.sources.rapid_pro.json_values import time_of, uuid_of
from pipeline_lib.sources.rapid_pro.known_words import NO_WORDS, FlowWords, words_of

_OPEN = ["All Responses"]
"""The categories of a question that takes any answer: its `value` is the whole text (sources.md A.1)."""


@dataclass(frozen=True)
class Flow:
    """One flow."""

    uuid: str
    name: str
    tells_operator: bool
    """Whether its runs say which operator they came by: those of activations, or of surveys where there are none."""
    open_results: frozenset[str]
    """Keys of the results whose value is the text itself."""
    run_count: int
    """Runs that the server has counted, whatever became of them."""
    created_on: datetime | None
    words: FlowWords = NO_WORDS
    """The words in its runs beside people's own."""


def flows_named(
    activations: Sequence[str], surveys: Sequence[str], on_server: Iterable[Mapping[str, Any]], place: str
) -> list[Flow]:
    """The flows by name, activations first.

    Args:
        activations: As the config names them.
        surveys: As the config names them.
        on_server: `flows.json`.
        place: How errors name the source: `pipeline.json: RawDataSources[0]`.

    Raises:
        ConfigError: The server lacks a flow, or has it twice; names every such flow. This must not look like "no new
            data": for an unknown flow, the server answers with no runs.
        FatalSourceError: The server does not give a flow's uuid.
    """
    by_name: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for flow in on_server:
        if isinstance(flow.get("name"), str):
            by_name[flow["name"]].append(flow)
    problems, flows = [], []
    for key, names in (("ActivationFlowNames", activations), ("SurveyFlowNames", surveys)):
        for name in names:
            found = by_name.get(name, [])
            if len(found) == 1:
                tells_operator = key == "ActivationFlowNames" or not activations
                flows.append(_flow(found[0], f"{place}.{key}", tells_operator=tells_operator))
            elif found:
                wrong = f'the server has {len(found)} flows with the name "{name}"'
                problems.append(Problem(f"{place}.{key}", wrong, "rename all but one of them there"))
            else:
                wrong = f'flow "{name}" does not exist on the server'
                problems.append(Problem(f"{place}.{key}", wrong, did_you_mean(name, _harmless(by_name))))
    if problems:
        raise ConfigError(*problems)
    return flows


def _harmless(names: Iterable[str]) -> list[str]:
    """The server's names that an error may quote."""
    return [name for name in names if name.isprintable() and not holds_address(name)]


def _flow(found: Mapping[str, Any], place: str, *, tells_operator: bool) -> Flow:
    uuid, created_on = uuid_of(found), time_of(found.get("created_on"))
    if not uuid:
        wrong = f'the server does not give the uuid of flow "{found["name"]}"'
        raise FatalSourceError(Problem(place, wrong, "ask who runs the server: its API is at fault"))
    results = _results(found.get("results"))
    return Flow(
        uuid=uuid,
        name=found["name"],
        tells_operator=tells_operator,
        open_results=_open_results(results),
        run_count=_run_count(found.get("runs")),
        created_on=datetime.fromisoformat(created_on) if created_on else None,
        words=words_of(results),
    )


def _results(results: Any) -> list[dict[str, Any]]:
    return [result for result in results if isinstance(result, dict)] if isinstance(results, list) else []


def _open_results(results: Iterable[dict[str, Any]]) -> frozenset[str]:
    keys = (result.get("key") for result in results if result.get("categories") == _OPEN)
    return frozenset(key for key in keys if isinstance(key, str))


def _run_count(counts: Any) -> int:
    """The sum over all statuses, except `completion`, which is a percentage; servers differ in their statuses."""
    if not isinstance(counts, dict):
        return 0
    return sum(count for status, count in counts.items() if status != "completion" and type(count) is int)
