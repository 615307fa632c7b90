"""Reports all project configs and settings that cannot be used as one precise import error in Airflow; has no DAG."""

from pipeline_lib.config import configs_folder, folder_problems
from pipeline_lib.errors import ConfigError
from pipeline_lib.orchestration.notice_setting import setting_problems
from pipeline_lib.orchestration.projects import read_projects

configs = configs_folder()
problems = folder_problems(configs)
problems += [problem for folder in read_projects(configs) for problem in folder.problems]
problems += setting_problems()
if problems:
    raise ConfigError(*problems)
