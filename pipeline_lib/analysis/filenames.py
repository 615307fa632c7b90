"""File names made of what people have named: themes, codings, places."""

import hashlib
import re
import unicodedata

MOST_CHARACTERS = 80
"""Of a name; longer ones are cut, since no file system takes them with a folder's path before them."""

_MOST_BYTES = 240
"""The same in UTF-8, of which some scripts take four for a letter: file systems take 255, the hash included."""


def filename(name: str, extension: str) -> str:
    """A name as a file may have it, on any system.

    What a file cannot be called becomes `_`, and a name that was changed so, or cut, ends in a hash of what it was, so
    that two names stay two.
    """
    safe = re.sub(r"[^\w.+-]+", "_", unicodedata.normalize("NFC", name)).strip("._")[:MOST_CHARACTERS]
    safe = safe.encode("utf-8", "replace")[:_MOST_BYTES].decode("utf-8", "ignore")
    if safe == name:
        return f"{safe}{extension}"
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{safe}_{digest}{extension}"
