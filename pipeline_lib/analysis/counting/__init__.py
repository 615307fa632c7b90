"""Counts people and messages: the only part of the analysis that sees them one by one.

Its results must not be shown: `pipeline_lib.analysis.release` releases them.
"""
