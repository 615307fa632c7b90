"""How much less a project's sources may give, and which larger shrinks a person accepts for one run."""

from collections.abc import Iterable

from pipeline_lib.config import Project
from pipeline_lib.config.sources import name_of_url
from pipeline_lib.errors import ConfigError, Problem, did_you_mean
from pipeline_lib.model.shrink_limit import ShrinkLimit
from pipeline_lib.stages.label_store import datasets_in_store


def shrink_limit(project: Project, accepted: Iterable[str] = ()) -> ShrinkLimit:
    """The project's limit, with the names of raw data and of datasets in the label store that may have less.

    Args:
        project: The project.
        accepted: The names as a person wrote them; a file's name will do too, `demog.csv` for `demog`.

    Raises:
        ConfigError: The project has nothing of such a name.
    """
    sources = project.config.raw_data_sources
    known = {name for source in sources for name in (*source.activation_names, *source.survey_names)}
    known |= {name for group in project.plans.groups for name in group.files}
    known |= datasets_in_store(project).keys()
    names = frozenset(name if name in known else name_of_url(name) for name in accepted)
    unknown = sorted(names - known)
    if unknown:  # not quoted: somebody may have pasted anything
        wrong = "names neither raw data nor a dataset of this project"
        raise ConfigError(*(Problem("accept-shrink", wrong, did_you_mean(name, known)) for name in unknown))
    return ShrinkLimit(project.config.source_shrink_limit, names)
