"""Makes the project configs that cannot be used one visible, precise import error in Airflow; has no DAG."""

from pipeline_lib.config import configs_folder
from pipeline_lib.errors import ConfigError
from pipeline_lib.orchestration.projects import read_projects

problems = [problem for folder in read_projects(configs_folder()) for problem in folder.problems]
if problems:
    raise ConfigError(*problems)
