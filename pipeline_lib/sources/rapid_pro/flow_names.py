"""The flows that have had each name: a flow that is created again keeps its name, but not its uuid.

    state/raw/RapidPro/flows <workspace uuid>.json

A flow's log lies under its uuid. Without this document, the old flow's runs would silently vanish from the Raw Data.
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
    """By name: the uuids of flows that have been fetched under it, oldest first."""


class FlowNames:
    """The names under which one workspace's flows have been fetched."""

    def __init__(self, storage: Storage, workspace_uuid: str) -> None:
        name = f"state/raw/RapidPro/flows {workspace_uuid}.json"
        self._document = StateDocument(storage, name, _Document())

    def former_uuids(self, flows: Iterable[Flow]) -> dict[str, tuple[str, ...]]:
        """By name: the uuids of other flows that had it before, except those that are fetched under another name."""
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
