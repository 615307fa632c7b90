"""Keeps secrets and people's data out of what libraries log about requests, from here on in this process.

urllib3 logs hosts, paths and statuses, but never a query, which can hold a signed URL's key, and never a header. In
Google's clients, the loggers that quote upload addresses or whole documents are silent.
"""

import logging
from typing import Any

_LOGGERS_OF_URLS = ("urllib3.connection", "urllib3.connectionpool", "urllib3.response", "urllib3.util.retry")
_LOGGERS_OF_PAYLOADS = ("google.api_core.retry", "google.cloud.firestore_v1.services.firestore.transports.grpc")


class _WithoutQueries(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(map(_safe, record.args))
        record.exc_info = None  # for a response with unreadable headers it would quote them
        return True


_FILTER = _WithoutQueries()


def hide_queries() -> None:
    """From now on in this process, urllib3 logs URLs without their query, and exceptions by their type alone."""
    for name in _LOGGERS_OF_URLS:
        logging.getLogger(name).addFilter(_FILTER)  # a filter that is there already is not added again


def hide_payloads() -> None:
    """From now on in this process, Google's clients log neither what they send nor what they receive, at any level."""
    for name in _LOGGERS_OF_PAYLOADS:
        # A filter, because a level would be reset by whoever configures logging later.
        logging.getLogger(name).addFilter(_none)


def _none(_: logging.LogRecord) -> bool:
    return False


def _safe(argument: Any) -> Any:
    if isinstance(argument, BaseException):
        return type(argument).__name__
    return argument.split("?", 1)[0] if isinstance(argument, str) else argument
