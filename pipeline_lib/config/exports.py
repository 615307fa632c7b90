"""What a config may ask of the outputs."""

from enum import StrEnum

from pydantic import Field, StrictBool, StrictInt

from pipeline_lib.config.field_types import TimezoneName
from pipeline_lib.config.name_rules import OutputFilename
from pipeline_lib.model.frozen import Frozen


class OutputFilenames(Frozen):
    """What the CSVs are called."""

    messages: OutputFilename = "messages.csv"
    """A row per message."""
    individuals: OutputFilename = "individuals.csv"
    """A row per participant."""
    production: OutputFilename = "production.csv"
    """A row per message, texts only."""


class SpreadsheetFile(StrEnum):
    """Files that hold people's words, and that people may open in a spreadsheet."""

    PRODUCTION = "production"
    ICR = "icr"
    SAMPLE_MESSAGES = "sample_messages"
    MESSAGES = "messages"
    INDIVIDUALS = "individuals"


class WithdrawnRows(StrEnum):
    """What becomes of those who withdrew in the messages and individuals CSVs, and in the traced data."""

    LEAVE_OUT = "leave_out"
    STOP = "stop"


class IcrSampling(Frozen):
    """How the messages for measuring inter-coder reliability are chosen."""

    sample_size: StrictInt = Field(default=200, ge=1)
    """Messages per research question, or all where there are fewer."""
    exclude_noise: StrictBool = False
    """Whether to leave out messages that hold no answer, as coders have said.

    Those are reviewed, and have control codes only (NC, WS, …), or also meta codes if the scheme has normal codes."""
    stratify_by_code: StrictBool = False
    """Whether the codes take turns in giving a message, so that rare codes are there too; "not reviewed" takes part as
    a code.

    Otherwise every message has the same chance."""
    distinct_texts: StrictBool | None = None
    """Whether a text is in the sample once, however often it was sent: who agrees on one `haa` agrees on a hundred.

    Default: true; with Compatibility false, so that every message has the same chance."""


class Interface(Frozen):
    """The two tab-separated files that The Interface reads; the withdrawn are left out of both."""

    inbox_filename: OutputFilename = "inbox"
    """File of the messages: `phone` (the participant uuid), `date`, `time` and `message`."""
    demographics_filename: OutputFilename = "demo"
    """File of the participants: `phone` (the uuid), `gender`, `age` and `county`."""
    prefix_dataset: StrictBool = False
    """Whether a message begins with the name of its dataset."""
    timezone: TimezoneName = "Africa/Nairobi"
    """Zone of dates and times."""
    gender: str | None = None
    """AnalysisFileKey of the coding whose codes are genders; without it all are `NA`."""
    age: str | None = None
    """AnalysisFileKey of the coding whose codes are ages in years; without it all are `NA`."""
    county: str | None = None
    """AnalysisFileKey of the coding whose codes are counties, or other places; without it all are `NA`."""
