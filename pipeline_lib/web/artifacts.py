"""The files of a run: what each is, and whether it may hold what participants wrote.

It may, unless it is known to hold nothing but counts.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from pipeline_lib.analysis.report.page import FILENAME as REPORT
from pipeline_lib.analysis.report.table_descriptions import described
from pipeline_lib.errors import DataError
from pipeline_lib.exports.coda_files import CODA_FILES
from pipeline_lib.exports.icr import ICR
from pipeline_lib.model.coding_plan import AnalysisFile
from pipeline_lib.model.uris import is_too_long, wrong_with_name
from pipeline_lib.processing.withdrawals import FILE_NAME as WITHDRAWALS
from pipeline_lib.sources.targets import ENGAGEMENT_METRICS, QUARANTINE, RAW_DATA
from pipeline_lib.stages.notes import NOTES
from pipeline_lib.stages.run_context import ANALYSIS
from pipeline_lib.storage import Storage
from pipeline_lib.storage.local import LocalStorage

OUTPUTS = "Outputs"
_HIDDEN = ("logs/manifest/",)
"""The manifest's parts, all of which the manifest repeats."""

_WHATS = (
    (r"manifest\.json", "What each task read, counted, wrote and cost."),
    (r"config\.json", "The config that the run began with."),
    (rf"{ANALYSIS}/{REPORT}", "The analysis, on one page to read, print and mail."),
    (rf"{ANALYSIS}/graphs/.*", "A graph of the analysis."),
    (rf"{ANALYSIS}/maps/.*", "A map of the analysis."),
    (rf".*/{NOTES}", "What readers of the numbers have to know."),
    (rf"{OUTPUTS}/quality\.csv", "What became of each dataset's messages, and how far their coding has come."),
    (rf"{OUTPUTS}/coding_progress\.csv", "What coders have done, dataset by dataset."),
    (rf"{OUTPUTS}/coding_by_coder\.csv", "Who labelled how much when."),
    (rf"{OUTPUTS}/wrong_scheme_moves\.csv", "How many texts moved, from which dataset to which."),
    (rf"{OUTPUTS}/{CODA_FILES}/.*", "A dataset's messages, as Coda takes them."),
    (rf"{OUTPUTS}/{ICR}/.*", "A sample of messages to measure whether coders agree."),
    (rf"{OUTPUTS}/Processed/.*", "The processed frames, which the analysis reads."),
    (rf"{OUTPUTS}/messages_traced_data\.jsonl", "How each cell of the messages came to be."),
    (rf"{OUTPUTS}/individuals_traced_data\.jsonl", "How each cell of the individuals came to be."),
    (rf"{OUTPUTS}/auto_coded_traced_data\.jsonl", "How each message was coded automatically."),
    (rf"{OUTPUTS}/messages\.csv", "A row per message, with its codes."),
    (rf"{OUTPUTS}/individuals\.csv", "A row per participant, with their codes."),
    (rf"{OUTPUTS}/production\.csv", "A row per message, texts only, for the radio's producers."),
    (rf"{OUTPUTS}/[^/]+", "A table of messages or participants, under the name that the config gives it."),
    (rf"{RAW_DATA}/.*", "What a source gave, de-identified, one record a line."),
    (rf"{QUARANTINE}/.*", "Records that were set aside: where they are, and why."),
    (rf"{ENGAGEMENT_METRICS}/.*", "Figures of posts, as Facebook reports them."),
    (
        rf"Coded Coda Files/{WITHDRAWALS}",
        "What coders have said about withdrawals, even after the run's as-of time, by ids of messages.",
    ),
    (r"Coded Coda Files/.*", "A dataset's labels, as they were pulled from the label store."),
    (r"Shards/.*", "What one shard of participants sent, for `process` to merge with the other shards."),
    (r"Profiles/.*", "Where a task's memory or time went."),
)
_WITH_TEXTS = {AnalysisFile.SAMPLE_MESSAGES.value, AnalysisFile.IMPACT_MESSAGES.value}
_TABLES_OF_COUNTS = {file.value for file in AnalysisFile} - _WITH_TEXTS
_OF_COUNTS = (
    r"manifest\.json",
    rf"{ANALYSIS}/{REPORT}",
    rf"{ANALYSIS}/(graphs|maps)/.*\.(png|svg)",
    rf"{ANALYSIS}/({'|'.join(sorted(_TABLES_OF_COUNTS))}|cross_tab_.*|facebook_metrics(_\d+)?)\.csv",
    rf"({ANALYSIS}|{OUTPUTS})/{NOTES}",
    rf"{OUTPUTS}/(quality|coding_progress|wrong_scheme_moves)\.csv",
    rf"{ENGAGEMENT_METRICS}/facebook_metrics(_\d+)?\.csv",
)


class Artifact(NamedTuple):
    """A file of a run."""

    path: str
    """Relative to the run's folder."""
    what: str
    """What it is, in a sentence; empty if nothing but its name is known."""
    row_count: int | None = None
    holds_texts: bool = True
    """Whether it may hold what participants wrote."""

    @property
    def folder(self) -> str:
        """The top folder that it is in; empty if it is in none."""
        return self.path.partition("/")[0] if "/" in self.path else ""

    @property
    def name(self) -> str:
        """Its path within the top folder."""
        return self.path.removeprefix(f"{self.folder}/")

    @property
    def is_table(self) -> bool:
        """Whether it can be shown as pages of rows."""
        return self.path.endswith(".csv")

    @property
    def caption(self) -> str:
        """A picture's name, as words."""
        return PurePosixPath(self.path).stem.replace("_", " ")

    @property
    def is_picture(self) -> bool:
        """Whether a browser shows it as a picture."""
        return self.path.endswith((".png", ".svg"))


def list_artifacts(storage: Storage, run_folder: str, row_counts: Mapping[str, int]) -> list[Artifact]:
    """The files of a run, as they are there now."""
    names = [name.removeprefix(f"{run_folder}/") for name in storage.names(run_folder)]
    return [artifact(name, row_counts.get(name)) for name in _reachable(storage, run_folder, names)]


def artifact(path: str, row_count: int | None = None) -> Artifact:
    """A file of a run, described by its path alone."""
    return Artifact(path, _what(path), row_count, holds_texts=not any(re.fullmatch(each, path) for each in _OF_COUNTS))


def _what(path: str) -> str:
    if (found := re.fullmatch(rf"{ANALYSIS}/([^/]+\.csv)", path)) is not None:
        return described(found[1])
    return next((what for pattern, what in _WHATS if re.fullmatch(pattern, path)), "")


def pictures_in(artifacts: Iterable[Artifact], folder: str) -> list[Artifact]:
    """The PNG pictures in a folder of the analysis; those of totals come first."""
    within = f"{ANALYSIS}/{folder}/"
    found = [each for each in artifacts if each.path.startswith(within) and each.path.endswith(".png")]
    return sorted(found, key=lambda each: ("total" not in each.path, each.path))


def is_reachable(storage: Storage, run_folder: str, path: str) -> bool:
    """Whether a path names a file of the run: it must not lead up, through a link, or to hidden files."""
    return any(_reachable(storage, run_folder, [path]))


def _reachable(storage: Storage, run_folder: str, paths: Iterable[str]) -> Iterator[str]:
    """Those of some paths that name files of the run."""
    run = os.path.realpath(storage.root / run_folder) if isinstance(storage, LocalStorage) else None

    @cache
    def is_folder_of_run(folder: str) -> bool:
        # A published folder is a link to its newest version; any other link would lead elsewhere. Unlike Path.resolve,
        # realpath raises nothing where links lead in a circle.
        found, below = os.path.realpath(f"{run}/{folder}"), folder.partition("/")[2]
        return f"{found}/".startswith(f"{run}/") and (not below or found.endswith(f"/{below}"))

    for path in paths:
        if wrong_with_name(path) is not None or is_too_long(f"{run_folder}/{path}") or path.startswith(_HIDDEN):
            continue
        if run is None:  # an object store has no links, and no folders to go up
            yield path
        elif is_folder_of_run(path.rpartition("/")[0]):
            file = f"{run}/{path}"
            if os.path.isfile(file) and not os.path.islink(file):  # noqa: PTH113, PTH114 - a run may have a thousand
                yield path


@contextmanager
def open_artifact(storage: Storage, run_folder: str, path: str) -> Iterator[Path | None]:
    """A local copy of a file of the run; None if there is no such file, or it is gone.

    Raises:
        SourceError: The storage is unavailable.
    """
    with ExitStack() as stack:
        local = None
        if is_reachable(storage, run_folder, path):
            with suppress(DataError, OSError):
                local = stack.enter_context(storage.local_file(f"{run_folder}/{path}"))
        yield local
