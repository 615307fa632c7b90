"""What the API shows of forms and submissions."""

from collections.abc import Sequence
from datetime import UTC
from typing import Any

from sandbox.kobo.model import Form, Question, Submission


def form_json(form: Form) -> dict[str, Any]:
    """A form with its questions, as far as clients read it."""
    return {
        "uid": form.uid,
        "name": form.name,
        "asset_type": "survey",
        "has_deployment": True,
        "deployment__active": True,
        "deployed_version_id": form.version,
        "version_id": form.version,
        "deployment__submission_count": len(form.submissions),
        "content": {"schema": "1", "survey": _rows(form.questions), "choices": [], "settings": {}},
    }


def submission_json(submission: Submission, form: Form) -> dict[str, Any]:
    """A submission: its answers by the questions' paths, between what KoboToolbox itself knows of it."""
    return {
        "_id": submission.id,
        "formhub/uuid": "f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0",
        "__version__": submission.version,
        **submission.answers,
        "meta/instanceID": f"uuid:{submission.uuid}",
        "meta/rootUuid": f"uuid:{submission.root_uuid}",
        "_xform_id_string": form.uid,
        "_uuid": submission.uuid,
        "_attachments": [
            {"download_url": "https://kobo.invalid/media/1.jpg", "mimetype": "image/jpeg", "filename": "1.jpg"}
        ],
        "_status": "submitted_via_web",
        "_geolocation": [None, None],
        "_submission_time": submission.received_on.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "_tags": [],
        "_notes": [],
        "_validation_status": {},
        "_submitted_by": None,
    }


def _rows(questions: Sequence[Question]) -> list[dict[str, Any]]:
    """A form's rows; KoboToolbox gives a group a name of its own, or leaves it to `$autoname`."""
    rows: list[dict[str, Any]] = []
    groups: list[str] = []
    for number, question in enumerate(questions):
        row: dict[str, Any] = {"type": question.type, "$kuid": f"k{number:08}"}
        if question.type.startswith("end_"):
            groups.pop()
        else:
            path = "/".join((*groups, question.name))
            row |= {"$autoname": question.name, "$xpath": path, "label": [f"Question {number}"]}
        if question.type.startswith("begin_"):
            groups.append(question.name)
            row["name"] = question.name
        rows.append(row)
    return rows
