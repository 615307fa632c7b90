"""What the sources of a project are called, in Airflow and on its pages."""

from pipeline_lib.config.project import Project


def source_names(project: Project) -> tuple[str, ...]:
    """Each source's name, in config order: `1 RecoveryCSV: demo_recovered`; groups come last."""
    names = [
        f"{number} {source.source_type}: {_some(source.activation_names + source.survey_names)}"
        for number, source in enumerate(project.config.raw_data_sources, start=1)
    ]
    files = tuple(dict.fromkeys(name for group in project.plans.groups for name in group.files))
    return (*names, *([f"{len(names) + 1} Groups: {_some(files)}"] if files else []))


def _some(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:2])
    return f"{shown} and {len(names) - 2} more" if len(names) > 2 else shown or "nothing"  # noqa: PLR2004 - a short line
