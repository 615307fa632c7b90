"""All projects of a data root share the requests that their workspace allows."""

import json
from collections.abc import Callable
from pathlib import Path

from pipeline_lib.stages.fetch import fetch
from pipeline_lib.stages.run_context import Run


def test_a_workspaces_requests_are_counted_beside_the_projects_of_the_data_root(
    demo: Path, run_of: Callable[..., Run]
) -> None:
    run = run_of()
    index = next(n for n, source in enumerate(run.project.config.raw_data_sources) if source.source_type == "RapidPro")
    fetch(run, index)
    (document,) = [file for file in demo.parents[2].rglob("*.json") if file.parent.name == ".budgets"]
    assert document.name.startswith("RapidPro ")
    assert document.parent.parent == Path(run.storage.uri.removeprefix("file://")).parent
    first = json.loads(document.read_text())
    assert all(sum(minutes.values()) >= 1 for minutes in first.values())
    assert "v2.runs" in first
    fetch(run_of("again"), index)
    second = json.loads(document.read_text())
    assert sum(second["v2.runs"].values()) > sum(first["v2.runs"].values())
