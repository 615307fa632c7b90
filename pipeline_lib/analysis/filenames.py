"""File names made of what people have named: themes, codings, places."""

import hashlib
import re
import unicodedata

MOST_CHARACTERS = 80
"""The length of a name; longer ones are cut, since file systems limit the path with all its folders."""

_MOST_BYTES = 240
"""The same limit in UTF-8, where some scripts need four bytes per letter: file systems allow 255, with the hash."""


def filename(name: str, extension: str) -> str:
    """A name as a file may have it, on any system.

    Characters that a file name cannot have become `_`. A name that was changed so, or cut, ends in a hash of the
    original, so that two names stay distinct.
    """
    safe = re.sub(r"[^\w.+-]+", "_", unicodedata.normalize("NFC", name)).strip("._")[:MOST_CHARACTERS]
    safe = safe.encode("utf-8", "replace")[:_MOST_BYTES].decode("utf-8", "ignore")
    if safe == name:
        return f"{safe}{extension}"
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{safe}_{digest}{extension}"
