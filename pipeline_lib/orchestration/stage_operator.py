"""The operator that runs a stage of a project's pipeline as a task of Airflow."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from airflow.sdk import BaseOperator


@dataclass(frozen=True)
class StageCall:
    """What a task does.

    Airflow shows it by its name. Of a function it would keep the source code, which it would look up each time it looks
    at the DAG.
    """

    name: str
    run: Callable[..., Any]
    """Takes Airflow's context, and the inputs by the names of the tasks that made them."""

    def __str__(self) -> str:
        return self.name


class StageOperator(BaseOperator):  # type: ignore[misc]  # Airflow has no types here
    """Runs a stage, and returns the URI of what it has made.

    Airflow's decorator of functions takes twice as long to make a task, and the DAG processor makes all tasks of all
    projects every minute.
    """

    template_fields = ("inputs",)

    def __init__(
        self, *, call: StageCall, inputs: Mapping[str, Any], part: Mapping[str, str] | None = None, **options: Any
    ) -> None:
        """A task of a project.

        Args:
            call: What it does.
            inputs: What the tasks before it have made, by their names.
            part: Of a task that is mapped, the name of its input and the part that is this one's.
            options: As Airflow's operators take them.
        """
        super().__init__(**options)
        self.call = call
        self.inputs = inputs
        self.part = part

    def execute(self, context: Any) -> Any:
        """Runs the stage on what the tasks before it have made."""
        return self.call.run(**{**context, **self.inputs, **(self.part or {})})
