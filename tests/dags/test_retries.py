import errno
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipeline_lib.errors import (
    ConfigError,
    DataError,
    FatalSourceError,
    PipelineError,
    Problem,
    RetriableSourceError,
    StorageConflictError,
)
from pipeline_lib.machine_errors import told_in_sentences
from tests.dags.conftest import call_of

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
    from pipeline_lib.orchestration.dag import RETRY_TRANSIENT_FAILURES  # noqa: PLC0415 - after conftest's settings

    assert RETRY_TRANSIENT_FAILURES.evaluate(error, try_number=1, max_tries=4).action.value == action


@pytest.mark.parametrize(
    ("error", "action"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "retry"),
        (OSError("No space left on device (os error 28)"), "retry"),
        (OSError(errno.EMFILE, "Too many open files"), "retry"),
        (ConnectionResetError(errno.ECONNRESET, "reset"), "retry"),
        (OSError(errno.EROFS, "Read-only file system"), "fail"),
        (OSError(errno.ENAMETOOLONG, "File name too long"), "fail"),
        (PermissionError(errno.EACCES, "Permission denied"), "fail"),
        (FileNotFoundError(errno.ENOENT, "No such file"), "fail"),
        (TypeError(), "fail"),
    ],
)
def test_what_is_told_in_sentences_is_tried_again_only_if_it_passes(error: Exception, action: str) -> None:
    from pipeline_lib.orchestration.dag import RETRY_TRANSIENT_FAILURES  # noqa: PLC0415 - after conftest's settings

    with pytest.raises((PipelineError, TypeError)) as raised, told_in_sentences():
        raise error
    assert RETRY_TRANSIENT_FAILURES.evaluate(raised.value, try_number=1, max_tries=4).action.value == action


def test_a_task_ends_with_the_sentence(configs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline_lib.orchestration import dag  # noqa: PLC0415 - after conftest's settings

    def call(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/data/toy/Outputs")

    monkeypatch.setattr(dag, "CALLS", {"coda_pull": call})
    (toy,) = dag.dags_in(configs, only="toy")
    run = SimpleNamespace(
        run_id="x",
        run_type=SimpleNamespace(value="manual"),
        run_after=None,
        logical_date=None,
        data_interval_end=None,
        triggering_user_name=None,
    )
    with pytest.raises(RetriableSourceError, match=r"^/data/toy/Outputs: its disk is full; make room there"):
        call_of(toy.get_task("coda_pull"))(dag_run=run, params={})
