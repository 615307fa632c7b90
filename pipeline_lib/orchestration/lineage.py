"""What OpenLineage is told of a task: its artifacts as datasets, each named as the asset that other DAGs follow.

Only Airflow's provider for OpenLineage imports this module, where a deployment has switched it on.
"""

from typing import Any
from urllib.parse import urlsplit

from airflow.providers.openlineage.extractors import OperatorLineage
from airflow.providers.openlineage.extractors.base import BaseExtractor
from openlineage.client.event_v2 import Dataset


class ArtifactExtractor(BaseExtractor):  # type: ignore[misc]
    """Takes inlets and outlets as they are, where the provider knows only schemes of other providers."""

    @classmethod
    def get_operator_classnames(cls) -> list[str]:
        """The kinds of operators that projects have."""
        return ["_PythonDecoratedOperator", "FirstPublication"]

    def _execute_extraction(self) -> Any:
        return _lineage(self.operator)

    def extract_on_complete(self, task_instance: Any) -> Any:
        """What it has really made: when it has ended, its outlets are no more than that."""
        return _lineage(task_instance.task)


def _lineage(operator: Any) -> Any:
    return OperatorLineage(inputs=_datasets(operator.inlets), outputs=_datasets(operator.outlets))


def _datasets(assets: list[Any]) -> list[Dataset]:
    # x-pipeline://demo/production: the project's own namespace, so that a name is an artifact's.
    parts = [urlsplit(asset.uri) for asset in assets]
    return [Dataset(namespace=f"{part.scheme}://{part.netloc}", name=part.path.removeprefix("/")) for part in parts]
