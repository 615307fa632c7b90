import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def bootstrap(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    path = Path(__file__).parents[2] / "bootstrap.py"
    spec = importlib.util.spec_from_file_location("bootstrap", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_FIND_LINKS", "UV_NO_INDEX", "SSL_CERT_FILE", "UV_INDEX_STRATEGY"):
        monkeypatch.delenv(name, raising=False)
    return module


_ALWAYS = {"UV_PYTHON_DOWNLOADS": "never", "UV_CUSTOM_COMPILE_COMMAND": "make lock"}


@pytest.mark.parametrize(
    ("pip", "uv"),
    [
        ({}, {}),
        ({"index-url": "https://mirror.invalid/simple"}, {"UV_DEFAULT_INDEX": "https://mirror.invalid/simple"}),
        (
            {"extra-index-url": "\nfile:///one\nfile:///two"},
            {"UV_INDEX": "file:///one file:///two", "UV_INDEX_STRATEGY": "unsafe-best-match"},
        ),
        ({"find-links": "/wheels /more"}, {"UV_FIND_LINKS": "/wheels,/more"}),
        ({"no-index": "true", "cert": "/ca.pem"}, {"UV_NO_INDEX": "1", "SSL_CERT_FILE": "/ca.pem"}),
        ({"default-timeout": "180"}, {}),
    ],
)
def test_uv_gets_pips_settings_by_its_own_names(bootstrap: ModuleType, pip: dict[str, str], uv: dict[str, str]) -> None:
    assert bootstrap.uv_settings(pip) == uv | _ALWAYS


def test_what_the_environment_tells_uv_stays(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://own.invalid/simple")
    assert bootstrap.uv_settings({"index-url": "https://mirror.invalid/simple"}) == _ALWAYS


def test_another_python_is_refused_in_one_line(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "PYTHONS", ((2, 7),))
    with pytest.raises(
        bootstrap.SetupError, match=r"^Python 3\.11 or 3\.12 is needed, this is 3\.\d+\.\d+: make PYTHON="
    ):
        bootstrap.main("dev")
