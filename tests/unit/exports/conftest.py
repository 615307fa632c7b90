"""A project of two episodes and three demographics, of which a test says who sent and labelled what."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.model.code_scheme import CodeScheme
from pipeline_lib.model.coding_plan import Coding, CodingMode, CodingPlans, Dataset, DatasetKind
from pipeline_lib.model.compatibility import Quirk
from pipeline_lib.model.noise_filter import NoiseFilter
from pipeline_lib.processing.process import process
from pipeline_lib.processing.processed import Processed
from pipeline_lib.processing.settings import RawFiles, Settings
from pipeline_lib.processing.translation import KeyRemapping, Translation

CONTROLS = ("NA", "NC", "NR", "STOP", "WS", "CE")
SURVEYS = ("gender", "age", "county")


def code_scheme(name: str, *values: str, metas: Sequence[str] = ()) -> CodeScheme:
    def code(kind: str, value: str, number: int, **more: Any) -> dict[str, Any]:
        return {"CodeID": f"{name}-{value}", "CodeType": kind, "StringValue": value, "NumericValue": number, **more}

    normal = [code("Normal", v, int(v) if v.isdigit() else n, MatchValues=[v]) for n, v in enumerate(values, start=1)]
    meta = [code("Meta", v, -100 - n, MetaCode=v) for n, v in enumerate(metas)]
    control = [code("Control", v, -n, ControlCode=v) for n, v in enumerate(CONTROLS, start=1)]
    codes = normal + meta + control
    return CodeScheme.model_validate({"SchemeID": f"Scheme-{name}", "Name": name, "Version": "1", "Codes": codes})


def dataset(name: str, scheme: CodeScheme) -> Dataset:
    is_survey = name in SURVEYS
    coding = Coding(
        code_scheme=scheme,
        mode=CodingMode.SINGLE if is_survey else CodingMode.MULTIPLE,
        coded_field=f"{name}_coded",
        analysis_file_key=name,
    )
    return Dataset(
        name=name,
        kind=DatasetKind.DEMOGRAPHIC if is_survey else DatasetKind.RESEARCH_QUESTION,
        raw_field=f"{name}_raw",
        time_field=f"{name}_time" if is_survey else "sent_on",
        run_id_field=None if is_survey else f"{name}_run_id",
        message_id_field=None,
        coda_filename=f"{name}.json",
        icr_filename=None if is_survey else f"{name}.csv",
        ws_code_match_value=name,
        imputation=None,
        codings=(coding,),
    )


PLANS = CodingPlans(
    research_questions=(
        dataset("e01", code_scheme("e01", "water", "health", metas=["greeting"])),
        dataset("e02", code_scheme("e02", metas=["greeting", "question"])),
    ),
    demographics=(
        dataset("gender", code_scheme("gender", "man", "woman")),
        dataset("age", code_scheme("age", *map(str, range(10, 100)))),
        dataset("county", code_scheme("county", "nairobi", "kisumu")),
    ),
    ws_correct_dataset_scheme=code_scheme("ws", "e01", "e02", *SURVEYS, "elsewhere"),
)

Message = tuple[str, str, str, str]
"""Who, episode, text, time."""

Opinion = str | tuple[str, ...]
"""A checked code `scheme-code`, or several, newest first, with `?` at the end if nobody checked it."""


@pytest.fixture
def plans() -> CodingPlans:
    return PLANS


@pytest.fixture
def processed_of(tmp_path: Path) -> Callable[..., Processed]:
    """Processes messages, surveys (`{who: {survey: answer}}`) and opinions (`{dataset: {text: codes}}`).

    In place of opinions there may be labels as Coda has them (`{dataset: {text: labels}}`).
    """

    def make(
        messages: Sequence[Message],
        surveys: Mapping[str, Mapping[str, str]] | None = None,
        opinions: Mapping[str, Mapping[str, Opinion]] | None = None,
        *,
        labels: Mapping[str, Mapping[str, Sequence[Any]]] | None = None,
        moves: bool = False,
        as_predecessor: bool = False,
        as_of: datetime | None = None,
        noise_filter: NoiseFilter | None = None,
        quirks: frozenset[Quirk] = frozenset(),
        plans: CodingPlans = PLANS,
        group_files: Mapping[str, Path] | None = None,
        **more: Any,
    ) -> Processed:
        keys = {"avf_phone_id": "uid", "time": "sent_on", "run": "e01_run_id"}
        activation_keys = {"e01": "e01_raw", "e02": "e02_raw"}
        survey_keys = {
            key: f"{name}_{field}" for name in SURVEYS for key, field in ((name, "raw"), (f"{name} time", "time"))
        }
        runs = [
            {"avf_phone_id": who, episode: text, "time": time, "run": f"run {n}", "test_run": who.startswith("tester")}
            for n, (who, episode, text, time) in enumerate(messages)
        ]
        answers = [
            {"avf_phone_id": who, **said, **{f"{name} time": "2021-09-01T00:00:00Z" for name in said}}
            for who, said in (surveys or {}).items()
        ]
        for name, rows in (("f.jsonl", runs), ("d.jsonl", answers)):
            (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        for each in plans.datasets:
            coda = [_coda_message(text, opinion) for text, opinion in (opinions or {}).get(each.name, {}).items()]
            coda += [_labelled_message(text, given) for text, given in (labels or {}).get(each.name, {}).items()]
            (tmp_path / each.coda_filename).write_text(json.dumps(coda), encoding="utf-8")
        settings = Settings(
            translation=Translation(
                tuple(
                    KeyRemapping(key, field, key in activation_keys)
                    for key, field in (keys | activation_keys | survey_keys).items()
                ),
                (),
                replace(plans, noise_filter=noise_filter),
            ),
            start=datetime(2021, 10, 1, tzinfo=UTC),
            end=datetime(2021, 11, 1, tzinfo=UTC),
            filter_test_messages=True,
            moves_wrong_scheme=moves,
            as_predecessor=as_predecessor,
            quarantine_share_limit=0.01,
            as_of=as_of,
            quirks=quirks,
            **more,
        )
        return process(
            RawFiles(
                activations=(tmp_path / "f.jsonl",), surveys=(tmp_path / "d.jsonl",), groups=dict(group_files or {})
            ),
            tmp_path,
            settings,
        )

    return make


def _coda_message(text: str, opinion: Opinion) -> dict[str, Any]:
    codes = (opinion,) if isinstance(opinion, str) else opinion
    labels = [
        {
            "SchemeID": f"Scheme-{code.split('-')[0]}",
            "CodeID": code.removesuffix("?"),
            "Checked": not code.endswith("?"),
            "DateTimeUTC": "2021-10-09T00:00:00Z",
        }
        for code in codes
    ]
    return {"MessageID": hashlib.sha256(text.encode()).hexdigest(), "Labels": labels}


def _labelled_message(text: str, labels: Sequence[Any]) -> dict[str, Any]:
    message_id = hashlib.sha256(text.encode()).hexdigest()
    return {"MessageID": message_id, "CreationDateTimeUTC": "2021-10-20T00:00:00+03:00", "Labels": labels}
