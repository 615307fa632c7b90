"""An invented week of a radio show, written where the demo project looks for it."""

import shutil
import tempfile
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from pipeline_lib.label_store.json_format import dumps
from pipeline_lib.model.code_scheme import CodeScheme
from sandbox.coders import coded_datasets
from sandbox.listeners import Audience, audience
from sandbox.recovery import RECOVERED_FILE, RecoveredRow, recovered_rows, recovery_csv
from sandbox.runs import ACTIVATION_FLOWS, PILOT_SURVEY_FLOW, SURVEY_FLOW, Run, activations, surveys
from sandbox.traced_data import traced_line

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sandbox.coders import CodaMessage

CODE_SCHEMES = Path(__file__).parents[1] / "configs" / "demo" / "code_schemes"
AS_OF = datetime(2025, 9, 16, 23, tzinfo=UTC)
"""By then everything has been received and coded: the nightly run of 17 September, 2:00 in Mogadishu."""

SEED = 20250906
MESSAGE_COUNT = 1000


FLOWS = (*ACTIVATION_FLOWS.values(), PILOT_SURVEY_FLOW, SURVEY_FLOW)


def write_world(
    folder: Path,
    *,
    seed: int = SEED,
    message_count: int = MESSAGE_COUNT,
    bucket_flows: "Collection[str]" = FLOWS,
    replace_labels: bool = False,
) -> None:
    """Write `bucket/*.jsonl`, `recovered/*.csv` and `coda/*.json` below a folder.

    The same arguments give the same bytes. Files that are there already are replaced, but not the coda folder: runs of
    the project add messages to it.

    Args:
        folder: Made if it is not there. The demo's config expects `.demo/world` beside `configs`.
        seed: Another seed is another world.
        message_count: Activation runs and recovered rows together; surveys come on top.
        bucket_flows: The flows whose runs are in the bucket; the others' are elsewhere.
        replace_labels: Whether a coda folder is written anew too.
    """
    schemes = code_schemes()
    rng = dice_of(seed, message_count)
    world = invented_world(rng, message_count)
    for flow, lines in _bucket_lines(world, schemes["operator"]).items():
        if flow in bucket_flows:
            _write(folder / "bucket" / f"{flow}.jsonl", "".join(lines))
    _write(folder / "recovered" / RECOVERED_FILE, recovery_csv(world.recovered))
    if replace_labels or not (folder / "coda").exists():
        received = chain(
            (item for run in [*world.shows, *world.asked] for item in run.received),
            (row.received for row in world.recovered),
        )
        write_labels(folder / "coda", coded_datasets(rng, received, schemes))


class World(NamedTuple):
    """All that happened, whatever of it is then written where."""

    audience: Audience
    shows: list[Run]
    """Runs of the shows' flows."""
    asked: list[Run]
    """Runs of both surveys."""
    recovered: list[RecoveredRow]


def dice_of(seed: int, message_count: int) -> Random:
    """What decides all that is left to chance in one world."""
    return Random(f"{seed}/{message_count}")  # noqa: S311 - a world is to be repeatable, not secret


def invented_world(rng: Random, message_count: int) -> World:
    """The world that the dice make, with so many messages beside those of the surveys."""
    people = audience(rng, max(1, message_count * 3 // 5))
    recovered_count = message_count * 6 // 100
    shows = activations(rng, people, message_count - recovered_count)
    asked = surveys(rng, shows, people)
    return World(people, shows, asked, recovered_rows(rng, people, shows, recovered_count))


def code_schemes() -> dict[str, CodeScheme]:
    """The demo's code schemes, by file name."""
    return {
        path.stem: CodeScheme.model_validate_json(path.read_bytes()) for path in sorted(CODE_SCHEMES.glob("*.json"))
    }


def _bucket_lines(world: World, operators: CodeScheme) -> dict[str, list[str]]:
    """Every flow's runs as traced data."""
    lines: dict[str, list[str]] = {flow: [] for flow in FLOWS}
    for run in world.shows:
        lines[run.flow].append(
            traced_line([("sandbox:run", run.fields()), ("sandbox:operator", _operator(run, operators))])
        )
    for run in world.asked:
        lines[run.flow].append(traced_line([("sandbox:run", run.fields())]))
    return lines


def _operator(run: Run, scheme: CodeScheme) -> dict[str, object]:
    """The update that every activation got beside its run: which mobile operator, as digits and as a label."""
    code = next(code for code in scheme.codes if code.string_value == run.listener.operator)
    label = {
        "SchemeID": scheme.scheme_id,
        "CodeID": code.code_id,
        "DateTimeUTC": run.exited_at.isoformat(timespec="microseconds"),
        "Checked": False,
        "Origin": {"OriginID": "sandbox:operator", "Name": "Pipeline Auto-Coder", "OriginType": "External"},
    }
    return {"operator_raw": run.listener.operator_digits, "operator_coded": label}


def write_labels(folder: Path, coded: "Mapping[str, list[CodaMessage]]") -> None:
    """Write a file for each dataset, the whole folder at once: one that is half there would be taken for finished."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".coda-") as draft_name:
        draft = Path(draft_name) / folder.name
        for dataset, messages in coded.items():
            _write(draft / f"{dataset}.json", dumps(messages))
        if folder.exists():
            shutil.rmtree(folder)
        draft.rename(folder)


def _write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}")
    draft.write_text(content, encoding="utf-8", newline="")
    draft.replace(path)
