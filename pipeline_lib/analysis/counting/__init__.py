"""Counting people and messages: the only room of the analysis that sees them one by one.

What it gives is not to be shown: `pipeline_lib.analysis.release` releases it.
"""
