"""What can be said of a URI without asking anybody: its parts, the names of buckets, and of what lies in a storage."""

import re
from typing import NamedTuple
from urllib.parse import unquote

SCHEMES = ("file", "gs", "memory")
"""The schemes of URIs that have a storage."""

DATA_ROOT_SETTING = "PIPELINE_DATA_ROOT"
"""The environment's name of the folder that holds the data of projects whose configs name none."""

OWN_NAMES = (".versions", ".current.json")
"""The names that a storage reserves: the folder of versions, and the document that names the current one."""

_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
_BUCKET_PART = re.compile(r"[a-z0-9]([a-z0-9_-]*[a-z0-9])?")
_IP_ADDRESS = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+")
_GOOGLES = re.compile("^goog|g[o0]{2}g[l1]e")
"""What Google keeps for itself, also misspelt."""
_BUCKET_LENGTHS = range(3, 64)
_DOTTED_BUCKET_LENGTHS = range(3, 223)
_LONGEST_PART = 255
"""Bytes that a file system takes in one name."""
_LONGEST_NAME = 1024
"""Bytes that Cloud Storage takes in an object's name."""


class Wrong(NamedTuple):
    """What is wrong, and what would be right."""

    wrong: str
    right: str


def split_uri(text: str) -> tuple[str, str] | None:
    """A URI's scheme, in lower case, and what comes after `://`; None where the text is no URI."""
    match = _URI.fullmatch(text)
    return (match[1].lower(), match[2]) if match else None


def unquoted_path(rest: str) -> str:
    """The path that a `file://` URI names after its `://`, percent-encoded or typed without; perhaps not absolute."""
    return unquote(rest.removeprefix("localhost"))


def path_or_uri(uri: str) -> str:
    """The path of a `file://` URI, and any other URI unchanged: locations as people write them."""
    parts = split_uri(uri)
    return unquoted_path(parts[1]) if parts is not None and parts[0] == "file" else uri


def bucket_and_name(rest: str) -> tuple[str, str]:
    """The bucket that a URI of an object store names after its `://`, and what in it; both may be empty."""
    bucket, _, name = rest.strip("/").partition("/")
    return bucket, name


def wrong_with_bucket(name: str) -> Wrong | None:
    """What keeps Cloud Storage from having a bucket of this name."""
    lengths = _DOTTED_BUCKET_LENGTHS if "." in name else _BUCKET_LENGTHS
    parts = name.split(".")
    is_name = len(name) in lengths and all(
        _BUCKET_PART.fullmatch(part) and len(part) in range(1, _BUCKET_LENGTHS.stop) for part in parts
    )
    if not is_name or _IP_ADDRESS.fullmatch(name):
        signs = "lower-case letters, digits, dots, dashes and underscores"
        return Wrong(
            f"{_quoted(name)} is no name of a bucket", f"a bucket's name is 3 to 63 {signs}, no sign at either end"
        )
    if _GOOGLES.search(name):
        return Wrong(
            f'"{name}" is no name of a bucket', "Google keeps its own name, and what looks like it, for itself"
        )
    return None


def wrong_with_name(name: str) -> Wrong | None:
    """What keeps a storage from having a file or folder of this name: a relative path, joined by `/`."""
    parts = name.split("/")
    if any(part in {"", ".", "..", *OWN_NAMES} or not part.isprintable() for part in parts):
        own = "', '".join(OWN_NAMES)
        right = f"use a relative path without empty parts, '.', '..', '{own}' and control characters"
        return Wrong("is not a name inside a storage", right)
    return None


def is_too_long(name: str) -> bool:
    """Whether no object store or no file system takes a relative path."""
    encoded = name.encode(errors="surrogatepass")
    return len(encoded) > _LONGEST_NAME or any(len(part) > _LONGEST_PART for part in encoded.split(b"/"))


def _quoted(name: str) -> str:
    return f'"{name}"' if name.isprintable() else repr(name)
