import pytest

from pipeline_lib.errors import (
    ConfigError,
    DataError,
    FatalSourceError,
    Problem,
    RetriableSourceError,
    StorageConflictError,
)

PROBLEM = Problem("place", "is wrong")


@pytest.mark.parametrize(
    ("error", "action"),
    [
        (RetriableSourceError(PROBLEM), "retry"),
        (StorageConflictError(PROBLEM), "retry"),
        (TimeoutError(), "retry"),
        (ConnectionResetError(), "retry"),
        (OSError(28, "No space left on device"), "retry"),
        (FileNotFoundError(), "fail"),
        (PermissionError(), "fail"),
        (ConfigError(PROBLEM), "fail"),
        (DataError(PROBLEM), "fail"),
        (FatalSourceError(PROBLEM), "fail"),
        (TypeError(), "fail"),
    ],
)
def test_a_try_is_repeated_only_for_what_passes_by_itself(error: Exception, action: str) -> None:
    from pipeline_lib.orchestration.dag import RETRY_WHAT_PASSES  # noqa: PLC0415 - after conftest's settings

    assert RETRY_WHAT_PASSES.evaluate(error, try_number=1, max_tries=4).action.value == action
