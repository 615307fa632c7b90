"""The two files that The Interface reads: who sent which message when, and what is known of each sender.

The withdrawn are in neither, whatever the project's compatibility. A message is a row of the inbox, in the order of
messages.csv; a participant is a row of the demographics, in the order of their first message.
"""

from collections.abc import Callable
from pathlib import Path

import polars as pl

from pipeline_lib.config.exports import Interface
from pipeline_lib.model.code_scheme import Code
from pipeline_lib.model.csv_cells import CONTROL_CHARACTER, REPLACEMENT
from pipeline_lib.processing.processed import Processed
from pipeline_lib.processing.texts import TEXT_ROW

NOT_AVAILABLE = "NA"
"""Written for an answer that is missing, or that has no normal code."""

AGE_GROUPS = ((15, "<15"), (20, "15-19"), (25, "20-24"), (30, "25-29"))
"""The age in years that everybody of a group is below, and the group. The predecessors had no group for the ages at
either end of a group, such as 15 and 19."""

OLDEST = "30+"

_BREAKS = r"\r\n|[\t\n\v\f\r\x1c-\x1e\u0085\u2028\u2029]"


def write_interface_files(folder: Path, processed: Processed, interface: Interface) -> dict[str, int]:
    """Writes the inbox and the demographics, and returns their numbers of rows by file name."""
    tables = {
        interface.inbox_filename: inbox(processed, interface),
        interface.demographics_filename: demographics(processed, interface),
    }
    for name, table in tables.items():
        empty_is_null = pl.when(pl.col(pl.String) != "").then(pl.col(pl.String)).name.keep()
        table.with_columns(empty_is_null).write_csv(folder / name, separator="\t")
    return {name: table.height for name, table in tables.items()}


def inbox(processed: Processed, interface: Interface) -> pl.DataFrame:
    """A row per message: `phone`, the participant uuid; `date` (mm/dd/yyyy) and `time` in the config's zone; `message`.

    A line break or a tab in a message is a space.
    """
    texts = pl.concat(
        question.texts.select(
            pl.lit(question.dataset.raw_field).alias("dataset"),
            pl.int_range(pl.len(), dtype=pl.UInt32).alias(TEXT_ROW),
            pl.concat_str(
                pl.lit(f"{question.dataset.name} " if interface.prefix_dataset else ""),
                _shown(processed),
            ).alias("message"),
        )
        for question in processed.questions
    )
    messages = processed.without_withdrawn(processed.messages_in_order())
    sent_at = pl.col("sent_at").dt.convert_time_zone(interface.timezone)
    return messages.join(texts, on=["dataset", TEXT_ROW], how="left", maintain_order="left").select(
        pl.col("uid").alias("phone"),
        sent_at.dt.strftime("%m/%d/%Y").alias("date"),
        sent_at.dt.strftime("%H:%M:%S").alias("time"),
        "message",
    )


def _shown(processed: Processed) -> pl.Expr:
    """A message on one line, without characters at which some reader would end it."""
    text = pl.col("text").str.replace_all(_BREAKS, " ")
    return text if processed.as_predecessor else text.str.replace_all(CONTROL_CHARACTER, REPLACEMENT)


def demographics(processed: Processed, interface: Interface) -> pl.DataFrame:
    """A row per participant: `phone`, the participant uuid; `gender`, `age` (a group) and `county`, or `NA`."""
    participants = processed.without_withdrawn(processed.participants).select("uid")
    return participants.select(
        pl.col("uid").alias("phone"),
        _answers(processed, participants, interface.gender, lambda code: code.string_value).alias("gender"),
        _answers(processed, participants, interface.age, _age_group).alias("age"),
        _answers(processed, participants, interface.county, lambda code: code.string_value).alias("county"),
    )


def _answers(
    processed: Processed, participants: pl.DataFrame, key: str | None, shown: Callable[[Code], str]
) -> pl.Series:
    """What to show for each participant, from their code in the survey coding with this key; else `NA`."""
    found = ((survey, c) for survey in processed.surveys for c in survey.dataset.codings if c.analysis_file_key == key)
    survey, coding = next(found, (None, None)) if key is not None else (None, None)
    if survey is None or coding is None:
        return pl.repeat(NOT_AVAILABLE, participants.height, dtype=pl.String, eager=True)
    values = {code.code_id: shown(code) for code in coding.code_scheme.normal_codes}
    answers = participants.join(survey.rows.select("uid", TEXT_ROW), on="uid", how="left", maintain_order="left")
    codes = survey.texts[coding.coded_field].list.first().gather(answers[TEXT_ROW])
    return codes.replace_strict(values, default=NOT_AVAILABLE, return_dtype=pl.String)


def _age_group(code: Code) -> str:
    return next((group for end, group in AGE_GROUPS if code.numeric_value < end), OLDEST)
