"""A big workspace in no time, for measuring what reads it."""

from datetime import UTC, datetime, timedelta

from sandbox.rapid_pro.database import Database
from sandbox.rapid_pro.model import ALL_RESPONSES, Contact, Flow, Result, Run, Step, Value, Workspace

FLOW_NAME = "synthetic_activation"
_STARTED_ON = datetime(2025, 9, 1, 6, tzinfo=UTC)
_RUNS_PER_CONTACT = 5
_TEXTS = (
    "biyo la'aan ayaa jirta xaafadeena, ceelkii wuu gudhay oo dadku way harraadeen",
    "haa",
    "waxaan codsanayaa in naloo soo celiyo isbitaalka, dhaqtar ma joogo mahadsanid",
    "caafimaadka carruurta ayaa muhiim ah 🙏",
)


def synthetic_database(run_count: int) -> Database:
    """So many answered runs of one flow, a tenth of a second apart, by a fifth as many contacts."""
    flow_uuid, node = _uuid(1, 0), _uuid(2, 0)
    result = Result("question", "Question", node)
    contact_count = max(1, run_count // _RUNS_PER_CONTACT)
    return Database(
        Workspace(_uuid(0, 0), "synthetic"),
        flows=[Flow(flow_uuid, FLOW_NAME, _STARTED_ON, _STARTED_ON, (result,))],
        contacts=[
            Contact(
                number, _uuid(3, number), _STARTED_ON, _STARTED_ON, (f"tel:+25261{number:07}",), f"Contact {number}"
            )
            for number in range(contact_count)
        ],
        runs=[_run(number, flow_uuid, _uuid(3, number % contact_count), result) for number in range(run_count)],
    )


def _run(number: int, flow: str, contact: str, result: Result) -> Run:
    created_on = _STARTED_ON + number * timedelta(milliseconds=100)
    answered_on = created_on + timedelta(seconds=40)
    text = _TEXTS[number % len(_TEXTS)]
    return Run(
        id=number,
        uuid=_uuid(4, number),
        flow=flow,
        contact=contact,
        created_on=created_on,
        modified_on=answered_on,
        values={result.key: Value(result.name, text, ALL_RESPONSES, result.node, answered_on, text)},
        exited_on=answered_on,
        exit_type="completed",
        path=(Step(result.node, created_on),),
    )


def _uuid(kind: int, number: int) -> str:
    return f"{kind:08x}-0000-4000-8000-{number:012x}"
