"""The label store that a project's config names."""

from pipeline_lib.coda.base import LabelStore
from pipeline_lib.coda.directory import DirectoryLabelStore
from pipeline_lib.config import Project
from pipeline_lib.config.pipeline import DirectoryLabelStore as DirectorySettings
from pipeline_lib.errors import ConfigError, Problem
from pipeline_lib.storage import as_uri, storage_at


def open_label_store(project: Project) -> LabelStore:
    """The label store.

    Raises:
        ConfigError: The config names none, or one that this version does not have.
    """
    settings = project.config.label_store
    if isinstance(settings, DirectorySettings):
        return DirectoryLabelStore(storage_at(as_uri(settings.directory_url, project.folder)))
    wrong = "is missing" if settings is None else f'this version has no "{settings.store_type}" store'
    raise ConfigError(Problem(f"{project.path.name}: LabelStore", wrong, 'write one of StoreType "Directory"'))


def dataset_name(coda_filename: str) -> str:
    """What a dataset is called in Coda: its file's name without `.json`."""
    return coda_filename.removesuffix(".json")
