"""Remappings of surveys that the predecessors' plans could read only together with the messages' (semantics.md 2)."""

from collections.abc import Iterator, Sequence

from pipeline_lib.model.coding_plan import CodingPlans
from pipeline_lib.processing.time_of_receipt import fields_by_time_of_receipt
from pipeline_lib.processing.translation import KeyRemapping


def with_own_fields(remappings: Sequence[KeyRemapping], plans: CodingPlans) -> tuple[KeyRemapping, ...]:
    """The remappings, where every survey has a time of its own and its answers are no messages to a show.

    Several surveys may take their times from one field, `sent_on`, to which all flows' times are mapped. Each then gets
    those that stand beside its own texts: otherwise an answer would have the time of whatever was last sent.
    """
    surveys = {survey.raw_field for survey in plans.surveys}
    told = [
        KeyRemapping(
            each.source_key, each.pipeline_key, each.is_activation_message and each.pipeline_key not in surveys
        )
        for each in remappings
    ]
    return (*told, *_own_times(told, plans))


def _own_times(remappings: Sequence[KeyRemapping], plans: CodingPlans) -> Iterator[KeyRemapping]:
    for survey in plans.surveys:
        shared = survey.shared_time_field
        if shared is None:
            continue
        times = [each.source_key for each in remappings if each.pipeline_key == shared]
        texts = [each.source_key for each in remappings if each.pipeline_key == survey.raw_field]
        beside = fields_by_time_of_receipt(texts)
        own = [time for time in times if time in beside]
        for time in (shared, *(own or times)):
            yield KeyRemapping(time, survey.time_field, is_activation_message=False)
