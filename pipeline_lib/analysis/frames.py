"""What the analysis reads: two frames that processing leaves as Parquet beside its CSVs.

They say what messages.csv and individuals.csv say, and who withdrew, with a number instead of a participant's uuid, so
that nothing made from them can show a uuid. A coding is a column, named by its AnalysisFileKey: a list of StringValues,
of a categorical type that knows the scheme's codes in the scheme's order.
"""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline_lib.analysis.codings import all_codings
from pipeline_lib.analysis.group_and_channel_datasets import CAME_BY, MEMBERSHIP
from pipeline_lib.disclosure.record_keys import record_keys
from pipeline_lib.errors import DataError, Problem, listed
from pipeline_lib.model.code_scheme import ControlCode
from pipeline_lib.model.coding_plan import Coding, CodingPlans, Dataset
from pipeline_lib.processing.channels import channel_column, channels_of_people
from pipeline_lib.processing.processed import Processed
from pipeline_lib.processing.texts import TEXT_ROW, CodedDataset
from pipeline_lib.processing.unanswered import folded_answers_of_everybody

FOLDER = "Processed"
"""The folder of both files in a run's outputs."""

RECORD_KEY = "record_key"
"""Column of the frame of individuals, in a project with disclosure control."""

_MESSAGES, _INDIVIDUALS = "messages.parquet", "individuals.parquet"


@dataclass(frozen=True)
class Frames:
    """The messages and the people who sent them."""

    messages: pl.DataFrame
    """A row per message, also of those who withdrew, in the order of messages.csv:

    - `participant`: the sender's row in `individuals` (UInt32)
    - `consent_withdrawn`: Boolean; where it is true, all other columns are null
    - `dataset`: name of the dataset that it belongs to, a research question (Enum of all their names, in their order)
    - `sent_at`: Datetime in UTC
    - `text`: String, null where a comment has none
    - a column per coding of a research question: List(Enum), null unless it is a coding of the message's dataset
    """
    individuals: pl.DataFrame
    """A row per participant, also of those who withdrew, in the order of individuals.csv:

    - `consent_withdrawn`: Boolean; where it is true, all other columns are null
    - a column per coding that individuals.csv shows: List(Enum). Of a survey one code; of a research question those of
      all messages, folded; `NA` alone where nothing was said.
    - a column per group that the analysis shows: List(Enum), of `True` or `False`
    - a column per channel: List(Enum), of `true` or `false`
    - `record_key`: UInt16, of the cell key method; in a project with disclosure control only
    """


def frames_of(processed: Processed, secret: str | None = None) -> Frames:
    """The frames of what was processed; with a secret, people have record keys."""
    messages = processed.messages_in_order()
    counts = messages.group_by("uid", maintain_order=True).agg(message_count=pl.len())
    people = counts.join(processed.participants, on="uid", how="left", maintain_order="left")
    individuals = _individuals(processed, people)
    if secret is not None:
        keys = record_keys(people["uid"], secret)
        individuals = individuals.with_columns(pl.Series(RECORD_KEY, keys, dtype=pl.UInt16))
    return Frames(_messages(processed, messages, people), individuals)


def write_frames(folder: Path, processed: Processed, secret: str | None = None) -> dict[str, int]:
    """Writes both frames into a folder and returns their numbers of rows, by file; see `frames_of`."""
    frames = frames_of(processed, secret)
    named = {_MESSAGES: frames.messages, _INDIVIDUALS: frames.individuals}
    for name, frame in named.items():
        frame.write_parquet(folder / name, compression="zstd", statistics=False)
    return {name: frame.height for name, frame in named.items()}


def read_frames(folder: Path) -> Frames:
    """The frames in their folder in the outputs of a run.

    Raises:
        DataError: A file is missing, or is not such a frame.
    """
    return Frames(_read(folder, _MESSAGES), _read(folder, _INDIVIDUALS))


def check_columns(frames: Frames, plans: CodingPlans, folder: Path, *, needs_record_keys: bool = False) -> None:
    """Checks the frames of a folder against a config that may have changed since they were written.

    Raises:
        DataError: A frame lacks codings that the plans now have, or the record keys of disclosure control.
    """
    codings = all_codings(plans)
    of_people = [RECORD_KEY] if needs_record_keys else []
    expected = {
        _MESSAGES: (frames.messages, [each.key for each in codings if not each.dataset.is_survey]),
        _INDIVIDUALS: (frames.individuals, [*(each.key for each in codings), *of_people]),
    }
    problems = []
    for name, (frame, keys) in expected.items():
        missing = [key for key in keys if key not in frame.columns]
        if missing:
            wrong = f"lacks columns that the config has by now: {listed(missing)}"
            problems.append(Problem(str(folder / name), wrong, "process the project again"))
    if problems:
        raise DataError(*problems)


def _read(folder: Path, name: str) -> pl.DataFrame:
    place = str(folder / name)
    if not (folder / name).is_file():
        raise DataError(Problem(place, "is not among the outputs", "process the project first, all of it"))
    try:
        return pl.read_parquet(folder / name)
    except (pl.exceptions.PolarsError, OSError):
        raise DataError(Problem(place, "is not a Parquet file, or is broken", "process the project again")) from None


def _messages(processed: Processed, messages: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    senders = people.select("uid", "is_withdrawn").with_row_index("participant")
    sent = messages.clear() if processed.plans.has_surveys_only else messages
    rows = sent.join(senders, on="uid", how="left", maintain_order="left")
    names = {question.dataset.raw_field: question.dataset.name for question in processed.questions}
    shown = rows.select(
        "participant",
        pl.col("is_withdrawn").alias("consent_withdrawn"),
        pl.col("dataset").replace_strict(names, return_dtype=pl.Enum(list(names.values()))),
        "sent_at",
        pl.coalesce(
            *(_gathered(question, question.texts["text"]) for question in processed.questions),
            pl.lit(None, pl.String),
        ).alias("text"),
        *(
            _gathered(question, values)
            for question in processed.questions
            for values in question.texts.select(_string_values(coding) for coding in _shown(question.dataset))
        ),
    )
    return _without_withdrawn(shown)


def _shown(dataset: Dataset) -> list[Coding]:
    return [coding for coding in dataset.codings if coding.analysis_file_key is not None]


def _gathered(question: CodedDataset, of_texts: pl.Series) -> pl.Expr:
    """A value per text, for each message of a question; null for messages of other questions."""
    is_to_question = pl.col("dataset") == question.dataset.raw_field
    return pl.lit(of_texts).gather(pl.when(is_to_question).then(TEXT_ROW)).alias(of_texts.name)


def _individuals(processed: Processed, people: pl.DataFrame) -> pl.DataFrame:
    columns = [people["is_withdrawn"].alias("consent_withdrawn")]
    for question in processed.questions_in_order():
        folded = people.select("uid").join(
            processed.folded(question, people.select("uid", "message_count")),
            on="uid",
            how="left",
            maintain_order="left",
        )
        shown = [coding for coding in _shown(question.dataset) if coding.include_in_individuals_file]
        said = folded.with_columns(pl.col(coding.coded_field).fill_null(_not_available(coding)) for coding in shown)
        columns += said.select(map(_string_values, shown)).get_columns()
    for survey in processed.surveys:
        answers = folded_answers_of_everybody(survey, people, as_predecessor=processed.as_predecessor)
        columns += answers.select(map(_string_values, _shown(survey.dataset))).get_columns()
    columns += _memberships(processed, people)
    columns += _channels(processed, people)
    return _without_withdrawn(pl.DataFrame(columns))


def _channels(processed: Processed, people: pl.DataFrame) -> list[pl.Series]:
    """A column per channel."""
    channels = processed.plans.channels
    came_by = channels_of_people(processed.messages, channels)
    rows = people.select("uid").join(came_by, on="uid", how="left", maintain_order="left")
    return [_as_codes(rows[channel_column(key)], CAME_BY).alias(key) for key in channels.keys]


def _as_codes(is_true: pl.Series, values: tuple[str, str]) -> pl.Series:
    """A code each, in a list."""
    yes, no = map(pl.lit, values)
    code = pl.when(is_true).then(yes).otherwise(no).cast(pl.Enum(values))
    return is_true.to_frame().select(pl.concat_list(code)).to_series()


def _memberships(processed: Processed, people: pl.DataFrame) -> list[pl.Series]:
    """A column per group that the analysis shows."""
    of_everybody = processed.participants.select("uid").hstack(processed.memberships)
    rows = people.select("uid").join(of_everybody, on="uid", how="left", maintain_order="left")
    shown = (group.column for group in processed.plans.groups if group.is_breakdown)
    return [_as_codes(rows[column], MEMBERSHIP).alias(column) for column in shown]


def _not_available(coding: Coding) -> pl.Expr:
    return pl.lit([coding.code_scheme.control(ControlCode.NOT_AVAILABLE).code_id])


def _string_values(coding: Coding) -> pl.Expr:
    """A coding's lists of CodeIDs as lists of StringValues, named by its AnalysisFileKey."""
    values = {code.code_id: code.string_value for code in coding.code_scheme.codes}
    value = pl.element().replace_strict(values, return_dtype=pl.Enum(list(values.values())))
    return pl.col(coding.coded_field).list.eval(value).alias(coding.analysis_file_key or "")


def _without_withdrawn(frame: pl.DataFrame) -> pl.DataFrame:
    others = pl.exclude("consent_withdrawn")
    return frame.with_columns(pl.when(~pl.col("consent_withdrawn")).then(others))
