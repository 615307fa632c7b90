"""What Coda's web app does to the database when a coder clicks: it writes whole documents, and the last writer wins.

From the web app's source: it keeps a dataset's messages in the browser, puts a new label before a message's others and
sets the whole document as the browser knows it, `LastUpdated` to the server's time. It knows nothing of segments: a
coder opens each as if it were a dataset, and sees those that list the coder's e-mail address.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from google.cloud.firestore import SERVER_TIMESTAMP, Client, FieldFilter

MANUALLY_UNCODED = "SPECIAL-MANUALLY_UNCODED"


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Browser:
    """One coder's browser."""

    client: Client
    coder: str
    """The coder's e-mail address."""
    clock: Callable[[], datetime] = _now
    """What the labels are dated by: the browser's own clock."""
    _messages: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    """As the browser knows them, by segment and id."""

    def segments(self) -> list[str]:
        """What the coder can open."""
        mine = FieldFilter("users", "array_contains", self.coder)
        return sorted(snapshot.id for snapshot in self.client.collection("datasets").where(filter=mine).stream())

    def open(self, segment: str) -> dict[str, dict[str, Any]]:
        """Loads a segment; its messages by id."""
        loaded = {
            snapshot.id: snapshot.to_dict() or {}
            for snapshot in self.client.collection("datasets", segment, "messages").stream()
        }
        self._messages |= {(segment, message_id): message for message_id, message in loaded.items()}
        return loaded

    def schemes(self, segment: str) -> dict[str, Mapping[str, Any]]:
        """The code schemes that the coder chooses from, by id."""
        found = self.client.collection("datasets", segment, "code_schemes").stream()
        return {snapshot.id: snapshot.to_dict() or {} for snapshot in found}

    def label(self, segment: str, message_id: str, scheme_id: str, code_id: str, *, checked: bool = True) -> None:
        """Gives a message that was loaded a code, and saves all of the message."""
        message = self._messages[segment, message_id]
        label = {
            "SchemeID": scheme_id,
            "CodeID": code_id,
            "DateTimeUTC": self.clock().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "Checked": checked,
            "Confidence": 1,
            "LabelSet": 0,
            "Origin": {"OriginID": self.coder, "Name": self.coder, "OriginType": "Manual"},
        }
        changed = {**message, "Labels": [label, *message.get("Labels", [])]}
        self._messages[segment, message_id] = changed
        document = self.client.collection("datasets", segment, "messages").document(message_id)
        document.set({**changed, "LastUpdated": SERVER_TIMESTAMP})

    def take_back(self, segment: str, message_id: str, scheme_id: str) -> None:
        """Takes a message's code away, which is a label too."""
        self.label(segment, message_id, scheme_id, MANUALLY_UNCODED, checked=False)
