"""What OpenLineage is told of a task: its artifacts as datasets, named like the assets that other DAGs follow.

Only Airflow's provider for OpenLineage imports this module, where a deployment has switched it on.
"""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from airflow.providers.openlineage.extractors import OperatorLineage
from airflow.providers.openlineage.extractors.base import BaseExtractor
from openlineage.client.event_v2 import Dataset


class ArtifactExtractor(BaseExtractor):  # type: ignore[misc]
    """Takes artifacts as they are; the provider itself knows only the schemes of other providers."""

    @classmethod
    def get_operator_classnames(cls) -> list[str]:
        """The kinds of operators that projects have."""
        return ["StageOperator", "FirstPublication"]

    def _execute_extraction(self) -> Any:
        """What the task is about to read and to make."""
        return OperatorLineage(inputs=_datasets(self.operator.inlets), outputs=_datasets(self.operator.outlets))

    def extract_on_complete(self, task_instance: Any) -> Any:
        """What the task has read, and what it has really made: nothing, if it has failed."""
        made = task_instance.get_template_context()["outlet_events"]  # also those that nobody may follow
        return OperatorLineage(inputs=_datasets(task_instance.task.inlets), outputs=_datasets(made))


def _datasets(assets: Iterable[Any]) -> list[Dataset]:
    # x-pipeline://demo/production: the project's own namespace, so that a name is an artifact's.
    parts = [urlsplit(asset.uri) for asset in assets]
    return [Dataset(namespace=f"{part.scheme}://{part.netloc}", name=part.path.removeprefix("/")) for part in parts]
