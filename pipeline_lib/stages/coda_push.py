"""New messages into the label store."""

from pathlib import Path

from pipeline_lib.coda.messages import parsed
from pipeline_lib.coda.push import push
from pipeline_lib.config import Project
from pipeline_lib.exports.coda_files import CODA_FILES
from pipeline_lib.stages.label_store import dataset_name, open_label_store
from pipeline_lib.stages.run import Run, accounted
from pipeline_lib.storage import fingerprint, located


def coda_push(run: Run, outputs: str) -> dict[str, int]:
    """How many messages of a run's outputs were new to the label store, by dataset.

    Messages that it has already stay as they are, whoever labelled them.

    Raises:
        ConfigError: The project has no usable label store.
        DataError: A dataset breaks Coda's rules.
    """
    storage, name = located(outputs)
    with accounted(run, "coda_push") as account, storage.local_folder(name) as folder:
        added = push_from_folder(run.project, folder / CODA_FILES)
        account.inputs = {outputs: fingerprint(outputs)}
        account.counts = {f"messages added to {dataset}": count for dataset, count in added.items()}
    return added


def push_from_folder(project: Project, folder: Path) -> dict[str, int]:
    """Adds what is new in a folder of Coda files, one a dataset."""
    filenames = [dataset.coda_filename for dataset in project.plans.datasets]
    messages = {dataset_name(name): parsed((folder / name).read_bytes(), name) for name in filenames}
    return push(open_label_store(project), messages)
