"""Holds a run against the predecessors' outputs: run_golden.py CASE [GROUP ...]

CASE is a folder as `../shared/golden/README.md` describes: `input/` and `expected/`, with `coding_plans.json` and
`code_schemes/` in the folder above. GROUPs are those of `compare_outputs.py`; default: all of them. Exit status 0 when
everything agrees.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

GROUPS = ("csv", "icr", "coda", "analysis", "traced")
WITH_OWN_QUIRKS = ("ahadi", "redss-csap", "wusc-keep-ii")
TOOL = Path("tools", "compare_outputs.py")


def write_config(case: Path, folder: Path) -> Path:
    """The case's config as this project reads it: with its coding plans, and the predecessors' quirks kept."""
    written = json.loads((case / "input" / "pipeline_config.json").read_text(encoding="utf-8"))
    name = case.parent.name
    compatibility = name if name in WITH_OWN_QUIRKS else "predecessor"
    plans = {"CodingPlans": str(case.parent / "coding_plans.json"), "Compatibility": compatibility}
    table = written.get("UuidTable", {})
    if "JSONFile" in table:
        table["JSONFile"] = str(case / "input" / table["JSONFile"])
    path = folder / "pipeline.json"
    path.write_text(json.dumps(written | plans), encoding="utf-8")
    return path


def process(case: Path, folder: Path) -> Path:
    """The outputs of the case's input."""
    outputs = folder / "Outputs"
    inputs, config = case / "input", write_config(case, folder)
    folders: list[str | Path] = [
        "--raw-data",
        inputs / "Raw Data",
        "--coded",
        inputs / "Coded Coda Files",
        "--outputs",
        outputs,
    ]
    run_command("process", "--config", config, *folders)
    return outputs


def analyse(outputs: Path) -> Path:
    """The folder in which the analysis of some outputs lies, as `expected` has it."""
    run_command("analyse", "--config", outputs.parent / "pipeline.json", "--outputs", outputs)
    return outputs.parent


def run_command(*arguments: str | Path) -> None:
    """Runs one of the pipeline's commands in a process of its own."""
    subprocess.run([sys.executable, "-m", "pipeline_lib", *arguments], check=True, stdout=subprocess.DEVNULL)


def compare(case: Path, outputs: Path, group: str) -> bool:
    """Whether one group of outputs agrees, as the case's own tool judges; it prints what it finds."""
    beside_golden, beside_checkout = case.parents[2] / TOOL, Path(__file__).parents[2] / "shared" / TOOL
    tool = beside_golden if beside_golden.exists() else beside_checkout
    command = [sys.executable, tool, case / "expected", outputs, "--only", group]
    return subprocess.run(list(map(str, command)), check=False).returncode == 0


def compare_groups(case: Path, groups: Sequence[str], folder: Path) -> int:
    """Runs the stages in an empty folder, and compares; 0 when everything agrees."""
    outputs = process(case, folder)
    agreed = [compare(case, analyse(outputs) if group == "analysis" else outputs, group) for group in groups]
    return 0 if all(agreed) else 1


def main() -> int:
    """Compares a case as the command line asks."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("case", type=Path)
    parser.add_argument("groups", nargs="*", default=GROUPS)
    arguments = parser.parse_args()
    case = arguments.case.resolve()
    with tempfile.TemporaryDirectory() as folder:
        return compare_groups(case, arguments.groups, Path(folder))


if __name__ == "__main__":
    sys.exit(main())
