"""Layouts of `pipeline.json` that older configs have, brought to the one that the models read.

Before `RawDataSources` a project had one RapidPro workspace, and perhaps recovered messages, whose keys stood at the
top of the file. `current_layout` makes sources of them and remembers where each value stands, so that problems still
point to what its author wrote.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain
from types import MappingProxyType
from typing import Any, NamedTuple

from pipeline_lib.config.model_introspection import Step
from pipeline_lib.config.source_document import WrittenFile

SOURCES = "RawDataSources"

BASE_URL_KEY = "RapidProBaseURL"
"""The server's address, `https://` included, where today there is its name alone."""

RAPID_PRO_KEYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Domain": ("RapidProDomain", BASE_URL_KEY),
        "TokenFileURL": ("RapidProTokenFileURL",),
        "ActivationFlowNames": ("ActivationFlowNames",),
        "SurveyFlowNames": ("SurveyFlowNames", "DemogFlowNames", "FollowUpFlowNames"),
        "TestContactUUIDs": ("RapidProTestContactUUIDs",),
    }
)
"""Each key of a RapidPro source with the keys that older configs have at the top; several lists are joined."""

NAMES_A_WORKSPACE = frozenset(key for key in chain(*RAPID_PRO_KEYS.values()) if key.startswith("RapidPro"))
"""Keys by which a config without sources has a RapidPro workspace."""

RECOVERY_KEY = "RecoveryCSVURLs"
"""Files of recovered messages, whose columns are those of a `RecoveryCSV` source (sources.md A.7)."""

IGNORED: Mapping[str, str] = MappingProxyType(
    {
        "DNSDataset": (
            "no message is left out because of it; label what must not be shared as STOP, which withdraws its sender"
        ),
        "FlowDefinitionsUploadURLPrefix": "flow definitions stay on the server, and no output needs them",
        "GenerateAnalysisFiles": "the messages and individuals CSVs are always written",
    }
)
"""Keys at the top that nothing reads, and why a project can do without each."""


_Moved = dict[tuple[Step, ...], tuple[Step, ...]]
"""As `WrittenFile.moved`."""


class CurrentLayout(NamedTuple):
    """A config in the layout of today."""

    file: WrittenFile
    ignored: tuple[str, ...]
    """Keys that were left out because nothing reads them."""


def current_layout(file: WrittenFile) -> CurrentLayout:
    """The config in the layout of today; its places are those in which its author wrote the values."""
    content = file.content
    if not isinstance(content, dict):
        return CurrentLayout(file, ())
    ignored = tuple(key for key in content if key in IGNORED)
    content = {key: value for key, value in content.items() if key not in IGNORED}
    moved: _Moved = {}
    if SOURCES not in content and not NAMES_A_WORKSPACE.isdisjoint(content):
        content = _with_workspace(content, moved)
    if RECOVERY_KEY in content and isinstance(content.get(SOURCES, []), list):
        content = _with_recovered(content, moved)
    return CurrentLayout(replace(file, content=content, moved=moved), ignored)


def older_keys() -> Iterator[tuple[str, str, str]]:
    """Each key of an older layout with the kind of source that it belongs to now, and the key there."""
    for key, older in RAPID_PRO_KEYS.items():
        yield from ((spelling, "RapidProSource", key) for spelling in older)
    yield RECOVERY_KEY, "RecoveryCSVSource", "ActivationFlowURLs"


def _with_workspace(content: dict[str, Any], moved: _Moved) -> dict[str, Any]:
    source: dict[str, Any] = {"SourceType": "RapidPro"}
    here: tuple[Step, ...] = (SOURCES, 0)
    moved[here] = ()
    rest = dict(content)
    for key, spellings in RAPID_PRO_KEYS.items():
        written = {spelling: content[spelling] for spelling in spellings if spelling in content}
        of_no_list = [spelling for spelling, value in written.items() if not isinstance(value, list)]
        if of_no_list:
            written = {of_no_list[0]: written[of_no_list[0]]}  # the others are left, and so refused
        moved[*here, key] = (next(iter(written), spellings[0]),)
        if of_no_list:
            source[key] = _host_of(written[BASE_URL_KEY]) if BASE_URL_KEY in written else written[of_no_list[0]]
        elif written:
            source[key] = list(chain(*written.values()))
            places = ((spelling, number) for spelling, value in written.items() for number in range(len(value)))
            moved |= {(*here, key, number): place for number, place in enumerate(places)}
        rest = {key: value for key, value in rest.items() if key not in written}
    return {**rest, SOURCES: [source]}


def _with_recovered(content: dict[str, Any], moved: _Moved) -> dict[str, Any]:
    sources = content.get(SOURCES, [])
    here: tuple[Step, ...] = (SOURCES, len(sources))
    moved |= {here: (RECOVERY_KEY,), (*here, "ActivationFlowURLs"): (RECOVERY_KEY,)}
    source = {"SourceType": "RecoveryCSV", "ActivationFlowURLs": content[RECOVERY_KEY]}
    return {key: value for key, value in content.items() if key != RECOVERY_KEY} | {SOURCES: [*sources, source]}


def _host_of(url: Any) -> Any:
    return url.partition("://")[2].rstrip("/") if isinstance(url, str) and "://" in url else url
