"""Makes the analysis of a run from its outputs, and publishes it as a whole."""

import shutil
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from pipeline_lib.analysis.analysed_together import counted_together
from pipeline_lib.analysis.charts.captions import About
from pipeline_lib.analysis.frames import FOLDER as FRAMES
from pipeline_lib.analysis.frames import check_columns, read_frames
from pipeline_lib.analysis.release import release_numbers
from pipeline_lib.analysis.report.engagement import engagement_files
from pipeline_lib.analysis.tables.all_tables import Contents, write_tables
from pipeline_lib.config import Project
from pipeline_lib.config.automated_analysis import AutomatedAnalysis
from pipeline_lib.config.exports import SpreadsheetFile
from pipeline_lib.progress import step
from pipeline_lib.sources.targets import ENGAGEMENT_METRICS
from pipeline_lib.stages.disclosure import perturbation_table
from pipeline_lib.stages.drawings import Analysed, about_of, draw_analysis
from pipeline_lib.stages.notes import write_notes
from pipeline_lib.stages.run_context import ANALYSIS, Run, task_report, warn_of_another_version
from pipeline_lib.storage import located
from pipeline_lib.storage.base import local_fingerprint


def analyse(run: Run, outputs: str) -> str:
    """Makes the analysis, and returns the URI of its folder.

    Engagement metrics that the run fetched are copied into it.

    Args:
        run: The run.
        outputs: URI of the folder that `process` made.

    Raises:
        DataError: The outputs lack the processed frames; the earlier analysis stays.
    """
    name, metrics = f"{run.folder}/{ANALYSIS}", f"{run.folder}/{ENGAGEMENT_METRICS}"
    storage, outputs_name = located(outputs)
    with task_report(run, "analyse") as report, ExitStack() as local:
        frames = local.enter_context(storage.local_folder(f"{outputs_name}/{FRAMES}"))
        has_metrics = run.storage.exists(metrics)
        from_fetch = local.enter_context(run.storage.local_folder(metrics)) if has_metrics else None
        warn_of_another_version(run, outputs, storage.fingerprint(outputs_name))
        report.inputs = {f"{outputs}/{FRAMES}": local_fingerprint(frames)}
        with run.storage.publish_folder(name) as folder:
            row_counts = make_analysis(run.project, frames, folder, from_fetch, as_of=run.as_of)
            report.add_folder(run.storage.uri_of(name), folder)
        report.outputs = {f"{run.storage.uri_of(name)}/{file}": count for file, count in row_counts.items()}
    return run.storage.uri_of(name)


def make_analysis(
    project: Project, frames_folder: Path, folder: Path, metrics: Path | None = None, *, as_of: datetime | None = None
) -> dict[str, int]:
    """Writes the analysis into a folder, and returns the number of rows of each table, by file.

    Args:
        project: The project.
        frames_folder: Folder of the processed frames.
        folder: Folder to fill.
        metrics: Folder of engagement metrics to copy, if there are any.
        as_of: The run's as-of time; None: it sees everything.

    Raises:
        DataError: The frames are not there, or lack columns that were added to the config since.
        ConfigError: A boundary file is missing, is not a boundary file, or lacks its property.
    """
    contents, about = _counted(project, frames_folder, as_of)
    row_counts = write_tables(folder, contents)
    for path in sorted(metrics.iterdir()) if metrics is not None else ():
        shutil.copyfile(path, folder / path.name)
    row_counts |= engagement_files(folder)
    write_notes(project, folder)
    draw_analysis(folder, replace(project, plans=contents.plans), Analysed(contents.published, row_counts), about)
    return row_counts


def make_tables(project: Project, frames_folder: Path, folder: Path, *, as_of: datetime | None = None) -> None:
    """Writes only the tables of the analysis into a folder.

    Raises:
        DataError: As `make_analysis`.
    """
    write_tables(folder, _counted(project, frames_folder, as_of)[0])


def _counted(project: Project, frames_folder: Path, as_of: datetime | None) -> tuple[Contents, About]:
    """The contents of the tables, and what else drawings need for their captions."""
    table = perturbation_table(project)
    with step("Reading the processed frames") as reading:
        frames = read_frames(frames_folder)
        check_columns(frames, project.plans, frames_folder, needs_record_keys=table is not None)
        reading.row_count = frames.messages.height
    frames, plans = counted_together(frames, project.plans)
    asked = project.config.automated_analysis or AutomatedAnalysis()
    about = about_of(project, frames, as_of)
    with step("Counting"):
        as_predecessor = project.config.keeps_predecessor_quirks
        published = release_numbers(
            frames, plans, asked, table=table, utc_offset=about.utc_offset, as_predecessor=as_predecessor
        )
    are_samples_guarded = SpreadsheetFile.SAMPLE_MESSAGES in project.config.spreadsheet_files
    contents = Contents(
        published,
        plans,
        asked,
        as_predecessor,
        are_samples_guarded,
        about.coverage,
        project.config.quirks,
    )
    return contents, about
