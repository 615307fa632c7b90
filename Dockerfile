# The pipeline and its Airflow, from the same hashed lock as everywhere else. Runs as any user of group 0 (PIPELINE_UID).
ARG BASE_IMAGE=python:3.12-slim-bookworm
FROM ${BASE_IMAGE}

ENV HOME=/opt/airflow \
    AIRFLOW_HOME=/opt/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/pipeline/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/pipeline/plugins \
    PYTHONPATH=/opt/pipeline \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    TZ=UTC

RUN useradd --uid 1000 --gid 0 --no-create-home --home-dir /opt/airflow pipeline \
    && mkdir -p /opt/airflow/logs /data \
    && chown -R pipeline:0 /opt/airflow /data \
    && chmod -R g=u /opt/airflow /data /etc/passwd

WORKDIR /opt/pipeline
COPY requirements-uv.txt requirements.txt ./
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes --only-binary :all: -r requirements-uv.txt \
    && uv pip install --system --no-cache --compile-bytecode --require-hashes -r requirements.txt

COPY pipeline_lib pipeline_lib
COPY dags dags
COPY plugins plugins
COPY deploy deploy
# A checkout may be its owner's alone. Probes of Airflow's Helm chart run `/entrypoint`, as Airflow's own image has it.
RUN chmod -R go+rX . && ln -s /opt/pipeline/deploy/entrypoint.sh /entrypoint

# In the names of archives: docker build --build-arg PIPELINE_GIT_COMMIT="$(git rev-parse HEAD)" .
ARG PIPELINE_GIT_COMMIT=""
ENV PIPELINE_GIT_COMMIT="${PIPELINE_GIT_COMMIT}"

USER pipeline
ENTRYPOINT ["/opt/pipeline/deploy/entrypoint.sh"]
CMD ["version"]
