"""Names of datasets that Coda could not tell apart."""

import re
from collections.abc import Iterator
from itertools import permutations

from pipeline_lib.config.coding_plans import CodingPlansFile
from pipeline_lib.config.files import ReadModel
from pipeline_lib.config.findings import Finding, error
from pipeline_lib.config.pipeline import FirestoreLabelStore, PipelineConfig

_SEGMENT_NUMBER = re.compile(r"[2-9]|[1-9][0-9]+")


def findings(config: ReadModel[PipelineConfig], plans: ReadModel[CodingPlansFile]) -> Iterator[Finding]:
    """Datasets whose name is that of another one's segment; a label store in a folder has no segments."""
    if config.model is None or plans.model is None or not isinstance(config.model.label_store, FirestoreLabelStore):
        return
    names = [
        (plans.file.at(kind, number, "CodaFilename"), entry.coda_filename.removesuffix(".json"))
        for kind, number, entry in plans.model.datasets()
        if entry.derived_from is None
    ]
    for (place, name), (_, other) in permutations(names, 2):
        number = name.removeprefix(f"{other}_")
        if number != name and _SEGMENT_NUMBER.fullmatch(number):
            wrong = f'"{name}.json" is what Coda will call segment {number} of dataset "{other}"'
            yield error(place, wrong, "give it another name")
