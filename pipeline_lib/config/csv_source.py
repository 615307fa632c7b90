"""CSV files from any tool, whose columns a config declares: an aggregator's, a form's export."""

from typing import Literal, Self

from pydantic import Field, model_validator

from pipeline_lib.config.answer_field_names import AnswerName, AnswerNames, FormName, Title, check_names
from pipeline_lib.config.facebook_export import DATE_FORMATS
from pipeline_lib.config.field_types import CountryCode, DateFormat, TimezoneName
from pipeline_lib.config.name_rules import Label
from pipeline_lib.config.named_source import NamedSource
from pipeline_lib.model.frozen import Frozen

AddressType = Literal[
    "tel", "whatsapp", "telegram", "facebook", "instagram", "twitterid", "viber", "line", "wechat", "participant"
]
"""What an address is. `participant` is a participant uuid, which somebody has de-identified before."""


class CSVColumns(Frozen):
    """The titles of the columns that say who answered and when, as they stand in the first line."""

    address: Title | None = None
    """Column of who answered; `AddressType` says what it holds.

    Without one, every row is a participant of its own, known by its `ID`."""
    time: Title
    """Column of when the row was received."""
    id: Title | None = None
    """Column of the row's id. If rows have the same id, they are versions of one, and the last one counts.

    Without one, a row is known by what it says."""

    @model_validator(mode="after")
    def _identifies_rows(self) -> Self:
        if self.address is None and self.id is None:
            raise ValueError("names neither Address nor ID, so that nothing tells one participant from another")
        named = [title for title in (self.address, self.time, self.id) if title is not None]
        if len(set(named)) < len(named):
            raise ValueError("names one column twice; name another column for each")
        return self


class CSVAnswer(Frozen):
    """A column of answers."""

    column: Title
    """The column's title. If the same field has several columns, such as an older title, each file needs one."""
    field: Label
    """What its raw fields begin with: `water` for `water (Text) - <Name>`."""


class CSVDataset(Frozen):
    """Files with the same columns of answers, which become one file of raw data."""

    name: FormName
    """What its raw fields end with."""
    file_urls: tuple[str, ...] = Field(min_length=1)
    """The files, the newest last. A URL, or a path relative to the config."""
    messages: tuple[CSVAnswer, ...] = ()
    """Columns of messages to a show: each answer is a message of its own."""
    answers: tuple[CSVAnswer, ...] = ()
    """Columns of demographics and follow-ups, of which a participant's last answer counts."""

    @model_validator(mode="after")
    def _has_answers(self) -> Self:
        check_names(self.names)
        return self

    @property
    def names(self) -> AnswerNames:
        """What becomes of its answers."""
        return AnswerNames(
            self.name,
            tuple(AnswerName(each.column, each.field) for each in self.messages),
            tuple(AnswerName(each.column, each.field) for each in self.answers),
        )


class CSVSource(NamedSource):
    """CSV files whose columns are declared here: from aggregators, Google Forms, exports of any tool.

    Cells that are empty are no answers. UTF-8, UTF-16, gzip and the usual delimiters are recognised.
    """

    source_type: Literal["CSV"]
    """What the source is."""
    datasets: tuple[CSVDataset, ...] = Field(min_length=1)
    """Which files make up which raw data."""
    columns: CSVColumns
    """What the other columns are called."""
    address_type: AddressType = "tel"
    """What `Columns.Address` holds: phone numbers, accounts of a network, or participant uuids."""
    country: CountryCode | None = None
    """Country whose local numbers the files have, such as `SO`, which turns 0612345678 into +252612345678.

    Default: none; rows with local numbers are set aside."""
    date_formats: tuple[DateFormat, ...] = Field(default=DATE_FORMATS, min_length=1)
    """Formats of local times (Python's strptime), tried in this order. Times with an offset, such as
    `2025-09-06T10:01:00+03:00`, need none."""
    timezone: TimezoneName
    """Zone of local times."""
    encoding: Literal["cp1252", "cp1256", "mac_roman"] | None = None
    """Encoding of files that are not in Unicode, such as `cp1252` of Excel's plain "CSV" on Windows.

    Default: such files are refused."""
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    """What separates columns. Default: the comma, semicolon or tab, whichever finds most of the columns."""

    @model_validator(mode="after")
    def _columns_have_one_use(self) -> Self:
        own = {self.columns.address, self.columns.id}
        for dataset in self.datasets:
            if own & set(dataset.names.titles):
                raise ValueError(
                    f'Datasets "{dataset.name}" has the column of addresses or of ids among its answers; leave it out'
                )
        return self

    @property
    def gives_addresses(self) -> bool:
        """Whether its participants get their uuids from the uuid table."""
        return self.columns.address is None or self.address_type != "participant"

    @property
    def activation_names(self) -> tuple[str, ...]:
        """Names of the raw files that have messages."""
        return tuple(dataset.name for dataset in self.datasets if dataset.messages)

    @property
    def survey_names(self) -> tuple[str, ...]:
        """Names of the raw files that have only answers."""
        return tuple(dataset.name for dataset in self.datasets if not dataset.messages)
