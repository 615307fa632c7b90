"""Names of files that are called after something that others have named: a flow on a server, a file in a bucket.

The project cannot choose such a name, and it may be one that no file can have.
"""

import hashlib
import re
from itertools import accumulate

from pipeline_lib.config.name_rules import MOST_BYTES, RAW_DATA, is_seen

_UNSAFE = re.compile(r'^[ .]+|[ .]+$|[%/\\{<>:"|?*]')
_DIGEST_CHARACTERS = 8


def safe_file_name(name: str) -> str:
    """The name of a file, without its extension, that is called after something.

    A valid file name is kept. In any other name, invalid characters are percent-encoded (RFC 3986, section 2.1), what
    is too long is cut, and a digest of the name is added, so that no two names become one.

    Args:
        name: Not empty.

    Returns:
        A name of at most `MOST_BYTES` bytes, so that file systems still take it with suffixes.
    """
    if not any(RAW_DATA.faults(name)):
        return name
    digest = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:_DIGEST_CHARACTERS]
    signs = [sign if is_seen(sign) else _percent_encoded(sign) for sign in _UNSAFE.sub(_encoded_match, name)]
    sizes = accumulate(len(sign.encode()) for sign in signs)
    most = MOST_BYTES - len("_") - len(digest)
    return "".join(sign for sign, size in zip(signs, sizes, strict=True) if size <= most) + f"_{digest}"


def _encoded_match(match: re.Match[str]) -> str:
    return _percent_encoded(match[0])


def _percent_encoded(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode(errors="surrogatepass"))
