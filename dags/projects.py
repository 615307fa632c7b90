"""One Airflow DAG per project folder: configs/*/pipeline.json.

Never raises: an import error here would mark every DAG of this file as stale. config_health.py raises instead.
"""

from airflow.sdk import get_parsing_context

from pipeline_lib.config import configs_folder
from pipeline_lib.orchestration.dag import dags_in

# The process of a task needs only its own DAG, and so reads one config.
for dag in dags_in(configs_folder(), only=get_parsing_context().dag_id):
    globals()[f"dag_{dag.dag_id}"] = dag
