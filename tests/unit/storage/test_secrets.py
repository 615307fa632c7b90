import os
from pathlib import Path

import pytest

from pipeline_lib.connection_secrets import lending_connections
from pipeline_lib.errors import ConfigError
from pipeline_lib.storage.secrets import read_secret

PLACE = "pipeline.json: RawDataSources[0].TokenFileURL"


def refusal(url: str, base: Path) -> str:
    with pytest.raises(ConfigError) as raised:
        read_secret(url, base, PLACE)
    assert (raised.value.__cause__, raised.value.__context__) == (None, None)
    return str(raised.value)


@pytest.mark.parametrize("written", ["tokens/rapid pro.txt", "{base}/tokens/rapid pro.txt", "{uri}"])
def test_a_secret_is_the_text_of_a_file_named_by_url_or_by_path_from_the_configs_folder(
    tmp_path: Path, written: str
) -> None:
    file = tmp_path / "tokens" / "rapid pro.txt"
    file.parent.mkdir()
    file.write_bytes(b"\xef\xbb\xbf 5a4db0c5\r\n")
    assert read_secret(written.format(base=tmp_path, uri=file.as_uri()), tmp_path, PLACE) == "5a4db0c5"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "there is no such file; name a file that can be read, by a URL or a path from the config's folder"),
        (b"", "the file is empty; put the secret there"),
        (b" \n\xc2\xa0", "the file is empty; put the secret there"),
        (
            b"canary\xff",
            "the file is not text in UTF-8; name a file that can be read, by a URL or a path from the config's folder",
        ),
    ],
)
def test_a_file_without_a_secret_is_named_by_its_key_and_not_quoted(
    tmp_path: Path, content: bytes | None, problem: str
) -> None:
    if content is not None:
        (tmp_path / "token.txt").write_bytes(content)
    assert refusal("token.txt", tmp_path) == f"{PLACE}: {problem}"


def test_a_folder_is_no_secret(tmp_path: Path) -> None:
    assert refusal(".", tmp_path).startswith(f"{PLACE}: is a folder, not a file")


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "token.txt").symlink_to("token.txt")
    assert refusal("token.txt", tmp_path).startswith(f"{PLACE}: is a link that leads to itself")


@pytest.mark.parametrize("url", ["", "https://store.example/token?signature=canary", "canary://canary"])
def test_a_place_that_no_storage_has_is_refused_without_the_url(tmp_path: Path, url: str) -> None:
    message = refusal(url, tmp_path)
    assert message.startswith(f"{PLACE}: ")
    assert "signature" not in message
    assert "store.example" not in message
    assert "canary" not in message


SECRETS = {"textit": " 5a4db0c5\n", "empty": "", "textit-2.b_C": "x"}


@pytest.mark.parametrize(
    ("url", "secret"),
    [("connection://textit", "5a4db0c5"), ("Connection://textit", "5a4db0c5"), ("connection://textit-2.b_C", "x")],
)
def test_a_connections_secret_is_read_where_connections_are_lent(tmp_path: Path, url: str, secret: str) -> None:
    with lending_connections(SECRETS.get):
        assert read_secret(url, tmp_path, PLACE) == secret


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        (
            "connection://other",
            'there is no Airflow connection "other"; add it in Airflow, or set the environment\'s AIRFLOW_CONN_OTHER',
        ),
        ("connection://empty", "the Airflow connection has no password; put the secret there"),
        ("connection://", "names no Airflow connection; write connection://<its id>"),
        ("connection://a/b", "names no Airflow connection; write connection://<its id>"),
        ("connection://me:canary@textit", "names no Airflow connection; write connection://<its id>"),
    ],
)
def test_a_connection_without_a_secret_is_an_error_of_the_config(tmp_path: Path, url: str, problem: str) -> None:
    with lending_connections(SECRETS.get):
        assert refusal(url, tmp_path) == f"{PLACE}: {problem}"


def test_a_connection_that_a_task_may_not_read_is_told(tmp_path: Path) -> None:
    def denied(name: str) -> str | None:
        raise PermissionError(name, "canary")

    with lending_connections(denied):
        message = refusal("connection://textit", tmp_path)
    assert message.startswith(f'{PLACE}: Airflow does not let this task read its connection "textit"; ')
    assert "canary" not in message


def test_connections_can_be_read_no_longer_than_they_are_lent(tmp_path: Path) -> None:
    with lending_connections({"textit": "outer"}.get):
        with lending_connections({"textit": "inner"}.get):
            assert read_secret("connection://textit", tmp_path, PLACE) == "inner"
        assert read_secret("connection://textit", tmp_path, PLACE) == "outer"
    assert refusal("connection://textit", tmp_path) == (
        f"{PLACE}: names an Airflow connection, and there is no Airflow here to ask; "
        "name a file, or run this as an Airflow task or from the command line"
    )


def test_a_pipe_is_no_secret_and_nobody_waits_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "token.txt")
    assert refusal("token.txt", tmp_path).startswith(f"{PLACE}: is a named pipe, not a file")


def test_a_huge_file_is_no_secret(tmp_path: Path) -> None:
    with (tmp_path / "token.txt").open("wb") as opened:
        opened.truncate(2**34)
    assert refusal("token.txt", tmp_path).startswith(f"{PLACE}: is larger than 1 MB")
