import pytest
from pydantic import BaseModel

from pipeline_lib.config.automated_analysis import AutomatedAnalysis
from pipeline_lib.config.coding_plans import CodingEntry, CodingPlansFile, DatasetEntry
from pipeline_lib.config.key_hints import key_hint
from pipeline_lib.config.pipeline import PipelineConfig, SQLiteUuidTable
from pipeline_lib.config.sources import RapidProSource

HINTS = [
    # Slips of the pen.
    ("FilterTestMesages", PipelineConfig, 'did you mean "FilterTestMessages"?'),
    ("projectstartdate", PipelineConfig, 'did you mean "ProjectStartDate"?'),
    ("RawFeild", DatasetEntry, 'did you mean "RawField"?'),
    # The same in other words.
    ("FollowUpFlowNames", RapidProSource, 'did you mean "SurveyFlowNames"?'),
    ("FollowUpFlowNames", PipelineConfig, 'did you mean "SurveyFlowNames" of RawDataSources?'),
    ("RapidProTestContactUUIDs", RapidProSource, 'did you mean "TestContactUUIDs"?'),
    ("BeginDate", PipelineConfig, 'did you mean "ProjectStartDate"?'),
    ("Scheme", CodingEntry, 'did you mean "CodeScheme"?'),
    ("GenerateCountyMaps", AutomatedAnalysis, 'did you mean "GenerateCountyThemeDistributionMaps"?'),
    ("Rqas", CodingPlansFile, 'did you mean "ResearchQuestions"?'),
    ("CodeSchemesFolder", CodingPlansFile, 'did you mean "CodeSchemesDir"?'),
    ("Demogs", CodingPlansFile, 'did you mean "Demographics"?'),
    ("Research_Questions", PipelineConfig, 'did you mean "ResearchQuestions" of CodingPlans?'),
    # In the wrong place.
    ("TrafficLabels", PipelineConfig, "it belongs in AutomatedAnalysis"),
    ("ResearchQuestions", PipelineConfig, "it belongs in CodingPlans"),
    ("Cleaner", DatasetEntry, "it belongs in ResearchQuestions.Codings"),
    ("PageID", RapidProSource, "it belongs in FacebookSource"),
    ("FirebaseCredentialsFileURL", SQLiteUuidTable, "it belongs in FirestoreUuidTable"),
    # Much the same letters, and another meaning; words that say little.
    ("Name", PipelineConfig, ""),
    ("Flows", RapidProSource, "known: "),
    ("GenerateStateThemeDistributionMaps", AutomatedAnalysis, "known: "),
]


@pytest.mark.parametrize(("unknown", "model", "hint"), HINTS)
def test_a_hint_names_the_key_that_was_meant(unknown: str, model: type[BaseModel], hint: str) -> None:
    root = CodingPlansFile if model in {CodingPlansFile, DatasetEntry, CodingEntry} else PipelineConfig
    said = key_hint(unknown, model, root)
    assert said.startswith(hint) if hint.startswith("known") else said == hint
