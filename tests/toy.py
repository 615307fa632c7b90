"""The toy project, ready to run: its sources hold one message, its label store nothing."""

import json
import shutil
from pathlib import Path
from typing import Any

_TOY = Path(__file__).parent / "data" / "toy_project"
_MESSAGE = "avf-phone-uuid-3f5f0b0e-0000-4000-8000-000000000001,biyo,01/01/2026 10:00"


def write_toy(configs: Path) -> Path:
    """The config of the project, which becomes a folder of that folder."""
    folder = configs / "toy"
    shutil.copytree(_TOY, folder)
    sources = folder / "sources"
    sources.mkdir()
    (sources / "toy_recovered.csv").write_text(f"Sender,Message,ReceivedOn\n{_MESSAGE}\n")
    for name in ("toy_age", "toy_gender", "toy_place"):
        (sources / f"{name}.jsonl").write_bytes(b"")
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
    """Change top-level keys of a config."""
    written = json.loads(config.read_text(encoding="utf-8"))
    config.write_text(json.dumps(written | keys), encoding="utf-8")
