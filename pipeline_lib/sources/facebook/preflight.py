"""Checks, before anything is read, that a token is the page's, what it may read, and for how long."""

import logging
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from pipeline_lib.errors import FatalSourceError, Problem, RetriableSourceError, listed
from pipeline_lib.model.facebook_versions import version_remark
from pipeline_lib.sources.facebook.client import FacebookClient
from pipeline_lib.sources.facebook.graph_errors import GraphRefusedError

NEEDED_SCOPES = ("pages_read_engagement", "pages_read_user_content")
"""Without these permissions, Meta shows only some comments, or none."""

USEFUL_SCOPES = ("pages_show_list", "read_insights")
"""Without these permissions, the token cannot be renewed by itself, and there are no metrics of posts."""

NOTICE = timedelta(days=14)
"""How long before its end a token causes a warning."""

_RENEW = "make a new one in time (docs/facebook.md, The token) and put it where TokenFileURL leads"
_GRANT = "make a new token with all of docs/facebook.md, of a person with the task MODERATE on the page"
_ID = re.compile("[0-9]{1,25}")

_logger = logging.getLogger(__name__)


class Access(NamedTuple):
    """The token's access."""

    page_id: str
    scopes: str
    """The permissions that this project needs and the token has; `unknown` if Meta does not say."""


def check_access(client: FacebookClient, page: str, now: datetime) -> Access:
    """The page, if the token is the page's and valid; logs a warning about faults that it will soon have.

    Args:
        client: The client.
        page: The page, by id or by name.
        now: The time of the check.

    Raises:
        FatalSourceError: The token is another page's or no page's, has expired, or may not read comments.
        SourceError: Meta does not answer.
    """
    remark = version_remark(client.version, now.date())
    if remark is not None:
        _logger.warning("%s", Problem(f"{client.place}.APIVersion", *remark))
    page_id = _page_id(client, page)
    facts = _facts(client)
    if facts is None:
        return Access(page_id, "unknown")
    place = f"{client.place}.TokenFileURL"
    if facts.get("is_valid") is False:
        raise FatalSourceError(Problem(place, "Meta says that the token is not valid any more", _RENEW))
    scopes = _scopes(facts, page_id)
    if scopes is not None:
        missing = [scope for scope in NEEDED_SCOPES if scope not in scopes]
        if missing:
            raise FatalSourceError(Problem(place, f"the token lacks {listed(missing)}", _GRANT))
        lacking = [scope for scope in USEFUL_SCOPES if scope not in scopes]
        if lacking:
            _logger.warning("%s", Problem(place, f"the token lacks {listed(lacking)}", _GRANT))
    for key, what in (("expires_at", "the token"), ("data_access_expires_at", "the token's access to people's data")):
        _warn_of_end(facts.get(key), what, place, now)
    known = {*NEEDED_SCOPES, *USEFUL_SCOPES}
    return Access(page_id, "unknown" if scopes is None else " ".join(sorted(scopes & known)))


def _page_id(client: FacebookClient, page: str) -> str:
    """The page's id, after checking that the token is the page's."""
    own_id = client.read_object("me", "id", endpoint="page").get("id")
    try:
        page_id = page if _ID.fullmatch(page) else client.read_object(page, "id", endpoint="page").get("id")
    except GraphRefusedError as error:
        if not error.is_missing:
            raise
        page_id = None
    if not isinstance(page_id, str) or not _ID.fullmatch(page_id):
        wrong = f'there is no page "{page}" that this token may see'
        raise FatalSourceError(Problem(f"{client.place}.PageID", wrong, "write it as its address has it, or its id"))
    if own_id != page_id:
        wrong = f'the token is not that of the page "{page}", but of another page or of a person'
        right = "have TokenFileURL lead to the page's own access token (docs/facebook.md, The token)"
        raise FatalSourceError(Problem(f"{client.place}.TokenFileURL", wrong, right))
    return page_id


def _facts(client: FacebookClient) -> Mapping[str, Any] | None:
    """Meta's facts about the token; None if Meta does not give any, which stops nothing."""
    try:
        return client.token_facts() or None
    except GraphRefusedError as error:
        if error.is_dead_token:
            raise
        why = error.error.told
    except RetriableSourceError:  # the page has answered, so Meta is available
        why = "no usable answer"
    wrong = f"Meta does not say what the token may do and when it ends ({why})"
    _logger.info("%s", Problem(f"{client.place}.TokenFileURL", wrong, "keep its end in mind"))
    return None


def _scopes(facts: Mapping[str, Any], page_id: str) -> set[str] | None:
    """The token's permissions on the page; None if Meta does not say.

    A permission that is granted for some pages names them.
    """
    scopes = facts.get("scopes")
    if not isinstance(scopes, list):
        return None
    granular = facts.get("granular_scopes")
    elsewhere = {
        each.get("scope")
        for each in (granular if isinstance(granular, list) else [])
        if isinstance(each, dict) and isinstance(each.get("target_ids"), list) and page_id not in each["target_ids"]
    }
    return {scope for scope in scopes if isinstance(scope, str) and scope not in elsewhere}


def _warn_of_end(given: Any, what: str, place: str, now: datetime) -> None:
    if type(given) is not int or given <= 0:
        return  # 0 means never
    left = datetime.fromtimestamp(given, UTC) - now
    if left <= timedelta(0):
        _logger.warning("%s", Problem(place, f"{what} has expired", _RENEW))
    elif left <= NOTICE:
        _logger.warning("%s", Problem(place, f"{what} expires in {left.days} days", _RENEW))
