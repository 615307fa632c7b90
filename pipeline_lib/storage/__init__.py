"""Artifacts and state by URI: whole or not at all, on a local disk now and on object stores by the same interface."""

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
