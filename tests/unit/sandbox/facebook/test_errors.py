from collections.abc import Callable

import requests

from sandbox.facebook.server import FacebookServer

PAGE_ID = "371000000000001"
Serve = Callable[..., FacebookServer]
Get = Callable[..., requests.Response]


def test_an_error_has_metas_shape(serve: Serve, get: Get) -> None:
    error = get(serve(), f"{PAGE_ID}_77").json()["error"]
    assert error.pop("message").startswith("Unsupported get request.")
    assert len(error.pop("fbtrace_id")) == 12
    assert error == {"type": "GraphMethodException", "code": 100, "error_subcode": 33}
