"""Servers on this machine that stand in for a service, in tests and the demo."""

import ipaddress
import os

from pipeline_lib.errors import ConfigError, Problem
from pipeline_lib.sources.http.client import HOST_NAME

_LARGEST_PORT = 65535


def stand_in_origin(setting: str) -> str | None:
    """The origin of the stand-in that a setting names: `http://` and `127.0.0.1:8087`; None if it names none.

    Raises:
        ConfigError: It is on another machine: requests to it are not encrypted.
    """
    stand_in = os.environ.get(setting, "")
    if not stand_in:
        return None
    if not is_host_and_port(stand_in) or not is_this_machine(stand_in.partition(":")[0]):
        wrong = "is not a host and port of this machine, and requests to it would not be encrypted"
        raise ConfigError(Problem(setting, wrong, "write one such as 127.0.0.1:8087, or unset it"))
    return f"http://{stand_in}"


def is_this_machine(host: str) -> bool:
    """Whether a host name or address means this machine."""
    try:
        return host.lower() == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_host_and_port(text: str) -> bool:
    """Whether a text is a host, with or without a port."""
    host, colon, port = text.partition(":")
    if colon and not (port.isascii() and port.isdecimal() and 1 <= int(port) <= _LARGEST_PORT):
        return False
    return HOST_NAME.fullmatch(host) is not None
