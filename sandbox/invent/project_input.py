"""Writes invented input for a project into a folder, and says what a run of it has to give."""

from pathlib import Path
from random import Random
from typing import NamedTuple

from pipeline_lib.config import Project
from pipeline_lib.label_store.json_format import dumps
from pipeline_lib.sources.targets import RAW_DATA, raw_data_file_name
from sandbox.invent.expected import Expected, by_time, expected
from sandbox.invent.group_files import outside_groups, write_groups
from sandbox.invent.labels import Coded, coded
from sandbox.invent.people import Said, invented_talk

CODED_FILES = "Coded Coda Files"


class Invented(NamedTuple):
    """Input of a project."""

    raw_data: Path
    """Folder of the raw data files."""
    raw_files: dict[str, Path]
    """Those files, by the name of their data; those of groups by their own."""
    coded: Path
    """Folder of the labelled messages, a file per dataset."""
    expected: Expected


def write_input(project: Project, folder: Path, *, people_count: int = 300, seed: int = 1) -> Invented:
    """Writes raw data and labels below a folder, which is made; the same arguments give the same bytes."""
    rng = Random(f"{seed} {people_count}")  # noqa: S311 - invented people, not secrets
    talk = invented_talk(project, people_count, rng)
    raw_data, coded_files = folder / RAW_DATA, folder / CODED_FILES
    raw_data.mkdir(parents=True, exist_ok=True)
    coded_files.mkdir(parents=True, exist_ok=True)
    raw_files = {name: raw_data / raw_data_file_name(name) for name in talk.lines}
    for name, lines in talk.lines.items():
        raw_files[name].write_text("".join(lines), encoding="utf-8")
    members = write_groups(project.plans, talk.people, raw_data, rng)
    raw_files |= {name: raw_data / name for name in members}
    said: dict[str, list[Said]] = {dataset.raw_field: [] for dataset in project.plans.datasets}
    for message in talk.messages:
        said.get(by_time(project, message)[0], []).append(message)
    for answer in talk.answers.values():
        said[answer.raw_field].append(answer)
    labels: dict[str, Coded] = {}
    for dataset in project.plans.datasets:
        labels[dataset.raw_field] = coded(dataset, project.plans, said[dataset.raw_field], rng)
        path = coded_files / dataset.coda_filename
        path.write_text(dumps(labels[dataset.raw_field].messages), encoding="utf-8")
    return Invented(
        raw_data,
        raw_files,
        coded_files,
        expected(project, talk, labels, outside_groups(project.plans, talk.people, members)),
    )
