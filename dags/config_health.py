"""Reports all project configs and settings that cannot be used as one precise import error in Airflow; has no DAG."""

from pipeline_lib.config import configs_folder
from pipeline_lib.errors import ConfigError, Problem
from pipeline_lib.orchestration.notice_setting import setting_problems
from pipeline_lib.orchestration.projects import read_projects

configs = configs_folder()
problems = [problem for folder in read_projects(configs) for problem in folder.problems]
if not configs.is_dir():
    right = "put it there, or correct the setting PIPELINE_CONFIGS"
    problems = [Problem(str(configs), "there is no such folder of projects", right), *problems]
problems += setting_problems()
if problems:
    raise ConfigError(*problems)
