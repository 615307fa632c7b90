"""Artifacts and state by URI, written whole or not at all, on local disks and object stores by one interface."""

from pipeline_lib.storage.base import Located, MissingArtifactError, Storage, Versioned
from pipeline_lib.storage.uris import as_uri, fingerprint, located, read_uri, storage_at

__all__ = [
    "Located",
    "MissingArtifactError",
    "Storage",
    "Versioned",
    "as_uri",
    "fingerprint",
    "located",
    "read_uri",
    "storage_at",
]
