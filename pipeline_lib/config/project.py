"""A project's files, resolved to one frozen value that the rest of the code trusts."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline_lib.config.coding_plans import CodingEntry, CodingPlansFile, Placed
from pipeline_lib.config.own_times import with_own_times
from pipeline_lib.config.pipeline import PipelineConfig
from pipeline_lib.config.reading import Reading, folder_name, real_path
from pipeline_lib.config.resolved_groups import resolved_groups
from pipeline_lib.config.yes_or_no import ambivalent_code, folds_yes_and_no
from pipeline_lib.model.age_bands import are_in_order
from pipeline_lib.model.channels import NO_CHANNELS
from pipeline_lib.model.code_scheme import CodeScheme, ControlCode
from pipeline_lib.model.coding_plan import (
    USUAL_ANALYSIS_FILES,
    Coding,
    CodingPlans,
    Dataset,
    DatasetKind,
    FoldStyle,
    Imputation,
    NamedRange,
    PlacesOfMap,
    RawFieldFold,
)
from pipeline_lib.model.compatibility import Quirk
from pipeline_lib.model.places import PlaceTable


@dataclass(frozen=True)
class Project:
    """A project's config with its coding plans and code schemes, read and resolved."""

    path: Path
    """The config file."""
    config: PipelineConfig
    plans: CodingPlans
    written: Mapping[str, Any] = field(repr=False, hash=False)
    """The content of the config, its plans and its schemes, in whichever files their author keeps them."""

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what is written, in hexadecimal."""
        canonical = json.dumps(self.written, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(canonical.encode()).hexdigest()

    @property
    def name(self) -> str:
        """The name of the project's folder, even if it or the config is a link: its DAG and its data have it too."""
        return folder_name(self.path)

    @property
    def folder(self) -> Path:
        """What relative paths in the config start from."""
        return real_path(self.path).parent


def project_of(reading: Reading) -> Project | None:
    """The project that files describe, if their structure is right."""
    config, plans = reading.config.model, reading.plans.model
    if reading.problems or config is None or plans is None:
        return None
    schemes = {name: read.model for name, read in reading.schemes.items() if read.model is not None}
    places = reading.places.table if reading.places is not None else None
    return Project(reading.path, config, _resolve(plans, schemes, places, config), _written(reading))


def _written(reading: Reading) -> dict[str, Any]:
    return {
        "config": {**reading.config.file.content, "CodingPlans": None},
        "plans": {**plans_with_places(reading), "CodeSchemesDir": None},
        "schemes": {name: read.file.content for name, read in reading.schemes.items()},
    }


def plans_with_places(reading: Reading) -> Mapping[str, Any]:
    """The content of the coding plans, with the table of places put inside if it is in a file of its own."""
    plans: dict[str, Any] = reading.plans.file.content
    if reading.places is None or reading.places.table is None:
        return plans
    return {**plans, "Locations": {"CSV": reading.places.text, "Levels": list(reading.places.table.levels)}}


def _resolve(
    plans: CodingPlansFile, schemes: Mapping[str, CodeScheme], places: PlaceTable | None, config: PipelineConfig
) -> CodingPlans:
    datasets = with_own_times([_dataset(placed, plans, schemes, places) for placed in plans.datasets()])

    def of(kind: DatasetKind) -> tuple[Dataset, ...]:
        return tuple(dataset for dataset in datasets if dataset.kind is kind)

    ws_scheme = plans.ws_correct_dataset_scheme
    noise = plans.noise_filter or config.noise_filter
    return CodingPlans(
        research_questions=of(DatasetKind.RESEARCH_QUESTION),
        demographics=of(DatasetKind.DEMOGRAPHIC),
        follow_ups=of(DatasetKind.FOLLOW_UP),
        engagement=of(DatasetKind.ENGAGEMENT),
        ws_correct_dataset_scheme=schemes[ws_scheme] if ws_scheme is not None else None,
        coding_errors=plans.coding_errors,
        single_coding_columns=plans.single_coding_columns,
        consent_scope=plans.consent_scope,
        column_layout=plans.column_layout,
        sort_messages=plans.sort_messages,
        sent_on_column=plans.sent_on_column,
        fold_style=FoldStyle.MATRIX if Quirk.FOLDS_CELLS in config.quirks else plans.fold_style,
        noise_filter=noise.rules if noise is not None else None,
        maps=tuple(PlacesOfMap(each.level, each.analysis_file_key) for each in plans.breakdown_maps),
        analysis_files=USUAL_ANALYSIS_FILES if plans.analysis_files is None else plans.analysis_files,
        noise_other_channel_filter=plans.noise_other_channel_filter,
        ws_not_coded_drops_answer=plans.ws_not_coded_drops_answer,
        channels=config.channels.as_columns() if config.channels is not None else NO_CHANNELS,
        analysed_together=plans.analyse_together,
        groups=resolved_groups(config, plans),
    )


def _dataset(
    placed: Placed, plans: CodingPlansFile, schemes: Mapping[str, CodeScheme], places: PlaceTable | None
) -> Dataset:
    entry = placed.entry
    is_question = placed.kind is DatasetKind.RESEARCH_QUESTION
    return Dataset(
        name=entry.dataset_name,
        title=entry.title,
        kind=placed.kind,
        raw_field=entry.raw_field,
        time_field=entry.time_field,
        run_id_field=entry.run_id_field,
        message_id_field=entry.message_id_field,
        coda_filename=entry.coda_filename,
        icr_filename=entry.icr_filename,
        ws_code_match_value=entry.ws_code_match_value,
        imputation=entry.imputation,
        joins_answers=not is_question
        and entry.derived_from is None
        and entry.raw_field_fold is RawFieldFold.CONCATENATE,
        age_bands=entry.bands(),
        imputes_zone_from_operator=entry.impute_zone_from_operator,
        sent_from=entry.range_start_inclusive,
        sent_before=entry.range_end_exclusive,
        ranges=tuple(NamedRange(*vars(each).values()) for each in entry.ranges),
        derived_from=entry.derived_from,
        own_places=places if entry.imputation is Imputation.LOCATION else None,
        has_text_column=entry.text_column,
        codings=tuple(
            _coding(coding, placed.kind, plans.analysis_file_key_separator, schemes) for coding in entry.codings
        ),
        code_of_empty=ControlCode.NOT_CODED if is_question else ControlCode(plans.empty_survey_answer),
        conflict_code=ControlCode(plans.conflict_control_code),
        synchronises_control_codes=entry.synchronise_control_codes,
    )


def _coding(entry: CodingEntry, kind: DatasetKind, key_separator: str, schemes: Mapping[str, CodeScheme]) -> Coding:
    scheme = schemes[entry.code_scheme]
    return Coding(
        code_scheme=scheme,
        mode=entry.coding_mode,
        coded_field=entry.coded_field,
        analysis_file_key=entry.analysis_file_key,
        key_separator=key_separator,
        cleaner=entry.cleaner,
        raw_field=entry.raw_field,
        requires_manual_verification=entry.requires_manual_verification,
        include_in_individuals_file=entry.include_in_individuals_file,
        include_in_theme_distribution=entry.include_in_theme_distribution,
        ordinal=are_in_order(scheme) if entry.ordinal is None else entry.ordinal,
        ambivalent_code=ambivalent_code(entry, scheme) if folds_yes_and_no(entry, kind) else None,
    )
