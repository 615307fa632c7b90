"""A project's tasks as data: what a test compares, and what `dag.py` spells out for Airflow."""

from dataclasses import dataclass

from pipeline_lib.config import Project


@dataclass(frozen=True)
class Task:
    """One task, and what it needs.

    The artifacts of the tasks in `upstream` are its inputs, by their names.
    """

    name: str
    purpose: str
    """What it does, for the people who meet it in the Airflow UI. Markdown."""
    upstream: tuple[str, ...] = ()
    sources: tuple[str, ...] | None = None
    """What the sources are called, where there is a task instance for each; its input `source` is that name."""
    needs_all_outputs: bool = False
    """Whether it is left out of a run whose mode makes only some of the outputs."""
    reaches_outside: bool = False
    """Whether it changes something that others see: left to the newest interval and to runs that ask for it."""


def tasks_of(project: Project) -> tuple[Task, ...]:
    """The project's tasks, each after those it needs."""
    return (
        Task("coda_pull", "Copies the messages and labels of the project's datasets, as of the run's time."),
        Task("fetch", "Fetches what is new from one source; writes its raw data.", sources=source_names(project)),
        Task(
            "process",
            "Translates, cleans, labels and folds the messages; writes the CSVs and what Coda needs.",
            upstream=("fetch", "coda_pull"),
        ),
        Task(
            "analyse",
            "Counts, draws and maps what came of the messages, on one page to mail on.",
            upstream=("process",),
            needs_all_outputs=True,
        ),
        Task(
            "coda_push",
            "Adds messages that the label store does not know yet; never touches one that is there. "
            "Left to the newest scheduled run and to runs with `publish`.",
            upstream=("process",),
            reaches_outside=True,
        ),
    )


def source_names(project: Project) -> tuple[str, ...]:
    """What the Airflow UI calls each source, in config order: `1 RecoveryCSV: demo_recovered`."""
    return tuple(
        f"{number} {source.source_type}: {_some(source.activation_names + source.survey_names)}"
        for number, source in enumerate(project.config.raw_data_sources, start=1)
    )


def _some(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:2])
    return f"{shown} and {len(names) - 2} more" if len(names) > 2 else shown or "nothing"  # noqa: PLR2004 - a short line
