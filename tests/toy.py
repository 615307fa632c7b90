"""The toy project, ready to run: its sources hold one message, its label store nothing."""

import json
import shutil
from pathlib import Path
from typing import Any

_TOY = Path(__file__).parent / "data" / "toy_project"
_MESSAGE = "avf-phone-uuid-3f5f0b0e-0000-4000-8000-000000000001,biyo,01/01/2026 10:00"


def write_toy(configs: Path, name: str = "toy") -> Path:
    """The config of the project, which becomes a folder of that folder."""
    folder = configs / name
    shutil.copytree(_TOY, folder)
    sources = folder / "sources"
    sources.mkdir()
    (sources / "toy_recovered.csv").write_text(f"Sender,Message,ReceivedOn\n{_MESSAGE}\n")
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


def change_config(config: Path, **keys: Any) -> None:
    """Change top-level keys of a config; None takes one out."""
    written = json.loads(config.read_text(encoding="utf-8")) | keys
    config.write_text(json.dumps({key: value for key, value in written.items() if value is not None}), encoding="utf-8")
