import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.model.code_scheme import CodeScheme
from pipeline_lib.model.coding_plan import Coding, CodingMode, CodingPlans, Dataset, DatasetKind

CONTROLS = ("NA", "NS", "NC", "NR", "STOP", "WS", "CE")


@pytest.fixture
def scheme() -> Callable[..., CodeScheme]:
    """A code scheme with a normal code per value, `<name>-<value>`, the meta code push_back, and the control codes."""

    def make(name: str, *values: str, shared_controls: bool = False, controls: Sequence[str] = CONTROLS) -> CodeScheme:
        def code(number: int, code_type: str, value: str, **more: Any) -> dict[str, Any]:
            owner = "shared" if shared_controls and code_type != "Normal" else name
            code_id = f"{owner}-{value}"
            return {
                "CodeID": code_id,
                "CodeType": code_type,
                "StringValue": value,
                "NumericValue": number,
                "DisplayText": value,
                **more,
            }

        normal = [code(n, "Normal", v, MatchValues=[v]) for n, v in enumerate(values, start=1)]
        control = [code(-n, "Control", c, ControlCode=c) for n, c in enumerate(controls, start=1)]
        meta = [code(-100, "Meta", "push_back", MetaCode="push_back")]
        return CodeScheme.model_validate(
            {"SchemeID": f"Scheme-{name}", "Name": name, "Version": "1", "Codes": normal + control + meta}
        )

    return make


@pytest.fixture
def coding() -> Callable[..., Coding]:
    def make(code_scheme: CodeScheme, mode: CodingMode = CodingMode.SINGLE, **more: Any) -> Coding:
        name = code_scheme.name
        defaults = {"coded_field": f"{name}_coded", "analysis_file_key": name}
        return Coding(code_scheme=code_scheme, mode=mode, **(defaults | more))

    return make


@pytest.fixture
def dataset() -> Callable[..., Dataset]:
    def make(name: str, *codings: Coding, kind: DatasetKind = DatasetKind.RESEARCH_QUESTION, **more: Any) -> Dataset:
        is_question = kind is DatasetKind.RESEARCH_QUESTION
        defaults = {
            "raw_field": f"{name}_raw",
            "time_field": "sent_on" if is_question else f"{name}_time",
            "run_id_field": f"{name}_run_id" if is_question else None,
            "message_id_field": None,
            "coda_filename": f"{name}.json",
            "icr_filename": f"{name}.csv" if is_question else None,
            "ws_code_match_value": None,
            "imputation": None,
        }
        return Dataset(name=name, kind=kind, codings=codings, **(defaults | more))

    return make


@pytest.fixture
def plans() -> Callable[..., CodingPlans]:
    def make(*datasets: Dataset, **more: Any) -> CodingPlans:
        return CodingPlans(
            research_questions=tuple(d for d in datasets if not d.is_survey),
            demographics=tuple(d for d in datasets if d.is_survey),
            **more,
        )

    return make


@pytest.fixture
def jsonl(tmp_path: Path) -> Callable[..., Path]:
    """A file of JSON lines."""

    def make(*lines: object, name: str = "flow.jsonl") -> Path:
        path = tmp_path / name
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        return path

    return make
