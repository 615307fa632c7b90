"""Which files a run writes."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from pipeline_lib.analysis.frames import FOLDER as FRAMES
from pipeline_lib.analysis.frames import write_frames
from pipeline_lib.config import PipelineConfig
from pipeline_lib.config.exports import SpreadsheetFile
from pipeline_lib.exports.coda_files import CODA_FILES, write_coda_files
from pipeline_lib.exports.coding_progress_csv import CodingProgress, coding_progress, write_coding_progress
from pipeline_lib.exports.icr import ICR, write_icr_files
from pipeline_lib.exports.individuals_csv import write_individuals_csv
from pipeline_lib.exports.interface import write_interface_files
from pipeline_lib.exports.messages_csv import write_messages_csv
from pipeline_lib.exports.production_csv import write_production_csv
from pipeline_lib.exports.quality_csv import quality, write_quality_csv
from pipeline_lib.exports.traced.files import Origin, write_auto_coded_traced_data, write_traced_data
from pipeline_lib.exports.wrong_scheme_moves_csv import write_wrong_scheme_moves_csv
from pipeline_lib.model.mode import Mode
from pipeline_lib.processing.processed import Processed

Write = Callable[[Path, Processed], dict[str, int]]
"""Writes files into a folder and returns their numbers of rows, or messages, by name."""


class Export(NamedTuple):
    """One of a run's outputs."""

    name: str
    write: Write
    """Into the folder of outputs."""


class Summary(NamedTuple):
    """What became of each dataset, as files and the run's manifest say."""

    quality: pl.DataFrame
    """As `quality` gives it."""
    coding_progress: CodingProgress | None
    """None where only automatic codes are wanted."""

    @property
    def progress_rows(self) -> tuple[dict[str, Any], ...]:
        """What coders have done, a row per dataset."""
        return tuple(self.coding_progress.datasets.rows(named=True)) if self.coding_progress else ()


def summarise(processed: Processed, mode: Mode) -> Summary:
    """What became of each dataset."""
    progress = None if mode is Mode.AUTO_CODE_ONLY else coding_progress(processed)
    return Summary(quality(processed), progress)


def exports_of(
    config: PipelineConfig, mode: Mode, origin: Origin, summary: Summary, disclosure_key: str | None = None
) -> tuple[Export, ...]:
    """The files that a run writes, in order.

    Args:
        config: The project's.
        mode: How much of the outputs to write.
        origin: What was read, and by whom.
        summary: What became of each dataset.
        disclosure_key: The project's secret key, if it has disclosure control.
    """
    automatic = _of_automatic_codes(config, origin.signature.at)
    if mode is Mode.AUTO_CODE_ONLY:
        traced = Export("traced data", partial(write_auto_coded_traced_data, origin=origin))
        exports = [*automatic, traced]
    else:
        traced = Export("traced data", partial(write_traced_data, origin=origin))
        exports = [*automatic, *_of_all_codes(config, summary, disclosure_key), traced]
    return tuple(export for export in exports if export is not traced or config.traced_data)


def _of_automatic_codes(config: PipelineConfig, labelled_at: datetime) -> tuple[Export, ...]:
    guarded, names = config.spreadsheet_files, config.output_filenames
    return (
        _folder(CODA_FILES, partial(write_coda_files, labelled_at=labelled_at)),
        _folder(ICR, partial(write_icr_files, sampling=config.icr, are_guarded=SpreadsheetFile.ICR in guarded)),
        _file(names.production, partial(write_production_csv, are_guarded=SpreadsheetFile.PRODUCTION in guarded)),
    )


def _of_all_codes(config: PipelineConfig, summary: Summary, disclosure_key: str | None) -> tuple[Export, ...]:
    guarded, names = config.spreadsheet_files, config.output_filenames
    exports = [
        _file(names.messages, partial(write_messages_csv, are_guarded=SpreadsheetFile.MESSAGES in guarded)),
        _file(names.individuals, partial(write_individuals_csv, are_guarded=SpreadsheetFile.INDIVIDUALS in guarded)),
        _file("quality.csv", lambda path, _: write_quality_csv(path, summary.quality)),
        _folder(FRAMES, partial(write_frames, secret=disclosure_key)),
    ]
    if summary.coding_progress is not None:
        write_progress = partial(write_coding_progress, progress=summary.coding_progress)
        exports.append(Export("coding progress", lambda folder, _: write_progress(folder)))
    if config.move_ws_messages:
        exports.append(_file("wrong_scheme_moves.csv", write_wrong_scheme_moves_csv))
    if config.interface is not None:
        exports.append(Export("The Interface", partial(write_interface_files, interface=config.interface)))
    return tuple(exports)


def _file(name: str, write: Callable[[Path, Processed], int]) -> Export:
    return Export(name, lambda outputs, processed: {name: write(outputs / name, processed)})


def _folder(name: str, write: Write) -> Export:
    def write_all(outputs: Path, processed: Processed) -> dict[str, int]:
        folder = outputs / name
        folder.mkdir(parents=True, exist_ok=True)
        return {f"{name}/{file}": count for file, count in write(folder, processed).items()}

    return Export(name, write_all)
