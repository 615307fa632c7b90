"""One Airflow DAG per project folder: configs/*/pipeline.json.

Never raises: an import error here would mark every DAG of this file as stale. config_health.py raises in its place.
"""

from airflow.sdk import get_parsing_context

from pipeline_lib.config import configs_folder
from pipeline_lib.orchestration.dag import dags_in

# A task's process needs its own DAG only, and so reads one config.
for dag in dags_in(configs_folder(), only=get_parsing_context().dag_id):
    globals()[f"dag_{dag.dag_id}"] = dag
