"""Everything that leaves the pipeline: uploads, archives and events."""
