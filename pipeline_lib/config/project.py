"""From a project's folder to one frozen value that the rest of the code trusts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline_lib.config.coding_plans import CodingEntry, CodingPlansFile, DatasetEntry
from pipeline_lib.config.files import read_model
from pipeline_lib.config.pipeline import PipelineConfig
from pipeline_lib.errors import ConfigError, Problem, did_you_mean
from pipeline_lib.model.code_scheme import CodeScheme
from pipeline_lib.model.coding_plan import Coding, CodingPlans, Dataset, DatasetKind

CONFIG_FILENAME = "pipeline.json"


@dataclass(frozen=True)
class Project:
    """A project's config with its coding plans and code schemes, read and resolved."""

    path: Path
    """The config file."""
    config: PipelineConfig
    plans: CodingPlans

    @property
    def name(self) -> str:
        """The project's folder: the DAG's id, and the folder of its data."""
        return self.folder.name

    @property
    def folder(self) -> Path:
        """What relative paths in the config start from."""
        return self.path.resolve().parent


def load_project(path: Path) -> Project:
    """The project that a config file describes.

    Raises:
        ConfigError: Naming everything that is wrong with the files.
    """
    config = read_model(PipelineConfig, path)
    plans_file, plans_path = _coding_plans(config, path)
    schemes = _read_code_schemes(plans_file, plans_path)
    return Project(path, config, _resolve(plans_file, schemes))


def _coding_plans(config: PipelineConfig, path: Path) -> tuple[CodingPlansFile, Path]:
    if isinstance(config.coding_plans, CodingPlansFile):
        return config.coding_plans, path
    plans_path = path.parent / config.coding_plans
    return read_model(CodingPlansFile, plans_path), plans_path


def _scheme_names(plans: CodingPlansFile) -> Iterable[tuple[str, str]]:
    """Where each code scheme is asked for, and its name."""
    if plans.ws_correct_dataset_scheme is not None:
        yield "WSCorrectDatasetScheme", plans.ws_correct_dataset_scheme
    for kind in DatasetKind:
        for index, dataset in enumerate(_entries(plans, kind)):
            for number, coding in enumerate(dataset.codings):
                yield f"{kind}[{index}].Codings[{number}].CodeScheme", coding.code_scheme


def _entries(plans: CodingPlansFile, kind: DatasetKind) -> tuple[DatasetEntry, ...]:
    return {
        DatasetKind.RESEARCH_QUESTION: plans.research_questions,
        DatasetKind.DEMOGRAPHIC: plans.demographics,
        DatasetKind.FOLLOW_UP: plans.follow_ups,
        DatasetKind.ENGAGEMENT: plans.engagement,
    }[kind]


def _read_code_schemes(plans: CodingPlansFile, plans_path: Path) -> dict[str, CodeScheme]:
    folder = plans_path.parent / plans.code_schemes_dir
    available = [path.stem for path in sorted(folder.glob("*.json"))]
    schemes: dict[str, CodeScheme] = {}
    problems: list[Problem] = []
    for place, name in _scheme_names(plans):
        if name in schemes:
            continue
        if name not in available:
            wrong = f'there is no code scheme "{name}" in {plans.code_schemes_dir}/'
            problems.append(Problem(f"{plans_path.name}: {place}", wrong, did_you_mean(name, available)))
            continue
        try:
            schemes[name] = read_model(CodeScheme, folder / f"{name}.json")
        except ConfigError as error:
            problems.extend(error.problems)
    if problems:
        raise ConfigError(*problems)
    return schemes


def _resolve(plans: CodingPlansFile, schemes: Mapping[str, CodeScheme]) -> CodingPlans:
    def datasets(kind: DatasetKind) -> tuple[Dataset, ...]:
        return tuple(_dataset(entry, kind, schemes) for entry in _entries(plans, kind))

    ws_scheme = plans.ws_correct_dataset_scheme
    return CodingPlans(
        research_questions=datasets(DatasetKind.RESEARCH_QUESTION),
        demographics=datasets(DatasetKind.DEMOGRAPHIC),
        follow_ups=datasets(DatasetKind.FOLLOW_UP),
        engagement=datasets(DatasetKind.ENGAGEMENT),
        ws_correct_dataset_scheme=schemes[ws_scheme] if ws_scheme is not None else None,
        sort_messages=plans.sort_messages,
        sent_on_column=plans.sent_on_column,
    )


def _dataset(entry: DatasetEntry, kind: DatasetKind, schemes: Mapping[str, CodeScheme]) -> Dataset:
    return Dataset(
        name=entry.dataset_name,
        kind=kind,
        raw_field=entry.raw_field,
        time_field=entry.time_field,
        run_id_field=entry.run_id_field,
        message_id_field=entry.message_id_field,
        coda_filename=entry.coda_filename,
        icr_filename=entry.icr_filename,
        ws_code_match_value=entry.ws_code_match_value,
        imputation=entry.imputation,
        codings=tuple(_coding(coding, schemes) for coding in entry.codings),
    )


def _coding(entry: CodingEntry, schemes: Mapping[str, CodeScheme]) -> Coding:
    return Coding(
        code_scheme=schemes[entry.code_scheme],
        mode=entry.coding_mode,
        coded_field=entry.coded_field,
        analysis_file_key=entry.analysis_file_key,
        cleaner=entry.cleaner,
        raw_field=entry.raw_field,
        requires_manual_verification=entry.requires_manual_verification,
        include_in_individuals_file=entry.include_in_individuals_file,
        include_in_theme_distribution=entry.include_in_theme_distribution,
    )
