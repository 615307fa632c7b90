"""docs/trace.md shows what the commands print."""

import re
from pathlib import Path

import pytest

from pipeline_lib.cli import main

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "trace.md").read_text(encoding="utf-8")
CONFIG = "configs/demo"


@pytest.mark.parametrize("cell", ["messages.csv:310:s01e02_health_raw", "messages.csv:15:district"])
def test_the_guide_shows_what_trace_prints(
    demo_checkout: Path, demo_outputs: Path, capsys: pytest.CaptureFixture[str], cell: str
) -> None:
    assert main(["trace", "--config", str(demo_checkout / CONFIG), "--outputs", str(demo_outputs), "--cell", cell]) == 0
    (shown,) = re.findall(rf"`--cell {re.escape(cell)}`[^\n]*(?:\n[^\n`]+)*\n\n```\n(.*?)\n```", GUIDE, re.DOTALL)
    assert capsys.readouterr().out.strip() == shown
