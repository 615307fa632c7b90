"""Projects of a few episodes and surveys, and frames of the people whom a test invents."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl
import pytest

from pipeline_lib.analysis.codings import all_codings, episodes
from pipeline_lib.analysis.frames import RECORD_KEY, Frames
from pipeline_lib.disclosure.perturbation_tables import KEY_COUNT, PerturbationTable
from pipeline_lib.disclosure.record_keys import record_keys
from pipeline_lib.model.code_scheme import CodeScheme
from pipeline_lib.model.coding_plan import Coding, CodingMode, CodingPlans, Dataset, DatasetKind

Person = Mapping[str, Sequence[str]]
"""Codes by AnalysisFileKey; `NA` alone where there are none. Nothing at all: somebody who withdrew."""

Message = tuple[int, str, str, Sequence[str], str]
"""The sender's place among the people, the episode's key, the time, the codes and the text."""

CONTROLS = ("NA", "NS", "NC", "NR", "STOP")
REGIONS = {"awdal": "somaliland", "togdheer": "somaliland", "bay": "south west", "bakool": "south west"}


def code_scheme(name: str, *values: str, metas: Sequence[str] = ()) -> CodeScheme:
    def code(kind: str, value: str, number: int, **more: Any) -> dict[str, Any]:
        return {"CodeID": f"{name}-{value}", "CodeType": kind, "StringValue": value, "NumericValue": number, **more}

    normal = [code("Normal", value, number, MatchValues=[value]) for number, value in enumerate(values, start=1)]
    meta = [code("Meta", value, -100 - number, MetaCode=value) for number, value in enumerate(metas)]
    control = [code("Control", value, -number, ControlCode=value) for number, value in enumerate(CONTROLS, start=1)]
    codes = normal + control + meta
    return CodeScheme.model_validate({"SchemeID": name, "Name": f"Scheme {name}", "Version": "1", "Codes": codes})


def dataset(name: str, kind: DatasetKind, *schemes: CodeScheme) -> Dataset:
    is_question = kind is DatasetKind.RESEARCH_QUESTION
    codings = tuple(
        Coding(
            code_scheme=scheme,
            mode=CodingMode.MULTIPLE if is_question else CodingMode.SINGLE,
            coded_field=f"{scheme.scheme_id}_coded",
            analysis_file_key=scheme.scheme_id,
        )
        for scheme in schemes
    )
    return Dataset(
        name=name,
        kind=kind,
        raw_field=f"{name}_raw",
        time_field="sent_on",
        run_id_field=None,
        message_id_field=None,
        coda_filename=f"{name}.json",
        icr_filename=None,
        ws_code_match_value=None,
        imputation=None,
        codings=codings,
    )


def plans_of(episode_count: int, *themes: str) -> CodingPlans:
    names = [f"e{number:02}" for number in range(1, episode_count + 1)]
    questions = [
        dataset(f"episode {name}", DatasetKind.RESEARCH_QUESTION, code_scheme(name, *themes, metas=["gratitude"]))
        for name in names
    ]
    gender = dataset("gender", DatasetKind.DEMOGRAPHIC, code_scheme("gender", "man", "woman"))
    location = dataset(
        "location",
        DatasetKind.DEMOGRAPHIC,
        code_scheme("region", *REGIONS),
        code_scheme("state", *dict.fromkeys(REGIONS.values())),
    )
    return CodingPlans(research_questions=tuple(questions), demographics=(gender, location))


@pytest.fixture
def plans() -> CodingPlans:
    """Two episodes with the themes water and health; gender, region and state."""
    return plans_of(2, "water", "health")


@pytest.fixture
def make_plans() -> Callable[..., CodingPlans]:
    """The same with other numbers of episodes and other themes."""
    return plans_of


@pytest.fixture
def make_survey() -> Callable[..., Dataset]:
    """A dataset of one coding: its name, its kind, the coding's key and its normal codes."""
    return lambda name, kind, key, *values: dataset(name, kind, code_scheme(key, *values))


@pytest.fixture
def fewer_than_five() -> PerturbationTable:
    """Releases no number of fewer than five people, and the others as they are."""
    below = np.repeat(-np.arange(5)[:, None], KEY_COUNT, axis=1)
    return PerturbationTable(5, np.concatenate([below, np.zeros((1, KEY_COUNT), np.int64)]), period=1)


@pytest.fixture
def make_frames() -> Callable[..., Frames]:
    return frames_of


def frames_of(plans: CodingPlans, people: Sequence[Person], messages: Sequence[Message] | None = None) -> Frames:
    """The frames of some people; each said an episode's codes in one message, where a test doesn't say otherwise."""
    withdrawn = pl.Series("consent_withdrawn", [not person for person in people], dtype=pl.Boolean)
    types = {
        each.key: pl.List(pl.Enum([code.string_value for code in each.coding.code_scheme.codes]))
        for each in all_codings(plans)
    }
    columns = [
        _lists(key, [list(person.get(key, ["NA"])) if person else None for person in people], kind)
        for key, kind in types.items()
    ]
    if messages is None:
        messages = [
            (number, each.key, "2025-09-06T12:00Z", person[each.key], "text")
            for number, person in enumerate(people)
            for each in episodes(plans)
            if list(person.get(each.key, ["NA"])) != ["NA"]
        ]
    sent = _messages(plans, messages, types).with_columns(
        consent_withdrawn=pl.Series([not people[who] for who, *_ in messages], dtype=pl.Boolean)
    )
    shown = sent.with_columns(pl.when(~pl.col("consent_withdrawn")).then(pl.exclude("consent_withdrawn")))
    keys = record_keys((f"person {number}" for number in range(len(people))), "secret")
    return Frames(shown, pl.DataFrame([withdrawn, *columns, pl.Series(RECORD_KEY, keys, dtype=pl.UInt16)]))


def _messages(plans: CodingPlans, messages: Sequence[Message], types: Mapping[str, Any]) -> pl.DataFrame:
    datasets = {each.key: each.dataset.name for each in episodes(plans)}
    return pl.DataFrame(
        {
            "participant": pl.Series([who for who, *_ in messages], dtype=pl.UInt32),
            "consent_withdrawn": pl.Series([False] * len(messages), dtype=pl.Boolean),
            "dataset": pl.Series(
                [datasets[key] for _, key, *_ in messages], dtype=pl.Enum(list(dict.fromkeys(datasets.values())))
            ),
            "sent_at": pl.Series(
                [datetime.fromisoformat(time).astimezone(UTC) for _, _, time, *_ in messages],
                dtype=pl.Datetime("us", "UTC"),
            ),
            "text": pl.Series([text for *_, text in messages], dtype=pl.String),
            **{
                key: _lists(key, [list(codes) if own == key else None for _, own, _, codes, _ in messages], types[key])
                for key in datasets
            },
        }
    )


def _lists(name: str, lists: Sequence[list[str] | None], kind: Any) -> pl.Series:
    """By way of strings, which polars reads much faster than it reads its categorical types."""
    return pl.Series(name, lists, dtype=pl.List(pl.String)).cast(kind)
