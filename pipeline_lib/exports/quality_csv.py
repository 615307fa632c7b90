"""quality.csv: what became of each dataset's messages, and how far its coding has come."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from pipeline_lib.model.code_scheme import ControlCode
from pipeline_lib.model.step_counts import Outcome, StepCount, total
from pipeline_lib.model.times import iso_utc
from pipeline_lib.processing.label_conflicts import IN_CONFLICT
from pipeline_lib.processing.noise_other_channel import REASON as NOISE_OTHER_CHANNEL
from pipeline_lib.processing.processed import Processed
from pipeline_lib.processing.texts import TEXT_ROW, CodedDataset

_FLOW_COLUMNS = {
    "dataset": pl.String,
    "fetched": pl.Int64,
    "moved_in": pl.Int64,
    "moved_out": pl.Int64,
    "put_together": pl.Int64,
    "dropped_unknown_dataset": pl.Int64,
    "dropped_without_message": pl.Int64,
    "dropped_test_contact": pl.Int64,
    "dropped_other_operator": pl.Int64,
    "dropped_outside_groups": pl.Int64,
    "dropped_outside_dates": pl.Int64,
    "dropped_held_back": pl.Int64,
    "dropped_noise_other_channel": pl.Int64,
    "messages": pl.Int64,
}


_REASONS = tuple(name.removeprefix("dropped_") for name in _FLOW_COLUMNS if name.startswith("dropped_"))


def write_quality_csv(path: Path, table: pl.DataFrame) -> int:
    """Writes what `quality` gives and returns its number of rows."""
    table.write_csv(path)
    return table.height


def quality(processed: Processed) -> pl.DataFrame:
    """A row per dataset, research questions first; a survey counts answers, one per participant.

    Returns:
        `dataset`, its name; `fetched`; then what came and went:

        - `moved_in`, `moved_out`: labelled as wrong scheme; a text whose label names its own dataset counts in both,
        - `put_together`: moved to a survey where they became a part of another answer,
        - `dropped_unknown_dataset`: labelled as belonging to a dataset that no plan has,
        - `dropped_without_message`: answers of people who sent no message, or have none left after the moves,
        - `dropped_test_contact`, `dropped_other_operator`, `dropped_outside_groups`, `dropped_outside_dates`: messages,
          and answers of people who have none left then,
        - `dropped_held_back`: of people who sent nothing but a stop word that no coder has labelled yet,
        - `dropped_noise_other_channel`: of people of whom a text is coded NOC, where the project leaves these out.

        So `fetched + moved_in - moved_out - put_together - dropped_…` is `messages`. These are the sum of:

        - `withdrawn`: of people who said STOP anywhere,
        - `noise`: hold no answer, by the project's noise filter,
        - `not_reviewed`: wait for a coder in some coding,
        - `coding_errors`: their labels contradict each other,
        - `coded`: all others.

        Three more columns leave out the withdrawn:

        - `conflicts`: how many messages coders have labelled differently, as `with_conflicts` defines it,
        - `oldest_unreviewed`: when the oldest message that is not reviewed was sent, in UTC,
        - `newest_message`: when the newest message was sent, in UTC.
    """
    flows = _flows(processed)
    states = pl.concat(_state(coded, processed) for coded in processed.datasets)
    return flows.hstack(states)


def _flows(processed: Processed) -> pl.DataFrame:
    """What came and went, as the steps have counted it."""
    return pl.DataFrame([_flow(processed.counts, coded.dataset.name) for coded in processed.datasets], _FLOW_COLUMNS)


def _flow(counts: Sequence[StepCount], name: str) -> dict[str, str | int]:
    own = [each for each in counts if each.dataset == name]
    dropped = {f"dropped_{reason}": total(own, outcome=Outcome.DROPPED, reason=reason) for reason in _REASONS}
    return {
        "dataset": name,
        "fetched": total(own, step="translate_answers", outcome=Outcome.COUNTED),
        "moved_in": total(counts, outcome=Outcome.MOVED, target=name),
        "moved_out": total(own, outcome=Outcome.MOVED),
        "put_together": total(own, outcome=Outcome.MERGED),
        **dropped,
        "messages": total(own, step="select", outcome=Outcome.COUNTED) - dropped[f"dropped_{NOISE_OTHER_CHANNEL}"],
    }


def _state(coded: CodedDataset, processed: Processed) -> pl.DataFrame:
    """How far a dataset's coding has come, in one row."""
    texts = coded.texts.select(
        _has_control(coded, ControlCode.NOT_REVIEWED).alias("is_unreviewed"),
        _has_control(coded, ControlCode.CODING_ERROR).alias("is_error"),
        IN_CONFLICT,
    )
    rows = processed.without_withdrawn(coded.rows)
    answers = coded.without_noise(rows)
    states = answers.select("sent_at").hstack(texts[answers[TEXT_ROW]])
    unreviewed = states.filter("is_unreviewed")
    error_count = states.filter(~pl.col("is_unreviewed") & pl.col("is_error")).height
    oldest, newest = unreviewed.select(pl.col("sent_at").min()).item(), rows.select(pl.col("sent_at").max()).item()
    return pl.DataFrame(
        {
            "withdrawn": coded.rows.height - rows.height,
            "noise": rows.height - answers.height,
            "coded": answers.height - unreviewed.height - error_count,
            "not_reviewed": unreviewed.height,
            "coding_errors": error_count,
            "conflicts": states.filter(IN_CONFLICT).height,
            "oldest_unreviewed": iso_utc(oldest) if oldest is not None else None,
            "newest_message": iso_utc(newest) if newest is not None else None,
        },
        schema_overrides={"oldest_unreviewed": pl.String, "newest_message": pl.String},
    )


def _has_control(coded: CodedDataset, control: ControlCode) -> pl.Expr:
    """Whether a coding that people verify has the control code."""
    return pl.any_horizontal(
        pl.lit(value=False),
        *(
            pl.col(coding.coded_field).list.contains(coding.code_scheme.control(control).code_id)
            for coding in coded.dataset.codings
            if coding.requires_manual_verification and coding.code_scheme.has_control(control)
        ),
    )
