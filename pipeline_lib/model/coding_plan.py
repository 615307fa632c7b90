"""Coding plans: which datasets there are, and all that is done to each (semantics.md 5 to 7 and 12)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from pipeline_lib.model import kenya, somalia
from pipeline_lib.model.age_bands import AgeBand
from pipeline_lib.model.channels import NO_CHANNELS, Channels
from pipeline_lib.model.code_scheme import Code, CodeScheme, ControlCode
from pipeline_lib.model.groups import Group
from pipeline_lib.model.noise_filter import NoiseFilter
from pipeline_lib.model.places import PlaceTable


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
    """Codes that follow from other codes of the same dataset (semantics.md 6 and 14)."""

    AGE_CATEGORY = "age_category"
    KENYA_LOCATION = "kenya_location"
    LOCATION = "location"
    SOMALIA_LOCATION = "somalia_location"

    @property
    def is_of_places(self) -> bool:
        """Whether it goes by a table of places."""
        return self is not Imputation.AGE_CATEGORY


def place_table_of(imputation: Imputation | None, own: PlaceTable | None) -> PlaceTable | None:
    """The table of places that an imputation goes by; `own` is the project's."""
    match imputation:
        case Imputation.KENYA_LOCATION:
            return kenya.places()
        case Imputation.SOMALIA_LOCATION:
            return somalia.places()
        case Imputation.LOCATION:
            return own
        case _:
            return None


class DerivedFrom(StrEnum):
    """What fills a dataset that nobody is asked about, and that no coder labels."""

    OPERATOR = "operator"
    """The mobile network of the sender's number."""
    SOURCE = "source"
    """The sources that the sender's messages came by."""
    SENT_ON = "sent_on"
    """When the sender's messages were sent."""


SEVERAL = ("both", "several")
"""Match values of the code for who came by two sources or more; only the second is for three or more."""


class MapLevel(StrEnum):
    """What the areas of a map are, where no file says what they look like; other levels have other names."""

    REGIONS = "regions"
    DISTRICTS = "districts"
    MOGADISHU = "mogadishu"
    STATES = "states"
    ZONES = "zones"
    COUNTIES = "counties"
    CONSTITUENCIES = "constituencies"


class AnalysisFile(StrEnum):
    """A table that the analysis can write (semantics.md 8, 10, 11 and 15)."""

    ENGAGEMENT_COUNTS = "engagement_counts"
    REPEAT_PARTICIPATIONS = "repeat_participations"
    THEME_DISTRIBUTIONS = "theme_distributions"
    DEMOGRAPHIC_DISTRIBUTIONS = "demographic_distributions"
    SAMPLE_MESSAGES = "sample_messages"
    TRAFFIC_ANALYSIS = "traffic_analysis"
    ESTIMATED_ENGAGEMENT_TYPES = "estimated_engagement_types"
    LOYALTY = "loyalty"
    IMPACT_MESSAGES = "impact_messages"
    PER_SHOW_PARTICIPATION = "per_show_repeat_and_new_participation"


_WHERE_ASKED = (AnalysisFile.IMPACT_MESSAGES, AnalysisFile.PER_SHOW_PARTICIPATION)

USUAL_ANALYSIS_FILES = tuple(file for file in AnalysisFile if file not in _WHERE_ASKED)
"""The tables of a project whose plans name none."""


class NamedRange(NamedTuple):
    """From an instant until before another, and the match value of the code for messages sent then."""

    match_value: str
    start: datetime
    end: datetime


class PlacesOfMap(NamedTuple):
    """A level of maps and the coding whose codes are its places."""

    level: str
    """A `MapLevel`, or a name for areas that a boundary file has."""
    analysis_file_key: str


class StopCode(NamedTuple):
    """A code by which somebody withdraws."""

    scheme_id: str
    """Of its scheme; a longer id that begins with it is a second column of the same scheme."""
    code_id: str

    def is_given_by(self, scheme_id: str, code_id: str) -> bool:
        """Whether a label gives the code."""
        return code_id == self.code_id and scheme_id.startswith(self.scheme_id)


ANY_STOP_CODE_ID = "^code-STOP(-|$)"
"""Pattern of STOP's id in all code schemes: it tells a STOP even where the project lacks the label's scheme."""


class ConsentScope(StrEnum):
    """What a STOP withdraws."""

    PARTICIPANT = "participant"
    """Everything that the person sent."""
    MESSAGE = "message"
    """The message itself, or all of them if the STOP is in an answer to a survey (Q34)."""


class ColumnLayout(StrEnum):
    """The order of columns in the messages and individuals CSVs."""

    BY_DATASET = "by_dataset"
    BY_KIND = "by_kind"


class SingleCodingColumns(StrEnum):
    """Which of Coda's columns of a scheme say the code where a text may have only one."""

    ALL = "all"
    """The column with the newest label."""
    PRIMARY_ONLY = "primary_only"
    """The first; labels in further columns are left out."""


class RawFieldFold(StrEnum):
    """What becomes of a participant's several texts in one row per participant."""

    CONCATENATE = "concatenate"
    ASSERT_EQUAL = "assert_equal"


class FoldStyle(StrEnum):
    """How the codes of a participant's messages to one research question become one row."""

    LABELS = "labels"
    MATRIX = "matrix"


@dataclass(frozen=True, kw_only=True)
class Coding:
    """One code scheme applied to one dataset."""

    code_scheme: CodeScheme
    mode: CodingMode
    coded_field: str
    analysis_file_key: str | None
    """The prefix of its columns; without one it has no columns and is not folded (Q23)."""
    key_separator: str = "_"
    """Stands between that prefix and the code's StringValue, if each code has a column."""
    cleaner: str | None = None
    raw_field: str | None = None
    """A field of its own to read; None reads the dataset's."""
    requires_manual_verification: bool = True
    include_in_individuals_file: bool = True
    include_in_theme_distribution: bool = True
    ordinal: bool = False
    """Whether the order of its codes means something."""
    ambivalent_code: Code | None = None
    """Of a question of yes or no: the code of who says both. None: the coding is not one."""


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """The messages that answer one question, and what is done to them."""

    name: str
    title: str | None = None
    """What drawings call it; None: they go by other names."""
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
    joins_answers: bool = False
    """Whether a survey has all that somebody answered to it, joined, rather than the last answer alone."""
    sent_from: datetime | None = None
    """Texts sent earlier do not count."""
    sent_before: datetime | None = None
    """Texts sent then or later do not count."""
    ranges: tuple[NamedRange, ...] = ()
    """Of a dataset derived from when messages were sent."""
    shared_time_field: str | None = None
    """Of a survey, the field that other datasets take their times from, too; `time_field` is then its own."""
    has_text_column: bool = True
    """Whether the CSVs show its texts."""
    derived_from: DerivedFrom | None = None
    """What fills it, if nobody is asked: then it has no file in Coda."""
    age_bands: tuple[AgeBand, ...] | None = None
    """Of the normal codes of its age categories; None: their names say them."""
    imputes_zone_from_operator: bool = True
    """Whether who did not say where they live has the zone that their mobile network alone serves."""

    own_places: PlaceTable | None = None
    """The project's own table of places."""

    @cached_property
    def place_table(self) -> PlaceTable | None:
        """The places that its imputation knows, if they are what it is about."""
        return place_table_of(self.imputation, self.own_places)

    @cached_property
    def levels(self) -> tuple[str, ...]:
        """What each coding's codes are in the table of places; empty where it is not about places."""
        table = self.place_table
        return () if table is None else table.levels_of([coding.code_scheme for coding in self.codings])

    code_of_empty: ControlCode = ControlCode.NOT_CODED
    """The code of an empty text."""
    conflict_code: ControlCode = ControlCode.CODING_ERROR
    """The code of a text whose labels on two levels contradict each other."""
    synchronises_control_codes: bool = True
    """Whether reasons that nobody coded have the control code of their yes or no, or NC."""

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
    coding_errors: bool = True
    """Whether a text that is coded as wrong scheme without its right dataset, or the reverse, is a coding error."""
    single_coding_columns: SingleCodingColumns = SingleCodingColumns.ALL
    consent_scope: ConsentScope = ConsentScope.PARTICIPANT
    column_layout: ColumnLayout = ColumnLayout.BY_DATASET
    sort_messages: bool = True
    sent_on_column: bool = True
    fold_style: FoldStyle = FoldStyle.LABELS
    noise_filter: NoiseFilter | None = None
    """Which messages to research questions are noise; None: none is."""
    maps: tuple[PlacesOfMap, ...] = ()
    analysis_files: tuple[AnalysisFile, ...] = USUAL_ANALYSIS_FILES
    """In the order in which they are written."""
    noise_other_channel_filter: bool = False
    """Whether people with a text that is coded as noise of another channel (NOC) are left out."""
    ws_not_coded_drops_answer: bool = False
    """Whether NC as the right dataset of a text in the wrong scheme says that no dataset is: the text is dropped."""
    channels: Channels = NO_CHANNELS
    """What messages may have come by, according to the time at which they were sent."""
    analysed_together: tuple[tuple[str, ...], ...] = ()
    """Names of datasets that the analysis counts as one."""
    groups: tuple[Group, ...] = ()
    """In the order of their columns."""

    @property
    def surveys(self) -> tuple[Dataset, ...]:
        """Demographics, then follow-ups, then engagement."""
        return self.demographics + self.follow_ups + self.engagement

    @property
    def datasets(self) -> tuple[Dataset, ...]:
        """Research questions, then surveys: the order of columns."""
        return self.research_questions + self.surveys

    @property
    def has_surveys_only(self) -> bool:
        """Whether no show asks anything: then people come from surveys, each once."""
        return not self.research_questions

    @property
    def derived(self) -> tuple[Dataset, ...]:
        """The surveys that nobody is asked and no coder labels."""
        return tuple(survey for survey in self.surveys if survey.derived_from is not None)

    @property
    def in_label_store(self) -> dict[str, Dataset]:
        """The datasets that people label, by their names in Coda: the file's name without `.json`."""
        labelled = (dataset for dataset in self.datasets if dataset.derived_from is None)
        return {dataset.coda_filename.removesuffix(".json"): dataset for dataset in labelled}

    @property
    def stop_codes(self) -> tuple[StopCode, ...]:
        """The code by which somebody withdraws, for each scheme that any coding uses."""
        schemes = [coding.code_scheme for _, coding in self.codings()]
        if self.ws_correct_dataset_scheme is not None:
            schemes.append(self.ws_correct_dataset_scheme)
        stops = (
            StopCode(scheme.scheme_id, scheme.control(ControlCode.STOP).code_id)
            for scheme in schemes
            if scheme.has_control(ControlCode.STOP)
        )
        return tuple(dict.fromkeys(stops))

    @property
    def datasets_by_ws_code(self) -> dict[str, str | None]:
        """The raw field of the dataset that a code of the wrong-scheme scheme says a text belongs to; None: no plan's.

        These are its normal codes, and NC where that drops an answer.
        """
        known = {d.ws_code_match_value: d.raw_field for d in self.datasets if d.ws_code_match_value is not None}
        codes = self.ws_correct_dataset_scheme.codes if self.ws_correct_dataset_scheme else ()
        return {
            code.code_id: next((known[value] for value in code.match_values if value in known), None)
            for code in codes
            if code.is_normal or (self.ws_not_coded_drops_answer and code.control_code == ControlCode.NOT_CODED)
        }

    def codings(self) -> Iterator[tuple[Dataset, Coding]]:
        """Every coding with its dataset."""
        return ((dataset, coding) for dataset in self.datasets for coding in dataset.codings)
