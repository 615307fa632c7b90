"""Where a project's messages come from: the entries of `RawDataSources`."""

from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, StrictInt, model_validator

from pipeline_lib.config.csv_source import CSVSource
from pipeline_lib.config.facebook_export import FacebookExportSource, PageDataset
from pipeline_lib.config.field_types import (
    CountryCode,
    DateFormat,
    GraphVersion,
    HostName,
    PageName,
    ParticipantPrefix,
    TimezoneName,
)
from pipeline_lib.config.kobo_source import KoboToolboxSource
from pipeline_lib.config.named_source import NamedSource
from pipeline_lib.model.facebook_versions import DEFAULT_VERSION
from pipeline_lib.model.frozen import Frozen
from pipeline_lib.model.times import Instant

DATE_FORMATS = ("%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M:%S.%f")
"""How mobile operators have written `ReceivedOn` so far (sources.md A.7)."""


def name_of_url(url: str) -> str:
    """The name of a file's data: the last part of its URL up to its first dot (semantics.md 1)."""
    return url.rstrip("/").rsplit("/", 1)[-1].split(".", 1)[0]


class RapidProSource(NamedSource):
    """Flows of one RapidPro (or TextIt) workspace."""

    source_type: Literal["RapidPro"]
    """What the source is."""
    domain: HostName
    """Host name of the server, such as `textit.com`."""
    token_file_url: SecretStr
    """Text file that holds the workspace's API token; or `connection://<id>`, an Airflow connection's password."""
    contacts_file_name: str | None = Field(default=None, deprecated=True)
    """Accepted and ignored: contacts are no longer downloaded."""
    activation_flow_names: tuple[str, ...] = ()
    """Flows that take the messages sent to a show."""
    survey_flow_names: tuple[str, ...] = ()
    """Flows that ask for demographics and follow-ups."""
    test_contact_uuids: tuple[str, ...] = ()
    """RapidPro's uuids of the team's own phones; their runs are marked as tests."""
    country: CountryCode | None = None
    """Country whose local numbers people write, such as `SO`, which turns 0612345678 into +252612345678.

    Default: the workspace's own. Where neither names a country, runs from local numbers are set aside."""
    retention_days: StrictInt = Field(default=90, ge=3, le=36_500)
    """How long the server keeps runs before it archives them; longer gaps between fetches are bridged from archives."""
    requests_per_hour: StrictInt = Field(default=2500, ge=1)
    """How many requests the server allows a workspace in an hour; the fetch waits rather than ask for more.

    All projects of one workspace and data root share them."""

    @property
    def activation_names(self) -> tuple[str, ...]:
        """Names of the raw files of activations."""
        return self.activation_flow_names

    @property
    def survey_names(self) -> tuple[str, ...]:
        """Names of the raw files of surveys."""
        return self.survey_flow_names


class _FileSource(NamedSource):
    activation_flow_urls: tuple[str, ...] = ()
    """Files of messages sent to a show. A URL, or a path relative to the config."""
    survey_flow_urls: tuple[str, ...] = ()
    """Files of demographics and follow-ups. A URL, or a path relative to the config."""

    @property
    def activation_names(self) -> tuple[str, ...]:
        """Names of the raw files of activations."""
        return tuple(map(name_of_url, self.activation_flow_urls))

    @property
    def survey_names(self) -> tuple[str, ...]:
        """Names of the raw files of surveys."""
        return tuple(map(name_of_url, self.survey_flow_urls))


class GCloudBucketSource(_FileSource):
    """Files of traced data (JSON lines) that another project or an earlier pipeline has already de-identified."""

    source_type: Literal["GCloudBucket"]
    """What the source is."""
    keep_fields: tuple[str, ...] = ()
    """Fields to keep beside those that the pipeline reads; the others are left out. They must hold no addresses."""


class RecoveryCSVSource(_FileSource):
    """Recovered messages, de-identified: CSV files with the columns Sender, Message and ReceivedOn.

    `SourceKeyRemappings` call these `avf_phone_id`, `message` and `received_on`, and the id of each row `run_id`. For a
    survey, all but the first of these names end with the file's: `message - gender` for `gender.csv`.
    """

    source_type: Literal["RecoveryCSV", "ShaqadoonCSV"]
    """What the source is: two names of the same, of which the second is the predecessors' first."""
    date_formats: tuple[DateFormat, ...] = Field(default=DATE_FORMATS, min_length=1)
    """Formats of `ReceivedOn` (Python's strptime), tried in this order; days stand before months."""
    timezone: TimezoneName = "Africa/Mogadishu"
    """Zone of the local times in `ReceivedOn`."""
    sender_prefix: ParticipantPrefix = "avf-phone-uuid-"
    """What every de-identified `Sender` begins with."""


class FacebookSearch(Frozen):
    """Which posts of the page belong to a dataset."""

    match: str
    """Text that a post's message contains, as it is written: capitals count."""
    start_date: Instant
    """Posts published from then on."""
    end_date: Instant
    """Posts published before then."""


class FacebookDataset(PageDataset):
    """The comments under some posts of the page."""

    search: FacebookSearch | None = None
    """Posts by what they say and when."""

    @model_validator(mode="after")
    def _posts_are_named(self) -> Self:
        if self.post_ids is None and self.search is None:
            raise ValueError("names no posts; give PostIDs, Search or both")
        return self


class FacebookSource(NamedSource):
    """Comments under a Facebook page's posts."""

    source_type: Literal["Facebook"]
    """What the source is."""
    page_id: PageName
    """The page, by id or by name."""
    token_file_url: SecretStr
    """Text file that holds the page's access token; or `connection://<id>`, an Airflow connection's password."""
    api_version: GraphVersion = Field(default=DEFAULT_VERSION, alias="APIVersion")
    """Version of the Graph API to use. A fetch warns ninety days before that version ends."""
    authors: Literal["identified", "unknown"] = "identified"
    """Whether Facebook names the authors: it does so only for apps with Advanced Access.

    `identified` sets comments without an author aside. `unknown` makes each comment a participant of its own, so that
    people cannot be counted; every output says so."""
    datasets: tuple[FacebookDataset, ...] = Field(min_length=1)
    """Which comments make up which dataset."""

    @property
    def authors_are_known(self) -> bool:
        """Whether the comments' authors are known; if not, each comment is a participant of its own."""
        return self.authors == "identified"

    @property
    def activation_names(self) -> tuple[str, ...]:
        """Names of the raw files of comments."""
        return tuple(f"{dataset.name}_{self.page_id}" for dataset in self.datasets)

    @property
    def survey_names(self) -> tuple[str, ...]:
        """None: comments are never surveys."""
        return ()


FormSource = CSVSource | KoboToolboxSource
"""Answers whose columns or questions the config declares."""

PageSource = FacebookSource | FacebookExportSource
"""Comments under a page's posts, from its API or without."""

Source = Annotated[
    RapidProSource
    | GCloudBucketSource
    | RecoveryCSVSource
    | CSVSource
    | KoboToolboxSource
    | FacebookSource
    | FacebookExportSource,
    Field(discriminator="source_type"),
]
"""One entry of `RawDataSources`; its `SourceType` says which."""
