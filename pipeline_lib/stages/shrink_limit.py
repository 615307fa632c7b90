"""How much less a project's sources may give, and which larger shrinks a person accepts for one run."""

from collections.abc import Iterable

from pipeline_lib.config import Project
from pipeline_lib.config.source_names import names_that_may_shrink
from pipeline_lib.config.sources import name_of_url
from pipeline_lib.errors import ConfigError, Problem, did_you_mean
from pipeline_lib.model.shrink_limit import ShrinkLimit


def shrink_limit(project: Project, accepted: Iterable[str] = ()) -> ShrinkLimit:
    """The project's limit, with the names of raw data and of datasets in the label store that may have less.

    Args:
        project: The project.
        accepted: The names as a person wrote them; a file's name will do too, `demog.csv` for `demog`.

    Raises:
        ConfigError: The project has nothing of such a name.
    """
    known = frozenset(names_that_may_shrink(project))
    names = frozenset(name if name in known else name_of_url(name) for name in accepted)
    unknown = sorted(names - known)
    if unknown:  # not quoted: somebody may have pasted anything
        wrong = "names neither raw data nor a dataset of this project"
        raise ConfigError(*(Problem("accept-shrink", wrong, did_you_mean(name, known)) for name in unknown))
    return ShrinkLimit(project.config.source_shrink_limit, names)
