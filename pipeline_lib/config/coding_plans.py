"""Coding plans as a person writes them: short by default, every name can be given."""

from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import BeforeValidator, Field, StrictBool, StrictInt, model_validator

from pipeline_lib.config.field_types import LevelName
from pipeline_lib.config.groups import GroupColumns
from pipeline_lib.config.name_rules import CodaFilename, Column, Label, OutputFilename, Separator
from pipeline_lib.config.noise_filter import NoiseFilterEntry
from pipeline_lib.model.age_bands import AgeBand
from pipeline_lib.model.coding_plan import (
    AnalysisFile,
    CleanerName,
    CodingMode,
    ColumnLayout,
    ConsentScope,
    DatasetKind,
    DerivedFrom,
    FoldStyle,
    Imputation,
    RawFieldFold,
    SingleCodingColumns,
)
from pipeline_lib.model.frozen import Frozen
from pipeline_lib.model.times import Instant


def _computed() -> Any:
    """A field that the file may leave out, because `_fill_in_defaults` computes it from its neighbours."""
    return Field(json_schema_extra={COMPUTED: True})


COMPUTED = "computed"
"""Marks keys that a file may leave out, although pydantic's JSON schema calls them required."""


class CodingEntry(Frozen):
    """One code scheme applied to a dataset."""

    code_scheme: str
    """File name, without `.json`, of a scheme in the folder of code schemes."""
    coding_mode: CodingMode = _computed()
    """How many codes a message may carry. Default: MULTIPLE for research questions, SINGLE for surveys."""
    coded_field: Column = _computed()
    """Field that holds the codes. Default: `<raw field without _raw>_coded`, in further codings `<scheme>_coded`."""
    analysis_file_key: Column | None = None
    """Prefix of its columns in the CSVs and the analysis. Without one it has no columns and is not folded."""
    cleaner: CleanerName | None = None
    """Automatic coder, such as `somali.gender`."""
    raw_field: Column | None = None
    """Field that this coding reads, if not the dataset's."""
    requires_manual_verification: StrictBool = True
    """If false, labels from Coda are ignored and the cleaner decides."""
    include_in_individuals_file: StrictBool = True
    """If false, the codes are not folded: the column of the individuals CSV stays empty."""
    include_in_theme_distribution: StrictBool = True
    """If false, the codes are no themes of the analysis."""
    ordinal: StrictBool | None = None
    """Whether the order of the scheme's codes means something, as of `never`, `sometimes`, `often`. Graphs keep it, and
    show other codes by size. Default: true where all normal codes are ages or begin with a number."""
    fold: Literal["yes_no_amb"] | None = None
    """How a participant's codes of a question of yes or no fold: whoever says both is ambivalent
    ([docs/reports.md](../docs/reports.md#yes-or-no-with-reasons)).

    Default: `yes_no_amb` where a research question has one code a message and the scheme has the ambivalent code."""
    ambivalent_string_value: str = "ambivalent"
    """StringValue of the code of who says both."""


def check_forwards(start: datetime | None, end: datetime | None) -> None:
    """Refuses a time range that nothing is in."""
    if start is not None and end is not None and end <= start:
        raise ValueError("RangeEndExclusive is not after RangeStartInclusive, so that nothing is within both")


Years = Annotated[StrictInt, Field(ge=0)]


class RangeEntry(Frozen):
    """The code for messages that were sent in a time range."""

    match_value: str
    """Match value of the code, such as `radio_show`; several ranges may have the same."""
    range_start_inclusive: Instant
    """From then on."""
    range_end_exclusive: Instant
    """Until before then."""

    @model_validator(mode="after")
    def _is_forwards(self) -> Self:
        check_forwards(self.range_start_inclusive, self.range_end_exclusive)
        return self


class DatasetEntry(Frozen):
    """One question's messages, and what is done to them."""

    raw_field: Column
    """Field of the texts, named by a remapping; ends in `_raw` by custom."""
    dataset_name: Label = _computed()
    """Name in reports. Default: the raw field without `_raw`."""
    title: Label | None = None
    """What graphs, maps and the report call it, such as `Episode 3: water`; in a template of Episodes with `{n}`.
    Default: the DatasetName of a research question, the scheme's name of a survey."""
    time_field: Column = _computed()
    """Field of the time. Default: `sent_on` for research questions, else the raw field with `_time` for `_raw`. Where
    several surveys name one field, each gets the times that stand beside its own texts."""
    run_id_field: Column | None = None
    """Field of the run id, the first column of the ICR file. Default: for research questions the raw field with
    `_run_id` for `_raw`."""
    message_id_field: Column | None = None
    """Field whose hash identifies a message in Coda. Default: the text itself."""
    coda_filename: CodaFilename = _computed()
    """File in `Coded Coda Files` and `Coda Files`, and so the dataset in Coda. Default: the dataset's name, `.json`."""
    icr_filename: OutputFilename | None = None
    """File in `ICR`. Default: for research questions the dataset's name, `.csv`; surveys have none."""
    ws_code_match_value: str | None = None
    """Match value of the wrong-scheme scheme's code for this dataset; null if nothing can move here."""
    raw_field_fold: RawFieldFold | None = None
    """What becomes of several texts of a participant.

    Research questions: `concatenate`. Surveys: `assert_equal`, the last answer counts; or `concatenate`, all of their
    answers are joined by `; `, each once, and are one text to coders. Default for surveys: `assert_equal`."""
    synchronise_control_codes: StrictBool = True
    """Whether a text whose yes or no is coded, and whose reasons are not, has NC as its reasons, or the control code of
    the yes or no. If false, its reasons are not reviewed (NR)."""
    group_file: str | None = None
    """Name of the file of people who heard this question's show together, research questions only; see `Groups`."""
    imputation: Imputation | None = None
    """Codes derived from other codes: `age_category`, `somalia_location`, `kenya_location`, or `location`, which goes
    by your own `Locations`."""
    age_bands: tuple[tuple[Years, Years | None], ...] | None = None
    """Ages of each normal code of the age category's scheme, in its order: `[[10, 14], [15, null]]`, null without an
    end ([docs/places.md](../docs/places.md#how-old-somebody-is)). Default: what the codes are called, such as
    `10 to 14`, `15-17`, `under 18`, `55+`."""
    impute_zone_from_operator: StrictBool = True
    """Whether who did not say where they live in Somalia has the zone that their mobile network alone serves."""
    range_start_inclusive: Instant | None = None
    """Messages or answers sent earlier do not count."""
    range_end_exclusive: Instant | None = None
    """Messages or answers sent then or later do not count."""
    ranges: tuple[RangeEntry, ...] = ()
    """Of a dataset derived from `sent_on`: which code is for messages of which time."""
    derived_from: DerivedFrom | None = None
    """What fills a dataset that nobody is asked about and no coder labels: `operator`, the mobile network of the
    sender's number; `source`, the SourceName of each source that the sender's messages came by; `sent_on`, the Ranges
    in which they were sent ([docs/datasets.md](../docs/datasets.md)).

    Default: that for the RawField `operator_raw` or `source_raw`, if there is no TimeField and no CodaFilename."""
    text_column: StrictBool = True
    """Whether the CSVs have a column of its texts."""
    codings: tuple[CodingEntry, ...] = Field(min_length=1)
    """The schemes that its messages are labelled with."""

    @model_validator(mode="after")
    def _is_forwards(self) -> Self:
        check_forwards(self.range_start_inclusive, self.range_end_exclusive)
        return self

    def bands(self) -> tuple[AgeBand, ...] | None:
        """Its `age_bands`."""
        return None if self.age_bands is None else tuple(AgeBand(*band) for band in self.age_bands)

    def fields(self) -> list[str]:
        """The fields of its texts, their times, runs and ids."""
        named = (self.raw_field, self.time_field, self.run_id_field, self.message_id_field)
        return [field for field in named if field is not None]


class Placed(NamedTuple):
    """A dataset's entry and where it stands: the key of its list and its number there."""

    kind: DatasetKind
    number: int
    entry: DatasetEntry


class BreakdownMap(Frozen):
    """One level of maps and the coding that it shows."""

    level: LevelName
    """What the areas are: `regions`, `districts`, `mogadishu`, `states` or `zones` of Somalia, `counties` or
    `constituencies` of Kenya, or a name of your own for areas that AutomatedAnalysis has Boundaries of."""
    analysis_file_key: str
    """The coding whose codes are the places."""


class LocationsEntry(Frozen):
    """A table of places of your own, for the Imputation `location`; a text is the name of its file."""

    file: str | None = None
    """CSV beside the coding plans: a line for each place, with its `level`, its name (`code`), and a column for each
    level with the place that it lies in there."""
    csv: str | None = None
    """The table itself, as the text of a CSV, instead of a file."""
    levels: tuple[str, ...] | None = Field(default=None, min_length=1)
    """Columns of the levels, from the smallest to the largest. Default: all columns but `level` and `code`."""


def _file_alone(written: Any) -> Any:
    return {"File": written} if isinstance(written, str) else written


class OperatorEntry(Frozen):
    """The code of each participant's mobile network: short for a dataset of `Demographics` that is derived from it."""

    code_scheme: str
    """File name, without `.json`, of the scheme of mobile networks."""
    coded_field: Column = "operator_coded"
    """Field that holds the code."""
    analysis_file_key: Column = "operator"
    """Name of the column."""
    known_from: Literal["raw_data", "uuid_table"] = Field(default="raw_data", alias="From")
    """What tells the network: the sources, or the numbers of the config's UUIDTable, a JSONFile."""


class CodingPlansFile(Frozen):
    """All datasets of a project, in the order that its files and columns follow."""

    schema_reference: str | None = Field(default=None, alias="$schema", exclude=True)
    """Where an editor finds the schema: `../pipeline.schema.json#/$defs/CodingPlansFile`."""
    code_schemes_dir: str = "code_schemes"
    """Folder of the code schemes, relative to the file that names it."""
    ws_correct_dataset_scheme: str | None = None
    """Scheme whose codes name the dataset that a message in the wrong scheme belongs to."""
    research_questions: tuple[DatasetEntry, ...] = Field(json_schema_extra={COMPUTED: True})
    """Questions that shows asked, one dataset an episode; the config's Episodes give some too. With none, `[]`, people
    come from surveys, and each has one row ([docs/datasets.md](../docs/datasets.md))."""
    demographics: tuple[DatasetEntry, ...] = ()
    """Questions about the person."""
    follow_ups: tuple[DatasetEntry, ...] = ()
    """Questions asked later."""
    engagement: tuple[DatasetEntry, ...] = ()
    """Questions about how a person took part."""
    locations: Annotated[LocationsEntry | None, BeforeValidator(_file_alone)] = None
    """Places of your own: which lies in which ([docs/places.md](../docs/places.md)). The name of a CSV is enough."""
    operator: OperatorEntry | None = None
    """The code of each participant's mobile network, in a column of its own: one more dataset of `Demographics`."""
    breakdown_maps: tuple[BreakdownMap, ...] = ()
    """Which coding colours which map."""
    analysis_files: tuple[AnalysisFile, ...] | None = None
    """Tables that the analysis writes, in order. Default: all but `impact_messages` and
    `per_show_repeat_and_new_participation`."""
    analyse_together: tuple[Annotated[tuple[str, ...], Field(min_length=2)], ...] = ()
    """Lists of DatasetNames that the analysis counts as one question, under the names of the first: the same question
    of two seasons. They have the same code schemes. The CSVs and Coda keep them apart."""
    analysis_file_key_separator: Separator = "_"
    """Stands between a coding's AnalysisFileKey and a code's StringValue in the names of columns. Empty, if the keys
    themselves end in `_`."""
    noise_other_channel_filter: StrictBool = False
    """Whether people of whom any text is coded NOC (noise of another channel) are left out of the CSVs and the
    analysis, with all that they sent. Coders still see their texts."""
    ws_not_coded_drops_answer: StrictBool = False
    """Whether a text that is coded as wrong scheme, with NC as its right dataset, belongs nowhere and is dropped. If
    false, it is a coding error."""
    fold_style: FoldStyle = FoldStyle.LABELS
    """How a participant's codes of a research question fold: `labels` unites the codes of the messages, or `matrix` the
    cells of their rows. They differ in what NA and NC beside other codes become
    ([docs/reports.md](../docs/reports.md#one-row-per-participant))."""
    noise_filter: NoiseFilterEntry | None = None
    """Which messages are noise. Without it none is."""
    coding_errors: StrictBool = True
    """Whether a text that is coded as wrong scheme without its right dataset, or the reverse, is a coding error."""
    conflict_control_code: Literal["CE", "NIC"] = "CE"
    """The control code of a text whose labels name two places that exclude each other."""
    empty_survey_answer: Literal["NC", "NA"] = "NC"
    """The control code of an empty answer to a survey: it was given and says nothing (NC), or there is none (NA)."""
    single_coding_columns: SingleCodingColumns = SingleCodingColumns.ALL
    """Where a text may have one code and Coda shows several columns of its scheme: whether `all` count, so that the
    newest label decides, or the `primary_only`."""
    consent_scope: ConsentScope = ConsentScope.PARTICIPANT
    """What a STOP withdraws: all that the `participant` sent, or the `message` alone, which leaves readable what the
    same person wrote before and after. The latter only with Compatibility, to repeat what is published already."""
    groups: GroupColumns | None = None
    """Which columns the files of groups become that the config lists under an older key. New projects write `Groups` in
    `pipeline.json`."""
    column_layout: ColumnLayout = ColumnLayout.BY_DATASET
    """The order of columns in the messages and individuals CSVs: `by_dataset`, each with its codes and texts; or
    `by_kind`: codes that have a column each, by name; single codes, then texts of research questions; surveys."""
    sort_messages: StrictBool = True
    """Whether messages are put in order of time; the IMAQAL pipelines left them in the order of their files."""
    sent_on_column: StrictBool = True
    """Whether the messages and production CSVs have a `sent_on` column."""

    def datasets(self) -> list[Placed]:
        """All datasets in the order of columns, each with its place."""
        kinds = (
            (DatasetKind.RESEARCH_QUESTION, self.research_questions),
            (DatasetKind.DEMOGRAPHIC, self.demographics),
            (DatasetKind.FOLLOW_UP, self.follow_ups),
            (DatasetKind.ENGAGEMENT, self.engagement),
        )
        return [Placed(kind, index, entry) for kind, entries in kinds for index, entry in enumerate(entries)]

    @model_validator(mode="before")
    @classmethod
    def _fill_in_defaults(cls, written: Any) -> Any:
        if not isinstance(written, dict):
            return written
        if isinstance(written.get("Operator"), dict):
            own = _operator_dataset(written["Operator"])
            written = written | {DatasetKind.DEMOGRAPHIC: [*written.get(DatasetKind.DEMOGRAPHIC, ()), own]}
        kinds = [kind for kind in DatasetKind if isinstance(written.get(kind), list | tuple)]
        return written | {kind: [_dataset_defaults(entry, kind) for entry in written[kind]] for kind in kinds}


def _operator_dataset(written: dict[str, Any]) -> dict[str, Any]:
    """The dataset that `Operator` is short for. It stands last, so that those of the author's keep their place."""
    keys = {"CodedField": "operator_coded", "AnalysisFileKey": "operator"}
    coding = {key: written.get(key, usual) for key, usual in keys.items()} | {"CodeScheme": written.get("CodeScheme")}
    return {"RawField": "operator_raw", "TextColumn": False, "Codings": [coding]}


def _dataset_defaults(written: Any, kind: DatasetKind) -> Any:
    """A dataset's entry with the names that its author left out (the docstrings of `DatasetEntry` say which)."""
    if not isinstance(written, dict):
        return written
    stem = str(written.get("RawField")).removesuffix("_raw")
    name = written.get("DatasetName") or stem
    is_question = kind is DatasetKind.RESEARCH_QUESTION
    defaults: dict[str, Any] = {
        "DatasetName": name,
        "TimeField": "sent_on" if is_question else f"{stem}_time",
        "CodaFilename": f"{name}.json",
    }
    if is_question:
        defaults |= {"RunIDField": f"{stem}_run_id", "ICRFilename": f"{name}.csv"}
    elif stem in _DERIVED and not {"TimeField", "CodaFilename"} & written.keys():
        defaults["DerivedFrom"] = stem
    is_derived = (defaults | written).get("DerivedFrom") is not None
    codings = written.get("Codings")
    if isinstance(codings, list | tuple):
        entries = [_coding_defaults(coding, stem, kind, first=index == 0) for index, coding in enumerate(codings)]
        if is_derived:
            entries = [_coded_by_machine(entry) for entry in entries]
        return defaults | written | {"Codings": entries}
    return defaults | written


_DERIVED = frozenset({DerivedFrom.OPERATOR, DerivedFrom.SOURCE})
"""The beginnings of the raw fields, `operator_raw` and `source_raw`, that name what fills them."""


def _coded_by_machine(written: Any) -> Any:
    return written | {"RequiresManualVerification": False} if isinstance(written, dict) else written


def _coding_defaults(written: Any, stem: str, kind: DatasetKind, *, first: StrictBool) -> Any:
    if not isinstance(written, dict):
        return written
    mode = CodingMode.MULTIPLE if kind is DatasetKind.RESEARCH_QUESTION else CodingMode.SINGLE
    coded_field = f"{stem if first else written.get('CodeScheme')}_coded"
    return {"CodingMode": mode, "CodedField": coded_field} | written
