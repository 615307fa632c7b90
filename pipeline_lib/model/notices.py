"""What people are told about a project's runs without asking."""

from enum import StrEnum


class NoticeKind(StrEnum):
    """What a notice is about."""

    FAILURE = "failure"
    """A task or a run has failed; also because a source has far less than the last time."""
    CONFIG = "config"
    """The config cannot be used."""
    DEADLINE = "deadline"
    """A run is not done in time."""
    MISSED = "missed"
    """A scheduled run was never finished."""
    PAUSED = "paused"
    """The project is configured, but paused in Airflow."""
    STALE = "stale"
    """Nobody has sent anything for days."""
    QUARANTINE = "quarantine"
    """Many records were set aside."""


class NoticeChannel(StrEnum):
    """How a notice reaches people; beside the log, where every notice is."""

    LOG = "log"
    SMTP = "smtp"
    SLACK = "slack"
    WEBHOOK = "webhook"
