"""Who is told, as a config writes it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import check, load_project

Files = dict[str, Any]
Write = Callable[..., Path]


@pytest.mark.parametrize(
    "entry",
    [
        {"Channel": "log"},
        {"Channel": "smtp", "To": ["data@example.org"]},
        {"Channel": "smtp", "Connection": "mail.office", "To": ["a@example.org", "b@example.org"]},
        {"Channel": "slack", "Connection": "slack", "Kinds": ["failure", "missed"]},
        {"Channel": "webhook", "Connection": "office"},
    ],
)
def test_a_way_to_tell_people_that_can_be_used_is_nothing_to_talk_about(
    files: Files, write: Write, entry: dict[str, Any]
) -> None:
    files["pipeline.json"]["Notices"] = [entry]
    assert check(write(files)).errors == ()


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"Channel": "smtp"}, 'Notices[0]: an e-mail needs somebody to get it: add "To"'),
        ({"Channel": "smtp", "To": ["Data team"]}, "Notices[0].To[0]: is no e-mail address; write one alone"),
        (
            {"Channel": "smtp", "To": ["data@ex\u00e4mple.org"]},
            "Notices[0].To[0]: has letters that Airflow cannot mail to; write its domain in ASCII",
        ),
        ({"Channel": "slack"}, "Notices[0]: slack needs the Airflow connection that has the address"),
        ({"Channel": "webhook", "Connection": "https://x"}, "Notices[0].Connection: is no id of an Airflow connection"),
        ({"Channel": "log", "To": ["a@example.org"]}, "Notices[0]: To is for e-mail: take it out"),
        ({"Channel": "log", "Kinds": ["failed"]}, "Notices[0].Kinds[0]"),
        ({"Channel": "email", "To": ["a@example.org"]}, "Notices[0].Channel"),
    ],
)
def test_a_way_that_cannot_be_used_says_what_would_be_right(
    files: Files, write: Write, entry: dict[str, Any], problem: str
) -> None:
    files["pipeline.json"]["Notices"] = [entry]
    (found,) = check(write(files)).errors
    assert str(found).removeprefix("pipeline.json: ").startswith(problem)


def test_without_a_connection_an_e_mail_goes_by_airflow_s_usual_one(files: Files, write: Write) -> None:
    files["pipeline.json"]["Notices"] = [{"Channel": "smtp", "To": ["a@example.org"]}, {"Channel": "log"}]
    notices = load_project(write(files)).config.notices or ()
    assert [entry.connection_id for entry in notices] == ["smtp_default", None]
