"""The toy project, ready to run: its sources hold one message, its label store nothing."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

_TOY = Path(__file__).parent / "data" / "toy_project"


def write_toy(configs: Path, name: str = "toy") -> Path:
    """The config of the project, which becomes a folder of that folder."""
    folder = configs / name
    shutil.copytree(_TOY, folder)
    sources = folder / "sources"
    sources.mkdir()
    (sources / "toy_recovered.csv").write_text(f"Sender,Message,ReceivedOn\n{sender(1)},biyo,01/01/2026 10:00\n")
    for source in ("toy_age", "toy_gender", "toy_place"):
        (sources / f"{source}.jsonl").write_bytes(b"")
    (folder / "coda").mkdir()
    remappings = [
        {"SourceKey": "avf_phone_id", "PipelineKey": "uid"},
        {"SourceKey": "message", "PipelineKey": "show_raw", "IsActivationMessage": True},
        {"SourceKey": "received_on", "PipelineKey": "sent_on"},
        {"SourceKey": "run_id", "PipelineKey": "show_run_id"},
    ]
    change_config(folder / "pipeline.json", SourceKeyRemappings=remappings)
    return folder / "pipeline.json"


def sender(number: int) -> str:
    return f"avf-phone-uuid-3f5f0b0e-0000-4000-8000-{number:012}"


def write_messages(config: Path, count: int) -> None:
    """As many messages in place of the one, each another participant's: `biyo 0`, `biyo 1`, and so on."""
    rows = [f"{sender(number)},biyo {number},03/01/2026 10:00" for number in range(count)]
    (config.parent / "sources" / "toy_recovered.csv").write_text("\n".join(["Sender,Message,ReceivedOn", *rows, ""]))


def write_labels(config: Path, count: int) -> None:
    """Has as many of those messages in the label store, each of them labelled on 12 January 2026."""
    label = {"SchemeID": "Scheme-toy", "CodeID": "code-yes", "Checked": True, "DateTimeUTC": "2026-01-12T00:00:00Z"}
    messages = [
        {
            "MessageID": hashlib.sha256(text.encode()).hexdigest(),
            "Text": text,
            "CreationDateTimeUTC": "2026-01-03T12:00:00Z",
            "Labels": [label],
        }
        for text in (f"biyo {number}" for number in range(count))
    ]
    (config.parent / "coda" / "show.json").write_text(json.dumps(messages))


def change_config(config: Path, **keys: Any) -> None:
    """Change top-level keys of a config; None takes one out."""
    written = json.loads(config.read_text(encoding="utf-8")) | keys
    config.write_text(json.dumps({key: value for key, value in written.items() if value is not None}), encoding="utf-8")
