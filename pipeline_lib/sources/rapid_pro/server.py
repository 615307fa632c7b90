"""Which server a source names, and what lets us in, checked before anything is asked of it."""

import ipaddress
import os
import re

from pipeline_lib.errors import ConfigError, Problem
from pipeline_lib.sources.http import HOST_NAME

STAND_IN_SETTING = "RAPIDPRO_EMULATOR_HOST"
"""Where a server on this machine takes RapidPro's place, whatever the config names: `127.0.0.1:8087`."""

_LARGEST_PORT = 65535
_TOKEN = re.compile(r"[\x21-\x7e]+")


def service_origin(domain: str, place: str) -> str:
    """Where to ask: `https://` and the domain, or `http://` and this machine's stand-in.

    Args:
        domain: As the config names it: a host, with a port where it is another than 443.
        place: How errors name the source.

    Raises:
        ConfigError: The domain is more than that or less, or the stand-in is on another machine.
    """
    if not _is_host_and_port(domain):
        raise ConfigError(_unfit(domain, f"{place}.Domain"))
    stand_in = os.environ.get(STAND_IN_SETTING, "")
    if not stand_in:
        return f"https://{domain}"
    if not _is_host_and_port(stand_in) or not is_this_machine(stand_in.partition(":")[0]):
        wrong = "is no host and port of this machine, and what is sent there is not encrypted"
        raise ConfigError(Problem(STAND_IN_SETTING, wrong, "write one such as 127.0.0.1:8087, or unset it"))
    return f"http://{stand_in}"


def authorization(token: str, place: str) -> str:
    """The header's value for a token.

    Args:
        token: As a file holds it; space around it does not count.
        place: How errors name the source.

    Raises:
        ConfigError: It cannot be a token.
    """
    if not _TOKEN.fullmatch(token.strip()):
        wrong = "does not lead to a token: one is a single word of letters and digits"
        raise ConfigError(Problem(f"{place}.TokenFileURL", wrong, "let the file hold the workspace's token alone"))
    return f"Token {token.strip()}"


def is_this_machine(host: str) -> bool:
    """Whether a host name or address leads nowhere but here."""
    try:
        return host.lower() == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_host_and_port(text: str) -> bool:
    host, colon, port = text.partition(":")
    if colon and not (port.isascii() and port.isdecimal() and 1 <= int(port) <= _LARGEST_PORT):
        return False
    return HOST_NAME.fullmatch(host) is not None


def _unfit(domain: str, place: str) -> Problem:
    """What is wrong with a domain. It is not quoted: people paste whole URLs, with what is secret in them."""
    rest = domain.partition("://")[2] or domain
    host = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2]
    right = f'write "{host}"' if _is_host_and_port(host) else "write the host alone, such as textit.com"
    parts = {
        "a scheme": "://" in domain,
        "a user": "@" in rest,
        "a path": "/" in rest,
        "a query": "?" in rest,
        "a fragment": "#" in rest,
    }
    has = [part for part, is_there in parts.items() if is_there]
    if has and _is_host_and_port(host):
        return Problem(place, f"has {' and '.join(has)}, and is to be the server's host name alone", right)
    return Problem(place, "is no host name" if domain.strip() else "is empty", right)
