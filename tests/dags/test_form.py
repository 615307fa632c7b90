"""What the form offers, and what it and the API refuse."""

from typing import Any

import pytest

SOURCES = ("1 RapidPro: demog", "2 RecoveryCSV: show")


def form() -> dict[str, Any]:
    from pipeline_lib.orchestration.form import params  # noqa: PLC0415 - after conftest's settings

    return params(SOURCES, ("demog", "recovered (1)"))


def resolve(name: str, value: Any) -> Any:
    """What Airflow takes for a value that somebody gives."""
    return form()[name].resolve(value)


def test_it_has_every_parameter_of_a_run_with_a_label_and_a_description() -> None:
    from pipeline_lib.orchestration.dag_run import PARAMETERS  # noqa: PLC0415

    assert sorted(form()) == sorted(PARAMETERS)
    assert all(param.schema["title"] and param.description for param in form().values())


def test_publish_offers_three_words_and_the_api_takes_what_it_took_before() -> None:
    param = form()["publish"]
    assert param.value == "automatic"
    assert (param.schema["type"], param.schema["enum"]) == ("string", ["automatic", "yes", "no"])
    assert [resolve("publish", value) for value in ("yes", None, True, False)] == ["yes", None, True, False]


def test_the_sources_to_fetch_are_chosen_from_a_list() -> None:
    schema = form()["sources"].schema
    assert (schema["type"], schema["examples"]) == (["null", "array"], list(SOURCES))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("publish", "maybe"),
        ("publish", "Yes"),
        ("publish", 1.5),
        ("mode", "al"),
        ("mode", None),
        ("as_of", "2026-11-20"),
        ("as_of", "2026-11-20T00:00"),
        ("as_of", "2026-13-20T00:00Z"),
        ("as_of", "2026-11-32T00:00Z"),
        ("as_of", "0000-01-01T00:00Z"),
        *(("as_of", f"2026-{day}T00:00Z") for day in ("02-29", "02-30", "02-31", "04-31", "06-31", "09-31", "11-31")),
        *(("as_of", f"{year}-02-29T00:00Z") for year in (1900, 2023, 2100)),
        ("as_of", "2026-11-20T25:00Z"),
        ("as_of", "2026-11-20T24:01Z"),
        ("as_of", "2026-11-20T00:00+25:00"),
        ("as_of", "2026-11-20T00:00Z\n"),
        ("as_of", "２０２６-11-20T00:00Z"),  # noqa: RUF001 - digits of another kind
        ("sources", ["3 Facebook: show"]),
        ("sources", "2 RecoveryCSV: show"),
        ("full_fetch", "yes"),
        ("accept_shrink", {"demog": True}),
        ("accept_shrink", [1]),
        ("accept_shrink", ["demog", "nothing"]),
        ("accept_shrink", "nothing"),
        ("accept_shrink", "demog\n"),
        ("accept_shrink", ""),
        ("user", "two\nlines"),
        ("user", ""),
        ("user", "  "),
        ("user", "Asli\n"),
        ("profile_cpu", 1),
    ],
)
def test_a_wrong_value_is_refused(name: str, value: Any) -> None:
    from airflow.sdk.exceptions import ParamValidationError  # noqa: PLC0415

    with pytest.raises(ParamValidationError):
        resolve(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sources", None),
        ("sources", ["2 RecoveryCSV: show"]),
        ("accept_shrink", "demog"),
        ("accept_shrink", ["demog", "recovered (1)"]),
        ("accept_shrink", "demog.csv"),
        ("accept_shrink", None),
        ("user", "Asli"),
        ("as_of", "2026-11-20T00:00+03:00"),
        ("as_of", "2026-11-20T24:00:00Z"),
        *(("as_of", f"{day}T00:00Z") for day in ("2024-02-29", "2000-02-29", "2026-02-28", "2026-04-30", "2026-12-31")),
        ("as_of", "2026-11-20T23:59:59.123456-05:30"),
    ],
)
def test_a_right_value_is_taken(name: str, value: Any) -> None:
    assert resolve(name, value) == value


def test_what_may_shrink_is_chosen_from_a_list() -> None:
    assert form()["accept_shrink"].schema["examples"] == ["demog", "recovered (1)"]


def test_a_project_that_has_nothing_to_shrink_accepts_no_name() -> None:
    from airflow.sdk.exceptions import ParamValidationError  # noqa: PLC0415

    from pipeline_lib.orchestration.form import params  # noqa: PLC0415

    with pytest.raises(ParamValidationError):
        params((), ())["accept_shrink"].resolve("demog")
