"""How raw fields become the pipeline's (semantics.md 2)."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from pipeline_lib.model.coding_plan import CodingPlans

UID = "uid"
TEST_RUN = "test_run"
DELETED_CONTACT = "deleted_contact"
OPERATOR = "operator_raw"

SHOW = "the message's show"
"""Column of a message's show while it is being translated, as the show's raw field."""
SHOW_TEXT = "the message's text"
"""Column of its text meanwhile."""


@dataclass(frozen=True)
class KeyRemapping:
    """A raw field and the pipeline's name for it."""

    source_key: str
    pipeline_key: str
    is_activation_message: bool


@dataclass(frozen=True)
class TimeRemapping:
    """Messages of a time range that belong to another show."""

    time_key: str
    raw_field: str
    start: datetime | None
    end: datetime | None
    adjust_to: datetime | None


@dataclass(frozen=True)
class TextRemapping:
    """Messages that belong to another show since coders have said so of their text."""

    labelled_in: str
    """Raw field of the dataset whose labels say so."""
    source_key: str
    """Raw field of the texts."""
    code_id: str
    """Code of the wrong-scheme scheme."""
    raw_field: str
    adjust_to: datetime | None


@dataclass(frozen=True)
class Translation:
    """How raw fields become the pipeline's."""

    keys: tuple[KeyRemapping, ...]
    times: tuple[TimeRemapping, ...]
    plans: CodingPlans
    texts: tuple[TextRemapping, ...] = ()

    @property
    def identity_key(self) -> str:
        """The raw field that says who an object is from."""
        return next((r.source_key for r in self.keys if r.pipeline_key == UID), "avf_phone_id")

    @property
    def raw_keys(self) -> set[str]:
        """Every raw field that anything here reads."""
        keys = {r.source_key for r in self.keys} | {r.source_key for r in self.texts} | {r.time_key for r in self.times}
        return keys | {TEST_RUN, DELETED_CONTACT, OPERATOR} | message_fields(self.plans) | survey_fields(self.plans)

    @property
    def scalar_keys(self) -> frozenset[str]:
        """The raw fields that become texts, times and ids: a coding may read an object, these may not."""
        datasets = self.plans.datasets
        fields = {field for d in datasets for field in (d.raw_field, d.time_field, d.run_id_field, d.message_id_field)}
        mapped = {r.source_key for r in self.keys if r.pipeline_key in fields or r.is_activation_message}
        return frozenset({*mapped, *filter(None, fields), TEST_RUN, DELETED_CONTACT, OPERATOR})

    @property
    def remapped_shows(self) -> frozenset[str]:
        """The raw fields of shows that messages may be remapped to, whatever their flow."""
        return frozenset({r.raw_field for r in self.texts} | {r.raw_field for r in self.times})

    @property
    def text_keys(self) -> set[str]:
        """Every raw field that may hold what somebody wrote to a dataset."""
        texts = {dataset.raw_field for dataset in self.plans.datasets}
        return texts | {r.source_key for r in self.keys if r.is_activation_message or r.pipeline_key in texts}

    def sources_of(self, pipeline_key: str, available: Collection[str]) -> list[str]:
        """Columns that give a pipeline field, the winner first: the last in config order that has a value."""
        remapped = [r.source_key for r in self.keys if r.pipeline_key == pipeline_key and not r.is_activation_message]
        # A raw object that has the pipeline's own key already keeps it.
        return [key for key in [pipeline_key, *reversed(remapped)] if key in available]

    def field(self, pipeline_key: str, available: Collection[str]) -> pl.Expr:
        """A pipeline field, null where no column gives it."""
        sources = map(raw_column, self.sources_of(pipeline_key, available))
        return pl.coalesce(*sources, pl.lit(None, pl.String)).alias(pipeline_key)


def raw_column(key: str) -> pl.Expr:
    """The column of a raw field, even if Polars would read its name as a pattern: `*`, or `^…$`."""
    return pl.col(f"^{re.escape(key)}$") if key == "*" or (key.startswith("^") and key.endswith("$")) else pl.col(key)


def message_fields(plans: CodingPlans) -> set[str]:
    """The pipeline's fields of a message: whatever a research question or one of its codings reads."""
    datasets = plans.research_questions
    fields = {
        field for d in datasets for field in (d.raw_field, d.time_field, d.run_id_field, d.message_id_field) if field
    }
    return fields | {coding.raw_field for d in datasets for coding in d.codings if coding.raw_field}


def survey_fields(plans: CodingPlans) -> set[str]:
    """The pipeline's fields of a participant's answers: the raw, the time and the run id field of every survey."""
    fields = (field for d in plans.surveys for field in (d.raw_field, d.time_field, d.run_id_field))
    return {field for field in fields if field is not None}


def is_test_run(available: Collection[str]) -> pl.Expr:
    """Whether a row is from a test contact."""
    return _is_true(TEST_RUN, available)


def is_deleted_contact(available: Collection[str]) -> pl.Expr:
    """Whether a row is from somebody whose contact was deleted on the server, and who is to be forgotten."""
    return _is_true(DELETED_CONTACT, available)


_SAY_NO = ("", "false", "0", "0.0", "no", "null", "none")
"""Spellings of an absent mark: JSON's and Python's words, which other pipelines wrote as texts, and a spreadsheet's."""


def _is_true(key: str, available: Collection[str]) -> pl.Expr:
    if key not in available:
        return pl.lit(value=False)
    plain = pl.col(key).str.strip_chars().str.to_lowercase()
    return pl.col(key).is_not_null() & ~plain.is_in(_SAY_NO)
