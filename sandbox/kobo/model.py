"""What a KoboToolbox server holds: forms with their questions, and submissions."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import RLock
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Question:
    """One question of a form, or the beginning or the end of a group."""

    name: str
    type: str = "text"
    """KoboToolbox's: `text`, `select_multiple`, `begin_group`, `end_group`, `begin_repeat`, `end_repeat`."""


@dataclass(frozen=True)
class Submission:
    """A form as somebody filled it in."""

    id: int
    uuid: str
    """Changes with every edit."""
    root_uuid: str
    received_on: datetime
    """`_submission_time`, which an edit leaves as it is."""
    answers: Mapping[str, Any]
    """By the path of the question; of a repeat, a list of such."""
    version: str = "v1"


@dataclass
class Form:
    """One form and its submissions, which may change while clients read."""

    uid: str
    name: str
    questions: list[Question]
    version: str = "v1"
    is_shared: bool = True
    """Whether the token's user may see it."""
    submissions: dict[int, Submission] = field(default_factory=dict)


class World:
    """All forms of a server."""

    def __init__(self, *forms: Form) -> None:
        self.forms = {form.uid: form for form in forms}
        self.lock = RLock()
        self._last_id = 0
        self._last_uuid = 0

    def submit(self, uid: str, received_on: datetime, answers: Mapping[str, Any]) -> Submission:
        """Somebody sends a form."""
        with self.lock:
            form = self.forms[uid]
            self._last_id += 1
            uuid = self._new_uuid()
            made = Submission(self._last_id, uuid, uuid, received_on, answers, form.version)
            form.submissions[made.id] = made
            return made

    def edit(self, uid: str, submission_id: int, answers: Mapping[str, Any]) -> None:
        """Somebody of the team corrects answers."""
        with self.lock:
            form = self.forms[uid]
            old = form.submissions[submission_id]
            changed = replace(old, uuid=self._new_uuid(), answers={**old.answers, **answers}, version=form.version)
            form.submissions[submission_id] = changed

    def delete(self, uid: str, *submission_ids: int) -> None:
        """Somebody of the team deletes submissions."""
        with self.lock:
            for submission_id in submission_ids:
                del self.forms[uid].submissions[submission_id]

    def redeploy(self, uid: str, questions: list[Question]) -> None:
        """The team changes the form."""
        with self.lock:
            form = self.forms[uid]
            form.questions, form.version = questions, f"v{int(form.version[1:]) + 1}"

    def _new_uuid(self) -> str:
        self._last_uuid += 1
        return str(UUID(fields=(0x50B0, 0, 0x4000, 0x80, 0, self._last_uuid)))
