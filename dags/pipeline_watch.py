"""The Airflow DAG that looks at all projects, and tells people what none of their tasks can tell."""

from pipeline_lib.config import configs_folder
from pipeline_lib.orchestration.watch import watch_dag

dag = watch_dag(configs_folder())
