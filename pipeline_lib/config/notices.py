"""Who is told when something is wrong: the entries of `Notices`."""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from pipeline_lib.model.frozen import Frozen
from pipeline_lib.model.notices import NoticeChannel, NoticeKind

_DEFAULT_CONNECTION = {NoticeChannel.SMTP: "smtp_default"}


def _address(written: str) -> str:
    if not re.fullmatch(r"[^@\s,<>]+@[^@\s,<>]+", written):
        raise ValueError("is no e-mail address; write one alone, such as data@example.org")
    if not written.isascii():
        raise ValueError("has letters that Airflow cannot mail to; write its domain in ASCII, as xn--exmple-cua.org")
    return written


def _connection_id(written: str) -> str:
    if not re.fullmatch(r"[\w.-]+", written, re.ASCII):
        raise ValueError("is no id of an Airflow connection; write the id alone, such as slack_data_team")
    return written


class NoticeEntry(Frozen):
    """One way to tell people; [docs/notices.md](../docs/notices.md) says what each kind is, and how to set one up."""

    channel: NoticeChannel
    """`smtp` for e-mail, `slack` for an incoming webhook of Slack's, `webhook` for any other address that takes JSON;
    or `log`, for the log alone, where every notice is anyway."""
    connection: Annotated[str, AfterValidator(_connection_id)] | None = None
    """Id of the Airflow connection that has the server or the address. Default: `smtp_default` for `smtp`."""
    to: tuple[Annotated[str, AfterValidator(_address)], ...] = ()
    """E-mail addresses, for `smtp`."""
    kinds: tuple[NoticeKind, ...] | None = Field(default=None, min_length=1)
    """What to tell: `failure`, `config`, `deadline`, `missed`, `paused`, `stale`, `quarantine`. Default: all."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.channel is NoticeChannel.SMTP and not self.to:
            raise ValueError('an e-mail needs somebody to get it: add "To": ["data@example.org"]')
        if self.channel is not NoticeChannel.SMTP and self.to:
            raise ValueError(f"To is for e-mail: take it out, or write smtp instead of {self.channel}")
        if self.channel in {NoticeChannel.SLACK, NoticeChannel.WEBHOOK} and self.connection is None:
            raise ValueError(f'{self.channel} needs the Airflow connection that has the address: add "Connection"')
        return self

    @property
    def connection_id(self) -> str | None:
        """The connection to use; None where none is needed."""
        return self.connection or _DEFAULT_CONNECTION.get(self.channel)
