"""What libraries may log of what is asked for and answered, from here on in this process.

urllib3 logs hosts, paths and statuses, but never a query, which can be a signed URL's key, nor a header. Of Google's
clients, the loggers that quote addresses of uploads and whole documents log nothing.
"""

import logging
from typing import Any

_LOGGERS_OF_URLS = ("urllib3.connection", "urllib3.connectionpool", "urllib3.response", "urllib3.util.retry")
_LOGGERS_OF_PAYLOADS = ("google.api_core.retry", "google.cloud.firestore_v1.services.firestore.transports.grpc")


class _WithoutQueries(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(map(_safe, record.args))
        record.exc_info = None  # of a response whose headers cannot be read it would quote them
        return True


_FILTER = _WithoutQueries()


def hide_queries() -> None:
    """From now on in this process urllib3's records name URLs up to their query, and exceptions by their kind."""
    for name in _LOGGERS_OF_URLS:
        logging.getLogger(name).addFilter(_FILTER)  # a filter that is there already is not added again


def hide_payloads() -> None:
    """From now on in this process, what Google's clients send and are answered is not logged, whatever the level."""
    for name in _LOGGERS_OF_PAYLOADS:
        # A filter, since whoever configures logging later would reset a level.
        logging.getLogger(name).addFilter(_none)


def _none(_: logging.LogRecord) -> bool:
    return False


def _safe(argument: Any) -> Any:
    if isinstance(argument, BaseException):
        return type(argument).__name__
    return argument.split("?", 1)[0] if isinstance(argument, str) else argument
