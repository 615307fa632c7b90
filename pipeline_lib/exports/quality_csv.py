"""quality.csv: what became of each dataset's messages, and how far its coding has come."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from pipeline_lib.model.code_scheme import ControlCode
from pipeline_lib.model.times import iso_utc
from pipeline_lib.processing.opinions import IN_CONFLICT
from pipeline_lib.processing.processed import Processed
from pipeline_lib.processing.tally import Milestone
from pipeline_lib.processing.texts import TEXT_ROW, CodedDataset
from pipeline_lib.processing.wrong_scheme import UNKNOWN

_COUNT = pl.Int64


def write_quality_csv(path: Path, processed: Processed) -> int:
    """Writes quality.csv and returns its number of rows."""
    table = quality(processed)
    table.write_csv(path)
    return table.height


def quality(processed: Processed) -> pl.DataFrame:
    """A row per dataset, research questions first; of a survey the answers are counted, one a participant.

    Returns:
        `dataset`, its name; `fetched`; then what came and went:

        - `moved_in`, `moved_out`: labelled as wrong scheme; a text that moves to where it is counts in both,
        - `put_together`: moved to a survey where they became a part of another answer,
        - `dropped_unknown_dataset`: belong to a dataset that no plan has,
        - `dropped_without_message`: answers of people who sent no message, or whose last one moved away,
        - `dropped_test_contact`, `dropped_outside_dates`: answers go when their sender's last message does,
        - `dropped_held_back`: of people who sent nothing but a stop word that no coder has labelled yet.

        So `fetched + moved_in - moved_out - put_together - dropped_…` is `messages`, and that is the sum of
        `withdrawn`, of people who said STOP anywhere; `not_reviewed`, of which some coding waits for a coder;
        `coding_errors`, whose labels contradict each other; and `coded`, all else.

        Beside these, without the withdrawn: `conflicts`, of which two opinions differ (`with_conflicts` says when), and
        `oldest_unreviewed`, when the oldest of those not reviewed was sent, in UTC.
    """
    flows = _flows(processed)
    states = pl.concat(_state(coded, processed) for coded in processed.datasets)
    return flows.hstack(states)


def _flows(processed: Processed) -> pl.DataFrame:
    rows = processed.tally.rows
    strangers, fetched, heard = rows[Milestone.STRANGERS], rows[Milestone.FETCHED], rows[Milestone.HEARD]
    moved = rows.get(Milestone.MOVED, heard)
    kept = rows.get(Milestone.KEPT, heard)
    tested = rows.get(Milestone.NOT_TESTS, kept)
    dated, shown = rows[Milestone.WITHIN_DATES], rows[Milestone.SHOWN]
    is_known = pl.col("target") != UNKNOWN
    arrivals = _counts(processed.moves.filter(is_known), "target")
    departures = _counts(processed.moves.filter(is_known), "dataset")
    unknown = _counts(processed.moves.filter(~is_known), "dataset")

    def row(field: str) -> tuple[int, ...]:
        came, went, lost = arrivals.get(field, 0), departures.get(field, 0), unknown.get(field, 0)
        everything = strangers.get(field, 0) + fetched[field]
        return (
            everything,
            came,
            went,
            heard[field] + came - went - lost - moved[field],
            lost,
            everything - heard[field] + moved[field] - kept[field],
            kept[field] - tested[field],
            tested[field] - dated[field],
            dated[field] - shown[field],
            shown[field],
        )

    names = [coded.dataset.name for coded in processed.datasets]
    counts = [row(coded.dataset.raw_field) for coded in processed.datasets]
    columns = (
        "fetched",
        "moved_in",
        "moved_out",
        "put_together",
        "dropped_unknown_dataset",
        "dropped_without_message",
        "dropped_test_contact",
        "dropped_outside_dates",
        "dropped_held_back",
        "messages",
    )
    return pl.DataFrame({"dataset": names}).hstack(pl.DataFrame(counts, dict.fromkeys(columns, _COUNT), orient="row"))


def _counts(moves: pl.DataFrame, column: str) -> Mapping[str, int]:
    return dict(moves.group_by(column).len().iter_rows())


def _state(coded: CodedDataset, processed: Processed) -> pl.DataFrame:
    """How far a dataset's coding has come, in one row."""
    texts = coded.texts.select(
        _has_control(coded, ControlCode.NOT_REVIEWED).alias("is_unreviewed"),
        _has_control(coded, ControlCode.CODING_ERROR).alias("is_error"),
        IN_CONFLICT,
    )
    withdrawn = processed.participants.filter("is_withdrawn")["uid"]
    rows = coded.rows.filter(~pl.col("uid").is_in(withdrawn.implode()))
    states = rows.select("sent_at").hstack(texts[rows[TEXT_ROW]])
    unreviewed = states.filter("is_unreviewed")
    error_count = states.filter(~pl.col("is_unreviewed") & pl.col("is_error")).height
    oldest = unreviewed.select(pl.col("sent_at").min()).item()
    return pl.DataFrame(
        {
            "withdrawn": coded.rows.height - rows.height,
            "coded": rows.height - unreviewed.height - error_count,
            "not_reviewed": unreviewed.height,
            "coding_errors": error_count,
            "conflicts": states.filter(IN_CONFLICT).height,
            "oldest_unreviewed": iso_utc(oldest) if oldest is not None else None,
        },
        schema_overrides={"oldest_unreviewed": pl.String},
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
