"""Coding plans: which datasets there are, and all that is done to each (semantics.md sections 5 to 7 and 12)."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from pipeline_lib.model.code_scheme import CodeScheme


class CodingMode(StrEnum):
    """How many codes one message may carry."""

    SINGLE = "SINGLE"
    MULTIPLE = "MULTIPLE"


class DatasetKind(StrEnum):
    """What a dataset's messages answer; the values are the keys of a config's coding plans."""

    RESEARCH_QUESTION = "ResearchQuestions"
    DEMOGRAPHIC = "Demographics"
    FOLLOW_UP = "FollowUps"
    ENGAGEMENT = "Engagement"


class CleanerName(StrEnum):
    """Automatic coders that a coding can ask for; `pipeline_lib.cleaners` has one of each name."""

    ENGLISH_AGE = "english.age_10_to_99"
    ENGLISH_GENDER = "english.gender"
    ENGLISH_YES_NO = "english.yes_no"
    FACEBOOK_COMMENT_REPLY_TO = "facebook.comment_reply_to"
    FACEBOOK_POST_TYPE = "facebook.post_type"
    KENYA_CONSTITUENCY = "kenya.constituency"
    KENYA_COUNTY = "kenya.county"
    SOMALI_AGE = "somali.age_10_to_99"
    SOMALI_DISTRICT = "somali.district"
    SOMALI_DISTRICT_UNLESS_SUB_DISTRICT = "somali.district_unless_mogadishu_sub_district"
    SOMALI_GENDER = "somali.gender"
    SOMALI_MOGADISHU_SUB_DISTRICT = "somali.mogadishu_sub_district"
    SOMALI_YES_NO = "somali.yes_no"
    SWAHILI_AGE = "swahili.age_10_to_99"
    SWAHILI_GENDER = "swahili.gender"
    SWAHILI_YES_NO = "swahili.yes_no"


class Imputation(StrEnum):
    """Codes that follow from other codes of the same dataset (semantics.md section 6)."""

    AGE_CATEGORY = "age_category"
    SOMALIA_LOCATION = "somalia_location"


class RawFieldFold(StrEnum):
    """What becomes of a participant's several texts in one row per participant."""

    CONCATENATE = "concatenate"
    ASSERT_EQUAL = "assert_equal"


@dataclass(frozen=True, kw_only=True)
class Coding:
    """One code scheme applied to one dataset."""

    code_scheme: CodeScheme
    mode: CodingMode
    coded_field: str
    analysis_file_key: str | None
    """The prefix of its columns; without one it has no columns and is not folded (Q23)."""
    cleaner: str | None = None
    raw_field: str | None = None
    """A field of its own to read; None reads the dataset's."""
    requires_manual_verification: bool = True
    include_in_individuals_file: bool = True
    include_in_theme_distribution: bool = True


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """The messages that answer one question, and what is done to them."""

    name: str
    kind: DatasetKind
    raw_field: str
    time_field: str
    run_id_field: str | None
    message_id_field: str | None
    """The field whose hash identifies a message; None is the text itself."""
    coda_filename: str
    icr_filename: str | None
    ws_code_match_value: str | None
    imputation: Imputation | None
    codings: tuple[Coding, ...]

    @property
    def is_survey(self) -> bool:
        """Whether it holds one answer per participant, rather than messages to a show."""
        return self.kind is not DatasetKind.RESEARCH_QUESTION


@dataclass(frozen=True, kw_only=True)
class CodingPlans:
    """All datasets of a project, in the order that its files and columns follow."""

    research_questions: tuple[Dataset, ...]
    demographics: tuple[Dataset, ...] = ()
    follow_ups: tuple[Dataset, ...] = ()
    engagement: tuple[Dataset, ...] = ()
    ws_correct_dataset_scheme: CodeScheme | None = None
    sort_messages: bool = True
    sent_on_column: bool = True

    @property
    def surveys(self) -> tuple[Dataset, ...]:
        """Demographics, then follow-ups, then engagement."""
        return self.demographics + self.follow_ups + self.engagement

    @property
    def datasets(self) -> tuple[Dataset, ...]:
        """Research questions, then surveys: the order of columns."""
        return self.research_questions + self.surveys

    def codings(self) -> Iterator[tuple[Dataset, Coding]]:
        """Every coding with its dataset."""
        return ((dataset, coding) for dataset in self.datasets for coding in dataset.codings)
