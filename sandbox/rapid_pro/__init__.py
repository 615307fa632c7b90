"""A RapidPro workspace of invented people behind a server that speaks RapidPro's API v2 (sources.md A.1 to A.6)."""
