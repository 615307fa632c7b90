"""Whether the analysis can make all that it should."""

from collections.abc import Iterator

from pipeline_lib.config.coding_plans import CodingPlansFile
from pipeline_lib.config.files import ReadModel
from pipeline_lib.config.findings import Finding, error, warning
from pipeline_lib.config.pipeline import PipelineConfig
from pipeline_lib.config.resolved_groups import resolved_groups
from pipeline_lib.errors import did_you_mean


def findings(config: ReadModel[PipelineConfig], plans: ReadModel[CodingPlansFile]) -> Iterator[Finding]:
    """Weak disclosure control; cross tables of unknown codings, of codings not of people, or of one dataset."""
    analysis = config.model.automated_analysis if config.model is not None else None
    if analysis is None:
        return
    control = analysis.disclosure_control
    if control is not None and control.perturbation_table == "10-5 rule":
        place = config.file.at("AutomatedAnalysis", "DisclosureControl", "PerturbationTable")
        wrong = "changes no number at random: some of the numbers below 10 can be worked out from others"
        yield warning(place, wrong, 'leave it out: "maximum entropy" is the default')
    if plans.model is None:
        return
    codings = {
        coding.analysis_file_key: (placed.entry.dataset_name, coding.include_in_individuals_file)
        for placed in plans.model.datasets()
        for coding in placed.entry.codings
        if coding.analysis_file_key is not None
    }
    groups = resolved_groups(config.model, plans.model) if config.model is not None else ()
    codings |= {group.column: (group.column, True) for group in groups if group.is_breakdown}
    channels = config.model.channels if config.model is not None else None
    codings |= {key: (key, True) for key in (channels.as_columns().keys if channels is not None else ())}
    seen: dict[frozenset[str], int] = {}
    for number, table in enumerate(analysis.cross_tabs):
        place = config.file.at("AutomatedAnalysis", "CrossTabs", number)
        for side, key in (("Rows", table.rows), ("Columns", table.columns)):
            if key not in codings and not plans.damaged:
                wrong = f'no coding has the AnalysisFileKey "{key}", and no group or channel the name'
                yield error(f"{place}.{side}", wrong, did_you_mean(key, codings))
            elif key in codings and not codings[key][1]:
                yield error(f"{place}.{side}", f'"{key}" has no codes of people: its IncludeInIndividualsFile is false')
        if table.rows in codings and table.columns in codings and codings[table.rows][0] == codings[table.columns][0]:
            yield error(f"{place}.Columns", "are of the same dataset as Rows", "name codings of two datasets")
        earlier = seen.setdefault(frozenset((table.rows, table.columns)), number)
        if earlier != number:
            yield error(place, f"shows the same numbers as CrossTabs[{earlier}]", "leave one out")
