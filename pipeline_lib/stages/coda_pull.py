"""Messages and labels from the label store, as of the run's time."""

from datetime import datetime
from pathlib import Path

from pipeline_lib.coda.pull import Pulled, pull
from pipeline_lib.config import Project
from pipeline_lib.stages.label_store import dataset_name, open_label_store
from pipeline_lib.stages.run import Run, accounted

CODED_FILES = "Coded Coda Files"


def coda_pull(run: Run) -> str:
    """The URI of the folder of Coda files, one a dataset.

    Raises:
        ConfigError: The project has no usable label store.
        DataError: A dataset breaks Coda's rules.
    """
    name = f"{run.folder}/{CODED_FILES}"
    with accounted(run, "coda_pull") as account:
        with run.storage.publish_folder(name) as folder:
            pulled = pull_to_folder(run.project, folder, run.as_of)
        account.outputs = {f"{run.storage.uri_of(name)}/{n}.json": count for n, count in pulled.message_counts.items()}
        account.counts = {f"labels in {dataset}": count for dataset, count in pulled.label_counts.items()}
    return run.storage.uri_of(name)


def pull_to_folder(project: Project, folder: Path, as_of: datetime | None) -> Pulled:
    """Writes every dataset's messages as they stood at `as_of` to its file in a folder."""
    filenames = [dataset.coda_filename for dataset in project.plans.datasets]
    return pull(open_label_store(project), {dataset_name(name): name for name in filenames}, folder, as_of)
