"""Checks the name of a server that takes a token, and the token, before any request."""

import re

from pipeline_lib.errors import ConfigError, Problem
from pipeline_lib.sources.http.client import Service
from pipeline_lib.sources.http.emulators import is_host_and_port, stand_in_origin

_TOKEN = re.compile(r"[\x21-\x7e]+")


def token_service(domain: str, token: str, place: str, *, stand_in_setting: str, example: str) -> Service:
    """The server that a domain names, or this machine's stand-in for it, as it takes a token.

    Args:
        domain: As the config names it: a host, with a port if it is not 443.
        token: As a file holds it; space around it is ignored.
        place: How errors name the source.
        stand_in_setting: The setting that names a stand-in on this machine, whatever the config names.
        example: A domain, for errors.

    Raises:
        ConfigError: The domain is not just a host and a port, the stand-in is on another machine, or the token cannot
            be one.
    """
    origin = service_origin(domain, place, stand_in_setting=stand_in_setting, example=example)
    header = authorization(token, place)
    return Service(origin, header, place, "TokenFileURL", is_emulator=origin.startswith("http:"))


def service_origin(domain: str, place: str, *, stand_in_setting: str, example: str) -> str:
    """The server's origin: `https://` and the domain, or `http://` and this machine's stand-in.

    Args:
        domain: As the config names it: a host, with a port if it is not 443.
        place: How errors name the source.
        stand_in_setting: The setting that names a stand-in on this machine, whatever the config names.
        example: A domain, for errors.

    Raises:
        ConfigError: The domain is not just a host and a port, or the stand-in is on another machine.
    """
    if not is_host_and_port(domain):
        raise ConfigError(_unfit(domain, f"{place}.Domain", example))
    return stand_in_origin(stand_in_setting) or f"https://{domain}"


def authorization(token: str, place: str) -> str:
    """The header's value for a token.

    Args:
        token: As a file holds it; space around it is ignored.
        place: How errors name the source.

    Raises:
        ConfigError: It cannot be a token.
    """
    if not _TOKEN.fullmatch(token.strip()):
        wrong = "does not lead to a token, which is a single word of letters and digits"
        raise ConfigError(Problem(f"{place}.TokenFileURL", wrong, "let the file hold the token alone"))
    return f"Token {token.strip()}"


def _unfit(domain: str, place: str, example: str) -> Problem:
    """What is wrong with a domain. It is not quoted: people paste whole URLs, with secrets in them."""
    rest = domain.partition("://")[2] or domain
    host = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2]
    right = f'write "{host}"' if is_host_and_port(host) else f"write the host alone, such as {example}"
    parts = {
        "a scheme": "://" in domain,
        "a user": "@" in rest,
        "a path": "/" in rest,
        "a query": "?" in rest,
        "a fragment": "#" in rest,
    }
    has = [part for part, is_there in parts.items() if is_there]
    if has and is_host_and_port(host):
        return Problem(place, f"has {' and '.join(has)}, but must be the server's host name alone", right)
    return Problem(place, "is not a host name" if domain.strip() else "is empty", right)
