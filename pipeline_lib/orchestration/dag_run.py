"""What one of Airflow's DAG runs means here: its folder, its as-of time, its parameters, and whether it publishes."""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Literal

from pipeline_lib.errors import ConfigError, Problem, did_you_mean
from pipeline_lib.model.mode import Mode
from pipeline_lib.model.times import parse_instant


class ParameterError(ConfigError):
    """A parameter of the run is wrong, and each of its tasks refuses it: start another run with the right one."""


_GENERATED_RUN_ID = re.compile(r"\w+__\d{4}-\d\d-\d\dT[\d:.]+\+00:00(_\w+)?")
_KEY = "%Y-%m-%dT%H%M%SZ"
_UNFIT_FOR_A_FOLDER = re.compile(r"[^\w.+-]")
_AIRFLOWS_CONF = "airflow/"
"""The prefix of keys of a run's conf that are for Airflow itself."""
_QUOTABLE = re.compile(r"[A-Za-z][\w.-]{0,59}", re.ASCII)
"""A parameter name that may be quoted: neither a row of digits nor a sentence."""

_SWITCHES = ("full_fetch", "profile_memory", "profile_cpu")
PARAMETERS = ("user", "mode", "publish", "as_of", "accept_shrink", "sources", *_SWITCHES)
"""The parameters that a run may have."""

USER_PATTERN = r"^(?=.*\S)[^\x00-\x1f\x7f]{1,100}$(?!\n)"
"""What a user's name may be."""


class Publish(StrEnum):
    """Whether a run changes what others see."""

    AUTOMATIC = "automatic"
    """The newest scheduled run does."""
    YES = "yes"
    NO = "no"


_OLDER_VALUES = {None: Publish.AUTOMATIC, True: Publish.YES, False: Publish.NO}
"""What the older values of the parameter mean today."""


RunType = Literal["scheduled", "backfill", "manual"]


def run_type_of(word: str) -> RunType:
    """The type of a run from Airflow's word for it; whatever is neither scheduled nor a backfill counts as manual."""
    return "scheduled" if word == "scheduled" else "backfill" if word == "backfill" else "manual"


@dataclass(frozen=True)
class DagRun:
    """What the pipeline needs to know about a DAG run; the same for every try of every task."""

    run_id: str
    run_type: RunType
    """A run that is neither scheduled nor a backfill counts as manual: a person or another system started it."""
    run_after: datetime
    logical_date: datetime | None = None
    data_interval_end: datetime | None = None
    params: Mapping[str, Any] | None = None
    triggered_by: str | None = None
    conf: Any = None
    """The run's conf, unchecked; a valid one is an object or None."""
    started_at: datetime | None = None
    """When it was started, or restarted after it had ended; retries of its tasks do not change it."""

    @property
    def has_own_interval(self) -> bool:
        """Whether the run stands for a data interval, rather than for the moment when somebody started it."""
        return self.run_type != "manual" and self.data_interval_end is not None

    @property
    def key(self) -> str:
        """Name of the run's folder: the data interval's end, or for a manual run its run id.

        So a scheduled run, its reruns and a backfill of its day share a folder, which no manual run ever takes.
        """
        if self.has_own_interval and self.data_interval_end is not None:
            return self.data_interval_end.astimezone(UTC).strftime(_KEY)
        folder = _UNFIT_FOR_A_FOLDER.sub("", self.run_id).lstrip(".")
        if folder == self.run_id or _GENERATED_RUN_ID.fullmatch(self.run_id):
            return folder
        return f"{folder}-{hashlib.sha256(self.run_id.encode()).hexdigest()[:8]}"

    @property
    def as_of(self) -> datetime:
        """The as-of time, in UTC: the run sees what had come in by then.

        The parameter, else the data interval's end, else a manual run's logical date, else the time it was requested.

        Raises:
            ParameterError: The parameter is not a time.
        """
        asked = (self.params or {}).get("as_of")
        if asked is not None:
            try:
                return _instant(asked)
            except ValueError as error:
                raise ParameterError(Problem("parameter as_of", str(error))) from None
        if self.has_own_interval and self.data_interval_end is not None:
            return self.data_interval_end.astimezone(UTC)
        return (self.logical_date or self.run_after).astimezone(UTC)


def interval_end_of(key: str) -> datetime | None:
    """The end of the interval that a run of this folder stands for; None for one that was started by hand."""
    try:
        return datetime.strptime(key, _KEY).replace(tzinfo=UTC)
    except ValueError:
        return None


def refuse_wrong_parameters(run: DagRun) -> None:
    """Checks the run's parameters: one that is not understood must not be ignored.

    Raises:
        ParameterError: Lists everything that is wrong with them.
    """
    problems = list(_parameter_problems(run))
    if problems:
        raise ParameterError(*problems)


def _parameter_problems(run: DagRun) -> Iterator[Problem]:
    conf, params = {} if run.conf is None else run.conf, run.params or {}
    if not isinstance(conf, Mapping):
        yield Problem("the run's conf", "is not an object", 'write one such as {"as_of": "2026-11-20T00:00+03:00"}')
        conf = {}
    for name in dict.fromkeys((*conf, *params)):
        if name not in PARAMETERS and not str(name).startswith(_AIRFLOWS_CONF):
            yield Problem(f"parameter {_shown(name)}", "is not known", did_you_mean(str(name), PARAMETERS))
    for name in PARAMETERS:
        if name in conf and conf[name] != params.get(name):
            right = "turn Airflow's setting core.dag_run_conf_overrides_params on again"
            yield Problem(f"parameter {name}", "was given in the run's conf, and Airflow ignores it", right)
    yield from _value_problems(params)
    yield from _time_problems(run)


def _value_problems(params: Mapping[str, Any]) -> Iterator[Problem]:
    user, mode, publish, _, accept_shrink, sources, *switches = (params.get(name) for name in PARAMETERS)
    if user is not None and not (isinstance(user, str) and re.fullmatch(USER_PATTERN, user)):
        yield Problem("parameter user", "must be a name of up to 100 characters, on one line, or null")
    if mode is not None and mode not in list(Mode):
        yield Problem("parameter mode", "is not known", did_you_mean(str(mode), [known.value for known in Mode]))
    if not (publish is None or isinstance(publish, bool) or publish in list(Publish)):
        right = did_you_mean(str(publish), [word.value for word in Publish])
        yield Problem("parameter publish", "must be automatic, yes or no", right if isinstance(publish, str) else "")
    if not (accept_shrink is None or isinstance(accept_shrink, str) or _is_list_of_texts(accept_shrink)):
        yield Problem("parameter accept_shrink", "must be a list of names, a name, or null")
    if not (sources is None or _is_list_of_texts(sources)):
        yield Problem("parameter sources", "must be a list of names, or null")
    for name, switch in zip(_SWITCHES, switches, strict=True):
        if switch is not None and not isinstance(switch, bool):
            yield Problem(f"parameter {name}", "must be true or false")


def _time_problems(run: DagRun) -> Iterator[Problem]:
    as_of = (run.params or {}).get("as_of")
    if as_of is None:
        return
    try:
        asked = _instant(as_of)
    except ValueError as error:
        yield Problem("parameter as_of", str(error))
        return
    if asked > max(run.run_after, run.started_at or run.run_after):
        right = "nobody knows yet what will come in until then; leave as_of out to see all that is there now"
        yield Problem("parameter as_of", "is later than the run's own start", right)


def _is_list_of_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _shown(name: object) -> str:
    return str(name) if _QUOTABLE.fullmatch(str(name)) else "with an odd name"


def _instant(asked: object) -> datetime:
    if not isinstance(asked, str):
        raise ValueError("is not a text such as 2021-09-30T24:00+03:00")  # noqa: TRY004 - as parse_instant says it
    return parse_instant(asked).astimezone(UTC)


def mode_of(run: DagRun) -> Mode:
    """How much of the outputs the run makes: its parameter, else everything."""
    return Mode((run.params or {}).get("mode") or Mode.ALL)


def accept_shrink_of(run: DagRun) -> frozenset[str]:
    """The names of raw data and datasets that may have far less than last time: the run's parameter."""
    asked = (run.params or {}).get("accept_shrink") or []
    return frozenset([asked] if isinstance(asked, str) else asked)


def user_of(run: DagRun) -> str:
    """Who is responsible for the run: its parameter, else whoever started it."""
    return (run.params or {}).get("user") or run.triggered_by or "airflow"


def sources_of(run: DagRun, known: Iterable[str]) -> frozenset[str]:
    """The names of the sources that the run fetches: its parameter, else all.

    Raises:
        ParameterError: The parameter names a source that the project does not have.
    """
    names = tuple(known)
    asked = (run.params or {}).get("sources") or names
    unknown = [name for name in asked if name not in names]
    if unknown:
        place = "parameter sources"
        raise ParameterError(
            *(Problem(place, "names no source of the project", did_you_mean(n, names)) for n in unknown)
        )
    return frozenset(asked)


def is_full_fetch(run: DagRun) -> bool:
    """Whether everything is fetched again, not only what is new: the run's parameter."""
    return bool((run.params or {}).get("full_fetch"))


def _publish_of(run: DagRun) -> Publish:
    asked = (run.params or {}).get("publish")
    return _OLDER_VALUES[asked] if asked is None or isinstance(asked, bool) else Publish(asked)


def publishes_if_newest(run: DagRun) -> bool:
    """Whether the run is one of an interval that publishes, unless a newer one has."""
    asked = _publish_of(run)
    does = run.run_type == "scheduled" if asked is Publish.AUTOMATIC else asked is Publish.YES
    return run.has_own_interval and does


def reason_not_to_publish(run: DagRun, newer_processed: Callable[[], str | None]) -> str | None:
    """Why a run does not publish; None if it should.

    Args:
        run: The run.
        newer_processed: Looks for a newer run that publishes and has been processed, and gives its folder's name.
            The clock does not matter: a run that starts late or takes long is the newest until a newer one is done.
    """
    asked = _publish_of(run)
    if asked is not Publish.AUTOMATIC:
        return None if asked is Publish.YES else "the run's parameter publish says no"
    if run.run_type == "manual":
        return "a run started by hand publishes only if its parameter publish says yes"
    if run.run_type == "backfill":
        return "a backfill publishes only if its parameter publish says yes"
    newer = newer_processed() if run.has_own_interval else None
    return f"the newer run {newer} has been processed, and publishes" if newer else None
