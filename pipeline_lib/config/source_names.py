"""What the sources of a project, and what they give, are called in Airflow and on its pages."""

from pipeline_lib.config.project import Project


def source_names(project: Project) -> tuple[str, ...]:
    """Each source's name, in config order: `1 RecoveryCSV: demo_recovered`; groups come last."""
    names = [
        f"{number} {source.source_type}: {_some(source.activation_names + source.survey_names)}"
        for number, source in enumerate(project.config.raw_data_sources, start=1)
    ]
    files = tuple(dict.fromkeys(name for group in project.plans.groups for name in group.files))
    return (*names, *([f"{len(names) + 1} Groups: {_some(files)}"] if files else []))


def names_that_may_shrink(project: Project) -> tuple[str, ...]:
    """What may have less than the last time: the names of raw data, and of datasets in the label store."""
    sources = project.config.raw_data_sources
    raw_data = {name for source in sources for name in (*source.activation_names, *source.survey_names)}
    raw_data |= {name for group in project.plans.groups for name in group.files}
    return tuple(sorted(raw_data | project.plans.in_label_store.keys()))


def _some(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:2])
    return f"{shown} and {len(names) - 2} more" if len(names) > 2 else shown or "nothing"  # noqa: PLR2004 - a short line
