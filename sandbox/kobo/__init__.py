"""A KoboToolbox server with forms of an invented project, behind KoboToolbox's API v2."""
