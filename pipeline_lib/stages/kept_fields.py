"""Which fields of another pipeline's files a project reads."""

import re
from collections.abc import Collection

from pipeline_lib.model.coding_plan import CodingPlans
from pipeline_lib.processing.time_of_receipt import times_of_receipt
from pipeline_lib.processing.translation import OPERATOR, TEST_RUN, UID, Translation, message_fields, survey_fields
from pipeline_lib.sources.files.kept_fields import FieldKind

_OF_A_RESULT = re.compile(r"(.+) \((?:Category|Value|Text|Text Source|Name|Time|Run ID)\) - (.+)")


def kept_fields(translation: Translation) -> dict[str, FieldKind]:
    """The fields that the project's config maps, and those that a fetch writes beside them, each with its use."""
    kinds = _kinds(translation.plans)
    kept = {remapping.source_key: kinds.get(remapping.pipeline_key, FieldKind.OTHER) for remapping in translation.keys}
    kept |= {r.source_key: FieldKind.TEXT for r in translation.keys if r.is_activation_message}
    kept |= {field: kinds[field] for field in message_fields(translation.plans) | survey_fields(translation.plans)}
    kept |= {remapping.time_key: FieldKind.TIME for remapping in translation.times}
    kept |= _written_beside(kept)
    return kept | {
        **dict.fromkeys((TEST_RUN, OPERATOR, "operator_coded", "urn_type"), FieldKind.OTHER),
        translation.identity_key: FieldKind.PARTICIPANT,
    }


def _kinds(plans: CodingPlans) -> dict[str, FieldKind]:
    """The use of each of the pipeline's own fields; if a field has two, the later one here wins."""
    kinds = {coding.raw_field: FieldKind.OBJECT for d in plans.datasets for coding in d.codings if coding.raw_field}
    for dataset in plans.datasets:
        ids = (dataset.run_id_field, dataset.message_id_field)
        kinds |= {field: FieldKind.IDENTIFIER for field in ids if field}
        kinds[dataset.time_field] = FieldKind.TIME
    kinds |= {dataset.raw_field: FieldKind.TEXT for dataset in plans.datasets}
    return kinds | {UID: FieldKind.PARTICIPANT}


def _written_beside(fields: Collection[str]) -> dict[str, FieldKind]:
    """The fields that a fetch writes beside these, for the same result and the same run."""
    beside = dict.fromkeys(times_of_receipt(fields), FieldKind.TIME)
    for found in filter(None, map(_OF_A_RESULT.fullmatch, fields)):
        result, flow = found.groups()
        beside |= {f"{result} (Run ID) - {flow}": FieldKind.IDENTIFIER, f"run_id - {flow}": FieldKind.IDENTIFIER}
        beside |= {f"run_{when}_on - {flow}": FieldKind.TIME for when in ("created", "modified", "exited")}
        beside |= {f"{result} (Text Source) - {flow}": FieldKind.OTHER, f"run_exit_type - {flow}": FieldKind.OTHER}
    return {key: kind for key, kind in beside.items() if key not in fields}
