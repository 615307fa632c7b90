"""Which flows have had a name: one that is made anew keeps its name, but not its uuid.

    state/raw/RapidPro/flows <workspace uuid>.json

What was fetched of a flow lies under its uuid. Without this, the runs of before would leave the Raw Data in silence.
"""

from collections.abc import Iterable
from typing import Literal

from pydantic import ConfigDict, Field

from pipeline_lib.model.frozen import Frozen
from pipeline_lib.sources.rapid_pro.flows import Flow
from pipeline_lib.sources.segments import StateDocument
from pipeline_lib.storage import Storage


class _Document(Frozen):
    model_config = ConfigDict(alias_generator=None)

    format: Literal[1] = 1
    uuids: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Of the flows that have been fetched under each name, oldest first."""


class FlowNames:
    """The names under which one workspace's flows have been fetched."""

    def __init__(self, storage: Storage, workspace_uuid: str) -> None:
        name = f"state/raw/RapidPro/flows {workspace_uuid}.json"
        self._document = StateDocument(storage, name, _Document())

    def former_uuids(self, flows: Iterable[Flow]) -> dict[str, tuple[str, ...]]:
        """The uuids of other flows that had the flows' names before, by name; of none that is fetched under another."""
        current = {flow.name: flow.uuid for flow in flows}
        return {
            name: tuple(each for each in self._document.value.uuids.get(name, ()) if each not in current.values())
            for name in current
        }

    def remember(self, flows: Iterable[Flow]) -> None:
        """Note under which names flows are fetched.

        Raises:
            StorageConflictError: Another fetch of the workspace was quicker.
        """
        known = self._document.value.uuids
        new = {flow.name: flow.uuid for flow in flows if flow.uuid not in known.get(flow.name, ())}
        if new:
            added = {name: (*known.get(name, ()), uuid) for name, uuid in new.items()}
            self._document.replace(_Document(uuids=known | added))
