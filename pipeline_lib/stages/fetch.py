"""What one source has, into the run's raw data."""

from pipeline_lib.sources.fetch import fetch_source
from pipeline_lib.stages.run import Run, accounted


def fetch(run: Run, source_index: int) -> list[str]:
    """The URIs of one source's raw data files, activations first.

    Raises:
        ConfigError: The source's entry cannot be used.
        DataError: Its files cannot be used; what was published before stays.
        SourceError: It does not answer.
    """
    with accounted(run, f"fetch-{source_index}") as account:
        fetched = fetch_source(
            run.project.config.raw_data_sources[source_index],
            storage=run.storage,
            config_folder=run.project.folder,
            run_folder=run.folder,
            quarantine_share_limit=run.project.config.quarantine_share_limit,
        )
        for file in fetched.files:
            account.inputs[file.name] = file.fingerprint
            account.outputs[file.uri] = file.record_count
            for reason, count in file.quarantined_counts.items():
                account.quarantined[f"{file.name}: {reason}"] = count
    return [file.uri for file in fetched.files]
