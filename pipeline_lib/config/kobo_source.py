"""Forms on a KoboToolbox server, whose questions a config declares."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, StrictInt, WithJsonSchema, model_validator

from pipeline_lib.config.answer_field_names import AnswerName, AnswerNames, FormName, Title, check_names
from pipeline_lib.config.csv_source import AddressType
from pipeline_lib.config.field_types import CountryCode, HostName
from pipeline_lib.config.name_rules import Label
from pipeline_lib.config.named_source import NamedSource
from pipeline_lib.model.frozen import Frozen

_ASSET_UID = "[A-Za-z0-9]{5,50}"


def _asset_uid(uid: str) -> str:
    if not re.fullmatch(_ASSET_UID, uid):
        raise ValueError(
            "is no id of a form; write what stands behind /forms/ in its address, such as aXyzqRstUvwAbCdEfGhIjK"
        )
    return uid


AssetUID = Annotated[
    str, AfterValidator(_asset_uid), WithJsonSchema({"type": "string", "pattern": f"^(?:{_ASSET_UID})$"})
]
"""A form on a KoboToolbox server: a part of URLs and of folders' names."""


class KoboAnswer(Frozen):
    """A question whose answers are read."""

    question: Title
    """The question's name, with those of its groups before it: `household/water`.

    In a group that repeats, each repetition is an answer."""
    field: Label
    """What its raw fields begin with: `water` for `water (Text) - <Name>`.

    Where a question was renamed, list both names with the same field."""


class KoboForm(Frozen):
    """One form, which becomes one file of raw data."""

    name: FormName
    """What its raw fields end with."""
    asset_uid: AssetUID = Field(alias="AssetUID")
    """The form's id on the server: what stands behind `/forms/` in its address."""
    address: Title | None = None
    """The question that asks for a number or an account; `AddressType` says which.

    Default: none; every submission is a participant of its own, as is one without an answer to it."""
    messages: tuple[KoboAnswer, ...] = ()
    """Questions of a show: each answer is a message of its own."""
    answers: tuple[KoboAnswer, ...] = ()
    """Demographics and follow-ups, of which a participant's last answer counts."""

    @model_validator(mode="after")
    def _has_answers(self) -> Self:
        check_names(self.names)
        if self.address in self.names.titles:
            raise ValueError("has the question for the address among its answers; leave it out")
        return self

    @property
    def names(self) -> AnswerNames:
        """What becomes of its answers."""
        return AnswerNames(
            self.name,
            tuple(AnswerName(each.question, each.field) for each in self.messages),
            tuple(AnswerName(each.question, each.field) for each in self.answers),
        )


class KoboToolboxSource(NamedSource):
    """Forms on a KoboToolbox server, by its API."""

    source_type: Literal["KoboToolbox"]
    """What the source is."""
    domain: HostName
    """Host name of the server, such as `kf.kobotoolbox.org` or `eu.kobotoolbox.org`."""
    token_file_url: SecretStr
    """Text file that holds an account's API token; or `connection://<id>`, an Airflow connection's password."""
    forms: tuple[KoboForm, ...] = Field(min_length=1)
    """The forms to read."""
    address_type: AddressType = "tel"
    """What people answer to the `Address` of forms: phone numbers, accounts of a network, or participant uuids."""
    country: CountryCode | None = None
    """Country whose local numbers people write, such as `SO`, which turns 0612345678 into +252612345678.

    Default: none; submissions with local numbers are set aside."""
    requests_per_hour: StrictInt = Field(default=3600, ge=1)
    """The most requests an hour; the fetch waits rather than ask for more."""

    @property
    def activation_names(self) -> tuple[str, ...]:
        """Names of the raw files that have messages."""
        return tuple(form.name for form in self.forms if form.messages)

    @property
    def survey_names(self) -> tuple[str, ...]:
        """Names of the raw files that have only answers."""
        return tuple(form.name for form in self.forms if not form.messages)
