"""Coding plans as a person writes them: short by default, every name can be given."""

from typing import Any

from pydantic import Field, model_validator

from pipeline_lib.model.coding_plan import CodingMode, DatasetKind
from pipeline_lib.model.frozen import Frozen


class CodingEntry(Frozen):
    """One code scheme applied to a dataset."""

    code_scheme: str
    """File name, without `.json`, of a scheme in the folder of code schemes."""
    coding_mode: CodingMode
    """How many codes a message may carry. Default: MULTIPLE for research questions, SINGLE for surveys."""
    coded_field: str
    """Field that holds the codes. Default: the dataset's name (or, for a second coding, the scheme's) and `_coded`."""
    analysis_file_key: str | None = None
    """Prefix of its columns in the CSVs and the analysis. Without one it has no columns and is not folded."""
    cleaner: str | None = None
    """Automatic coder, such as `somali.gender`."""
    raw_field: str | None = None
    """Field that this coding reads, if not the dataset's."""
    requires_manual_verification: bool = True
    """If false, labels from Coda are ignored and the cleaner decides."""
    include_in_individuals_file: bool = True
    """If false, the codes are not folded: the column of the individuals CSV stays empty."""
    include_in_theme_distribution: bool = True
    """If false, the codes are no themes of the analysis."""


class DatasetEntry(Frozen):
    """One question's messages, and what is done to them."""

    raw_field: str
    """Field of the texts, named by a remapping; ends in `_raw` by custom."""
    dataset_name: str
    """Name in reports. Default: the raw field without `_raw`."""
    time_field: str
    """Field of the time. Default: `sent_on` for research questions, else the dataset's name and `_time`."""
    run_id_field: str | None = None
    """Field of the run id, the first column of the ICR file. Default: the dataset's name and `_run_id`."""
    message_id_field: str | None = None
    """Field whose hash identifies a message in Coda. Default: the text itself."""
    coda_filename: str
    """File in `Coded Coda Files` and `Coda Files`, and so the dataset in Coda. Default: its name and `.json`."""
    icr_filename: str | None = None
    """File in `ICR`, research questions only. Default: the dataset's name and `.csv`."""
    ws_code_match_value: str | None = None
    """Match value of the wrong-scheme scheme's code for this dataset; null if nothing can move here."""
    raw_field_fold: str | None = None
    """How a participant's texts fold: `concatenate` for research questions, `assert_equal` for surveys."""
    imputation: str | None = None
    """Codes derived from other codes, such as `age_category`."""
    codings: tuple[CodingEntry, ...] = Field(min_length=1)


class CodingPlansFile(Frozen):
    """All datasets of a project, in the order that its files and columns follow."""

    schema_reference: str | None = Field(default=None, alias="$schema", exclude=True)
    code_schemes_dir: str = "code_schemes"
    """Folder of the code schemes, relative to the file that names it."""
    ws_correct_dataset_scheme: str | None = None
    """Scheme whose codes name the dataset that a message in the wrong scheme belongs to."""
    research_questions: tuple[DatasetEntry, ...] = Field(min_length=1)
    """Questions that shows asked, one dataset an episode."""
    demographics: tuple[DatasetEntry, ...] = ()
    """Questions about the person."""
    follow_ups: tuple[DatasetEntry, ...] = ()
    """Questions asked later."""
    engagement: tuple[DatasetEntry, ...] = ()
    """Questions about how a person took part."""
    breakdown_maps: tuple["BreakdownMap", ...] = ()
    """Which coding colours which map."""
    analysis_files: tuple[str, ...] | None = None
    """Tables that the analysis writes, in order. Default: all of them."""
    sort_messages: bool = True
    """Whether messages are put in order of time; the IMAQAL pipelines left them in the order of their files."""
    sent_on_column: bool = True
    """Whether the messages and production CSVs have a `sent_on` column."""

    @model_validator(mode="before")
    @classmethod
    def _fill_in_defaults(cls, written: Any) -> Any:
        if not isinstance(written, dict):
            return written
        kinds = [kind for kind in DatasetKind if isinstance(written.get(kind), list | tuple)]
        return written | {kind: [_dataset_defaults(entry, kind) for entry in written[kind]] for kind in kinds}


class BreakdownMap(Frozen):
    """One level of maps and the coding that it shows."""

    level: str
    """`regions`, `districts` or `mogadishu`."""
    analysis_file_key: str
    """The coding whose codes are the places."""


def _dataset_defaults(written: Any, kind: DatasetKind) -> Any:
    """A dataset's entry with the names that its author left out (the docstrings of `DatasetEntry` say which)."""
    if not isinstance(written, dict) or not isinstance(written.get("RawField"), str):
        return written
    name = written.get("DatasetName") or written["RawField"].removesuffix("_raw")
    stem = written["RawField"].removesuffix("_raw")
    is_question = kind is DatasetKind.RESEARCH_QUESTION
    defaults: dict[str, Any] = {
        "DatasetName": name,
        "TimeField": "sent_on" if is_question else f"{stem}_time",
        "CodaFilename": f"{name}.json",
    }
    if is_question:
        defaults |= {"RunIDField": f"{stem}_run_id", "ICRFilename": f"{name}.csv"}
    codings = written.get("Codings")
    if isinstance(codings, list | tuple):
        entries = [_coding_defaults(coding, stem, kind, first=index == 0) for index, coding in enumerate(codings)]
        return defaults | written | {"Codings": entries}
    return defaults | written


def _coding_defaults(written: Any, stem: str, kind: DatasetKind, *, first: bool) -> Any:
    if not isinstance(written, dict):
        return written
    mode = CodingMode.MULTIPLE if kind is DatasetKind.RESEARCH_QUESTION else CodingMode.SINGLE
    coded_field = f"{stem if first else written.get('CodeScheme')}_coded"
    return {"CodingMode": mode, "CodedField": coded_field} | written


CodingPlansFile.model_rebuild()
