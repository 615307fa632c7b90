"""What a run's profiles are called."""

PROFILES = "Profiles"
"""The run's folder of profiles: `<task>.mprof` of memory, `<task>.html` of the CPU."""
