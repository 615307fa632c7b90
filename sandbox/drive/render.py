"""Items as the API tells them, cut down to the fields that were asked for."""

import re
from typing import Any

from sandbox.drive.model import CAN_EDIT, Account, Item, Refusal
from sandbox.drive.store import Store

_USUAL = "kind,id,name,mimeType"


def rendered(store: Store, account: Account, item: Item) -> dict[str, Any]:
    """All fields of an item that this stand-in knows."""
    can_edit = store.role(account, item) in CAN_EDIT
    fields: dict[str, Any] = {
        "kind": "drive#file",
        "id": item.item_id,
        "name": item.name,
        "mimeType": item.mime_type,
        "trashed": store.is_in_trash(item),
        "explicitlyTrashed": item.is_trashed,
        "version": str(item.version),
        "modifiedTime": item.modified_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "webViewLink": item.link,
        "capabilities": {
            "canEdit": can_edit,
            "canModifyContent": can_edit and not item.is_folder,
            "canAddChildren": can_edit and item.is_folder,
            "canListChildren": item.is_folder,
        },
    }
    if item.parent_id is not None:
        fields["parents"] = [item.parent_id]
    if item.content is not None:
        fields |= {"md5Checksum": item.md5, "size": str(len(item.content))}
    if item.drive_id is not None:
        fields["driveId"] = item.drive_id
    else:
        fields |= {"ownedByMe": item.owner == account.email, "owners": [{"emailAddress": item.owner}]}
    return fields


def masked(answer: dict[str, Any], fields: str | None, usual: str = _USUAL) -> dict[str, Any]:
    """The part of an answer that a `fields` parameter asks for: `nextPageToken,files(id,owners/emailAddress)`.

    Raises:
        Refusal: The parameter is none.
    """
    wanted, cut = _mask(fields or usual), dict[str, Any]()
    if "*" in wanted:
        return answer
    for name, inner in wanted.items():
        if name in answer:
            cut[name] = _within(answer[name], inner)
    return cut


def _within(value: Any, inner: str) -> Any:
    if not inner:
        return value
    if isinstance(value, list):
        return [masked(each, inner) for each in value]
    return masked(value, inner)


def _mask(fields: str) -> dict[str, str]:
    """Each name with the mask of what is below it."""
    parts, depth = [""], 0
    for sign in fields:
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if sign == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    found: dict[str, str] = {}
    for part in parts:
        match = re.fullmatch(r"\s*(\*|\w+)(?:\((.+)\)|/(.+))?\s*", part)
        if match is None or depth:
            raise Refusal(400, "invalidParameter", "Invalid field selection")
        found[match[1]] = match[2] or match[3] or ""
    return found
