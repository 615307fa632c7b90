"""The label store that a project's config names, and how the project's datasets should be set up in it."""
# ruff: noqa: PLC0415 - labels from a folder need no Google client

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipeline_lib.config import Project
from pipeline_lib.config.pipeline import DirectoryLabelStore as DirectorySettings
from pipeline_lib.config.pipeline import FirestoreLabelStore as FirestoreSettings
from pipeline_lib.errors import ConfigError, Problem
from pipeline_lib.label_store.base import CodaScheme, DatasetSetup, LabelStore
from pipeline_lib.label_store.folder_store import DirectoryLabelStore
from pipeline_lib.label_store.scheme_format import encode_scheme
from pipeline_lib.model.code_scheme import CodeScheme
from pipeline_lib.model.coding_plan import Coding, CodingMode, Dataset
from pipeline_lib.stages.run_context import project_storage
from pipeline_lib.storage import Storage, as_uri, storage_at
from pipeline_lib.storage.leases import scratch_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.cloud.firestore import Client


_COLUMN_COUNT = 3
"""How many codes a message of a new dataset can have under a scheme that allows several."""


def label_store_to_pull(project: Project, storage: Storage, *, reconciles: bool = False) -> LabelStore:
    """The label store, opened for reading.

    Args:
        project: The project.
        storage: Everything of the project: the store's copies are in its state.
        reconciles: Whether to reconcile, that is, to find what was written without a stamp, even if the weekly
            reconciliation is not due.

    Raises:
        ConfigError: The config names none, or its credentials cannot be used.
    """
    return _opened(project, storage, _client_to_pull, reconciles=reconciles)


def label_store_to_push(project: Project, storage: Storage) -> LabelStore:
    """The label store, opened for adding messages.

    Raises:
        ConfigError: As `label_store_to_pull`; or its two credentials belong to different Firebase projects.
    """
    return _opened(project, storage, _client_to_push)


def _opened(
    project: Project,
    storage: Storage,
    client_of: "Callable[[Project, FirestoreSettings], Client]",
    *,
    reconciles: bool = False,
) -> LabelStore:
    match project.config.label_store:
        case DirectorySettings() as settings:
            return DirectoryLabelStore(storage_at(as_uri(settings.directory_url, project.folder)))
        case FirestoreSettings() as settings:
            from pipeline_lib.label_store.firestore_store import FirestoreLabelStore

            return FirestoreLabelStore(client_of(project, settings), storage, reconciles=reconciles)
    right = 'write one of StoreType "Directory" or "Firestore"'
    raise ConfigError(Problem(f"{project.path.name}: LabelStore", "is missing", right))


def _client_to_pull(project: Project, settings: FirestoreSettings) -> "Client":
    return _client(project, "PullCredentialsFileURL", settings.pull_credentials_file_url.get_secret_value())


def _client_to_push(project: Project, settings: FirestoreSettings) -> "Client":
    """The client for pushing; refused if the next pull would not find what is pushed."""
    pulling = _client_to_pull(project, settings)
    pushing = _client(project, "PushCredentialsFileURL", settings.push_credentials_file_url.get_secret_value())
    if pulling.project != pushing.project:
        wrong = f'pulls from the Firebase project "{pulling.project}" and pushes to "{pushing.project}"'
        raise ConfigError(Problem(f"{project.path.name}: LabelStore", wrong, "name two keys of one project"))
    return pushing


def _client(project: Project, key: str, url: str) -> "Client":
    from pipeline_lib.stages.firestore_clients import firestore_client

    return firestore_client(url, project.folder, f"{project.path.name}: LabelStore.{key}")


@contextmanager
def scratch_copy(project: Project) -> Iterator[Storage]:
    """A scratch storage with the label store's state, to be changed and thrown away."""
    stored = project_storage(project)
    with scratch_folder() as folder:
        scratch = storage_at(folder.as_uri())
        for name in stored.names("state/coda"):
            scratch.create(name, stored.read(name))
        yield scratch


def schemes_read(project: Project, dataset: Dataset) -> list[CodeScheme]:
    """The schemes whose labels the project reads from a dataset."""
    schemes = [coding.code_scheme for coding in dataset.codings if coding.requires_manual_verification]
    ws_scheme = project.plans.ws_correct_dataset_scheme
    return [*schemes, *([ws_scheme] if ws_scheme is not None else [])]


def dataset_setup(project: Project, dataset: Dataset) -> DatasetSetup:
    """How to make a dataset in Coda: with the config's coders, and a scheme for each coding that people verify."""
    settings = project.config.label_store
    users = settings.users if isinstance(settings, FirestoreSettings) else ()
    schemes: dict[str, CodaScheme] = {}
    for scheme in schemes_read(project, dataset):
        for column in range(1, _column_count(dataset, scheme) + 1):
            scheme_id = scheme.scheme_id if column == 1 else f"{scheme.scheme_id}-{column}"
            schemes[scheme_id] = encode_scheme(scheme, scheme_id)
    return DatasetSetup(users, tuple(schemes.values()))


def _column_count(dataset: Dataset, scheme: CodeScheme) -> int:
    def takes_several(coding: Coding) -> bool:
        return coding.code_scheme is scheme and coding.mode is CodingMode.MULTIPLE

    return _COLUMN_COUNT if any(map(takes_several, dataset.codings)) else 1
