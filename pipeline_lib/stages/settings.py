"""The slices of a project's config that the layers below take."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from pipeline_lib.config import PipelineConfig, Project
from pipeline_lib.model.coding_plan import CodingPlans
from pipeline_lib.processing.settings import Settings
from pipeline_lib.processing.survey_remappings import with_own_fields
from pipeline_lib.processing.translation import KeyRemapping, TextRemapping, TimeRemapping, Translation

_SHORTEST = timedelta(microseconds=1)
"""Times are no finer than this."""


def processing_settings(project: Project, as_of: datetime | None) -> Settings:
    """What processing needs to know of a project."""
    config = project.config
    keys = [KeyRemapping(k.source_key, k.pipeline_key, k.is_activation_message) for k in config.source_key_remappings]
    times = (
        TimeRemapping(
            time_key=t.time_key,
            raw_field=t.show_pipeline_key_to_remap_to,
            start=t.range_start_inclusive,
            end=t.range_end_exclusive,
            adjust_to=t.time_to_adjust_to,
        )
        for t in config.timestamp_remappings
    )
    return Settings(
        translation=Translation(
            with_own_fields(keys, project.plans),
            tuple(times),
            project.plans,
            tuple(_by_text(config, project.plans)),
        ),
        start=config.starts_at.astimezone(UTC),
        end=config.ends_at.astimezone(UTC) + (_SHORTEST if config.project_end_date_inclusive else timedelta()),
        filter_test_messages=config.filter_test_messages,
        test_participants=frozenset(config.test_participant_uuids),
        operators=None if config.filter_operator is None else frozenset(config.filter_operator),
        moves_wrong_scheme=config.move_ws_messages,
        as_predecessor=config.keeps_predecessor_quirks,
        quirks=config.quirks,
        quarantine_share_limit=config.quarantine_share_limit,
        as_of=as_of.astimezone(UTC) if as_of else None,
        checks_participants=True,
        holds_back_stops=config.hold_back_unreviewed_stops and not config.keeps_predecessor_quirks,
        stop_words=config.stop_words,
        shows_withdrawn=config.shows_withdrawn,
        text_limit_bytes=None if config.keeps_predecessor_quirks else config.text_limit_bytes,
    )


def _by_text(config: PipelineConfig, plans: CodingPlans) -> Iterator[TextRemapping]:
    datasets = {dataset.coda_filename: dataset for dataset in plans.datasets}
    scheme = plans.ws_correct_dataset_scheme
    if scheme is None:
        return
    for remapping in config.ws_text_remappings:
        yield TextRemapping(
            labelled_in=datasets[remapping.coda_filename].raw_field,
            source_key=remapping.source_key,
            code_id=scheme.by_match_value[remapping.ws_code_match_value].code_id,
            raw_field=remapping.show_pipeline_key_to_remap_to,
            adjust_to=remapping.time_to_adjust_to,
        )
