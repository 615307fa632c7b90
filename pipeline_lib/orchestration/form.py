"""The form of a run that is started by hand, in Airflow's UI; its API takes the same parameters."""

import re
from collections.abc import Sequence
from typing import Any

from airflow.sdk import Param

from pipeline_lib.model.mode import Mode
from pipeline_lib.orchestration.dag_run import USER_PATTERN, Publish

_LEAP_YEAR = r"([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)"
_INSTANT = (
    rf"^(?!0000|[0-9]{{4}}-(02-3|(0[469]|11)-31))(?!(?!{_LEAP_YEAR})[0-9]{{4}}-02-29)"
    r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    r"T([01][0-9]|2[0-3]|24(?=:00(:00)?[Z+-]))(:[0-5][0-9]){1,2}(\.[0-9]+)?"
    r"(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$(?!\n)"
)
"""An instant, since Airflow does not check the format. Python's `$` alone would allow a line break at the end."""


def params(sources: Sequence[str] | None = None, may_shrink: Sequence[str] | None = None) -> dict[str, Param]:
    """The parameters of a project's runs, in the form's order.

    Args:
        sources: The names of the project's sources; None takes any.
        may_shrink: What a run may accept to have less than the last time; None takes any.
    """
    source: dict[str, Any] = {"type": "string"} | ({} if sources is None else {"enum": list(sources)})
    # A file's name will do too: demog.csv for demog.
    shrunken: dict[str, Any] = {} if may_shrink is None else {"pattern": rf"^({_any_of(may_shrink)})(\.\w+)?$(?!\n)"}
    return {
        "user": _param(
            None,
            "User",
            "Who answers for the run: stands in its manifest and its traced data. Empty: whoever starts it.",
            type=["null", "string"],
            pattern=USER_PATTERN,
        ),
        "mode": _param(
            Mode.ALL.value,
            "Mode",
            "auto-code-only makes the Coda files, ICR samples, production CSV and their traced data only.",
            enum=[mode.value for mode in Mode],
            values_display={Mode.ALL.value: "all", Mode.AUTO_CODE_ONLY.value: "automatic codes only"},
        ),
        "as_of": _param(
            None,
            "As of",
            "See messages and labels as they were then. Empty: at the end of the run's interval, else now.",
            type=["null", "string"],
            format="date-time",
            pattern=_INSTANT,
        ),
        "publish": _param(
            Publish.AUTOMATIC.value,
            "Publish",
            "Add new messages to the label store, and upload? automatic: only the newest scheduled run does.",
            accepts={"enum": [*(word.value for word in Publish), None, True, False]},
            type="string",
            enum=[word.value for word in Publish],
        ),
        "sources": _param(
            None,
            "Sources to fetch",
            "The others are not asked: the newest raw data that an earlier run has of them are used, without what came "
            "since. Empty: all are fetched.",
            type=["null", "array"],
            items=source,
            examples=list(sources or ()),
        ),
        "full_fetch": _param(
            False,
            "Fetch everything again",
            "Ask RapidPro for all runs from the beginning, not only for what is new. Takes as long as the first fetch. "
            "Other sources are compared in full every time.",
            type="boolean",
        ),
        "accept_shrink": _param(
            None,
            "Accept a shrunken source",
            "Names of raw data, or of datasets in Coda, that may have far less than the last time: those that a task "
            "has refused although they are right.",
            accepts={"type": ["null", "array", "string"], "items": {"type": "string"} | shrunken} | shrunken,
            type=["null", "array"],
            items={"type": "string"},
            examples=list(may_shrink or ()),
        ),
        "profile_memory": _param(
            False,
            "Profile memory",
            "Keep each task's memory over time in the run's folder, as Profiles/<task>.mprof.",
            type="boolean",
        ),
        "profile_cpu": _param(
            False,
            "Profile CPU",
            "Keep where each task's time goes in the run's folder, as Profiles/<task>.html.",
            type="boolean",
        ),
    }


_DRAFT_7 = "http://json-schema.org/draft-07/schema#"


def _any_of(names: Sequence[str]) -> str:
    return "|".join(map(re.escape, names)) or "(?!)"


def _param(default: Any, title: str, description: str, accepts: dict[str, Any] | None = None, **schema: Any) -> Param:
    """A parameter of the form.

    Args:
        default: Its value unless somebody gives another.
        title: Its label.
        description: What stands below it.
        accepts: What the API takes, if that is more than the form offers.
        schema: What the form offers.
    """
    if accepts is not None:
        # The form reads the keys beside a $ref; whoever validates by draft 7 must ignore them, by the standard.
        accepted = {"$schema": _DRAFT_7, "$ref": "#/definitions/accepted", "definitions": {"accepted": accepts}}
        schema |= accepted
    return Param(default, title=title, description=description, source="dag", **schema)
