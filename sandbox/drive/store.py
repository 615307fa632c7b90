"""Everything on a Drive, and what each account may see and do."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

from sandbox.drive.model import (
    CAN_EDIT,
    CAN_REMOVE,
    FOLDER,
    GOOGLES_OWN,
    Account,
    Item,
    Refusal,
    Role,
    SharedDrive,
    not_found,
)

_NO_QUOTA = "Service Accounts do not have storage quota. Leverage shared drives, or use OAuth delegation instead."


@dataclass
class Store:
    """All accounts' drives. Methods that take an account refuse what Google would refuse it."""

    accounts: dict[str, Account] = field(default_factory=dict)
    drives: dict[str, SharedDrive] = field(default_factory=dict)
    items: dict[str, Item] = field(default_factory=dict)
    given_ids: dict[str, str] = field(default_factory=dict)
    """Handed out by `generateIds`: to whom."""
    deleted_ids: list[str] = field(default_factory=list)
    """Of what was deleted for good, children included."""
    full: set[str] = field(default_factory=set)
    """E-mail addresses of people whose storage is used up."""
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def add_account(self, email: str, *, is_service_account: bool = False) -> Account:
        """An account with an empty My Drive."""
        account = Account(email, is_service_account, self._new_id("root"))
        self.accounts[email] = account
        self.items[account.root_id] = Item(account.root_id, "My Drive", FOLDER, None, email, None)
        return account

    def add_drive(self, name: str, members: dict[str, Role]) -> Item:
        """The root folder of a new shared drive."""
        drive = SharedDrive(self._new_id("drive"), name, members)
        self.drives[drive.drive_id] = drive
        root = Item(drive.drive_id, "Drive", FOLDER, None, None, drive.drive_id)
        self.items[root.item_id] = root
        return root

    def add(self, name: str, parent_id: str, content: bytes | None = None, mime_type: str = "") -> Item:
        """A file, or without content a folder, put there by whoever owns the place."""
        parent = self.items[parent_id]
        kind = mime_type or (FOLDER if content is None else "application/octet-stream")
        item = Item(self._new_id("item"), name, kind, parent_id, parent.owner, parent.drive_id, content)
        self.items[item.item_id] = item
        return item

    def path(self, item: Item) -> str:
        """Names from below its root on, joined by slashes."""
        return "/".join(reversed([each.name for each in self._upwards(item) if each.parent_id is not None]))

    def paths(self) -> list[str]:
        """Of everything but roots, sorted; what is there twice stands there twice."""
        return sorted(self.path(item) for item in self.items.values() if item.parent_id is not None)

    def at(self, path: str) -> Item:
        """The only item with that path."""
        (found,) = [item for item in self.items.values() if item.parent_id is not None and self.path(item) == path]
        return found

    def role(self, account: Account, item: Item) -> Role | None:
        """The most that the account is in respect of an item; None if it does not know of it."""
        roles: list[Role | None] = ["owner"] if item.owner == account.email else []
        roles += [each.shares.get(account.email) for each in self._upwards(item)]
        if item.drive_id is not None:
            roles.append(self.drives[item.drive_id].members.get(account.email))
        order: list[Role | None] = [None, "reader", "writer", "fileOrganizer", "organizer", "owner"]
        return max(roles, key=order.index, default=None)

    def is_in_trash(self, item: Item) -> bool:
        """Whether it, or a folder above it, was thrown away."""
        return any(each.is_trashed for each in self._upwards(item))

    def seen(self, account: Account, item_id: str, *, everywhere: bool) -> Item:
        """An item, if the account may know of it; those of shared drives only where it asked for all drives."""
        item = self.items.get(account.root_id if item_id == "root" else item_id)
        is_hidden = item is None or self.role(account, item) is None or (item.drive_id is not None and not everywhere)
        if item is None or is_hidden:
            raise not_found(item_id)
        return item

    def generate_ids(self, account: Account, how_many: int) -> list[str]:
        """Ids for the account, and nobody else, to create with."""
        ids = [self._new_id("given") for _ in range(how_many)]
        self.given_ids |= dict.fromkeys(ids, account.email)
        return ids

    def check_creation(self, account: Account, metadata: dict[str, object], *, everywhere: bool) -> Item:
        """The folder in which something is to be created, if it may be."""
        item_id, parents = metadata.get("id"), metadata.get("parents") or [account.root_id]
        if not isinstance(parents, list) or len(parents) != 1:
            raise Refusal(400, "invalid", "A file cannot be created with several parents.")
        parent = self.seen(account, str(parents[0]), everywhere=everywhere)
        if not parent.is_folder:
            raise Refusal(403, "parentNotAFolder", "The specified parent is not a folder.")
        if self.role(account, parent) not in CAN_EDIT:
            raise Refusal(403, "insufficientParentPermissions", "Insufficient permissions for the specified parent.")
        if item_id is not None and self.given_ids.get(str(item_id)) != account.email:
            raise Refusal(400, "invalid", "The provided file ID is not usable.")
        if item_id in self.items or item_id in self.deleted_ids:
            raise Refusal(409, "fileIdInUse", "A file already exists with the provided ID.")
        if parent.drive_id is None and account.is_service_account:
            raise Refusal(403, "storageQuotaExceeded", _NO_QUOTA)
        if parent.drive_id is None and account.email in self.full:
            raise Refusal(403, "storageQuotaExceeded", "The user's Drive storage quota has been exceeded.")
        return parent

    def create(
        self,
        account: Account,
        metadata: dict[str, object],
        content: bytes | None,
        media_type: str = "",
        *,
        everywhere: bool,
    ) -> Item:
        """A new item; of a name that is there already if need be, as on Drive."""
        parent = self.check_creation(account, metadata, everywhere=everywhere)
        mime_type = str(metadata.get("mimeType") or media_type or "application/octet-stream")
        item = Item(
            item_id=str(metadata.get("id") or self._new_id("item")),
            name=str(metadata.get("name") or "Untitled"),
            mime_type=mime_type,
            parent_id=parent.item_id,
            owner=None if parent.drive_id else account.email,
            drive_id=parent.drive_id,
            content=None if mime_type.startswith(GOOGLES_OWN) else content or b"",
        )
        self.items[item.item_id] = item
        return item

    def check_update(self, account: Account, item_id: str, *, everywhere: bool) -> Item:
        """An item that the account may change."""
        item = self.seen(account, item_id, everywhere=everywhere)
        if self.role(account, item) not in CAN_EDIT:
            raise Refusal(
                403,
                "insufficientFilePermissions",
                "The user does not have sufficient permissions for this file.",
            )
        return item

    def update(
        self,
        account: Account,
        item_id: str,
        metadata: dict[str, object],
        content: bytes | None,
        *,
        everywhere: bool,
    ) -> Item:
        """An item with another name or content, or thrown away; it keeps its id, its place and its shares."""
        item = self.check_update(account, item_id, everywhere=everywhere)
        item.name = str(metadata.get("name") or item.name)
        item.is_trashed = bool(metadata.get("trashed", item.is_trashed))
        if content is not None:
            item.content = content
        item.version += 1
        item.modified_at = datetime.now(UTC)
        return item

    def delete(self, account: Account, item_id: str, *, everywhere: bool) -> None:
        """Remove an item and all below it, for good."""
        item = self.seen(account, item_id, everywhere=everywhere)
        if self.role(account, item) not in CAN_REMOVE:
            raise Refusal(403, "insufficientFilePermissions", "The user does not have sufficient permissions.")
        for gone in [each for each in self.items.values() if item in self._upwards(each)]:
            del self.items[gone.item_id]
            self.deleted_ids.append(gone.item_id)

    def _upwards(self, item: Item) -> list[Item]:
        """The item, its folder, and so on up to the root."""
        found = [item]
        while (parent := self.items.get(found[-1].parent_id or "")) is not None:
            found.append(parent)
        return found

    def _new_id(self, kind: str) -> str:
        return f"{kind}-{next(self._numbers):06}"
