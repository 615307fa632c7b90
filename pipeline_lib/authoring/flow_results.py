"""The results of a server's flows, as a config names them, and what a config names that no flow has."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pipeline_lib.config import Project
from pipeline_lib.config.source_document import WrittenFile
from pipeline_lib.config.sources import RapidProSource
from pipeline_lib.errors import ConfigError, Problem, did_you_mean
from pipeline_lib.model.deidentified import holds_address
from pipeline_lib.sources.rapid_pro.client import open_client
from pipeline_lib.sources.rapid_pro.flows import flows_named
from pipeline_lib.storage.secrets import read_secret

_FIELD = re.compile(r"(.+) \((?:Text|Text Source|Value|Category|Name|Time|Run ID)\) - (.+)", re.DOTALL)

FlowsOnServer = Sequence[Mapping[str, Any]]
"""`flows.json`."""


class ServerFlows(NamedTuple):
    """The flows of one source's server."""

    source: RapidProSource
    place: str
    """How errors name the source: `pipeline.json: RawDataSources[0]`."""
    on_server: FlowsOnServer

    @property
    def results(self) -> dict[str, list[str]]:
        """The keys of each flow's results, by the flow's name, without names that might tell of a person."""
        return {
            flow["name"]: [key for result in flow.get("results") or () if _may_be_told(key := result.get("key"))]
            for flow in self.on_server
            if _may_be_told(flow.get("name"))
        }


def ask_servers(project: Project) -> list[ServerFlows]:
    """What the server of each RapidPro source answers.

    Raises:
        ConfigError: The project has no such source, or a token cannot be read.
        SourceError: A server does not answer, or refuses.
    """
    asked = []
    for index, source in enumerate(project.config.raw_data_sources):
        if not isinstance(source, RapidProSource):
            continue
        place = f"{project.path.name}: RawDataSources[{index}]"
        token = read_secret(source.token_file_url.get_secret_value(), project.folder, f"{place}.TokenFileURL")
        client = open_client(source.domain, token, place=place, requests_an_hour=source.requests_per_hour)
        asked.append(ServerFlows(source, place, client.flows()))
    if not asked:
        raise ConfigError(Problem(f"{project.path.name}: RawDataSources", "has no RapidPro source, so no flows"))
    return asked


def unknown_names(project: Project, asked: Iterable[ServerFlows], file: WrittenFile) -> Iterator[Problem]:
    """The flows and the results that the config names and no server has.

    Args:
        project: The project.
        asked: What its servers have.
        file: Its config as it was read, to point at places in it.
    """
    results: dict[str, list[str]] = {}
    configured: set[str] = set()
    for server in asked:
        names = server.source.activation_names, server.source.survey_names
        try:
            flows_named(*names, server.on_server, server.place)
        except ConfigError as error:
            yield from error.problems
        results |= server.results
        configured.update(*names)
    for number, remapping in enumerate(project.config.source_key_remappings):
        field = _FIELD.fullmatch(remapping.source_key)
        if field is None or field[2] not in configured & results.keys():
            continue
        titles = [key.title() for key in results[field[2]]]
        if field[1] not in titles:
            place = file.at("SourceKeyRemappings", number, "SourceKey")
            wrong = f'flow "{field[2]}" has no result "{field[1]}"'
            yield Problem(place, wrong, did_you_mean(field[1], titles))


def untaken(project: Project, server: ServerFlows) -> dict[str, list[str]]:
    """Lines for `SourceKeyRemappings` of the results that no remapping takes yet, by the name of each flow."""
    taken = {remapping.source_key for remapping in project.config.source_key_remappings}
    lines: dict[str, list[str]] = {}
    for names, is_activation in ((server.source.activation_names, True), (server.source.survey_names, False)):
        for flow in names:
            keys = server.results.get(flow, [])
            left = [
                key for key in keys if not {f"{key.title()} ({part}) - {flow}" for part in ("Text", "Value")} & taken
            ]
            lines[flow] = [line for key in left for line in remappings(key, flow, is_activation=is_activation)]
    return lines


def remappings(key: str, flow: str, *, is_activation: bool) -> Iterator[str]:
    """Lines for `SourceKeyRemappings` of one result, each with its comma."""
    fields = {"Text": f"{key}_raw", "Time": "sent_on" if is_activation else f"{key}_time"}
    fields |= {"Run ID": f"{key}_run_id"} if is_activation else {}
    for part, field in fields.items():
        line: dict[str, Any] = {"SourceKey": f"{key.title()} ({part}) - {flow}", "PipelineKey": field}
        is_message = is_activation and part == "Text"
        yield json.dumps(line | ({"IsActivationMessage": True} if is_message else {}), ensure_ascii=False) + ","


def _may_be_told(name: Any) -> bool:
    return isinstance(name, str) and name.isprintable() and not holds_address(name)
