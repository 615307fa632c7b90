"""Record keys: a number per participant that nobody can work out without the project's secret."""

import hmac
import secrets
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from pipeline_lib.disclosure.perturbation_tables import KEY_COUNT

SECRET_BYTES = 32


def new_secret() -> str:
    """A secret for a project, as hexadecimal digits."""
    return secrets.token_hex(SECRET_BYTES)


def record_keys(participants: Iterable[str], secret: str) -> NDArray[np.int64]:
    """The record key of each participant, by their uuid: the same in every table and every night.

    It is the beginning of an HMAC (RFC 2104): somebody who knows a uuid but not the secret knows nothing of the key.
    """
    key = secret.encode()
    digests = (hmac.digest(key, participant.encode(), "sha256") for participant in participants)
    return np.fromiter((int.from_bytes(digest[:4], "big") % KEY_COUNT for digest in digests), np.int64)
