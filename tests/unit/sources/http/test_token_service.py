import pytest

from pipeline_lib.errors import ConfigError
from pipeline_lib.sources.http import token_service
from pipeline_lib.sources.http.token_service import authorization

PLACE = "pipeline.json: RawDataSources[0]"
STAND_IN_SETTING = "RAPIDPRO_EMULATOR_HOST"


def service_origin(domain: str, place: str) -> str:
    return token_service.service_origin(domain, place, stand_in_setting=STAND_IN_SETTING, example="textit.com")


@pytest.fixture(autouse=True)
def _no_stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(STAND_IN_SETTING, raising=False)


@pytest.mark.parametrize("domain", ["textit.com", "rapidpro.example:8443", "localhost", "10.0.0.7", "a-b.c1.example"])
def test_a_server_is_asked_by_https_on_the_domain_that_the_config_names(domain: str) -> None:
    assert service_origin(domain, PLACE) == f"https://{domain}"


ALONE = "but must be the server's host name alone"


@pytest.mark.parametrize(
    ("domain", "problem"),
    [
        ("https://textit.com", f'has a scheme, {ALONE}; write "textit.com"'),
        ("http://textit.com:8080/api/v2", f'has a scheme and a path, {ALONE}; write "textit.com:8080"'),
        ("textit.com/", f'has a path, {ALONE}; write "textit.com"'),
        ("me:canary@textit.com", f'has a user, {ALONE}; write "textit.com"'),
        ("textit.com?token=canary", f'has a query, {ALONE}; write "textit.com"'),
        ("textit.com#canary", f'has a fragment, {ALONE}; write "textit.com"'),
        (
            "https://me:canary@textit.com/canary?canary#canary",
            f'has a scheme and a user and a path and a query and a fragment, {ALONE}; write "textit.com"',
        ),
        ("", "is empty; write the host alone, such as textit.com"),
        ("  ", "is empty; write the host alone, such as textit.com"),
        ("canary canary", "is not a host name; write the host alone, such as textit.com"),
        ("textit.com\n", "is not a host name; write the host alone, such as textit.com"),
        ("textit..com", "is not a host name; write the host alone, such as textit.com"),
        ("-textit.com", "is not a host name; write the host alone, such as textit.com"),
        ("textit.com:", "is not a host name; write the host alone, such as textit.com"),
        ("textit.com:0", "is not a host name; write the host alone, such as textit.com"),
        ("textit.com:65536", "is not a host name; write the host alone, such as textit.com"),
        ("textit.com:²", "is not a host name; write the host alone, such as textit.com"),
        ("téxtit.com", "is not a host name; write the host alone, such as textit.com"),
    ],
)
def test_a_domain_that_is_more_or_less_than_a_host_is_refused_without_being_quoted(domain: str, problem: str) -> None:
    with pytest.raises(ConfigError) as raised:
        service_origin(domain, PLACE)
    assert str(raised.value) == f"{PLACE}.Domain: {problem}"


@pytest.mark.parametrize("stand_in", ["127.0.0.1:8087", "localhost:8087", "127.1.2.3"])
def test_a_stand_in_on_this_machine_takes_the_servers_place(stand_in: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STAND_IN_SETTING, stand_in)
    assert service_origin("textit.com", PLACE) == f"http://{stand_in}"


@pytest.mark.parametrize(
    "stand_in",
    ["textit.com:8087", "10.0.0.7:8087", "http://127.0.0.1:8087", "127.0.0.1:8087/x", "127.0.0.1.example", "0.0.0.0:1"],
)
def test_a_stand_in_elsewhere_is_refused(stand_in: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STAND_IN_SETTING, stand_in)
    with pytest.raises(ConfigError, match=r"^RAPIDPRO_EMULATOR_HOST: is not a host and port of this machine"):
        service_origin("textit.com", PLACE)


def test_a_stand_in_does_not_make_a_wrong_domain_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STAND_IN_SETTING, "127.0.0.1:8087")
    with pytest.raises(ConfigError, match="Domain: has a path"):
        service_origin("textit.com/api", PLACE)


def test_space_around_a_token_does_not_count() -> None:
    assert authorization(" 5a4db0c5\r\n", PLACE) == "Token 5a4db0c5"


@pytest.mark.parametrize(
    "token", ["", " \n", "canary canary", "canary\ncanary", "canäry", "canary\x00", "\u200bcanary"]
)
def test_what_cannot_be_a_token_is_refused_without_being_quoted(token: str) -> None:
    with pytest.raises(ConfigError) as raised:
        authorization(token, PLACE)
    assert str(raised.value) == (
        f"{PLACE}.TokenFileURL: does not lead to a token, which is a single word of letters and digits; "
        "let the file hold the token alone"
    )
