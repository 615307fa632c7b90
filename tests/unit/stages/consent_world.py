"""A few people of the demo's project, of whom a test says what they wrote when, and what coders said of it."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from pipeline_lib.config import Project, load_project
from pipeline_lib.stages.coda_pull import pull_to_folder
from pipeline_lib.stages.outputs import ProcessInputs, ProcessRequest, ProcessResult, make_outputs
from pipeline_lib.stages.run_context import project_storage
from pipeline_lib.stages.withdrawn import read_withdrawn

DEMO = Path(__file__).parents[3] / "configs" / "demo"

START, MIDDLE, END = (datetime(2025, 9, day, tzinfo=UTC) for day in (6, 9, 13))
"""The project's dates, and between them a run's as-of time."""

LATER = datetime(2026, 1, 1, tzinfo=UTC)

DATASETS = {
    "e01": "s01e01_water",
    "e02": "s01e02_health",
    "gender": "gender",
    "location": "location",
}
"""What the Coda file of each dataset is called."""

RUNS = {
    "e01": ("geedka_s01e01_activation", "S01E01_Water ({}) - geedka_s01e01_activation"),
    "e02": ("geedka_s01e02_activation", "S01E02_Health ({}) - geedka_s01e02_activation"),
    "gender": ("geedka_demog", "Gender ({}) - geedka_demog"),
    "pilot gender": ("geedka_pilot_demog", "Gender ({}) - geedka_pilot_demog"),
    "location": ("geedka_demog", "Location ({}) - geedka_demog"),
}
"""What somebody can write to: its raw data file, and its fields there."""

CSV = "geedka_recovered_september"


def uuid_of(who: str) -> str:
    """A participant uuid that ends with a short name such as `p1`, as far as uuids can."""
    return f"avf-phone-uuid-00000000-0000-4000-8000-{who.encode().hex():0>12}"


@dataclass(frozen=True)
class Message:
    """What somebody wrote."""

    who: str
    to: str
    """A key of `RUNS`, or `csv`."""
    text: str
    at: datetime = datetime(2025, 9, 8, 12, tzinfo=UTC)
    marks: Mapping[str, Any] = field(default_factory=dict)
    """Other fields of its object, such as `test_run`."""

    def line(self) -> tuple[str, dict[str, Any]]:
        """Its raw data file, and its object there."""
        at = self.at.isoformat()
        if self.to == "csv":
            return CSV, {
                "avf_phone_id": uuid_of(self.who),
                "message": self.text,
                "received_on": at,
                "run_id": at,
                **self.marks,
            }
        flow, key = RUNS[self.to]
        part = "Text" if self.to in {"e01", "e02"} else "Value"
        return flow, {
            "avf_phone_id": uuid_of(self.who),
            key.format(part): self.text,
            key.format("Time"): at,
            **self.marks,
        }


def label(
    scheme: str,
    code: str,
    at: datetime = datetime(2025, 9, 8, 18, tzinfo=UTC),
    *,
    checked: bool = True,
    origin: str | None = "Manual",
    suffix: str = "",
) -> dict[str, Any]:
    """A label under a scheme of the demo's; `code` is a code's StringValue, or MatchValue."""
    found = code_scheme(scheme)
    codes = (c for c in found["Codes"] if code in {c["StringValue"], c.get("ControlCode"), *c.get("MatchValues", ())})
    written = {
        "SchemeID": found["SchemeID"] + suffix,
        "CodeID": next(codes)["CodeID"],
        "DateTimeUTC": at.isoformat(),
        "Checked": checked,
    }
    if origin is not None:
        written["Origin"] = {"OriginID": "somebody", "Name": "somebody", "OriginType": origin}
    return written


@cache
def code_scheme(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DEMO / "code_schemes" / f"{name}.json").read_text(encoding="utf-8"))
    return found


def message_id(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


Labels = Mapping[tuple[str, str], Sequence[dict[str, Any]]]
"""By dataset and text, the newest first."""


@dataclass(frozen=True)
class Case:
    """What somebody wrote, and what coders said of it: one person's, `p1`."""

    messages: Sequence[Message]
    labels: Labels = field(default_factory=dict)

    def apart(self, number: int) -> "Case":
        """The same of somebody else in other texts: of many cases in one run, none is told by another's.

        The texts differ in nothing that a cleaner reads.
        """
        end = f"{number:05b}".translate({ord("0"): ".", ord("1"): "!"})

        def text_of(text: str) -> str:  # of one message, or of several that became one
            return "; ".join(part + end for part in text.split("; "))

        messages = [replace(each, who=f"p1-{number:02}", text=text_of(each.text)) for each in self.messages]
        return Case(messages, {(dataset, text_of(text)): own for (dataset, text), own in self.labels.items()})


class World:
    """A project in a folder of its own."""

    def __init__(self, folder: Path, **keys: Any) -> None:
        self.folder = folder
        config = json.loads((DEMO / "pipeline.json").read_text(encoding="utf-8"))
        config |= {
            "LabelStore": {"StoreType": "Directory", "DirectoryURL": (folder / "coda").as_uri()},
            "DataRoot": (folder / "data").as_uri(),
            "Interface": {"Gender": "gender"},
            "WithdrawnRows": "stop",
            **keys,
        }
        self.config = folder / "geedka" / "pipeline.json"
        self.config.parent.mkdir(parents=True)
        (self.config.parent / "code_schemes").symlink_to(DEMO / "code_schemes")
        self.config.write_text(json.dumps(config), encoding="utf-8")
        self.project: Project = load_project(self.config)

    @property
    def raw_data(self) -> Path:
        return self.folder / "Raw Data"

    @property
    def coded(self) -> Path:
        return self.folder / "Coded"

    def write(self, messages: Iterable[Message]) -> dict[str, Path]:
        """Raw data by their names."""
        lines: dict[str, list[str]] = {flow: [] for flow in (*(flow for flow, _ in RUNS.values()), CSV)}
        for message in messages:
            flow, written = message.line()
            lines[flow].append(json.dumps(written) + "\n")
        self.raw_data.mkdir(exist_ok=True)
        for flow, of_flow in lines.items():
            (self.raw_data / f"{flow}.jsonl").write_text("".join(of_flow), encoding="utf-8")
        return {flow: self.raw_data / f"{flow}.jsonl" for flow in lines}

    def say(self, labels: Labels) -> None:
        """Leaves in the label store what coders said."""
        (self.folder / "coda").mkdir(exist_ok=True)
        for dataset, name in DATASETS.items():
            messages = [
                {
                    "MessageID": message_id(text),
                    "Text": text,
                    "CreationDateTimeUTC": min((given["DateTimeUTC"] for given in own), default=START.isoformat()),
                    "Labels": list(own),
                }
                for (of_dataset, text), own in labels.items()
                if of_dataset == dataset
            ]
            (self.folder / "coda" / f"{name}.json").write_text(json.dumps(messages), encoding="utf-8")

    def outputs(
        self, messages: Iterable[Message], labels: Labels | None = None, as_of: datetime | None = None
    ) -> tuple[Path, ProcessResult]:
        """The folder of outputs of what people wrote and coders said, as the stages make it."""
        self.say(labels or {})
        return self.run(messages, as_of)

    def run(self, messages: Iterable[Message], as_of: datetime | None) -> tuple[Path, ProcessResult]:
        """The same of what is in the label store."""
        self.coded.mkdir(exist_ok=True)
        pull_to_folder(self.project, self.coded, as_of)
        number = len(list(self.folder.glob("outputs *")))
        made = self.folder / f"outputs {number}"
        made.mkdir()
        inputs = ProcessInputs(self.write(messages), self.coded, read_withdrawn(project_storage(self.project)))
        return made, make_outputs(self.project, inputs, made, ProcessRequest(as_of or LATER, "tester"))


def everything(outputs: Path, *, without_coda_files: bool = False) -> str:
    """All that the files of a folder of outputs say, Parquet included."""
    said = []
    for path in sorted(path for path in outputs.rglob("*") if path.is_file()):
        if without_coda_files and path.parent.name == "Coda Files":
            continue
        if path.suffix == ".parquet":
            said.append(json.dumps(pl.read_parquet(path).to_dict(as_series=False), default=str))
        else:
            said.append(path.read_text(encoding="utf-8"))
    return "\n".join(said)
