"""coding_progress.csv and coding_by_coder.csv: how far coders have come, and who labelled how much when.

Unlike quality.csv these count distinct texts, as Coda does: those that a run has for coders, and those that somebody
has labelled. A text in Coda that has no label and is not in the run is left out: nothing says when it got there, so a
past day's run would not give the same twice.
"""

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

import polars as pl

from pipeline_lib.model.code_scheme import MANUALLY_UNCODED, CodeScheme, ControlCode
from pipeline_lib.model.coding_plan import Dataset
from pipeline_lib.model.times import iso_utc
from pipeline_lib.processing.impute import codings_awaited
from pipeline_lib.processing.label_conflicts import in_conflict
from pipeline_lib.processing.manual_codes import codes_of_messages
from pipeline_lib.processing.processed import Processed
from pipeline_lib.processing.texts import TEXT_ROW, CodedDataset

PROGRESS = "coding_progress.csv"
BY_CODER = "coding_by_coder.csv"

_PROGRESS_COLUMNS = {
    "dataset": pl.String,
    "unreviewed_stops": pl.Int64,
    "messages": pl.Int64,
    "labelled": pl.Int64,
    "not_reviewed": pl.Int64,
    "wrong_scheme": pl.Int64,
    "not_coded": pl.Int64,
    "conflicts": pl.Int64,
    "oldest_unreviewed": pl.String,
}


class CodingProgress(NamedTuple):
    """What coders have done."""

    datasets: pl.DataFrame
    """A row per dataset, first those of `unreviewed_stops`: stop words that no coder has labelled; until somebody does,
    everything that their senders wrote is left out. Otherwise research questions come first. Of a dataset's `messages`,
    distinct texts:

    - `labelled`: under some scheme the newest label is checked and gives a code, as Coda's own dashboard counts,
    - `not_reviewed`: some coding that people verify has no code yet, so that it is NR in the outputs; an imputed coding
      waits only for the codings that it is imputed from,
    - `wrong_scheme`, `not_coded`: the code is WS, or NC, under some scheme,
    - `conflicts`: the two newest checked labels under some scheme differ,
    - `oldest_unreviewed`: when the run's oldest text that is not reviewed was first sent, in UTC; empty if there is
      none."""
    coders: pl.DataFrame
    """A row per dataset, coder and day in UTC, in this order: how many `labels` the coder gave, taken back or not."""


def write_coding_progress(folder: Path, progress: CodingProgress) -> dict[str, int]:
    """Writes both files to a folder and returns their numbers of rows."""
    progress.datasets.write_csv(folder / PROGRESS)
    progress.coders.write_csv(folder / BY_CODER)
    return {PROGRESS: progress.datasets.height, BY_CODER: progress.coders.height}


def coding_progress(processed: Processed) -> CodingProgress:
    """What coders had done by the run's instant."""
    parts = [_of_dataset(coded, processed) for coded in processed.for_coders]
    datasets = pl.DataFrame([part.row for part in parts], schema=_PROGRESS_COLUMNS, orient="row")
    return CodingProgress(
        datasets.sort(pl.col("unreviewed_stops") == 0, maintain_order=True),
        pl.concat([part.coders for part in parts]),
    )


class _Part(NamedTuple):
    row: tuple[str, int, int, int, int, int, int, int, str | None]
    coders: pl.DataFrame


def _of_dataset(coded: CodedDataset, processed: Processed) -> _Part:
    dataset, ws_scheme = coded.dataset, processed.plans.ws_correct_dataset_scheme
    labels = processed.labels[dataset.raw_field]
    texts, labelled = _texts(coded, processed), _labelled(labels)
    messages = pl.concat([texts, labelled.join(texts, on="message_id", how="anti")], how="diagonal")
    verified = [coding for coding in dataset.codings if coding.requires_manual_verification]
    unreviewed = _unreviewed(messages, dataset, labels)
    opinions = labels.unique(["message_id", "scheme_id"], keep="first", maintain_order=True).filter(
        "is_checked", pl.col("code_id") != MANUALLY_UNCODED
    )
    schemes = [coding.code_scheme for coding in verified] + ([ws_scheme] if ws_scheme else [])
    with_control = partial(_count_with_control, opinions, schemes)
    oldest = unreviewed["first_sent"].min()
    stops = processed.waiting.filter(dataset=dataset.raw_field)["message_id"]
    row = (
        dataset.name,
        texts.filter(pl.col("message_id").is_in(stops.implode())).height,
        messages.height,
        opinions["message_id"].n_unique(),
        unreviewed.height,
        with_control(ControlCode.WRONG_SCHEME),
        with_control(ControlCode.NOT_CODED),
        in_conflict(dataset, labels).len(),
        iso_utc(oldest) if isinstance(oldest, datetime) else None,
    )
    return _Part(row, _by_coder(dataset.name, labels))


def _unreviewed(messages: pl.DataFrame, dataset: Dataset, labels: pl.DataFrame) -> pl.DataFrame:
    """The messages that wait for a coder, each once."""
    waiting = [messages.clear()]
    for group in codings_awaited(dataset):
        coded = pl.concat(codes_of_messages(coding, labels).select("message_id") for coding in group)
        waiting.append(messages.join(coded, on="message_id", how="anti"))
    return pl.concat(waiting).unique("message_id")


def _count_with_control(opinions: pl.DataFrame, schemes: list[CodeScheme], control: ControlCode) -> int:
    """How many messages have a control code under some scheme."""
    says = pl.any_horizontal(
        pl.lit(value=False),
        *(
            pl.col("scheme_id").str.starts_with(scheme.scheme_id)
            & (pl.col("code_id") == scheme.control(control).code_id)
            for scheme in schemes
            if scheme.has_control(control)
        ),
    )
    return opinions.filter(says)["message_id"].n_unique()


def _by_coder(dataset: str, labels: pl.DataFrame) -> pl.DataFrame:
    by_coders = labels.filter(pl.col("coder").is_not_null())
    day = pl.col("labelled_at").dt.date().cast(pl.String).alias("day")
    counts = by_coders.group_by("coder", day).len("labels").sort("coder", "day")
    return counts.select(pl.lit(dataset).alias("dataset"), "coder", "day", pl.col("labels").cast(pl.Int64))


def _labelled(labels: pl.DataFrame) -> pl.DataFrame:
    """The messages that somebody has labelled, as `message_id`; a message's labels follow one another in a file."""
    is_new = pl.col("message_id").ne_missing(pl.col("message_id").shift(1))
    return labels.filter(is_new).select("message_id")


def _texts(coded: CodedDataset, processed: Processed) -> pl.DataFrame:
    """The messages that the run has for coders, each once: `message_id` and `first_sent`."""
    rows = coded.without_noise(processed.published_messages(coded.rows)).filter(pl.col("text") != "")
    sent = rows.select(coded.texts["message_id"].gather(rows[TEXT_ROW]), "sent_at")
    return sent.group_by("message_id").agg(pl.col("sent_at").min().alias("first_sent"))
