"""The task that asks a person, by Airflow's human in the loop, before anything is published for the first time."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, ClassVar

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk.exceptions import AirflowSkipException

from pipeline_lib.orchestration.events import report_task
from pipeline_lib.orchestration.projects import ProjectFolder
from pipeline_lib.orchestration.task_log import log_sentences

APPROVE, REJECT = "Approve", "Reject"

_WAIT = timedelta(hours=23)
"""With a schedule only one run is under way at a time, and the next night must fetch even if nobody answers."""


class FirstPublication(HITLOperator):  # type: ignore[misc]  # the provider has no types
    """Waits for a person's answer if one is needed, and passes at once if not.

    If the answer is no, or does not come in time, this task and those after it are skipped; the next run asks again.
    """

    template_fields = (*HITLOperator.template_fields, "made")
    options_offered: ClassVar = [APPROVE, REJECT]

    def __init__(
        self,
        *,
        folder: ProjectFolder,
        ask: Callable[..., Any],
        made: Mapping[str, Any],
        execution_timeout: timedelta,
        **options: Any,
    ) -> None:
        """The approval task of a project.

        Args:
            folder: The project.
            ask: Returns what to ask, or None; raises AirflowSkipException if the run publishes nothing.
            made: The run's artifacts, by the task that made them.
            execution_timeout: Time limit for finding out what to ask; the answer has a limit of its own.
            options: As Airflow's operators take them.
        """
        plan = folder.plan or folder.last_good
        super().__init__(
            subject="Publish for the first time?",
            options=self.options_offered,
            defaults=REJECT,
            response_timeout=_WAIT if plan is not None and plan.schedule is not None else None,
            **options,
        )
        # Not given to Airflow's operator, which would apply it to the answer.
        self.execution_timeout = execution_timeout
        self._folder = folder
        self._ask = ask
        self.made = made

    def execute(self, context: Any) -> Any:
        """Asks, and defers the task until somebody has answered; does nothing if nobody has to be asked."""
        try:
            with log_sentences():
                question = self._ask(**{**context, **self.made})
        except AirflowSkipException as reason:
            self.log.info("Nobody is asked: %s", reason)
            return None
        if question is None:
            self.log.info("Nobody is asked: something of this project has been published before")
            return None
        self.subject, self.body = question
        return super().execute(context)

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        """Succeeds if the answer is yes.

        Raises:
            AirflowSkipException: The answer is no.
        """
        with report_task(self._folder, self.task_id, context, skip=AirflowSkipException):
            answer = super().execute_complete(context, event)
            if answer["chosen_options"] != [APPROVE]:
                raise AirflowSkipException("not approved: nothing is published, and the next run asks again")
        return answer
