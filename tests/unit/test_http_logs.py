import logging

import pytest

from pipeline_lib.http_logs import hide_payloads, hide_queries


def records_of(name: str, caplog: pytest.LogCaptureFixture, *args: object) -> list[str]:
    """What is left of a record at DEBUG, even where somebody has configured logging since."""
    caplog.set_level(logging.DEBUG, logger=name)
    logging.getLogger(name).debug("asked %s", *args)
    return caplog.messages


def test_a_url_is_logged_up_to_its_query(caplog: pytest.LogCaptureFixture) -> None:
    hide_queries()
    assert records_of("urllib3.connectionpool", caplog, "/runs.json?token=secret") == ["asked /runs.json"]


def test_an_exception_is_logged_by_its_kind(caplog: pytest.LogCaptureFixture) -> None:
    hide_queries()
    assert records_of("urllib3.connectionpool", caplog, ValueError("secret")) == ["asked ValueError"]


@pytest.mark.parametrize(
    "name", ["google.api_core.retry", "google.cloud.firestore_v1.services.firestore.transports.grpc"]
)
def test_what_googles_clients_send_is_not_logged(name: str, caplog: pytest.LogCaptureFixture) -> None:
    hide_payloads()
    assert records_of(name, caplog, "upload_id=secret") == []
